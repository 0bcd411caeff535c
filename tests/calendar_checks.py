"""What a calendar file must be, whoever wrote it: its bytes by the letter, and what others read in it.

Nothing here uses python's icalendar, which accepts its own mistakes.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tests import ical_js

with warnings.catch_warnings():  # their warnings are not ours to mend
    warnings.simplefilter("ignore")
    import vobject
    from ical.calendar_stream import CalendarStream

MAX_OCTETS = 75
READERS = 4 if ical_js.is_possible() else 3
MAX_SEQUENCE = 2**31 - 1
ONCE = ("UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND")
IN_UTC = re.compile(r"\d{8}T\d{6}Z")

_NAME = r"[A-Z0-9-]+"
_PARAMETER_VALUE = r'(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^",:;\x00-\x08\x0a-\x1f\x7f]*)'
_PARAMETER = rf"{_NAME}={_PARAMETER_VALUE}(?:,{_PARAMETER_VALUE})*"
_LINE = re.compile(rf"({_NAME})((?:;{_PARAMETER})*):([^\x00-\x08\x0a-\x1f\x7f]*)")
_ONE_PARAMETER = re.compile(rf";({_NAME})=({_PARAMETER_VALUE}(?:,{_PARAMETER_VALUE})*)")
_TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")
_TEXT_PROPERTIES = frozenset(
    {"SUMMARY", "DESCRIPTION", "LOCATION", "UID", "TZID", "TZNAME", "NAME", "X-WR-CALNAME"}
)


@dataclass(frozen=True)
class Line:
    """One unfolded line: its component, name, parameters (unquoted, RFC 6868 undone) and raw value."""

    component: str
    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value with the escapes of TEXT undone, read from left to right."""
        return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], self.value)


@dataclass(frozen=True)
class Reading:
    """One event as another program understands it; instants in UTC, addresses without `mailto:`."""

    reader: str
    method: str | None
    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    status: str | None
    organizer: str | None
    attendee: str | None
    attendee_name: str | None
    partstat: str | None


def assert_well_formed(data: bytes) -> None:
    """Check the raw bytes and the rules of `METHOD`; fails with an AssertionError that names the fault."""
    _assert_octets(data)
    lines = lines_of(data)
    _assert_frame(lines)
    _assert_zones(data, lines)
    method = value_of(lines, "VCALENDAR", "METHOD")
    for event in events_of(lines):
        _assert_event(event)
        if method in {"REQUEST", "CANCEL"}:
            _assert_invite(event, method)
        else:
            _assert_public(event)
    if method in {"REQUEST", "CANCEL"}:
        assert len(events_of(lines)) == 1, "an invite holds exactly one event"
        assert not [line.name for line in lines if line.name.startswith("X-")], "an X- property in an invite"


def lines_of(data: bytes) -> list[Line]:
    """All lines of a file but BEGIN and END, unfolded, in order."""
    found = []
    inside: list[str] = []
    for raw in data.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n"):
        match = _LINE.fullmatch(raw)
        assert match, f"not a content line: {raw!r}"
        name, parameters, value = match.groups()
        if name == "BEGIN":
            inside.append(value)
        elif name == "END":
            assert inside, f"{value} ends but never began"
            assert inside.pop() == value, f"{value} ends out of order"
        else:
            assert inside, f"outside of everything: {raw!r}"
            found.append(Line(inside[-1], name, _parameters(parameters), value))
    assert not inside, f"never ended: {inside}"
    return found


def events_of(lines: list[Line]) -> list[list[Line]]:
    """The lines of each VEVENT with its alarms; an event begins at UID, as ours do."""
    events: list[list[Line]] = []
    for line in lines:
        if line.component not in {"VEVENT", "VALARM"}:
            continue
        if line.component == "VEVENT" and line.name == "UID":
            events.append([])
        assert events, "an event does not begin with its UID"
        events[-1].append(line)
    return events


def value_of(lines: list[Line], component: str, name: str) -> str | None:
    """The raw value of a property that occurs at most once, or None."""
    values = [line.value for line in lines if (line.component, line.name) == (component, name)]
    assert len(values) <= 1, f"{name} occurs {len(values)} times"
    return values[0] if values else None


def read_with_others(data: bytes) -> list[Reading]:
    """Read each event with vobject, with ical, with ical kept from its own knowledge of zones, and with ical.js.

    ical.js only where it is installed. vobject and ical's second reading get unknown zone names, so that the
    file's own VTIMEZONE is what counts; ical.js knows no zones but those.
    """
    zones = re.findall(rb"(?s)BEGIN:VTIMEZONE\r\nTZID:([^\r]+)(.*?)END:VTIMEZONE", data)
    every = {name for name, _ in zones}
    changing = {name for name, rules in zones if b"RRULE" in rules}  # ical takes no onset from DTSTART alone
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            *_vobject(_estranged(data, every)),
            *_ical("ical", data),
            *_ical("ical, file's zones", _estranged(data, changing)),
            *(_ical_js(data) if ical_js.is_possible() else ()),
        ]


