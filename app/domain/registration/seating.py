"""The meeting's lock, the count of its seats, and moving people up. Every verb that touches a seat comes here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.base.errors import NotFound
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import letters, option_places, rules
from app.domain.registration.models import Answer, Attendee, Place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.registration.rules import Seats

LONGEST_NOTE = 500


def lock_meeting(session: Session, meeting_id: int) -> Meeting:
    """The meeting, fresh and locked until the transaction ends; raises `NotFound`, also for a deleted draft.

    SQLite holds its write lock already (`begin_write`).
    """
    query = select(Meeting).where(Meeting.id == meeting_id).with_for_update(of=Meeting)
    meeting = session.scalar(query.execution_options(populate_existing=True))
    if meeting is None or meeting.deleted_at is not None:
        raise NotFound
    return meeting


def lock_attendee(session: Session, attendee_id: int) -> tuple[Meeting, Attendee]:
    """An attendee behind the lock of the meeting; raises `NotFound`."""
    meeting_id = session.scalar(select(Attendee.meeting_id).where(Attendee.id == attendee_id))
    if meeting_id is None:
        raise NotFound
    meeting = lock_meeting(session, meeting_id)
    query = select(Attendee).where(Attendee.id == attendee_id).with_for_update()
    return meeting, session.scalars(query.execution_options(populate_existing=True)).one()


def meeting_of(session: Session, attendee: Attendee) -> Meeting:
    """The meeting of an attendee, without a lock."""
    return session.get_one(Meeting, attendee.meeting_id)


def count_seats(session: Session, meeting: Meeting) -> Seats:
    """What is taken and who waits, in one statement."""
    rows = session.execute(
        select(
            Attendee.place,
            Attendee.mode,
            func.count(),
            func.min(Attendee.queue_number),
            func.max(Attendee.queue_number),
        )
        .where(Attendee.meeting_id == meeting.id)
        .group_by(Attendee.place, Attendee.mode)
    )
    return rules.seats_of(meeting, rows)


def move_up(session: Session, meeting: Meeting, *, now: datetime, actor: Actor) -> list[Attendee]:
    """Confirm whoever waits, in the order of the queue, while seats are free and it is not too late.

    Each is told with the first invite. Returns those who moved up.
    """
    if not rules.may_promote(meeting, now=now):
        return []
    session.flush()
    seats = count_seats(session, meeting)
    moved: list[Attendee] = []
    for mode in rules.offered_modes(meeting):
        free = seats.free(mode)
        if not seats.waiting[mode] or free == 0:
            continue
        query = (
            select(Attendee)
            .where(Attendee.meeting_id == meeting.id, Attendee.place == Place.WAITING, Attendee.mode == mode)
            .order_by(Attendee.queue_number)
            .limit(free)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        moved += session.scalars(query)
    for attendee in moved:
        confirm_waiting(session, meeting, attendee, now=now, actor=actor)
    option_places.settle(session, meeting.id, moved)
    return moved


def confirm_waiting(
    session: Session, meeting: Meeting, attendee: Attendee, *, now: datetime, actor: Actor, **details: Any
) -> None:
    """Give a waiting attendee a seat, write history and the letter. The caller settles the places of options.

    Whoever had a seat before may have had a CANCEL as well, and only a higher SEQUENCE surely overtakes that.
    """
    attendee.place = Place.CONFIRMED
    if attendee.revision:
        attendee.revision += 1
    attendee.queue_number = None
    attendee.changed_at = now
    history.record(
        session,
        "attendee:move_up",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        **details,
    )
    letters.write(session, Kind.MOVED_UP, meeting, attendee, now=now, calendar=Calendar.REQUEST)


def queue_position(session: Session, attendee: Attendee) -> int:
    """How many stand in the queue up to and including this attendee; 0 when not waiting."""
    if attendee.place != Place.WAITING or attendee.queue_number is None:
        return 0
    query = select(func.count()).where(
        Attendee.meeting_id == attendee.meeting_id,
        Attendee.place == Place.WAITING,
        Attendee.mode == attendee.mode,
        Attendee.queue_number <= attendee.queue_number,
    )
    return session.scalar(query) or 0


def seat_newcomer(meeting: Meeting, attendee: Attendee, seats: Seats) -> None:
    """Give somebody who registers a place: where the organiser approves, it is pending and takes no seat."""
    if meeting.approval:
        attendee.place, attendee.queue_number = Place.PENDING, None
    else:
        seat_or_queue(attendee, seats)


def seat_or_queue(attendee: Attendee, seats: Seats, *, in_front: bool = False) -> None:
    """Give the attendee's place: `in_front` (undo) takes any free seat or the head of the queue."""
    if in_front and seats.has_room(attendee.mode):
        seats.take(attendee.mode)
        attendee.place = Place.CONFIRMED
        attendee.queue_number = None
    elif in_front:
        attendee.place = Place.WAITING
        attendee.queue_number = seats.number_in_front()
    else:
        attendee.place = seats.seat_newcomer(attendee.mode)
        attendee.queue_number = seats.next_number() if attendee.place == Place.WAITING else None


def record_full(session: Session, meeting: Meeting, seats: Seats, *, now: datetime, actor: Actor) -> None:
    """Note that somebody has just taken the last seat, in the room or online."""
    for mode in sorted(seats.filled):
        history.record(
            session,
            "meeting:full",
            subject_id=meeting.id,
            meeting_id=meeting.id,
            actor=actor,
            now=now,
            mode=mode,
        )


def end_place(
    session: Session,
    meeting: Meeting,
    attendee: Attendee,
    place: Place,
    *,
    now: datetime,
    actor: Actor,
    **details: Any,
) -> bool:
    """Take the attendee out of seat and queue; True when a seat became free. The caller lets others move up.

    History keeps the place that there was, for an undo.
    """
    was, attendee.place = attendee.place, place
    had_seat = was == Place.CONFIRMED
    attendee.queue_number = None
    attendee.ended_at = attendee.changed_at = now
    history.record(
        session,
        "attendee:cancel",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        seat=had_seat,
        was=was,
        **details,
    )
    return had_seat


def place_before(session: Session, attendee: Attendee) -> str | None:
    """The place that ended last, by history; None when history does not tell."""
    query = select(Entry.details).where(
        Entry.subject == "attendee", Entry.subject_id == attendee.id, Entry.act == "attendee:cancel"
    )
    details = session.scalar(query.order_by(Entry.id.desc()).limit(1))
    return (details or {}).get("was")


def answered(
    attendee: Attendee, meeting: Meeting, answer: Answer, *, by: str, now: datetime, note: str = ""
) -> None:
    """Note an answer with when, by which way and for which revision of the meeting, and its word of apology."""
    attendee.answer = answer
    attendee.answer_at = now
    attendee.answer_by = by
    attendee.answer_revision = meeting.revision
    attendee.answer_note = note[:LONGEST_NOTE]


def ask_anew(attendee: Attendee) -> None:
    """Forget the answer: what it was about is no longer so."""
    attendee.answer = Answer.NONE
    attendee.answer_at = attendee.answer_by = attendee.answer_revision = None
    attendee.answer_note = ""
