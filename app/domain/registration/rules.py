"""Seats: who gets one, who waits, who may change what. Pure; the session and the clock are elsewhere.

A seat is taken by a confirmed attendee, in the room or online. A newcomer is confirmed when a seat is free and
nobody waits for one; whoever waits is served in the order of the queue.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.base.errors import Refusal
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.domain.outbox.models import Kind
from app.domain.registration.models import Attendee, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST_PARTY = 6
TIMES = ("starts_at", "ends_at", "timezone")  # a change of these asks people anew
CORRECTION_TIME = timedelta(minutes=30)
TEN = 10
ABOUT_AN_ANSWER = frozenset({Kind.ANSWERED, Kind.CONFIRM_ANSWER})
ASKING = frozenset({Kind.INVITED, Kind.REMINDER, Kind.CONFIRM_ANSWER})


class RegistrationClosed(Refusal):
    """The meeting takes no registrations now.

    `reason` is `draft`, `invitation` (only whoever is invited comes), `not_open`, `deadline`, `past` or
    `called_off`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PartyTooLarge(Refusal):
    """More than six people in one submission, or nobody."""


class SamePersonTwice(Refusal):
    """Two people of one submission have the same name and address; `position` is the later one's, from 0."""

    def __init__(self, position: int) -> None:
        super().__init__(str(position))
        self.position = position


class ModeNotOffered(Refusal):
    """The meeting does not take place in this way."""


class ModeInUse(Refusal):
    """People come in a way that the edited meeting would no longer offer."""


class AlreadyRegistered(Refusal):
    """Somebody with this name and address has, or waits for, a place."""


class ChangeRefused(Refusal):
    """The act cannot be done now.

    `reason` is `past`, `called_off`, `ended`, `not_ended`, `not_yours`, `not_pending`, `substituted` (a colleague
    comes instead), `deadline` (of answers to questions) or `replaced` (by a row with another address); for letters
    `under_way`, `emptied` or `overtaken`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoSeatFree(Refusal):
    """Every seat of this kind is taken; the organiser may add a chair."""


class CorrectionTooLate(Refusal):
    """An address can be corrected on the done page for half an hour only."""


@dataclass(slots=True)
class Seats:
    """What is taken at one meeting, per mode; `last_number` and `first_number` are the ends of the queue.

    `filled` are the modes whose last seat was taken through this count.
    """

    capacity: dict[str, int | None]
    taken: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    last_number: int = 0
    first_number: int = 1
    filled: set[str] = field(default_factory=set)

    def copy(self) -> Seats:
        """The same count, to try something out."""
        return replace(
            self, taken=Counter(self.taken), waiting=Counter(self.waiting), filled=set(self.filled)
        )

    def free(self, mode: str) -> int | None:
        """Seats left for `mode`; None when there is no limit."""
        limit = self.capacity[mode]
        return None if limit is None else max(0, limit - self.taken[mode])

    def has_room(self, mode: str) -> bool:
        """Whether a seat is free, whoever waits."""
        free = self.free(mode)
        return free is None or free > 0

    def seat_newcomer(self, mode: str) -> Place:
        """Take a seat if one is free and nobody waits for it, else join the queue; counts itself in."""
        if self.has_room(mode) and not self.waiting[mode]:
            self.take(mode)
            return Place.CONFIRMED
        self.waiting[mode] += 1
        return Place.WAITING

    def take(self, mode: str) -> None:
        """Take a free seat."""
        self.taken[mode] += 1
        if not self.has_room(mode):
            self.filled.add(mode)

    def next_number(self) -> int:
        """A queue number behind everybody."""
        self.last_number += 1
        return self.last_number

    def number_in_front(self) -> int:
        """A queue number before everybody."""
        self.first_number -= 1
        return self.first_number


def offered_modes(meeting: Meeting) -> tuple[Mode, ...]:
    """The ways to take part, the room first."""
    return {
        Format.IN_PERSON: (Mode.ROOM,),
        Format.ONLINE: (Mode.ONLINE,),
        Format.HYBRID: (Mode.ROOM, Mode.ONLINE),
    }[Format(meeting.format)]


def check_mode(meeting: Meeting, mode: Mode | None) -> None:
    """Refuse a way to take part that the meeting does not have; None stands for the present one."""
    if mode is not None and mode not in offered_modes(meeting):
        raise ModeNotOffered


def seats_of(meeting: Meeting, counts: Iterable[tuple[str, str, int, int | None, int | None]]) -> Seats:
    """Seats from rows (place, mode, how many, lowest and highest queue number) of live and ended attendees."""
    seats = Seats({Mode.ROOM: meeting.capacity, Mode.ONLINE: meeting.online_capacity})
    for place, mode, number, lowest, highest in counts:
        if place == Place.CONFIRMED:
            seats.taken[mode] += number
        elif place == Place.WAITING:
            seats.waiting[mode] += number
        seats.last_number = max(seats.last_number, highest or 0)
        seats.first_number = min(seats.first_number, seats.first_number if lowest is None else lowest)
    return seats


def deadline_instant(meeting: Meeting) -> datetime:
    """The last second (UTC) in which somebody new may register, by the deadline's day there; else the start."""
    if meeting.deadline is None:
        return meeting.starts_at
    last = datetime.combine(meeting.deadline, time(23, 59, 59), tzinfo=ZoneInfo(meeting.timezone))
    return min(last.astimezone(UTC), meeting.starts_at)