def read_the_same(data: bytes) -> Reading:
    """The one event of a file, after checking that all readers agree on it."""
    first, *others = read_with_others(data)
    for other in others:
        assert {**vars(other), "reader": ""} == {**vars(first), "reader": ""}
    return first


def read_all_the_same(data: bytes) -> list[Reading]:
    """All events of a file, in its order, after checking that all readers agree on each."""
    by_reader: dict[str, list[Reading]] = {}
    for reading in read_with_others(data):
        by_reader.setdefault(reading.reader, []).append(replace(reading, reader=""))
    readings = list(by_reader.values())
    assert len(readings) == (READERS if events_of(lines_of(data)) else 0)
    assert all(others == readings[0] for others in readings)
    return readings[0] if readings else []


def _estranged(data: bytes, zones: set[bytes]) -> bytes:
    """The file with names that nobody knows for these zones, new in each file: vobject remembers names."""
    for zone in zones:
        unknown = f"X-{hashlib.sha256(zone + data).hexdigest()[:12]}".encode()
        data = data.replace(b";TZID=" + zone + b":", b";TZID=" + unknown + b":")
        data = data.replace(b"\nTZID:" + zone + b"\r", b"\nTZID:" + unknown + b"\r")
    return data


def _assert_octets(data: bytes) -> None:
    assert data.endswith(b"\r\n"), "the last line does not end with CRLF"
    assert not data.startswith(b"\xef\xbb\xbf"), "it begins with a byte order mark"
    bare = data.replace(b"\r\n", b"")
    assert b"\r" not in bare, "a CR without LF"
    assert b"\n" not in bare, "an LF without CR"
    for line in data.removesuffix(b"\r\n").split(b"\r\n"):
        assert line, "an empty line"
        assert len(line) <= MAX_OCTETS, f"{len(line)} octets in a line"
        line.decode()  # raises where a fold splits a character
        assert not re.search(rb"[\x00-\x1f\x7f]", line), "a control character"


def _assert_frame(lines: list[Line]) -> None:
    assert value_of(lines, "VCALENDAR", "VERSION") == "2.0"
    assert value_of(lines, "VCALENDAR", "PRODID")
    empty = [line.name for line in lines if not line.value]
    assert not empty, f"empty properties: {empty}"
    for line in lines:
        if line.name in _TEXT_PROPERTIES:
            assert _TEXT.fullmatch(line.value), f"{line.name} is not escaped: {line.value!r}"


def _assert_zones(data: bytes, lines: list[Line]) -> None:
    used = {line.parameters["TZID"] for line in lines if "TZID" in line.parameters}
    defined = [line.value for line in lines if (line.component, line.name) == ("VTIMEZONE", "TZID")]
    if not events_of(lines):
        assert defined == ["UTC"], "an object without any component"
        return
    assert sorted(used) == sorted(defined), f"zones used: {used}, defined: {defined}"
    if defined:
        assert data.rindex(b"END:VTIMEZONE") < data.index(b"BEGIN:VEVENT"), "a zone comes after an event"
    parts = [line for line in lines if line.component in {"STANDARD", "DAYLIGHT"}]
    assert not [line for line in parts if line.name == "RDATE"], "a zone lists dates, which few read"
    for line in parts:
        if line.name == "RRULE":
            rule = dict(piece.split("=") for piece in line.value.split(";"))
            assert rule.keys() == {"FREQ", "BYMONTH", "BYDAY"}, line.value
            assert rule["FREQ"] == "YEARLY", line.value


def _assert_event(event: list[Line]) -> None:
    names = [line.name for line in event if line.component == "VEVENT"]
    for name in ONCE:
        assert names.count(name) == 1, f"{name} occurs {names.count(name)} times"
    values = {line.name: line.value for line in event if line.component == "VEVENT"}
    assert 0 <= int(values["SEQUENCE"]) <= MAX_SEQUENCE
    for name in ("DTSTAMP", "LAST-MODIFIED", "CREATED"):
        assert IN_UTC.fullmatch(values.get(name, "19700101T000000Z")), f"{name} is not in UTC"
    assert values.get("GEO") != "0.000000;0.000000"
    for line in event:
        if line.name in {"ATTENDEE", "ORGANIZER"}:
            assert re.fullmatch(r"mailto:[^\s:;,\"<>]+@[^\s:;,\"<>]+", line.value), line.value


