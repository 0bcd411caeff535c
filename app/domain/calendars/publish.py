"""A meeting for everybody to download: METHOD:PUBLISH, nobody invited, no alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.calendars import parts

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from icalendar import Event

    from app.domain.calendars.facts import PublicEventFacts


def meeting_file(facts: PublicEventFacts) -> bytes:
    """One meeting as a calendar file. The same facts give the same bytes, so their hash can be an ETag."""
    event = published_event(facts, parts.written_zone(facts))
    return parts.one_event("PUBLISH", event, facts)


def published_event(facts: PublicEventFacts, zone: ZoneInfo | None) -> Event:
    """The event of a meeting, its times written in `zone`, or in UTC."""
    event = parts.event_when(facts, zone)
    parts.add_where(event, facts)
    if facts.organizer_address:
        event.add("organizer", parts.person(facts.organizer_address, facts.organizer_name))
    event.add("status", facts.status.value)
    event.add("transp", "OPAQUE")
    if facts.is_private:
        event.add("class", "PRIVATE")
    return event
