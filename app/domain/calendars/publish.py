"""A meeting for everybody to download: METHOD:PUBLISH, nobody invited, no alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.calendars import parts

if TYPE_CHECKING:
    from app.domain.calendars.facts import PublicEventFacts


def meeting_file(facts: PublicEventFacts) -> bytes:
    """One meeting as a calendar file. The same facts give the same bytes, so their hash can be an ETag."""
    event = parts.event_when(facts)
    parts.add_where(event, facts, description=facts.description, location=facts.location or "")
    if facts.organizer_address:
        event.add("organizer", parts.person(facts.organizer_address, facts.organizer_name))
    event.add("status", facts.status.value)
    event.add("transp", "OPAQUE")
    return parts.calendar("PUBLISH", event, facts)
