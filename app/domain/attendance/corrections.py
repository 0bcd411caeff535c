"""Putting the attendance list right by hand. Each correction is a record of its own; the door's are not touched.

The caller has begun a write and commits.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.attendance import after, rules
from app.domain.attendance.models import AttendanceMark, Mark
from app.domain.history import service as history
from app.domain.registration import seating
from app.domain.registration.models import Attendee
from app.domain.registration.queries import on_list

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor

ACTS = {
    Mark.PRESENT: "attendee:mark_present",
    Mark.EXCUSED: "attendee:mark_excused",
    Mark.ABSENT: "attendee:mark_absent",
}


def mark(
    session: Session,
    meeting_id: int,
    attendee_ids: Collection[int],
    as_: Mark,
    *,
    now: datetime,
    actor: Actor,
) -> tuple[int, str]:
    """Say of these people whether they were there; how many that changes, and the name to take it back by.

    Whoever is not at this meeting is passed over, and so is whom it changes nothing for. Raises `NotFound`,
    `NoAttendanceYet`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    rules.check_begun(meeting, now=now)
    query = select(Attendee.id, after.newest_mark(), after.has_arrived()).where(
        *on_list(meeting_id), Attendee.id.in_(attendee_ids)
    )
    batch, number = str(uuid.uuid4()), 0
    for attendee_id, present_mark, arrived in session.execute(query.order_by(Attendee.id)).all():
        if present_mark == as_ or (present_mark is None and arrived and as_ == Mark.PRESENT):
            continue
        session.add(
            AttendanceMark(
                meeting_id=meeting_id,
                attendee_id=attendee_id,
                mark=as_,
                batch=batch,
                made_at=now,
                account_id=actor.account_id,
            )
        )
        _record(session, ACTS[as_], meeting_id, attendee_id, actor=actor, now=now)
        number += 1
    return number, batch


def undo(session: Session, meeting_id: int, batch: str, *, now: datetime, actor: Actor) -> int:
    """Take back what one press of a button put right; what was corrected before it counts again. How many."""
    seating.lock_meeting(session, meeting_id)
    query = select(AttendanceMark).where(
        AttendanceMark.meeting_id == meeting_id,
        AttendanceMark.batch == batch,
        AttendanceMark.undone_at.is_(None),
    )
    return _take_back(session, session.scalars(query).all(), now=now, actor=actor)


def clear(
    session: Session, meeting_id: int, attendee_ids: Collection[int], *, now: datetime, actor: Actor
) -> int:
    """Take every correction of these people back, so that the door and the answers count again. How many people."""
    seating.lock_meeting(session, meeting_id)
    query = select(AttendanceMark).where(
        AttendanceMark.meeting_id == meeting_id,
        AttendanceMark.attendee_id.in_(attendee_ids),
        AttendanceMark.undone_at.is_(None),
    )
    return _take_back(session, session.scalars(query).all(), now=now, actor=actor)


def _take_back(session: Session, marks: Sequence[AttendanceMark], *, now: datetime, actor: Actor) -> int:
    for one in marks:
        one.undone_at = now
    people = {one.attendee_id: one.meeting_id for one in marks}
    for attendee_id, meeting_id in people.items():
        _record(session, "attendee:undo_mark", meeting_id, attendee_id, actor=actor, now=now)
    return len(people)


def _record(
    session: Session, act: str, meeting_id: int, attendee_id: int, *, actor: Actor, now: datetime
) -> None:
    history.record(session, act, subject_id=attendee_id, meeting_id=meeting_id, actor=actor, now=now)
