"""Which words of history are news to an organiser, when they are told, and by what choice. Pure.

Who may edit the meetings of a series hears of them (`accounts.rules.may`): administrators of everything,
organisers of their series, viewers of nothing. Nobody is told what they did themselves, nor what a colleague
did with a person's place: the workspace shows that.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.domain.accounts.models import Account, Role
from app.domain.accounts.rules import MATRIX, Permission
from app.domain.outbox.models import Kind
from app.domain.registration.models import Mode, Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from app.domain.history.models import Entry

PAUSE = timedelta(minutes=5)  # between two notices at once to one account
OLDEST = timedelta(days=7)  # what is older is told to nobody any more
SETTLE = timedelta(minutes=1)  # longer than any write takes
DIGEST_FROM, DIGEST_UNTIL = 7, 19  # o'clock


class Event(StrEnum):
    """What an organiser chooses for, in the order of the page."""

    REGISTERED = "registered"
    CANCELLED = "cancelled"
    FULL = "full"
    WAITING = "waiting"
    SEAT_FREE = "seat_free"
    PENDING = "pending"
    PROPOSED = "proposed"
    UNUSABLE = "unusable"
    UNDELIVERED = "undelivered"


class Timing(StrEnum):
    """When an event is told."""

    NOW = "now"
    DAILY = "daily"
    OFF = "off"


class Line(StrEnum):
    """One sentence of a notice, in the order in which they stand there; most of them count."""

    REGISTERED = "registered"
    BACK = "back"
    CANCELLED = "cancelled"
    SUBSTITUTED = "substituted"
    FULL_ROOM = "full_room"
    FULL_ONLINE = "full_online"
    WAITING = "waiting"
    SEAT_FREE = "seat_free"
    PENDING = "pending"
    PROPOSED = "proposed"
    UNUSABLE = "unusable"
    FAILED = "failed"
    BOUNCED = "bounced"


# What cannot wait for tomorrow is told at once: it is rare, or somebody has to decide before the meeting.
DEFAULTS = {
    Event.REGISTERED: Timing.DAILY,
    Event.CANCELLED: Timing.DAILY,
    Event.FULL: Timing.NOW,
    Event.WAITING: Timing.DAILY,
    Event.SEAT_FREE: Timing.NOW,
    Event.PENDING: Timing.DAILY,
    Event.PROPOSED: Timing.DAILY,
    Event.UNUSABLE: Timing.DAILY,
    Event.UNDELIVERED: Timing.DAILY,
}
EVENT_OF = {
    Line.REGISTERED: Event.REGISTERED,
    Line.BACK: Event.REGISTERED,
    Line.CANCELLED: Event.CANCELLED,
    Line.SUBSTITUTED: Event.CANCELLED,
    Line.FULL_ROOM: Event.FULL,
    Line.FULL_ONLINE: Event.FULL,
    Line.WAITING: Event.WAITING,
    Line.SEAT_FREE: Event.SEAT_FREE,
    Line.PENDING: Event.PENDING,
    Line.PROPOSED: Event.PROPOSED,
    Line.UNUSABLE: Event.UNUSABLE,
    Line.FAILED: Event.UNDELIVERED,
    Line.BOUNCED: Event.UNDELIVERED,
}
BY_PLACE: dict[str, dict[str, Line]] = {
    "attendee:register": {
        Place.CONFIRMED: Line.REGISTERED,
        Place.WAITING: Line.WAITING,
        Place.PENDING: Line.PENDING,
    },
    "attendee:answer": {Place.CONFIRMED: Line.REGISTERED, Place.WAITING: Line.WAITING},
    "attendee:undo_cancel": {Place.CONFIRMED: Line.BACK, Place.WAITING: Line.WAITING},
    "attendee:change": {Place.WAITING: Line.WAITING},
}
BY_MODE: dict[str, Line] = {Mode.ROOM: Line.FULL_ROOM, Mode.ONLINE: Line.FULL_ONLINE}
MAILS = {
    "letter:fail": Line.FAILED,
    "letter:bounce": Line.BOUNCED,
    "reply:propose": Line.PROPOSED,
    "reply:review": Line.UNUSABLE,
}
ACTS = (*BY_PLACE, "attendee:cancel", "attendee:substitute", "meeting:full", *MAILS)
NO_PLACE_TAKEN = "noted"


def lines_of(entry: Entry) -> tuple[Line, ...]:
    """What one entry of history says to organisers; nothing for most.

    `SEAT_FREE` and `FULL_…` are asked about the present again before they are told.
    """
    if entry.act in MAILS:
        # A notice that fails is no news: it would make the next one, and so on.
        return () if entry.details.get("kind") == Kind.NOTICE else (MAILS[entry.act],)
    if entry.act == "meeting:full":
        line = BY_MODE.get(str(entry.details.get("mode")))
        return (line,) if line else ()
    if entry.actor == "organiser":
        return ()
    return _of_attendee(entry)


def _of_attendee(entry: Entry) -> tuple[Line, ...]:
    details = entry.details
    if entry.act == "attendee:substitute":
        return (Line.SUBSTITUTED,)
    if entry.act == "attendee:cancel":
        if details.get("by") == "substitute":
            return ()
        return (Line.CANCELLED, Line.SEAT_FREE) if details.get("seat") else (Line.CANCELLED,)
    changes_no_place = entry.act == "attendee:change" and not details.get("moved")
    if changes_no_place or details.get("outcome") == NO_PLACE_TAKEN:
        return ()
    line = BY_PLACE.get(entry.act, {}).get(str(details.get("place")))
    found = (line,) if line else ()
    return (*found, Line.SEAT_FREE) if entry.act == "attendee:change" else found


def timings(choices: Mapping[str, str]) -> dict[Event, Timing]:
    """When each event is told; what was not chosen, or makes no sense, goes by the default."""
    known = set(Timing)
    return {
        event: Timing(choices[event]) if choices.get(event) in known else default
        for event, default in DEFAULTS.items()
    }


HEARING = frozenset(role for role in Role if Permission.EDIT in MATRIX[role])


def hears(account: Account) -> bool:
    """Whether an account gets notices at all."""
    return account.active and account.role in HEARING


def digest_day(now: datetime, timezone: str) -> date | None:
    """The local day whose digest may be written at `now`: from 7 o'clock, and not more than twelve hours late."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.date() if DIGEST_FROM <= local.hour < DIGEST_UNTIL else None


def may_tell_now(told_at: datetime | None, *, now: datetime) -> bool:
    """Whether the pause after the last notice at once is over; one from the future counts for nothing."""
    return told_at is None or not now - PAUSE < told_at <= now
