"""A meeting as its public calendar file tells it: no online link, no attendee."""

from __future__ import annotations

from flask import url_for

from app.base.text import in_language
from app.domain.calendars.facts import PublicEventFacts, Status
from app.domain.meetings.models import Meeting, MeetingState
from app.extensions import settings


def public_facts(meeting: Meeting, lang: str) -> PublicEventFacts:
    """The facts in `lang`; equal meetings give equal facts, so that the file's bytes repeat."""
    url = settings().base_url + url_for("public.meetings.show", lang=lang, slug=meeting.slug)
    venue = in_language(meeting.venue, lang)[0]
    place = ", ".join(part for part in (venue, meeting.address) if part)
    return PublicEventFacts(
        uid=meeting.uid,
        sequence=meeting.revision,
        dtstamp=meeting.changed_at,
        last_modified=meeting.changed_at,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        timezone=meeting.timezone,
        summary=in_language(meeting.title, lang)[0],
        description=in_language(meeting.summary, lang)[0],
        location=place or None,
        geo=None if meeting.latitude is None or meeting.longitude is None else (meeting.latitude, meeting.longitude),
        url=url,
        language=lang,
        status=Status.CANCELLED if meeting.state == MeetingState.CALLED_OFF else Status.CONFIRMED,
        organizer_name=settings().site_name,
        organizer_address=settings().mail_sender,
    )
