"""A calendar to subscribe to: many meetings in one file (RFC 5545, RFC 7986). Nobody is invited, nothing rings.

How often a program asks again is its own affair; the two properties that wish for six hours are read by Apple
(REFRESH-INTERVAL) and Outlook (X-PUBLISHED-TTL), by Google neither.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from icalendar import vDuration, vUri

from app.domain.calendars import parts, text, zones
from app.domain.calendars.publish import published_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from icalendar import Calendar, Timezone

    from app.domain.calendars.facts import FeedFacts, PublicEventFacts

ASK_AGAIN_AFTER = timedelta(hours=6)
ANY_YEAR = 2000  # UTC is the same in each


def feed_file(facts: FeedFacts) -> bytes:
    """The whole feed with METHOD:PUBLISH. The same facts give the same bytes, so their hash can be an ETag."""
    events = sorted(facts.events, key=lambda event: (event.starts_at, event.uid))
    whole = parts.frame("PUBLISH", facts.language)
    _add_about(whole, facts)
    defined = _zones(events)
    for _key, component in sorted(defined.items()):
        whole.add_component(component)
    if not events:  # an object must have a component (RFC 5545, 3.6); some programs take no empty one
        whole.add_component(zones.vtimezone("UTC", ANY_YEAR))
    for event in events:
        whole.add_component(published_event(event, _zone_in_feed(event, defined)))
    return parts.finished(whole)


def _add_about(whole: Calendar, facts: FeedFacts) -> None:
    name = text.one_line(facts.name)
    whole.add("uid", facts.uid)
    parts.add_text(whole, "name", name)
    parts.add_text(whole, "x-wr-calname", name)
    whole.add("refresh-interval", ASK_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    whole.add("x-published-ttl", vDuration(ASK_AGAIN_AFTER))
    if facts.source:
        whole.add("source", vUri(text.uri(facts.source), params={"VALUE": "URI"}))
    whole.add("color", facts.color)


def _zones(events: Iterable[PublicEventFacts]) -> dict[str, Timezone]:
    """The one VTIMEZONE of each zone that is used: right for the last meeting in it."""
    return {
        zone.key: zones.vtimezone(zone.key, parts.local_year(event, zone))
        for event in events
        if (zone := parts.written_zone(event)) is not None
    }


def _zone_in_feed(event: PublicEventFacts, defined: Mapping[str, Timezone]) -> ZoneInfo | None:
    """The zone of an event, or None (UTC) where the feed's VTIMEZONE is not right for its year.

    That happens when a country changes its rules between two meetings.
    """
    zone = parts.written_zone(event)
    if zone is None:
        return None
    own = zones.vtimezone(zone.key, parts.local_year(event, zone))
    return zone if own.to_ical() == defined[zone.key].to_ical() else None
