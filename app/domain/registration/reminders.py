"""Reminders: looked for at each tick of the worker and never queued ahead. The caller commits each meeting's.

A reminder is due `reminder_days` before the start, to whoever comes, and to whoever was invited and is silent;
whoever said maybe is also asked two days before the deadline. None goes more than 12 hours late, none between
21 and 7 o'clock at the meeting's place, none to people who came on the list after it was due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select
from sqlalchemy.orm import aliased

from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import letters, seating
from app.domain.registration.models import Answer, Attendee, Place
from app.domain.registration.rules import deadline_instant

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LATEST = timedelta(hours=12)
ASK_BEFORE_DEADLINE = timedelta(days=2)
WAKING, SLEEPING = 7, 21  # o'clock
FARTHEST = timedelta(days=60)  # no reminder is due earlier before a meeting
DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Due:
    """One rule whose time has come: its name in the letter's key, and since when it is due."""

    rule: str
    since: datetime


def meetings_with_due(session: Session, *, now: datetime) -> list[int]:
    """Ids of meetings ahead of which some rule is due at `now`; a cheap look, without a lock."""
    query = select(Meeting).where(
        Meeting.state == MeetingState.PUBLISHED,
        Meeting.starts_at > now,
        Meeting.starts_at < now + FARTHEST + LATEST,
    )
    return [meeting.id for meeting in session.scalars(query) if due_rules(meeting, now=now)]


def due_rules(meeting: Meeting, *, now: datetime) -> list[Due]:
    """The rules of a meeting that are due at `now` and not too late; none at night."""
    hour = now.astimezone(ZoneInfo(meeting.timezone)).hour
    if not WAKING <= hour < SLEEPING or now >= meeting.starts_at:
        return []
    rules = [Due(f"{days}d", meeting.starts_at - timedelta(days=days)) for days in meeting.reminder_days]
    rules.append(Due(DEADLINE, deadline_instant(meeting) - ASK_BEFORE_DEADLINE))
    return [one for one in rules if one.since <= now < one.since + LATEST]


def enqueue_due(session: Session, meeting_id: int, *, now: datetime) -> int:
    """Write the reminders of one meeting that are due at `now`; returns how many. Done twice it writes none more.

    The caller has begun a write. Raises `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.state != MeetingState.PUBLISHED:
        return 0
    return sum(_remind(session, meeting, due, now=now) for due in due_rules(meeting, now=now))


def _remind(session: Session, meeting: Meeting, due: Due, *, now: datetime) -> int:
    people = select(Attendee).where(
        Attendee.meeting_id == meeting.id,
        Attendee.email.is_not(None),
        Attendee.erased_at.is_(None),
        Attendee.registered_at <= due.since,
        _meant_by(due),
        ~_reminded_since(due),
        ~_took_over_since(due),
    )
    rows = []
    for attendee in session.scalars(people.order_by(Attendee.id)):
        new = letters.prepared(Kind.REMINDER, meeting, attendee, rule=due.rule, answer=attendee.answer)
        if new is not None:
            key = f"reminder:{due.rule}:{attendee.id}:{meeting.revision}"
            rows.append(outbox.letter_row(new, now=now) | {"key": key})
    if rows:
        session.execute(insert(Letter).execution_options(render_nulls=True), rows)
    return len(rows)


def _meant_by(due: Due) -> ColumnElement[bool]:
    if due.rule == DEADLINE:
        return and_(Attendee.place == Place.CONFIRMED, Attendee.answer == Answer.MAYBE)
    silent = and_(Attendee.place == Place.INVITED, Attendee.answer == Answer.NONE)
    return or_(Attendee.place == Place.CONFIRMED, silent)


def _took_over_since(due: Due) -> ColumnElement[bool]:
    """Whether this row inherited its place, with the time of it, from another one: then it has just had a letter."""
    old = aliased(Attendee)
    is_heir = or_(old.id == Attendee.substitute_for_id, old.id == Attendee.previous_id)
    return exists().where(is_heir, old.ended_at > due.since)


def _reminded_since(due: Due) -> ColumnElement[bool]:
    """Whether this rule has reminded somebody already: a change of place within the hours must not do it again."""
    letter = aliased(Letter)
    begins = f"reminder:{due.rule}:"
    return exists().where(
        letter.attendee_id == Attendee.id,
        letter.kind == Kind.REMINDER,
        func.substr(letter.key, 1, len(begins)) == begins,
        letter.created_at >= due.since,
    )
