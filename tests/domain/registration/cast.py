"""A fixed calendar for stories of registration, and what can be seen of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.history.models import Entry
from app.domain.history.service import organiser
from app.domain.meetings.models import Format, Meeting
from app.domain.outbox.models import Letter
from app.domain.registration.commands import NO_NEEDS, Change
from app.domain.registration.models import Attendee, Mode
from app.domain.reports import invariants
from tests.factories import make_meeting

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
START = datetime(2027, 4, 6, 11, tzinfo=UTC)
LATE = START - timedelta(hours=1)  # nobody moves up by themselves any more
DESK = organiser(7)


def later(number: int) -> datetime:
    """`number` minutes after the beginning of the story."""
    return NOW + timedelta(minutes=number)


def small_meeting(session: Session, capacity: int | None = 1, **values: Any) -> Meeting:
    """A meeting with few seats at `START`."""
    return make_meeting(session, starts_at=START, capacity=capacity, **values)


def hybrid(session: Session, capacity: int | None, online_capacity: int | None, **values: Any) -> Meeting:
    """A meeting in the room and online."""
    return small_meeting(
        session,
        capacity,
        format=Format.HYBRID,
        online_capacity=online_capacity,
        online_url="https://meet.example.org/secret-room",
        **values,
    )


def letters_to(session: Session, attendee: Attendee) -> list[Letter]:
    """Letters to one attendee, oldest first."""
    session.flush()
    return list(session.scalars(select(Letter).where(Letter.attendee_id == attendee.id).order_by(Letter.id)))


def told(session: Session, attendee: Attendee) -> list[tuple[str, str | None, int | None]]:
    """(kind, calendar part, SEQUENCE) of the letters to one attendee, oldest first."""
    return [(one.kind, one.calendar, one.sequence) for one in letters_to(session, attendee)]


def acts(session: Session, attendee: Attendee) -> list[str]:
    """The history of one attendee, oldest first."""
    session.flush()
    query = select(Entry.act).where(Entry.subject == "attendee", Entry.subject_id == attendee.id)
    return list(session.scalars(query.order_by(Entry.id)))


def change_to(attendee: Attendee, **values: Any) -> Change:
    """The command that changes only these values."""
    present = {
        "name": attendee.name,
        "organisation": attendee.organisation_name,
        "organisation_kind": attendee.organisation_kind,
        "mode": Mode(attendee.mode),
        "language": attendee.language,
        "needs": NO_NEEDS,
    }
    return Change(**(present | values))


def places(*attendees: Attendee) -> str:
    """First letters of the places: `CW` for one confirmed and one waiting."""
    return "".join(
        attendee.place[0].upper() if attendee.place != "cancelled" else "X" for attendee in attendees
    )


def everything(session: Session) -> str:
    """All facts and keys of all letters as one text, to look for what must not be there."""
    session.flush()
    rows = session.execute(select(Letter.facts, Letter.key, Letter.message_id))
    return json.dumps([list(row) for row in rows], ensure_ascii=False)


def assert_sound(session: Session, *, now: datetime = NOW) -> None:
    """The invariants of `flask check`."""
    session.flush()
    wrong = invariants.broken(session, now=now)
    assert not wrong, wrong
