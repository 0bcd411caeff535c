"""Seats that are given at the door: to somebody on the list who has none, and to whoever just comes.

Where no seat is free a chair is added, openly. The caller has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.meetings.models import Format, MeetingState
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import letters, organiser, rules, seating, sign_up
from app.domain.registration.models import Answer, Attendee, Mode, Place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.registration.commands import Person


def let_in(
    session: Session, meeting: Meeting, attendee: Attendee, *, now: datetime, actor: Actor
) -> Attendee:
    """Give a seat in the room to somebody on the list of a locked meeting who has none there.

    Before the start the letter of a newcomer goes, as their calendar does not know; later nothing is written to
    somebody who sits in the room. Raises `ChangeRefused` (`replaced`), `AlreadyRegistered`.
    """
    was = attendee.place
    if not attendee.is_live:
        _check_return(session, meeting, attendee)
    session.flush()
    if attendee.place == Place.CONFIRMED and attendee.mode == Mode.ROOM:
        return attendee
    attendee.mode = Mode.ROOM
    attendee.place, attendee.queue_number, attendee.ended_at = Place.CONFIRMED, None, None
    attendee.changed_at = now
    if attendee.answer in (Answer.NONE, Answer.NO):
        seating.answered(attendee, meeting, Answer.YES, by="organiser", now=now)
    _make_room(session, meeting, now=now, actor=actor)
    history.record(
        session,
        "attendee:let_in",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        was=was,
    )
    if now < meeting.starts_at:
        attendee.revision += 1
        kind = Kind.MOVED_UP if was == Place.WAITING else Kind.CONFIRMED
        letters.write(session, kind, meeting, attendee, now=now, calendar=Calendar.REQUEST)
    return attendee


def add(
    session: Session,
    meeting_id: int,
    person: Person,
    *,
    language: str,
    now: datetime,
    actor: Actor,
    mail_domain: str,
) -> Attendee:
    """Put somebody who just came on the list, with a seat in the room; the address may be missing.

    Raises `AlreadyRegistered`, `ModeNotOffered` (an online meeting), `ChangeRefused` (called off),
    `RegistrationClosed` (a draft), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.state == MeetingState.DRAFT:
        raise rules.RegistrationClosed("draft")
    if meeting.called_off_at is not None:
        raise rules.ChangeRefused("called_off")
    if meeting.format == Format.ONLINE:
        raise rules.ModeNotOffered
    if sign_up.live_attendees(session, meeting.id, [sign_up.person_key(person)]):
        raise rules.AlreadyRegistered
    attendee = sign_up.new_attendee(
        meeting,
        person,
        directory.organisations_by_key(session, [person.organisation]),
        language=language,
        now=now,
        domain=mail_domain,
    )
    attendee.mode, attendee.place = Mode.ROOM, Place.CONFIRMED
    seating.answered(attendee, meeting, Answer.YES, by="organiser", now=now)
    session.add(attendee)
    _make_room(session, meeting, now=now, actor=actor)
    history.record(
        session, "attendee:walk_in", subject_id=attendee.id, meeting_id=meeting.id, actor=actor, now=now
    )
    if now < meeting.starts_at:
        letters.write(
            session, Kind.ADDED, meeting, attendee, now=now, calendar=letters.request_if_due(attendee)
        )
    return attendee


def _check_return(session: Session, meeting: Meeting, attendee: Attendee) -> None:
    """Whoever said no may come after all, unless another row has become theirs."""
    if session.scalar(select(Attendee.id).where(Attendee.previous_id == attendee.id).limit(1)):
        raise rules.ChangeRefused("replaced")
    key = (attendee.email_key, attendee.name_key)
    if attendee.email_key and sign_up.live_attendees(session, meeting.id, [key]):
        raise rules.AlreadyRegistered


def _make_room(session: Session, meeting: Meeting, *, now: datetime, actor: Actor) -> None:
    """The seat was given: where there are more people than seats now, a chair was added."""
    session.flush()
    seats = seating.count_seats(session, meeting)
    capacity = seats.capacity[Mode.ROOM]
    if capacity is not None and seats.taken[Mode.ROOM] > capacity:
        organiser.one_more(meeting, Mode.ROOM)
        organiser.record_chair(session, meeting, Mode.ROOM, now=now, actor=actor)
    elif capacity is not None and seats.taken[Mode.ROOM] == capacity:
        seats.filled.add(Mode.ROOM)
        seating.record_full(session, meeting, seats, now=now, actor=actor)
