"""What an invite and a public file have in common: frame, times, texts. Empty properties are left out."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText, vUri
from icalendar.prop import vInline

from app.domain.calendars import text, zones

if TYPE_CHECKING:
    from icalendar import Component

    from app.domain.calendars.facts import EventFacts


class Text(vText):
    r"""A TEXT value that keeps a typed backslash before N; icalendar's own makes a line break of it."""

    def to_ical(self) -> bytes:
        """The value escaped by RFC 5545, 3.3.11, in UTF-8."""
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


def calendar(method: str, event: Event, facts: EventFacts) -> bytes:
    """The finished file: frame, zone, event; CRLF, folded at 75 octets."""
    frame = Calendar()
    frame.add("version", "2.0")
    frame.add("prodid", f"-//Setkani//Setkani 1.0//{facts.language.replace('_', '-').upper()}")
    frame.add("calscale", "GREGORIAN")
    frame.add("method", method)
    zone = _written_zone(facts)
    if zone is not None:
        frame.add_component(zones.vtimezone(zone.key, facts.starts_at.astimezone(zone).year))
    frame.add_component(event)
    return bytes(frame.to_ical(sorted=False))


def event_when(facts: EventFacts) -> Event:
    """A new event with its identity, its revision, its times and its title."""
    event = Event()
    event.add("uid", facts.uid)
    event.add("dtstamp", facts.dtstamp.astimezone(UTC))
    event.add("sequence", facts.sequence)
    if facts.last_modified is not None:
        event.add("last-modified", facts.last_modified.astimezone(UTC))
    zone = _written_zone(facts) or UTC
    event.add("dtstart", facts.starts_at.astimezone(zone))
    event.add("dtend", facts.ends_at.astimezone(zone))
    add_text(event, "summary", text.one_line(facts.summary))
    return event


def add_where(event: Event, facts: EventFacts, *, description: str, location: str) -> None:
    """Add description, place, position and link."""
    add_text(event, "description", text.several_lines(description))
    add_text(event, "location", text.one_line(location))
    if facts.geo is not None:
        _add_position(event, *facts.geo)
    if facts.url:
        event.add("url", vUri(text.uri(facts.url)))


def _add_position(event: Event, latitude: float, longitude: float) -> None:
    """Add GEO; 0;0 is what maps say when they do not know. Python alone would write 0.00001 as 1e-05."""
    position = f"{latitude:.6f};{longitude:.6f}".replace("-0.000000", "0.000000")
    if position != "0.000000;0.000000":
        event.add("geo", vInline(position))


def add_text(component: Component, name: str, value: str) -> None:
    """Add a TEXT property, unless it is empty."""
    if value:
        component.add(name, Text(value))


def person(address: str, name: str, **parameters: str) -> vCalAddress:
    """A person by mail address, with the parameters in the order given."""
    common_name = {"CN": text.parameter(name)} if text.parameter(name) else {}
    return vCalAddress(f"mailto:{address}", params={**common_name, **parameters})


def _written_zone(facts: EventFacts) -> ZoneInfo | None:
    """The zone in which the times are written, or None for UTC, the safe form of everything irregular."""
    zone = ZoneInfo(facts.timezone)
    year = facts.starts_at.astimezone(zone).year
    if zones.is_utc(zone.key, year) or not zones.follows_rules(zone.key, facts.starts_at, facts.ends_at):
        return None
    return zone
