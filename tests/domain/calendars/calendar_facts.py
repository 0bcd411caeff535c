"""The meeting and the people of the calendar tests; every test changes only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.calendars.facts import FeedFacts, InviteFacts, Partstat, PublicEventFacts, Status

MEETING: dict[str, Any] = {
    "sequence": 0,
    "dtstamp": datetime(2026, 10, 1, 10, 0, 0, 250_000, tzinfo=UTC),
    "last_modified": datetime(2026, 10, 1, 9, 55, tzinfo=UTC),
    "starts_at": datetime(2026, 10, 22, 11, 0, tzinfo=UTC),
    "ends_at": datetime(2026, 10, 22, 14, 0, tzinfo=UTC),
    "timezone": "Europe/Prague",
    "summary": "67. Regionální poradní platforma",
    "description": "Téma: školy, rodiny; práce\nZměnit nebo zrušit: https://setkani.example.org/cs/my/abc",
    "location": "Sál architektů, Staroměstské nám. 1/3, Praha 1",
    "geo": (50.087465, 14.41787),
    "url": "https://setkani.example.org/cs/meetings/67-rpp/",
    "language": "cs",
}
INVITE: dict[str, Any] = {
    "uid": "r-0b9f6f0e-5f0c-4a52-9a55-2f8f3d1c7a10@setkani.example.org",
    "organizer_name": "Integrační centrum, o.p.s.",
    "organizer_address": "rsvp+r7f3k2q9m4x8c1abcdefghijkl@setkani.example.org",
    "attendee_name": "Олена Шевченко",
    "attendee_address": "olena@example.org",
    "partstat": Partstat.ACCEPTED,
    "alarm_before": timedelta(hours=2),
    "alarm_text": "Začíná setkání",
}
PUBLIC: dict[str, Any] = {
    "uid": "e-5f0c4a52-9a55-2f8f-3d1c-7a100b9f6f0e@setkani.example.org",
    "status": Status.CONFIRMED,
    "organizer_name": "Integrační centrum, o.p.s.",
    "organizer_address": "setkani@setkani.example.org",
}


def invite_facts(**changed: Any) -> InviteFacts:
    return InviteFacts(**{**MEETING, **INVITE, **changed})


def public_facts(**changed: Any) -> PublicEventFacts:
    return PublicEventFacts(**{**MEETING, **PUBLIC, **changed})


FEED: dict[str, Any] = {
    "uid": "feed-public@setkani.example.org",
    "name": "Integrační centrum, o.p.s.",
    "language": "cs",
    "color": "steelblue",
    "source": "https://setkani.example.org/calendar.ics?language=cs",
}


def feed_facts(*events: PublicEventFacts, **changed: Any) -> FeedFacts:
    return FeedFacts(**{**FEED, "events": events, **changed})
