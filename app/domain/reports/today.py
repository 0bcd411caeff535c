"""What an organiser's day begins with: how each meeting ahead stands, and what is stuck there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from app.domain.outbox.models import Letter, State
from app.domain.registration import rules
from app.domain.registration.models import LIVE, Answer, Attendee, Place
from app.domain.registration.queries import visible
from app.domain.registration.reminders import ASK_BEFORE_DEADLINE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.meetings.models import Meeting
    from app.domain.registration.rules import Seats


class Trouble(StrEnum):
    """Kinds of what is stuck, the most pressing first."""

    UNTOLD = "untold"
    FREE = "free"
    PENDING = "pending"
    MAYBE = "maybe"
    FAILED = "failed"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something that waits for a person; `number` says of how many people or letters, 0 where that is not counted."""

    trouble: Trouble
    meeting: Meeting
    number: int = 0


@dataclass(slots=True)
class Standing:
    """Seats of a meeting, and how many said maybe, are to be approved, and have or await a place with a bad address."""

    seats: Seats
    maybe: int = 0
    pending: int = 0
    bounced: int = 0


def standings(session: Session, meetings: Sequence[Meeting]) -> dict[int, Standing]:
    """How each of these meetings stands, in one statement; none for nobody."""
    query = (
        select(
            Attendee.meeting_id,
            Attendee.place,
            Attendee.mode,
            Attendee.answer,
            func.count(),
            func.count().filter(visible()),
            func.count(Attendee.bounced_at).filter(visible()),
        )
        .where(Attendee.meeting_id.in_([one.id for one in meetings]))
        .group_by(Attendee.meeting_id, Attendee.place, Attendee.mode, Attendee.answer)
    )
    rows = session.execute(query).all() if meetings else []
    found = {}
    for meeting in meetings:
        own = [row[1:] for row in rows if row[0] == meeting.id]
        found[meeting.id] = Standing(
            seats=rules.seats_of(
                meeting, [(place, mode, all_, None, None) for place, mode, _a, all_, *_ in own]
            ),
            maybe=sum(row[4] for row in own if row[0] == Place.CONFIRMED and row[2] == Answer.MAYBE),
            pending=sum(row[4] for row in own if row[0] == Place.PENDING),
            bounced=sum(row[5] for row in own if row[0] in LIVE),
        )
    return found


def failed_letters(session: Session, meeting_ids: Collection[int]) -> dict[int, int]:
    """How many letters of each of these meetings failed and were not followed by another one of their kind."""
    if not meeting_ids:
        return {}
    newer = aliased(Letter)
    followed = exists().where(
        newer.attendee_id == Letter.attendee_id,
        newer.kind == Letter.kind,
        newer.id > Letter.id,
        newer.state != State.FAILED,
    )
    query = (
        select(Letter.meeting_id, func.count())
        .where(Letter.meeting_id.in_(meeting_ids), Letter.state == State.FAILED, ~followed)
        .group_by(Letter.meeting_id)
    )
    return {meeting_id: number for meeting_id, number in session.execute(query) if meeting_id is not None}


def stuck(
    meetings: Sequence[Meeting], standing: Mapping[int, Standing], failed: Mapping[int, int], *, now: datetime
) -> list[Stuck]:
    """What waits for a person at these published meetings, the most pressing meeting first."""
    return [
        Stuck(trouble, meeting, number)
        for meeting in meetings
        for trouble, number in _troubles(meeting, standing[meeting.id], failed.get(meeting.id, 0), now=now)
    ]


def _troubles(
    meeting: Meeting, standing: Standing, failed: int, *, now: datetime
) -> Iterator[tuple[Trouble, int]]:
    ahead = now < meeting.starts_at
    if ahead and meeting.untold is not None:
        yield Trouble.UNTOLD, 0
    if ahead and (waiting := _could_move_up(meeting, standing.seats)):
        yield Trouble.FREE, waiting
    if ahead and standing.pending:
        yield Trouble.PENDING, standing.pending
    if ahead and standing.maybe and now >= rules.deadline_instant(meeting) - ASK_BEFORE_DEADLINE:
        yield Trouble.MAYBE, standing.maybe
    if failed:
        yield Trouble.FAILED, failed
    if standing.bounced:
        yield Trouble.BOUNCED, standing.bounced


def _could_move_up(meeting: Meeting, seats: Seats) -> int:
    """How many wait for a kind of seat of which one is free."""
    return sum(
        seats.waiting[mode]
        for mode in rules.offered_modes(meeting)
        if seats.free(mode) and seats.waiting[mode]
    )
