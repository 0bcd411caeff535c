"""A meeting with very many people, put straight into the tables. Nothing here is measured."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from app.base import clock
from app.base.text import czech_key, fold, name_sort_key
from app.base.tokens import new_token
from app.domain.meetings.models import Meeting, Series
from app.domain.questions.models import Question, QuestionAnswer, QuestionKind, QuestionOption
from app.domain.registration.models import Attendee

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

NAMES = ("Žofie Šťastná", "Mgr. Petr Novák", "Olena Ševčenková", "Nguyễn Thị Mai", "Řehoř Žluťoučký")
DOMAIN = "example.org"


def meeting_of(session: Session, people: int, **changes: Any) -> int:
    """A published meeting nine days ahead, one in four of whose people waits. Flushes; gives the meeting's id."""
    now = clock.now()
    start = (now + timedelta(days=9)).replace(microsecond=0)
    series = Series(slug=new_token().lower(), name={"en": "Series"}, about={}, position=0)
    session.add(series)
    session.flush()
    values = {
        "series_id": series.id, "slug": series.slug, "uid": series.slug, "state": "published",
        "title": {"cs": "Bydlení a přechod do nájmů", "en": "Housing and the move to renting"},
        "starts_at": start, "ends_at": start + timedelta(hours=3),
        "summary": {"cs": "Jak z ubytoven do nájmů."}, "description": {}, "timezone": "Europe/Prague",
        "venue": {"cs": "Sál architektů", "en": "Architects' Hall"}, "access_notes": {},
        "address": "Staroměstské nám. 1/3, 110 00 Praha 1",
        "languages_note": {}, "called_off_reason": {}, "reminder_days": [7, 1],
        "created_at": now, "changed_at": now, "published_at": now,
    }  # fmt: skip
    meeting = Meeting(**(values | changes))
    session.add(meeting)
    session.flush()
    session.execute(insert(Attendee), [person(meeting.id, number, now) for number in range(people)])
    return meeting.id


def answers_of(session: Session, meeting_id: int, questions: int) -> None:
    """That many questions, every other one with options, all answered by everybody."""
    people = session.scalars(select(Attendee.id).where(Attendee.meeting_id == meeting_id)).all()
    for number in range(questions):
        kind = QuestionKind.ONE if number % 2 else QuestionKind.SHORT
        asked = Question(
            meeting_id=meeting_id, kind=kind, position=number, label={"en": f"Question {number}"}, hint={},
            created_at=clock.now(),
        )  # fmt: skip
        asked.options = [QuestionOption(position=one, label={"en": f"Option {one}"}) for one in range(4)]
        session.add(asked)
        session.flush()
        chosen = [one.id for one in asked.options]
        rows = [
            {
                "attendee_id": who, "question_id": asked.id, "has_place": True,
                "option_id": chosen[who % 4] if number % 2 else None,
                "text": "" if number % 2 else f"odpověď {who}",
            }
            for who in people
        ]  # fmt: skip
        session.execute(insert(QuestionAnswer), rows)


def person(meeting_id: int, number: int, now: datetime) -> dict[str, Any]:
    """The columns of one attendee."""
    name, organisation = f"{NAMES[number % len(NAMES)]} {number:05}", f"Městská část Praha {number % 57 + 1}"
    email, waits = f"person.{number}@{DOMAIN}", number % 4 == 0
    return {
        "meeting_id": meeting_id, "position": 0, "name": name, "name_key": fold(name),
        "sort_key": name_sort_key(name), "search_key": fold(f"{name} {email} {organisation}"),
        "email": email, "email_key": email, "organisation_name": organisation,
        "organisation_sort_key": czech_key(organisation), "organisation_kind": "district",
        "language": "en" if number % 7 == 0 else "cs",
        "place": "waiting" if waits else "confirmed", "queue_number": number if waits else None,
        "answer": "none" if waits else "yes",
        "note": "volala, přijde později" if number % 9 == 0 else "", "registered_at": now, "changed_at": now,
        "token": new_token(), "checkin_token": new_token(), "uid": f"r-{new_token()}@{DOMAIN}",
        "organizer_token": new_token(),
    }  # fmt: skip