def _assert_invite(event: list[Line], method: str) -> None:
    names = [line.name for line in event]
    values = {line.name: line.value for line in event if line.component == "VEVENT"}
    assert names.count("ATTENDEE") == 1, f"{names.count('ATTENDEE')} attendees"
    assert names.count("ORGANIZER") == 1, f"{names.count('ORGANIZER')} organisers"
    assert values["ATTENDEE"].lower() != values["ORGANIZER"].lower()
    if method == "CANCEL":
        assert values["STATUS"] == "CANCELLED"
        assert not [line for line in event if line.component == "VALARM"], "an alarm in a CANCEL"
    else:
        assert values["STATUS"] in {"CONFIRMED", "TENTATIVE"}
        assert [line.parameters["RSVP"] for line in event if line.name == "ATTENDEE"] == ["TRUE"]


def _assert_public(event: list[Line]) -> None:
    assert not [line for line in event if line.name == "ATTENDEE"], "an attendee in a public file"
    assert not [line for line in event if line.component == "VALARM"], "an alarm in a public file"


def _parameters(raw: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _ONE_PARAMETER.findall(raw):
        assert name not in found, f"the parameter {name} occurs twice"
        plain = value[1:-1] if value.startswith('"') and value.count('"') == 2 else value
        found[name] = re.sub(r"\^([n'^])", lambda m: {"n": "\n", "'": '"', "^": "^"}[m[1]], plain)
    return found


def _vobject(data: bytes) -> list[Reading]:
    calendar = vobject.readOne(data.decode())
    return [_vobject_event(calendar, event) for event in calendar.contents.get("vevent", [])]


def _vobject_event(calendar: Any, event: Any) -> Reading:
    def value(component: Any, name: str) -> Any:
        return getattr(component, name).value if hasattr(component, name) else None

    attendees = event.contents.get("attendee", [])
    assert len(attendees) <= 1, "several attendees"
    parameters = attendees[0].params if attendees else {}
    return Reading(
        reader="vobject",
        method=value(calendar, "method"),
        uid=event.uid.value,
        sequence=int(event.sequence.value),
        starts_at=event.dtstart.value.astimezone(UTC),
        ends_at=event.dtend.value.astimezone(UTC),
        summary=value(event, "summary") or "",
        status=value(event, "status"),
        organizer=_address(value(event, "organizer")),
        attendee=_address(attendees[0].value) if attendees else None,
        attendee_name=_caretless(parameters["CN"][0]) if "CN" in parameters else None,
        partstat=parameters["PARTSTAT"][0] if "PARTSTAT" in parameters else None,
    )


def _ical(reader: str, data: bytes) -> list[Reading]:
    (calendar,) = CalendarStream.from_ics(data.decode()).calendars
    return [_ical_event(reader, calendar.method, event) for event in calendar.events]


def _ical_event(reader: str, method: str | None, event: Any) -> Reading:
    assert len(event.attendees) <= 1, "several attendees"
    attendee = event.attendees[0] if event.attendees else None
    return Reading(
        reader=reader,
        method=method,
        uid=event.uid,
        sequence=event.sequence,
        starts_at=event.dtstart.astimezone(UTC),
        ends_at=event.dtend.astimezone(UTC),
        summary=event.summary or "",
        status=event.status.value if event.status else None,
        organizer=_address(str(event.organizer.uri)) if event.organizer else None,
        attendee=_address(str(attendee.uri)) if attendee else None,
        attendee_name=attendee.common_name if attendee else None,
        partstat=attendee.status if attendee else None,
    )


def _ical_js(data: bytes) -> list[Reading]:
    """ical.js knows no zones but those of the file."""
    names = [line.parameters.get("CN") for line in lines_of(data) if line.name == "ATTENDEE"]
    return [_ical_js_event(**_with_backslashes(event, names)) for event in ical_js.read(data)]


def _with_backslashes(event: dict[str, Any], names: list[str | None]) -> dict[str, Any]:
    """ical.js undoes the escapes of TEXT in parameters as well, which have none (RFC 5545, 3.2)."""
    for name in names:
        undone = re.sub(r"\\([\\;,nN])", lambda m: "\n" if m[1] in "nN" else m[1], name or "")
        if event["attendee_name"] == undone:
            return event | {"attendee_name": name}
    return event


def _ical_js_event(*, attendees: int, starts_at: float, ends_at: float, **event: Any) -> Reading:
    assert attendees <= 1, "several attendees"
    return Reading(
        reader="ical.js",
        starts_at=datetime.fromtimestamp(starts_at, UTC),
        ends_at=datetime.fromtimestamp(ends_at, UTC),
        **event | {"organizer": _address(event["organizer"]), "attendee": _address(event["attendee"])},
    )


def _address(uri: str | None) -> str | None:
    return None if uri is None else re.sub(r"(?i)^mailto:", "", uri)


def _caretless(value: str) -> str:
    """vobject knows nothing of RFC 6868."""
    return re.sub(r"\^([n'^])", lambda m: {"n": "\n", "'": '"', "^": "^"}[m[1]], value)
