"""Meetings as public calendar files and feeds tell them: no online link, no attendee."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for

from app.base.text import in_language
from app.domain.calendars.facts import FeedFacts, PublicEventFacts, Status
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.extensions import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.meetings.models import Series

COLOR = "steelblue"  # the nearest name of CSS 3 to the blue of our pages


def public_facts(meeting: Meeting, lang: str) -> PublicEventFacts:
    """The facts in `lang`; equal meetings give equal facts, so that the file's bytes repeat.

    Raises `ValueError` for what no calendar can hold.
    """
    config = settings()
    return PublicEventFacts(
        uid=meeting.uid,
        sequence=meeting.revision,
        dtstamp=meeting.changed_at,
        last_modified=meeting.changed_at,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        timezone=meeting.timezone,
        summary=_text(meeting.title, lang),
        description=_text(meeting.summary, lang),
        location=_location(meeting, lang),
        geo=_position(meeting),
        url=config.base_url + url_for("public.meetings.show", lang=lang, slug=meeting.slug),
        language=lang,
        status=Status.CANCELLED if meeting.state == MeetingState.CALLED_OFF else Status.CONFIRMED,
        organizer_name=config.site_name,
        organizer_address=config.mail_sender,
    )


def public_feed(meetings: Iterable[Meeting], lang: str, *, series: Series | None = None) -> FeedFacts:
    """The calendar of all these meetings in `lang`, or of those of one series."""
    config = settings()
    if series is None:
        name, kind, path = config.site_name, "all", url_for("public.feeds.calendar", language=lang)
    else:
        name, kind = _text(series.name, lang), f"series-{series.id}"
        path = url_for("public.feeds.series", slug=series.slug, language=lang)
    return FeedFacts(
        uid=f"feed-{kind}@{config.mail_domain}",
        name=name,
        language=lang,
        color=COLOR,
        source=config.base_url + path,
        events=tuple(public_facts(meeting, lang) for meeting in meetings),
    )


def _location(meeting: Meeting, lang: str) -> str | None:
    if meeting.format == Format.ONLINE:
        return None
    return ", ".join(part for part in (_text(meeting.venue, lang), meeting.address) if part) or None


def _position(meeting: Meeting) -> tuple[float, float] | None:
    if meeting.format == Format.ONLINE or meeting.latitude is None or meeting.longitude is None:
        return None
    return meeting.latitude, meeting.longitude


def _text(texts: dict[str, str], lang: str) -> str:
    return in_language(texts, lang, settings().languages)[0]
