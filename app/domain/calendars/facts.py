"""What has to be known to write a calendar object. Plain values, checked when they are made."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from datetime import datetime

MAX_SEQUENCE = 2**31 - 1  # parsers disagree about larger numbers
FIRST_YEAR, LAST_YEAR = 1971, 9998  # our zones begin in 1970; one year of room for other clocks

_ADDRESS_PART = r"""[^\s\x00-\x1f\x7f\ud800-\udfff"(),:;<>@\[\]\\]+"""
_ADDRESS = re.compile(f"{_ADDRESS_PART}@{_ADDRESS_PART}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


class Partstat(StrEnum):
    """The answer of an attendee, in the words of iCalendar (RFC 5545, 3.2.12)."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"


class Status(StrEnum):
    """Whether a published meeting takes place; in a personal feed TENTATIVE is one that the person is to answer."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What every calendar object tells.

    Instants are aware. `timezone` is the IANA name of the zone in which people read the times. `url` and
    other links are absolute. `geo` is (latitude, longitude) in degrees, WGS 84. `language` is that of the
    texts. `conference_url` lets people in, so it is only for those who have a seat. Empty texts and None leave
    the property out. Raises `ValueError` for what no calendar can hold.
    """

    uid: str
    sequence: int
    dtstamp: datetime
    starts_at: datetime
    ends_at: datetime
    timezone: str
    summary: str
    language: str
    last_modified: datetime | None = None
    description: str = ""
    location: str | None = None
    geo: tuple[float, float] | None = None
    url: str | None = None
    conference_url: str | None = None
    conference_label: str = ""

    def __post_init__(self) -> None:
        """Refuse what no calendar can hold, with `ValueError`."""
        _check_identity(self)
        _check_times(self)
        _check_zone(self.timezone)
        if self.geo is not None:
            _check_geo(*self.geo)


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteFacts(EventFacts):
    """The invite of one attendee.

    `dtstamp` is the time at which the letter was decided; it is equal at each try. `organizer_address` is the
    reply mailbox of this attendee and never changes for a `uid`. `alarm_before` is the time from the alarm to
    the start; None means no alarm.
    """

    organizer_name: str
    organizer_address: str
    attendee_name: str
    attendee_address: str
    partstat: Partstat
    alarm_before: timedelta | None = None
    alarm_text: str = ""

    def __post_init__(self) -> None:
        """Refuse what no invite can hold, with `ValueError`."""
        EventFacts.__post_init__(self)  # super() does not work in a dataclass with slots
        _check_address(self.organizer_address)
        _check_address(self.attendee_address)
        if self.organizer_address.casefold() == self.attendee_address.casefold():
            raise ValueError("the organiser cannot be the attendee")
        if self.alarm_before is not None and self.alarm_before < timedelta(0):
            raise ValueError("the alarm comes after the start")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEventFacts(EventFacts):
    """A meeting to be published: as everybody may see it, or as the personal feed of one address shows it.

    `dtstamp` is the last change and not the time of asking, so that equal facts give equal bytes.
    `organizer_address` is an address of the service; without it no organiser is named. `is_private` keeps it from
    others who may look into the calendar.
    """

    status: Status
    is_private: bool = False
    organizer_name: str = ""
    organizer_address: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no public file can hold, with `ValueError`."""
        EventFacts.__post_init__(self)
        if self.organizer_address is not None:
            _check_address(self.organizer_address)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """A calendar to subscribe to. `uid` never changes for a feed; `color` is a name of CSS 3.

    `source` is the feed's own address, None where that is a secret: such a file may be passed on.
    """

    uid: str
    name: str
    language: str
    color: str
    source: str | None
    events: tuple[PublicEventFacts, ...]

    def __post_init__(self) -> None:
        """Refuse what no calendar can hold, with `ValueError`."""
        _check_uid(self.uid)
        _check_language(self.language)
        if not re.fullmatch(r"[a-z]+", self.color):
            raise ValueError("the colour is not a name")


def _check_identity(facts: EventFacts) -> None:
    _check_uid(facts.uid)
    if not 0 <= facts.sequence <= MAX_SEQUENCE:
        raise ValueError("the sequence is outside 0 … 2^31-1")
    _check_language(facts.language)


def _check_uid(uid: str) -> None:
    if not uid or not uid.isprintable() or " " in uid:
        raise ValueError("the uid is empty or not one word")


def _check_language(language: str) -> None:
    if not _LANGUAGE.fullmatch(language):
        raise ValueError("the language is not a language tag")


def _check_times(facts: EventFacts) -> None:
    instants = [facts.dtstamp, facts.starts_at, facts.ends_at]
    if facts.last_modified is not None:
        instants.append(facts.last_modified)
    if any(instant.utcoffset() is None for instant in instants):
        raise ValueError("an instant has no zone")
    if any(not FIRST_YEAR <= instant.year <= LAST_YEAR for instant in instants):
        raise ValueError("the year is outside 1971 … 9998")
    if facts.ends_at.replace(microsecond=0) <= facts.starts_at.replace(microsecond=0):
        raise ValueError("the end is not after the start")


def _check_zone(timezone: str) -> None:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError("the time zone is unknown") from unknown


def _check_geo(latitude: float, longitude: float) -> None:
    known = math.isfinite(latitude) and math.isfinite(longitude)
    if not known or abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004 - degrees of a globe
        raise ValueError("the place is not on the globe")


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("the address cannot stand in a calendar")
