"""Approval, where the meeting asks for it: a pending registration is confirmed or declined with a reason.

The caller has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.history import service as history
from app.domain.outbox.models import Kind
from app.domain.registration import letters, option_places, rules, seating
from app.domain.registration.models import Attendee, Place

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting


def approve(session: Session, attendee_id: int, *, now: datetime, actor: Actor) -> Attendee:
    """Give a pending person a seat, or a place at the end of the queue when none is free; the letter tells which.

    Raises `ChangeRefused` (`not_pending`, past, called off), `NotFound`.
    """
    meeting, attendee = _pending(session, attendee_id, now=now)
    seats = seating.count_seats(session, meeting)
    seating.seat_or_queue(attendee, seats)
    option_places.settle(session, meeting.id, [attendee])
    attendee.changed_at = now
    history.record(
        session,
        "attendee:approve",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        place=attendee.place,
    )
    seating.record_full(session, meeting, seats, now=now, actor=actor)
    letters.write(
        session,
        letters.welcome_kind(attendee),
        meeting,
        attendee,
        now=now,
        calendar=letters.request_if_due(attendee),
        registered_by="",
        approved=True,
    )
    return attendee


def disapprove(session: Session, attendee_id: int, *, reason: str, now: datetime, actor: Actor) -> Attendee:
    """Decline a pending registration; the letter tells the reason. The place becomes cancelled, as by an organiser.

    Raises `ChangeRefused` (`not_pending`, past, called off), `NotFound`.
    """
    meeting, attendee = _pending(session, attendee_id, now=now)
    seating.end_place(session, meeting, attendee, Place.CANCELLED, now=now, actor=actor, by="approval")
    attendee.revision += 1
    letters.write(session, Kind.NOT_APPROVED, meeting, attendee, now=now, reason=reason)
    return attendee


def approve_all(
    session: Session, meeting_id: int, attendee_ids: Collection[int], *, now: datetime, actor: Actor
) -> list[Attendee]:
    """Approve those of these people who are pending still, in the order in which they registered.

    Raises `ChangeRefused` (past, called off), `NotFound`.
    """
    pending = _still_pending(session, meeting_id, attendee_ids, now=now)
    return [approve(session, attendee_id, now=now, actor=actor) for attendee_id in pending]


def disapprove_all(
    session: Session,
    meeting_id: int,
    attendee_ids: Collection[int],
    *,
    reason: str,
    now: datetime,
    actor: Actor,
) -> list[Attendee]:
    """Decline those of these people who are pending still, each with the same reason.

    Raises `ChangeRefused` (past, called off), `NotFound`.
    """
    pending = _still_pending(session, meeting_id, attendee_ids, now=now)
    return [disapprove(session, one, reason=reason, now=now, actor=actor) for one in pending]


def _still_pending(
    session: Session, meeting_id: int, attendee_ids: Collection[int], *, now: datetime
) -> list[int]:
    rules.check_ahead(seating.lock_meeting(session, meeting_id), now=now)
    query = select(Attendee.id).where(
        Attendee.meeting_id == meeting_id,
        Attendee.id.in_(attendee_ids),
        Attendee.place == Place.PENDING,
    )
    return list(session.scalars(query.order_by(Attendee.registered_at, Attendee.id)))


def _pending(session: Session, attendee_id: int, *, now: datetime) -> tuple[Meeting, Attendee]:
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    rules.check_ahead(meeting, now=now)
    if attendee.place != Place.PENDING:
        raise rules.ChangeRefused("not_pending")
    return meeting, attendee
