"""What a calendar program sends back (iTIP, RFC 5546): an answer, a proposal of another time, a wish to see it again.

Only what concerns the answer is read. Title, organiser and times of a REPLY are what the program made of them:
Exchange translates titles and names Windows zones, Gmail converts to UTC.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import vDuration

from app.base.addresses import read_address
from app.domain.calendars.content import Property, Reason, UnreadableCalendar, open_calendar
from app.domain.calendars.facts import FIRST_YEAR, LAST_YEAR, MAX_SEQUENCE
from app.domain.calendars.text import several_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_COMMENT = 500
MAX_UID = 255
MAX_GUESTS = 999

_NAMES = frozenset(
    {"METHOD", "UID", "ATTENDEE", "SEQUENCE", "DTSTAMP", "COMMENT", "DTSTART", "DTEND", "DURATION"}
)
_SCHEME = re.compile(r"\A\s*mailto:", re.IGNORECASE)
_INSTANT = re.compile(r"[0-9]{8}T[0-9]{6}Z?")
_DAY = re.compile(r"[0-9]{8}")
_WHOLE = re.compile(r"[0-9]+")
_LONGEST_WHOLE = 10  # digits; more do not fit a SEQUENCE anyway


class Method(StrEnum):
    """What the file is for, of that which an attendee may send (RFC 5546, 1.4)."""

    REPLY = "REPLY"
    COUNTER = "COUNTER"
    REFRESH = "REFRESH"


class Said(StrEnum):
    """The PARTSTAT that came back (RFC 5545, 3.2.12); OTHER is every word that makes no sense for a meeting."""

    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"
    DELEGATED = "DELEGATED"
    NEEDS_ACTION = "NEEDS-ACTION"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAnswer:
    """What one attendee said.

    `uid` is as it came. Addresses have no `mailto:` and are folded as `fold_email` does. `sequence` is 0 when it is
    missing or broken, and the largest there is when it is larger; `dtstamp` is None when it is no instant.
    `comment` may be empty. Of a COUNTER, `proposed_start` and `proposed_end` are instants in UTC where they can be
    known for certain; a proposed whole day is `proposed_day`.
    """

    method: Method
    uid: str
    attendee: str = field(repr=False)
    said: Said
    delegated_to: str | None = field(repr=False)
    sequence: int
    dtstamp: datetime | None
    comment: str = field(repr=False)
    guests: int
    proposed_start: datetime | None
    proposed_end: datetime | None
    proposed_day: date | None


def parse(data: bytes, *, declared_method: str | None = None) -> CalendarAnswer:
    """Read the one answer in a calendar file, UTF-8.

    `declared_method` is what the mail part said of itself; it must agree. Raises `UnreadableCalendar`.
    """
    opened = open_calendar(data, names=_NAMES)
    method = _method(_called("METHOD", opened.frame), declared_method)
    if len(opened.events) != 1:
        raise UnreadableCalendar(Reason.TWO_EVENTS if opened.events else Reason.NO_EVENT)
    event = opened.events[0]
    attendee = _only(_called("ATTENDEE", event), Reason.NO_ATTENDEE, Reason.TWO_ATTENDEES)
    address = _address(attendee.value)
    if address is None:
        raise UnreadableCalendar(Reason.NO_ATTENDEE)
    start, end, day = _proposal(event) if method == Method.COUNTER else (None, None, None)
    return CalendarAnswer(
        method=method,
        uid=_uid(event),
        attendee=address,
        said=_said(attendee.parameter("PARTSTAT")),
        delegated_to=_address(attendee.parameter("DELEGATED-TO")),
        sequence=_whole(_value("SEQUENCE", event), at_most=MAX_SEQUENCE),
        dtstamp=_instant(_first("DTSTAMP", event)),
        comment=_comment(one.value for one in _called("COMMENT", event)),
        guests=_whole(attendee.parameter("X-NUM-GUESTS"), at_most=MAX_GUESTS),
        proposed_start=start,
        proposed_end=end,
        proposed_day=day,
    )


def _called(name: str, properties: tuple[Property, ...]) -> list[Property]:
    return [one for one in properties if one.name == name]


def _first(name: str, properties: tuple[Property, ...]) -> Property | None:
    return next((one for one in properties if one.name == name), None)


def _value(name: str, properties: tuple[Property, ...]) -> str:
    found = _first(name, properties)
    return found.value if found is not None else ""


def _only(found: list[Property], none: Reason, several: Reason) -> Property:
    if len(found) != 1:
        raise UnreadableCalendar(several if found else none)
    return found[0]


def _method(found: list[Property], declared: str | None) -> Method:
    if not found:
        raise UnreadableCalendar(Reason.NO_METHOD)
    words = {one.value.strip().upper() for one in found}
    if declared is not None:
        words.add(declared.strip().upper())
    if len(words) != 1:
        raise UnreadableCalendar(Reason.METHOD_DISAGREES)
    word = words.pop()
    if word not in list(Method):
        raise UnreadableCalendar(Reason.OTHER_METHOD)
    return Method(word)


def _uid(event: tuple[Property, ...]) -> str:
    uid = _only(_called("UID", event), Reason.NO_UID, Reason.TWO_UIDS).value.strip()
    if not uid.isprintable() or not 0 < len(uid) <= MAX_UID:
        raise UnreadableCalendar(Reason.NO_UID)
    return uid


def _address(uri: str) -> str | None:
    """The address in a `mailto:` URI (RFC 6068), or bare; None for anything else."""
    return read_address(_SCHEME.sub("", uri, count=1).partition("?")[0].strip())


def _said(word: str) -> Said:
    """The answer; without a word it is that of the standard, NEEDS-ACTION."""
    upper = word.upper() or Said.NEEDS_ACTION.value
    return Said(upper) if upper in list(Said) else Said.OTHER


def _whole(text: str, *, at_most: int) -> int:
    """A number from 0 to `at_most`; what is no number, or a negative one, is 0."""
    digits = text.strip().removeprefix("+")
    if not _WHOLE.fullmatch(digits):
        return 0
    digits = digits.lstrip("0") or "0"
    return at_most if len(digits) > _LONGEST_WHOLE else min(int(digits), at_most)


def _comment(comments: Iterable[str]) -> str:
    """All comments as one text: no control characters, no rows of empty lines, cut to `MAX_COMMENT`."""
    joined = several_lines("\n".join(comments))
    kept = "".join(char for char in joined if char == "\n" or unicodedata.category(char) != "Cc")
    lines = (line.strip() for line in kept.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:MAX_COMMENT].rstrip()


def _proposal(event: tuple[Property, ...]) -> tuple[datetime | None, datetime | None, date | None]:
    """(start, end, day) of a COUNTER. The end may be missing, and is when it is not after the start."""
    begins = _first("DTSTART", event)
    start = _instant(begins)
    if start is None:
        return None, None, _day(begins)
    ends = _first("DTEND", event)
    end = _instant(ends) if ends is not None else _later(start, _value("DURATION", event))
    return start, end if end is not None and end > start else None, None


def _instant(given: Property | None) -> datetime | None:
    """The instant in UTC; None for a broken one, one without a zone, and one in a zone that is no IANA name.

    A Windows name stands for several zones, and the VTIMEZONE beside it may say anything: that would be a guess.
    """
    text = given.value.strip() if given is not None else ""
    if given is None or not _INSTANT.fullmatch(text):
        return None
    try:
        local = datetime.fromisoformat(text)
        if local.tzinfo is None:
            local = local.replace(tzinfo=ZoneInfo(given.parameter("TZID")))
        return _possible(local.astimezone(UTC))
    except (ValueError, OverflowError, OSError, ZoneInfoNotFoundError):
        return None


def _day(given: Property | None) -> date | None:
    text = given.value.strip() if given is not None else ""
    if not _DAY.fullmatch(text) or not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _later(start: datetime, duration: str) -> datetime | None:
    try:
        length: timedelta = vDuration.from_ical(duration.strip())  # type: ignore[no-untyped-call]
        return _possible(start + length)
    except (ValueError, OverflowError, AttributeError, TypeError):
        return None


def _possible(instant: datetime) -> datetime | None:
    return instant if FIRST_YEAR <= instant.year <= LAST_YEAR else None
