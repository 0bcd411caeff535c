"""Another row for one person, together with what the door and the attendance list know of them.

The caller has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from app.domain.attendance.models import AttendanceMark, DoorEvent
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.registration import merging, organiser, parting

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.registration.models import Attendee

CARRY = "attendee:carry_attendance"


def merge(
    session: Session, meeting_id: int, kept_id: int, dropped_id: int, *, now: datetime, actor: Actor
) -> Attendee:
    """Join two rows by `registration.merging.merge`; whoever was in by one of them is in by the kept one."""
    kept = merging.merge(session, meeting_id, kept_id, dropped_id, now=now, actor=actor)
    _carry(session, dropped_id if kept.id == kept_id else kept_id, kept, now=now, actor=actor)
    return kept


def take_back(session: Session, meeting_id: int, kept_id: int, *, now: datetime, actor: Actor) -> Attendee:
    """Take the last merge into this row back; what came with the other row goes back to it."""
    dropped = parting.take_back(session, meeting_id, kept_id, now=now, actor=actor)
    query = select(Entry.details).where(Entry.subject_id == kept_id, Entry.act == CARRY)
    for details in session.scalars(query.order_by(Entry.id.desc())):
        if details["other"] == dropped.id:
            _give(session, dropped.id, details["doors"], details["marks"])
            break
    return dropped


def correct_address(
    session: Session, attendee_id: int, email: str, *, now: datetime, actor: Actor, mail_domain: str
) -> Attendee:
    """Give a person another address by `registration.organiser.correct_address`; whoever was in stays in."""
    new = organiser.correct_address(
        session, attendee_id, email, now=now, actor=actor, mail_domain=mail_domain
    )
    if new.id != attendee_id:
        session.flush()
        _carry(session, attendee_id, new, now=now, actor=actor)
    return new


def _carry(session: Session, old_id: int, new: Attendee, *, now: datetime, actor: Actor) -> None:
    doors = list(session.scalars(select(DoorEvent.id).where(DoorEvent.attendee_id == old_id)))
    marks = list(session.scalars(select(AttendanceMark.id).where(AttendanceMark.attendee_id == old_id)))
    if not doors and not marks:
        return
    _give(session, new.id, doors, marks)
    details = {"other": old_id, "doors": doors, "marks": marks}
    history.record(
        session, CARRY, subject_id=new.id, meeting_id=new.meeting_id, actor=actor, now=now, **details
    )


def _give(session: Session, attendee_id: int, doors: Collection[int], marks: Collection[int]) -> None:
    for table, numbers in ((DoorEvent, doors), (AttendanceMark, marks)):
        if numbers:
            moved = update(table).where(table.id.in_(numbers)).values(attendee_id=attendee_id)
            session.execute(moved.execution_options(synchronize_session=False))