def check_open(meeting: Meeting, *, now: datetime) -> None:
    """Raise `RegistrationClosed` unless the form may be sent at `now`."""
    reason = closed_because(meeting, now=now)
    if reason:
        raise RegistrationClosed(reason)


def closed_because(meeting: Meeting, *, now: datetime) -> str | None:
    """Why the form is closed at `now`, or None while it is open."""
    if meeting.state != MeetingState.PUBLISHED:
        return str(meeting.state)
    if now >= meeting.starts_at:
        return "past"
    if meeting.invitation_only:
        return "invitation"
    if meeting.opens_at and now < meeting.opens_at:
        return "not_open"
    if now >= deadline_instant(meeting) + timedelta(seconds=1):
        return "deadline"
    return None


def check_party(people: list[tuple[str | None, str]], modes: Iterable[str], offered: Iterable[Mode]) -> None:
    """Refuse a party of the wrong size, a person typed twice (by key), or a mode that is not offered."""
    if not 1 <= len(people) <= LARGEST_PARTY:
        raise PartyTooLarge
    seen: set[tuple[str | None, str]] = set()
    for position, person in enumerate(people):
        if person in seen:
            raise SamePersonTwice(position)
        seen.add(person)
    if not set(modes) <= set(offered):
        raise ModeNotOffered


def check_ahead(meeting: Meeting, *, now: datetime) -> None:
    """Refuse a change at a meeting that is called off or has begun."""
    if meeting.state != MeetingState.PUBLISHED:
        raise ChangeRefused("called_off")
    if now >= meeting.starts_at:
        raise ChangeRefused("past")


def check_changeable(meeting: Meeting, attendee: Attendee, *, now: datetime) -> None:
    """Refuse a change of the place unless the meeting is on, ahead, and the attendee still in it."""
    check_ahead(meeting, now=now)
    if not attendee.is_live:
        raise ChangeRefused("ended")


def check_undoable(meeting: Meeting, attendee: Attendee, *, now: datetime, by_organiser: bool) -> None:
    """Refuse an undo of a cancel: too late, nothing to undo, or the organiser took the place away."""
    check_ahead(meeting, now=now)
    if attendee.is_live or attendee.erased_at:
        raise ChangeRefused("not_ended")
    if attendee.place == Place.CANCELLED and not by_organiser:
        raise ChangeRefused("not_yours")


def check_still_true(
    meeting: Meeting, attendee: Attendee, facts: Mapping[str, Any], *, kind: str, now: datetime
) -> None:
    """Refuse to repeat a letter that would mislead: the place, or whether the meeting is on, changed since.

    One about an answer also when another answer came since; one that asks only while the meeting is ahead.
    """
    told = facts.get("attendee") or {}
    is_off = meeting.state == MeetingState.CALLED_OFF
    if told.get("place") != attendee.place or (kind == Kind.CALLED_OFF) != is_off:
        raise ChangeRefused("overtaken")
    if kind in ABOUT_AN_ANSWER and told.get("answer") != attendee.answer:
        raise ChangeRefused("overtaken")
    if kind in ASKING:
        check_ahead(meeting, now=now)


def may_undo(meeting: Meeting, attendee: Attendee, *, now: datetime) -> bool:
    """Whether the attendee may take the own cancel back at `now`."""
    try:
        check_undoable(meeting, attendee, now=now, by_organiser=False)
    except ChangeRefused:
        return False
    return True


def may_say_else(meeting: Meeting, *, now: datetime) -> bool:
    """Whether an attendee may still change what they said to questions: until the deadline."""
    return now < deadline_instant(meeting) + timedelta(seconds=1)


def may_correct(submitted_at: datetime, *, now: datetime) -> bool:
    """Whether a mistyped address of a submission may still be corrected at `now`."""
    return now < submitted_at + CORRECTION_TIME


def may_promote(meeting: Meeting, *, now: datetime) -> bool:
    """Whether whoever waits moves up by itself at `now`."""
    return meeting.state == MeetingState.PUBLISHED and now < min(meeting.promote_until, meeting.starts_at)


def places_shown(free: int) -> int:
    """Places left as the public page says them: exact under ten, else rounded down to tens."""
    return free if free < TEN else free // TEN * TEN
