"""A meeting by schema.org (https://schema.org/Event): what search engines read. Never the online link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for

from app.base.dates import isotime
from app.base.text import in_language
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.extensions import settings

if TYPE_CHECKING:
    from app.web.availability import Availability

ATTENDANCE = {
    Format.IN_PERSON: "https://schema.org/OfflineEventAttendanceMode",
    Format.ONLINE: "https://schema.org/OnlineEventAttendanceMode",
    Format.HYBRID: "https://schema.org/MixedEventAttendanceMode",
}


def json_ld(meeting: Meeting, lang: str, seats: Availability) -> dict[str, Any]:
    """The description in `lang`; the template writes it with every `<` escaped."""
    off = meeting.state == MeetingState.CALLED_OFF
    url = settings().base_url + url_for("public.meetings.show", lang=lang, slug=meeting.slug)
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": _text(meeting.title, lang),
        "description": _text(meeting.summary, lang),
        "startDate": isotime(meeting.starts_at, meeting.timezone),
        "endDate": isotime(meeting.ends_at, meeting.timezone),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if off else 'Scheduled'}",
        "eventAttendanceMode": ATTENDANCE[Format(meeting.format)],
        "inLanguage": lang,
        "isAccessibleForFree": True,
        "url": url,
        "location": _locations(meeting, lang, url),
        "organizer": {"@type": "Organization", "name": settings().site_name, "url": settings().base_url},
    }
    if seats.closed is None:
        found["offers"] = {
            "@type": "Offer",
            "price": 0,
            "priceCurrency": "CZK",
            "url": settings().base_url
            + url_for("public.registration.register", lang=lang, slug=meeting.slug),
            "availability": f"https://schema.org/{'SoldOut' if seats.full else 'InStock'}",
        }
    return found


def _locations(meeting: Meeting, lang: str, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if meeting.format != Format.ONLINE:
        name = _text(meeting.venue, lang)
        found.append({"@type": "Place", "name": name, "address": meeting.address or name})
    if meeting.format != Format.IN_PERSON:
        found.append({"@type": "VirtualLocation", "url": url})
    return found


def _text(texts: dict[str, str], lang: str) -> str:
    return in_language(texts, lang, settings().languages)[0]
