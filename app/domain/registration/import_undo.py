"""Taking an import back: just those whom it added go off the list again, as a whole.

The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.outbox import queries as outbox_of
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import imports, letters, seating
from app.domain.registration.models import LIVE, Attendee, Place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.outbox.service import NewLetter


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many people are off the list again, and how many of them get a letter that says so."""

    people: int
    told: int


def take_back(
    session: Session, meeting_id: int, imported_at: datetime, *, now: datetime, actor: Actor
) -> TakenBack:
    """End the places of whoever was added at that instant and still has one; then the queue moves up.

    Letters that have not left stay here. Whom one may have reached is told, as long as the meeting is ahead.
    Raises `ChangeRefused` (called off), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    imports.check_may_add(meeting)
    ended = _imported_at(session, meeting, imported_at)
    if not ended:
        return TakenBack(0, 0)
    ids = [one.id for one in ended]
    outbox.withdraw_unsent(session, ids)
    reached = outbox_of.reached(session, ids) if now < meeting.starts_at else set()
    told = []
    for one in ended:
        was = one.place
        seating.end_place(session, meeting, one, Place.CANCELLED, now=now, actor=actor, by=imports.IMPORT)
        one.revision += 1
        if one.id in reached:
            told.append(_goodbye(meeting, one, was))
    number = letters.write_all(session, told, now=now)
    imports.record_meeting(session, "meeting:undo_import", meeting, now=now, actor=actor, number=len(ended))
    seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return TakenBack(len(ended), number)


def _imported_at(session: Session, meeting: Meeting, imported_at: datetime) -> list[Attendee]:
    """Whoever was added by the import of that instant and still has, or waits for, a place."""
    query = select(Entry.subject_id, Entry.details).where(
        Entry.meeting_id == meeting.id, Entry.act == "attendee:add", Entry.at == imported_at
    )
    ids = [one for one, details in session.execute(query).all() if details.get("by") == imports.IMPORT]
    rows = select(Attendee).where(Attendee.id.in_(ids), Attendee.place.in_(LIVE)).order_by(Attendee.id)
    rows = rows.with_for_update(of=Attendee).execution_options(populate_existing=True)
    return list(session.scalars(rows)) if ids else []


def _goodbye(meeting: Meeting, attendee: Attendee, was: str) -> NewLetter | None:
    return letters.prepared(
        Kind.CANCELLED, meeting, attendee, calendar=Calendar.CANCEL, by="organiser", was=was, reason=""
    )
