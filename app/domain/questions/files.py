"""Files as answers: kept while their form is not right yet, then part of the answer. The caller commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CursorResult, func, select, update

from app.base.tokens import new_token
from app.base.uploads import MEGABYTE
from app.domain.questions.models import AnswerFile, QuestionAnswer
from app.domain.questions.rules import BadAnswer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.base.uploads import Upload

MOST_WAITING = 1024 * MEGABYTE  # of all files that wait for their forms: nobody may fill the disk with them


def keep(session: Session, question_id: int, upload: Upload, *, now: datetime) -> str:
    """Keep a file until its form is right; gives the token that makes it an answer.

    Raises `BadAnswer` (`file_slow`) when far too much is waiting already.
    """
    waiting = select(func.sum(AnswerFile.size)).where(AnswerFile.answer_id.is_(None))
    if (session.scalar(waiting) or 0) + len(upload.data) > MOST_WAITING:
        raise BadAnswer("file_slow")
    file = AnswerFile(
        question_id=question_id,
        token=new_token(),
        name=upload.name,
        content_type=upload.content_type,
        size=len(upload.data),
        created_at=now,
        data=upload.data,
    )
    session.add(file)
    session.flush()
    return file.token


def claim(session: Session, attendee_id: int, question_id: int, token: str) -> bool:
    """Make a file that waits the one of this attendee's stored answer; False when it waits no longer."""
    answer = (
        select(QuestionAnswer.id)
        .where(QuestionAnswer.attendee_id == attendee_id, QuestionAnswer.question_id == question_id)
        .scalar_subquery()
    )
    waits = (
        AnswerFile.token == token,
        AnswerFile.question_id == question_id,
        AnswerFile.answer_id.is_(None),
    )
    taken = update(AnswerFile).where(*waits).values(answer_id=answer)
    result = session.execute(taken.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)  # noqa: S101 - what execute() gives for an UPDATE
    return result.rowcount == 1
