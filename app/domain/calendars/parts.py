"""What invites, public files and feeds have in common: frame, times, texts. Empty properties are left out."""

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


def frame(method: str, language: str) -> Calendar:
    """An empty calendar object that is to carry `method`."""
    found = Calendar()
    found.add("version", "2.0")
    found.add("prodid", f"-//Setkani//Setkani 1.0//{language.replace('_', '-').upper()}")
    found.add("calscale", "GREGORIAN")
    found.add("method", method)
    return found


def finished(whole: Calendar) -> bytes:
    """The file: CRLF, folded at 75 octets, everything in the order it was added."""
    return bytes(whole.to_ical(sorted=False))


def one_event(method: str, event: Event, facts: EventFacts) -> bytes:
    """The finished file of one event: frame, zone, event."""
    whole = frame(method, facts.language)
    zone = written_zone(facts)
    if zone is not None:
        whole.add_component(zones.vtimezone(zone.key, local_year(facts, zone)))
    whole.add_component(event)
    return finished(whole)


def event_when(facts: EventFacts, zone: ZoneInfo | None) -> Event:
    """A new event with its identity, its revision, its times in `zone` (None is UTC) and its title."""
    event = Event()
    event.add("uid", facts.uid)
    event.add("dtstamp", facts.dtstamp.astimezone(UTC))
    event.add("sequence", facts.sequence)
    if facts.last_modified is not None:
        event.add("last-modified", facts.last_modified.astimezone(UTC))
    event.add("dtstart", facts.starts_at.astimezone(zone or UTC))
    event.add("dtend", facts.ends_at.astimezone(zone or UTC))
    add_text(event, "summary", text.one_line(facts.summary))
    return event


def add_where(event: Event, facts: EventFacts) -> None:
    """Add description, place, position, link and online link."""
    add_text(event, "description", text.several_lines(_description(facts)))
    add_text(
        event, "location", text.one_line(facts.location or "") or text.one_line(facts.conference_url or "")
    )
    if facts.geo is not None:
        _add_position(event, *facts.geo)
    if facts.url:
        event.add("url", vUri(text.uri(facts.url)))
    _add_conference(event, facts)


def _description(facts: EventFacts) -> str:
    """The description with the online link in it: few calendar programs read CONFERENCE."""
    if not facts.conference_url or facts.conference_url in facts.description:
        return facts.description
    link = ": ".join(part for part in (facts.conference_label, facts.conference_url) if part)
    return f"{facts.description}\n\n{link}"


def _add_conference(event: Event, facts: EventFacts) -> None:
    if not facts.conference_url:
        return
    parameters: dict[str, str | list[str]] = {"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"]}
    label = text.parameter(facts.conference_label)
    if label:
        parameters["LABEL"] = label
    event.add("conference", vUri(text.uri(facts.conference_url), params=parameters))


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


def written_zone(facts: EventFacts) -> ZoneInfo | None:
    """The zone in which the times are written, or None for UTC, the safe form of everything irregular."""
    zone = ZoneInfo(facts.timezone)
    year = local_year(facts, zone)
    if zones.is_utc(zone.key, year) or not zones.follows_rules(zone.key, facts.starts_at, facts.ends_at):
        return None
    return zone


def local_year(facts: EventFacts, zone: ZoneInfo) -> int:
    """The year in which the meeting begins by the zone's clock; the year of its VTIMEZONE."""
    return facts.starts_at.astimezone(zone).year
