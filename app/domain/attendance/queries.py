"""Reads of the door: who is in, how many, what has changed, and whom a code belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload

from app.base.errors import NotFound
from app.base.tokens import hash_token
from app.domain.accounts.rules import DOOR_TIME
from app.domain.attendance.models import DoorEvent
from app.domain.attendance.rules import ARRIVED
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.registration import queries as registration
from app.domain.registration import seating
from app.domain.registration.models import Attendee, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are in, how many with a seat are still expected, and how many seats are free (None: no limit)."""

    present: int
    expected: int
    free: int | None


def stands() -> ColumnElement[bool]:
    """Whether a row is a check-in that was not taken back."""
    return and_(DoorEvent.verdict.in_(ARRIVED), DoorEvent.undone_at.is_(None))


def arrivals(
    session: Session, meeting_id: int, attendee_ids: Collection[int] | None = None
) -> dict[int, datetime]:
    """Since when each is in, of all at the meeting or of these people; whoever is not in is not there."""
    query = select(DoorEvent.attendee_id, func.min(DoorEvent.at)).where(
        DoorEvent.meeting_id == meeting_id, stands()
    )
    if attendee_ids is not None:
        query = query.where(DoorEvent.attendee_id.in_(attendee_ids))
    rows = session.execute(query.group_by(DoorEvent.attendee_id))
    return {attendee_id: at for attendee_id, at in rows if attendee_id is not None}


def counts(session: Session, meeting: Meeting) -> Counts:
    """The live numbers of the door."""
    here = _here(meeting.id)
    awaited = select(func.count()).where(
        Attendee.meeting_id == meeting.id,
        Attendee.place == Place.CONFIRMED,
        Attendee.mode == Mode.ROOM,
        Attendee.id.not_in(here),
    )
    free = seating.count_seats(session, meeting).free(Mode.ROOM)
    return Counts(present(session, meeting.id), session.scalar(awaited) or 0, free)


def present(session: Session, meeting_id: int) -> int:
    """How many people are in."""
    return session.scalar(select(func.count()).select_from(_here(meeting_id).subquery())) or 0


def _here(meeting_id: int) -> Select[int | None]:
    return select(DoorEvent.attendee_id).where(DoorEvent.meeting_id == meeting_id, stands()).distinct()


def last_event(session: Session, meeting_id: int) -> int:
    """The number of the last thing that happened at this door; 0 for none."""
    return session.scalar(select(func.max(DoorEvent.id)).where(DoorEvent.meeting_id == meeting_id)) or 0


def changes(session: Session, meeting_id: int, *, after: int) -> list[Attendee]:
    """Everybody about whom something happened after event number `after`; `arrivals` tells how it stands.

    Numbers of one meeting rise in the order of commits: all of them are given under its lock.
    """
    touched = select(DoorEvent.attendee_id).where(
        DoorEvent.meeting_id == meeting_id, DoorEvent.id > after, DoorEvent.attendee_id.is_not(None)
    )
    query = select(Attendee).where(Attendee.id.in_(touched), Attendee.erased_at.is_(None))
    return list(session.scalars(query.order_by(Attendee.id)))


def get_by_code(session: Session, token: str) -> Attendee:
    """Whose check-in code this is, with the meeting; raises `NotFound`. 128 random bits, a unique index."""
    query = select(Attendee).where(Attendee.checkin_token == token, Attendee.erased_at.is_(None))
    attendee = session.scalar(query.options(joinedload(Attendee.meeting)))
    if attendee is None:
        raise NotFound
    return attendee


def get_at_meeting(session: Session, meeting_id: int, attendee_id: int) -> Attendee:
    """Somebody of this meeting; raises `NotFound`."""
    attendee = registration.get_attendee(session, attendee_id)
    if attendee.meeting_id != meeting_id or attendee.erased_at is not None:
        raise NotFound
    return attendee


def codes(session: Session, meeting_id: int) -> dict[str, int]:
    """Attendees of a meeting by the hash of their check-in code."""
    query = select(Attendee.checkin_token, Attendee.id).where(
        Attendee.meeting_id == meeting_id, Attendee.erased_at.is_(None)
    )
    return {hash_token(token): attendee_id for token, attendee_id in session.execute(query)}


def is_elsewhere(session: Session, meeting_id: int, code: str, *, now: datetime) -> bool:
    """Whether a code (its hash) is of another meeting whose door is open now."""
    query = (
        select(Attendee.checkin_token)
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .where(
            Meeting.id != meeting_id,
            Meeting.state == MeetingState.PUBLISHED,
            Meeting.starts_at <= now + DOOR_TIME,
            Meeting.ends_at >= now - DOOR_TIME,
        )
    )
    return any(hash_token(token) == code for token in session.scalars(query))


def people(session: Session, meeting_id: int) -> list[Attendee]:
    """Everybody whom the door may have to find, in the order of the list. Rows that were replaced are left out."""
    return list(registration.stream(session, meeting_id, registration.ListView()))


def some(session: Session, meeting_id: int, attendee_ids: Collection[int]) -> list[Attendee]:
    """These people of a meeting."""
    query = select(Attendee).where(
        Attendee.meeting_id == meeting_id, Attendee.id.in_(attendee_ids), Attendee.erased_at.is_(None)
    )
    return list(session.scalars(query.order_by(Attendee.id)))


def open_doors(
    session: Session, *, now: datetime, series_ids: Collection[int] = (), meeting_ids: Collection[int] = ()
) -> list[Meeting]:
    """Published meetings whose door is open now, or opens next, soonest first; of these series or meetings."""
    query = select(Meeting).where(Meeting.state == MeetingState.PUBLISHED, Meeting.ends_at >= now - DOOR_TIME)
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    if meeting_ids:
        query = query.where(Meeting.id.in_(meeting_ids))
    return list(session.scalars(query.order_by(Meeting.starts_at, Meeting.id)))


def standing(session: Session, attendee_id: int) -> list[DoorEvent]:
    """The check-ins of somebody that were not taken back, the earliest first."""
    query = select(DoorEvent).where(DoorEvent.attendee_id == attendee_id, stands())
    return list(session.scalars(query.order_by(DoorEvent.at, DoorEvent.id)))


def by_client_ids(session: Session, meeting_id: int, client_ids: Collection[str]) -> dict[str, DoorEvent]:
    """Acts that have arrived already, by the name that the phone gave them.

    Raises `NotFound` when one of them is of another meeting: phones make up names that nobody else makes up.
    """
    query = select(DoorEvent).where(DoorEvent.client_id.in_(client_ids))
    found = {event.client_id: event for event in session.scalars(query)}
    if any(event.meeting_id != meeting_id for event in found.values()):
        raise NotFound
    return found
