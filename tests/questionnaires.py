"""Questions for tests, made through the domain's own verbs. The caller commits."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session, object_session

from app.base import clock
from app.base.uploads import judge
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting
from app.domain.questions import files, queries, service
from app.domain.questions.commands import Answers, Given, NewQuestion, OptionText, Owner, QuestionText
from app.domain.questions.models import Question, QuestionKind
from app.domain.registration.models import Attendee
from tests.factories import person, register
from tests.handed_over import PDF


def option(name: str, places: int | None = None, **more: Any) -> OptionText:
    """Something to choose."""
    return OptionText(label={"en": name, "cs": name}, places=places, **more)


def question_text(label: str = "What else?", *options: OptionText | str, **changes: Any) -> QuestionText:
    """What an organiser types."""
    offered = tuple(option(one) if isinstance(one, str) else one for one in options)
    return QuestionText(label={"en": label, "cs": f"{label} (cs)"}, options=offered, **changes)


def ask(
    session: Session,
    owner: Meeting | Owner,
    kind: QuestionKind = QuestionKind.SHORT,
    label: str = "What else?",
    *options: OptionText | str,
    **changes: Any,
) -> Question:
    """Add a question to a meeting (or to a series by its `Owner`)."""
    whose = owner if isinstance(owner, Owner) else Owner(meeting_id=owner.id)
    command = NewQuestion(kind=kind, text=question_text(label, *options, **changes))
    question = service.add(session, whose, command, now=clock.now(), actor=SYSTEM)
    session.flush()
    return question


def ids(question: Question) -> list[int]:
    """Ids of the options in their order."""
    return [one.id for one in queries.get_question(object_session(question), question.id).options]


def said_by(session: Session, attendee: Attendee) -> Answers:
    """What an attendee has said."""
    session.flush()
    return queries.given_by(session, [attendee.id]).get(attendee.id, {})


def kept(session: Session, question: Question, name: str = "slides.pdf", data: bytes = PDF) -> Given:
    """A file that waits to become the answer to a question."""
    upload = judge(name, data, question.file_groups, most=question.largest_file)
    token = files.keep(session, question.id, upload, now=clock.now())
    return Given(text=upload.name, file=token, digest=upload.digest)


def give_file(session: Session, question: Question, person_name: str, name: str, data: bytes) -> Attendee:
    """Somebody who registers for the meeting of a question with a file."""
    given = kept(session, question, name, data)
    meeting = session.get_one(Meeting, question.meeting_id)
    (attendee,) = register(session, meeting, person(person_name, answers={question.id: given}))
    return attendee
