"""What belongs to a person and goes along to another row of theirs: files, which exist once, and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from app.domain.questions.models import AnswerFile, QuestionAnswer, QuestionKind
from app.domain.registration import option_places
from app.domain.registration.models import AttendeeLabel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question


def files_among(questions: Iterable[Question]) -> set[int]:
    """The questions that are answered by a file."""
    return {one.id for one in questions if one.kind == QuestionKind.FILE}


def without_files(answers: Answers, files: Collection[int]) -> Answers:
    """The answers that can be written down a second time."""
    return {number: given for number, given in answers.items() if number not in files}


def hand_files_over(
    session: Session, old_id: int, new_id: int, said: Iterable[int], files: Collection[int]
) -> list[int]:
    """Let the other row have the files that were `said`; returns the questions."""
    given = [number for number in said if number in files]
    if given:
        option_places.hand_over(session, old_id, new_id, given)
    return given


def files_given(session: Session, attendee_id: int, files: Collection[int]) -> list[int]:
    """The files with which this row answers these questions."""
    return _files(session, AnswerFile.id, attendee_id, AnswerFile.question_id.in_(files)) if files else []


def still_answered_by(session: Session, attendee_id: int, file_ids: Collection[int]) -> list[int]:
    """The questions that this row answers with one of these very files."""
    return (
        _files(session, AnswerFile.question_id, attendee_id, AnswerFile.id.in_(file_ids)) if file_ids else []
    )


def add_labels(session: Session, old_id: int, new_id: int) -> list[int]:
    """Give a row the labels of another one of the same meeting; returns those that it did not have."""
    query = select(AttendeeLabel.attendee_id, AttendeeLabel.label_id)
    rows = session.execute(query.where(AttendeeLabel.attendee_id.in_((old_id, new_id)))).all()
    own = {label for attendee, label in rows if attendee == new_id}
    added = sorted(label for attendee, label in rows if attendee == old_id and label not in own)
    if added:
        session.execute(insert(AttendeeLabel), [{"attendee_id": new_id, "label_id": one} for one in added])
    return added


def _files(
    session: Session, what: InstrumentedAttribute[int], attendee_id: int, which: ColumnElement[bool]
) -> list[int]:
    query = select(what).join(QuestionAnswer, QuestionAnswer.id == AnswerFile.answer_id)
    return list(session.scalars(query.where(QuestionAnswer.attendee_id == attendee_id, which).order_by(what)))


def take_labels_off(session: Session, attendee_id: int, labels: Sequence[int]) -> None:
    """Take back what `add_labels` gave."""
    if labels:
        own = AttendeeLabel.attendee_id == attendee_id
        statement = delete(AttendeeLabel).where(own, AttendeeLabel.label_id.in_(labels))
        session.execute(statement.execution_options(synchronize_session=False))
