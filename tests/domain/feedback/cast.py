"""A meeting that is over, with questions after it, and people who were there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.domain.feedback import service
from app.domain.meetings.models import Meeting
from app.domain.questions.commands import Answers, Given, Owner
from app.domain.questions.models import Purpose, Question, QuestionKind
from app.domain.registration.models import Attendee
from tests.domain.registration.cast import DESK, NOW, START
from tests.factories import make_meeting, register
from tests.questionnaires import ask, ids

END = START + timedelta(hours=3)
AFTER = END + timedelta(days=1)
NAMES = ("Adam Adamec", "Běla Bílá", "Cyril Cajthaml", "Dana Dlouhá")


def after(meeting: Meeting) -> Owner:
    """Whose questions after the meeting are."""
    return Owner(meeting_id=meeting.id, purpose=Purpose.FEEDBACK)


def questions_after(session: Session, meeting: Meeting) -> tuple[Question, Question]:
    """How was it, and in what words."""
    overall = ask(session, after(meeting), QuestionKind.ONE, "Overall?", "good", "bad")
    return overall, ask(session, after(meeting), QuestionKind.LONG, "What helped?")


def platform(
    session: Session, *names: str, anonymous: bool = True, **values: Any
) -> tuple[Meeting, list[Attendee], tuple[Question, Question]]:
    """A meeting at `START` that asks, and people who had a seat; nobody stood at the door."""
    meeting = make_meeting(session, starts_at=START, **values)
    people = [register(session, meeting, name, now=NOW)[0] for name in names or NAMES]
    asked = questions_after(session, meeting)
    service.choose(session, meeting.id, anonymous=anonymous, days=14, now=NOW, actor=DESK)
    session.flush()
    return meeting, people, asked


def saying(asked: tuple[Question, Question], words: str = "", *, good: bool = True) -> Answers:
    """Answers to the two questions; without words the second one is left out."""
    overall, helped = asked
    found = {overall.id: Given(options=(ids(overall)[0 if good else 1],))}
    return found | ({helped.id: Given(text=words)} if words else {})


def give(session: Session, who: Attendee, answers: Answers, now: datetime = AFTER) -> None:
    """Give feedback."""
    service.give(session, who.id, answers, now=now)
    session.flush()
