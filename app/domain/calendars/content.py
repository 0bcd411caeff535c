"""A stranger's calendar file, opened: its size and structure are judged before icalendar sees a line of it.

icalendar builds what a file describes: thousands of nested components, or a time zone with a change each second.
So the structure is read here, flat, and icalendar only takes single lines apart. Lines that nobody asks for, zones
and alarms among them, are never looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from icalendar.parser import Contentline

from app.base.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES = 256 * 1024
MAX_LINES = 20_000  # a file of that size, folded as it should be, has some 3,500
MAX_LINE = 32 * 1024  # octets of one unfolded line that is read
MAX_PROPERTIES = 1000  # that are read
MAX_READ = 64 * 1024  # octets of all lines that are read; an honest answer has 1,000
MAX_COMPONENTS = 500
MAX_DEPTH = 10

_FRAME = [b"VCALENDAR"]
_EVENT = [b"VCALENDAR", b"VEVENT"]
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FOLD = re.compile(rb"\n[ \t]")
_NAME = re.compile(rb"[A-Za-z0-9-]+(?=[;:])")


class Reason(StrEnum):
    """Why a calendar file is no answer that can be used."""

    TOO_LARGE = "too_large"
    TOO_MANY_LINES = "too_many_lines"
    TOO_MANY_COMPONENTS = "too_many_components"
    TOO_DEEP = "too_deep"
    LONG_LINE = "long_line"
    NOT_A_CALENDAR = "not_a_calendar"
    TWO_CALENDARS = "two_calendars"
    NO_METHOD = "no_method"
    METHOD_DISAGREES = "method_disagrees"
    OTHER_METHOD = "other_method"
    NO_EVENT = "no_event"
    TWO_EVENTS = "two_events"
    NO_UID = "no_uid"
    TWO_UIDS = "two_uids"
    NO_ATTENDEE = "no_attendee"
    TWO_ATTENDEES = "two_attendees"


class UnreadableCalendar(Refusal):
    """A calendar file that cannot be taken as an answer; `reason` says why and nothing of what it held."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Property:
    """One line: its name in capitals, its parameters (names in capitals), its value with the escapes undone."""

    name: str
    parameters: dict[str, tuple[str, ...]] = field(repr=False)
    value: str = field(repr=False)

    def parameter(self, name: str) -> str:
        """The first value of a parameter, or an empty text."""
        return next(iter(self.parameters.get(name, ())), "").strip()


@dataclass(frozen=True, slots=True)
class Opened:
    """The properties that were asked for: of the calendar itself, and of each of its events."""

    frame: tuple[Property, ...]
    events: tuple[tuple[Property, ...], ...]


def open_calendar(data: bytes, *, names: frozenset[str]) -> Opened:
    """Read the properties called `names` from the one calendar in `data`.

    A line that cannot be taken apart is there with an empty value: it still counts. Raises `UnreadableCalendar`.
    """
    frame: list[bytes] = []
    events: list[list[bytes]] = []
    calendars = 0
    for path, line in _structure(_unfolded(data)):
        if line is not None:
            (frame if path == _FRAME else events[-1]).append(line)
        elif path == _FRAME:
            calendars += 1
        elif path == _EVENT:
            events.append([])
    if calendars != 1:
        raise UnreadableCalendar(Reason.TWO_CALENDARS if calendars else Reason.NOT_A_CALENDAR)
    _check_amount([line for lines in (frame, *events) for line in lines if _name(line) in names])
    return Opened(_properties(frame, names), tuple(_properties(event, names) for event in events))


def _unfolded(data: bytes) -> list[bytes]:
    """The logical lines (RFC 5545, 3.1). Folds are undone in bytes: some programs fold inside a character."""
    if len(data) > MAX_BYTES:
        raise UnreadableCalendar(Reason.TOO_LARGE)
    text = data.removeprefix(_BYTE_ORDER_MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if text.count(b"\n") > MAX_LINES:
        raise UnreadableCalendar(Reason.TOO_MANY_LINES)
    return _FOLD.sub(b"", text).split(b"\n")


def _structure(lines: Iterable[bytes]) -> Iterator[tuple[list[bytes], bytes | None]]:
    """Where one is, and the line; the line is None where a component begins.

    Only lines directly in a calendar or in its events are given. What stands outside of a calendar is passed over.
    """
    path: list[bytes] = []
    components = 0
    for line in lines:
        keyword, _, value = line.partition(b":")
        word = keyword.strip().upper()
        if word == b"BEGIN":
            components += 1
            path.append(value.strip().upper())
            _check_nesting(path, components)
            yield path, None
        elif word == b"END":
            if not path or path.pop() != value.strip().upper():
                raise UnreadableCalendar(Reason.NOT_A_CALENDAR)
        elif path in (_FRAME, _EVENT):
            yield path, line
    if path:
        raise UnreadableCalendar(Reason.NOT_A_CALENDAR)


def _check_nesting(path: list[bytes], components: int) -> None:
    if path[0] != _FRAME[0]:
        raise UnreadableCalendar(Reason.NOT_A_CALENDAR)
    if len(path) > MAX_DEPTH:
        raise UnreadableCalendar(Reason.TOO_DEEP)
    if components > MAX_COMPONENTS:
        raise UnreadableCalendar(Reason.TOO_MANY_COMPONENTS)


def _name(line: bytes) -> str:
    """The name of a property in capitals; empty when the line has none."""
    start = _NAME.match(line)
    return start[0].decode().upper() if start is not None else ""


def _check_amount(lines: list[bytes]) -> None:
    """What follows costs time for each octet and each line, so the whole of it is bounded before it begins."""
    if any(len(line) > MAX_LINE for line in lines):
        raise UnreadableCalendar(Reason.LONG_LINE)
    if len(lines) > MAX_PROPERTIES or sum(map(len, lines)) > MAX_READ:
        raise UnreadableCalendar(Reason.TOO_MANY_LINES)


def _properties(lines: list[bytes], names: frozenset[str]) -> tuple[Property, ...]:
    return tuple(
        _property(name, line.decode("utf-8", "replace")) for line in lines if (name := _name(line)) in names
    )


def _property(name: str, line: str) -> Property:
    """What icalendar makes of one line; its errors quote the line, so none is passed on."""
    try:
        _, given, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
        parameters = {
            str(key).upper(): tuple(map(str, said if isinstance(said, list | tuple) else [said]))
            for key, said in given.items()
        }
    except (ValueError, AssertionError, LookupError, TypeError):
        return Property(name, {}, "")
    return Property(name, parameters, str(value))
