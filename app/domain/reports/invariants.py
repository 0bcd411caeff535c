"""What must always be true of the stored data, each as one query that finds what breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.domain.attendance.models import AttendanceMark, DoorEvent
from app.domain.history.models import Entry
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox.models import Calendar, Letter, State
from app.domain.outbox.queries import perhaps_sent
from app.domain.questions.models import QuestionAnswer, QuestionOption
from app.domain.registration import rules, seating
from app.domain.registration.models import LIVE, Attendee, AttendeeLabel, Label, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session


def broken(session: Session, *, now: datetime) -> list[str]:
    """Sentences for an administrator about everything that is wrong; empty when all is well. Ids, no names."""
    return [
        *_seats(session, now=now),
        *_options(session),
        *_queues(session),
        *_unique_people(session),
        *_sequences(session),
        *_letters(session, now=now),
        *_doors(session),
        *_labels(session),
    ]


def _seats(session: Session, *, now: datetime) -> Iterator[str]:
    for meeting in session.scalars(select(Meeting)):
        seats = seating.count_seats(session, meeting)
        for mode in Mode:
            limit = seats.capacity[mode]
            # An organiser may lower the capacity below what is taken, and nobody is moved down.
            if limit is not None and seats.taken[mode] > limit:
                most = _most_ever(session, meeting, mode, limit)
                if most is not None and seats.taken[mode] > most:
                    yield f"Meeting {meeting.id}: {seats.taken[mode]} confirmed for {most} seats ({mode})."
            idle = seats.waiting[mode] and seats.has_room(mode) and rules.may_promote(meeting, now=now)
            if idle and mode in rules.offered_modes(meeting):
                yield f"Meeting {meeting.id}: {seats.waiting[mode]} wait although a seat is free ({mode})."


def _most_ever(session: Session, meeting: Meeting, mode: str, limit: int) -> int | None:
    """The largest number of seats there ever was, with the chairs added; None when there was no limit once."""
    key = "online_capacity" if mode == Mode.ONLINE else "capacity"
    query = select(Entry.act, Entry.details).where(
        Entry.act.in_(("meeting:capacity", "meeting:add_chair")), Entry.subject_id == meeting.id
    )
    chairs, limits = 0, [limit]
    for act, details in session.execute(query):
        if act == "meeting:add_chair":
            chairs += details["mode"] == mode
        elif details[f"{key}_was"] is None:
            return None
        else:
            limits.append(details[f"{key}_was"])
    return max(limits) + chairs


def _options(session: Session) -> Iterator[str]:
    """No limit falls below what is taken, so the present one counts."""
    held = (
        select(Attendee.meeting_id, QuestionOption.id, QuestionOption.places, func.count())
        .join(QuestionAnswer, QuestionAnswer.attendee_id == Attendee.id)
        .join(QuestionOption, QuestionOption.id == QuestionAnswer.option_id)
        .where(QuestionAnswer.has_place, Attendee.place == Place.CONFIRMED)
        .group_by(Attendee.meeting_id, QuestionOption.id, QuestionOption.places)
        .having(func.count() > QuestionOption.places)
    )
    for meeting_id, option_id, places, number in session.execute(held):
        yield f"Meeting {meeting_id}: {number} people have one of {places} places of option {option_id}."


def _queues(session: Session) -> Iterator[str]:
    query = select(Attendee.id).where(
        or_(
            (Attendee.place == Place.WAITING) & Attendee.queue_number.is_(None),
            (Attendee.place != Place.WAITING) & Attendee.queue_number.is_not(None),
        )
    )
    for attendee_id in session.scalars(query):
        yield f"Attendee {attendee_id}: the queue number does not fit the place."
    same = (
        select(Attendee.meeting_id, Attendee.queue_number)
        .where(Attendee.place == Place.WAITING)
        .group_by(Attendee.meeting_id, Attendee.queue_number)
        .having(func.count() > 1)
    )
    for meeting_id, number in session.execute(same):
        yield f"Meeting {meeting_id}: two people wait under number {number}."


def _unique_people(session: Session) -> Iterator[str]:
    query = (
        select(Attendee.meeting_id, func.min(Attendee.id))
        .where(Attendee.place.in_(LIVE), Attendee.email_key.is_not(None))
        .group_by(Attendee.meeting_id, Attendee.email_key, Attendee.name_key)
        .having(func.count() > 1)
    )
    for meeting_id, attendee_id in session.execute(query):
        yield f"Meeting {meeting_id}: the person of attendee {attendee_id} is on the list twice."


def _sequences(session: Session) -> Iterator[str]:
    now_is = Meeting.revision + Attendee.revision
    query = (
        select(Attendee.id)
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .where(Attendee.sent_sequence > now_is)
    )
    for attendee_id in session.scalars(query):
        yield f"Attendee {attendee_id}: a higher SEQUENCE was sent than the present one."
    later = aliased(Letter)
    falling = (
        select(Letter.attendee_id)
        .join(later, (later.attendee_id == Letter.attendee_id) & (later.id > Letter.id))
        .where(Letter.calendar.is_not(None), later.calendar.is_not(None), later.sequence < Letter.sequence)
        .distinct()
    )
    for fallen_id in session.scalars(falling):
        yield f"Attendee {fallen_id}: SEQUENCE fell from one letter to the next."


def _letters(session: Session, *, now: datetime) -> Iterator[str]:
    """Whoever has a seat and an address had a letter about it; nothing lies in a dead worker's hands for long.

    Nobody is invited to a meeting that is called off; restoring it invites everybody.
    """
    told = select(Letter.id).where(Letter.attendee_id == Attendee.id, Letter.calendar == Calendar.REQUEST)
    query = (
        select(Attendee.id)
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .where(
            Attendee.place == Place.CONFIRMED,
            Attendee.email.is_not(None),
            Meeting.starts_at > now,
            Meeting.state != MeetingState.CALLED_OFF,
            Attendee.party_id.is_not(None),
            ~told.exists(),
        )
    )
    for attendee_id in session.scalars(query):
        yield f"Attendee {attendee_id}: has a seat, but no invite was ever written."
    unaddressed = select(Letter.id).where(Letter.state == State.QUEUED, Letter.recipient.is_(None))
    for letter_id in session.scalars(unaddressed):
        yield f"Letter {letter_id}: is to be sent to nobody."
    if left := perhaps_sent(session, now=now):
        yield f"{left} letters were left by a worker that died; a running worker repeats them."


def _doors(session: Session) -> Iterator[str]:
    """What happened at a door is about people of that meeting, and happened before it reached us."""
    query = (
        select(DoorEvent.id)
        .join(Attendee, Attendee.id == DoorEvent.attendee_id)
        .where(Attendee.meeting_id != DoorEvent.meeting_id)
    )
    for event_id in session.scalars(query):
        yield f"Door event {event_id}: it is about somebody of another meeting."
    for event_id in session.scalars(select(DoorEvent.id).where(DoorEvent.at > DoorEvent.taken_at)):
        yield f"Door event {event_id}: it happened after it reached us."
    strangers = (
        select(AttendanceMark.id)
        .join(Attendee, Attendee.id == AttendanceMark.attendee_id)
        .where(Attendee.meeting_id != AttendanceMark.meeting_id)
    )
    for mark_id in session.scalars(strangers):
        yield f"Attendance mark {mark_id}: it is about somebody of another meeting."


def _labels(session: Session) -> Iterator[str]:
    query = (
        select(AttendeeLabel.attendee_id, AttendeeLabel.label_id)
        .join(Attendee, Attendee.id == AttendeeLabel.attendee_id)
        .join(Label, Label.id == AttendeeLabel.label_id)
        .where(Attendee.meeting_id != Label.meeting_id)
    )
    for attendee_id, label_id in session.execute(query):
        yield f"Attendee {attendee_id}: has label {label_id} of another meeting."
