"""The page of a meeting, as strangers see it; organisers see a draft through the same templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template
from flask_babel import gettext as _

from app.base import clock
from app.base.text import in_language
from app.domain.calendars import links
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import MeetingState
from app.domain.meetings.rules import is_past
from app.extensions import db, settings
from app.web import structured
from app.web.calendar_facts import public_facts
from app.web.locale import current_language

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.meetings.models import Meeting
    from app.web.availability import Availability

NOTHING_MORE = frozenset({"past", "called_off", "deadline", "invitation"})


def public_page(meeting: Meeting, seats: Availability) -> str:
    """The page of a published or called-off meeting, in the language of the request."""
    now, lang = clock.now(), current_language()
    facts = public_facts(meeting, lang)
    return _render(
        meeting,
        seats,
        now=now,
        preview=False,
        follow_up=_follow_up(meeting, now=now) if seats.closed in NOTHING_MORE else None,
        google_link=links.google_link(facts),
        outlook_link=links.outlook_link(facts),
        json_ld=structured.json_ld(meeting, lang, seats),
    )


def preview_page(meeting: Meeting, seats: Availability) -> str:
    """The page as people would see it. Asks for nothing that a half-filled draft cannot give."""
    return _render(meeting, seats, now=clock.now(), preview=True, follow_up=None)


def _render(meeting: Meeting, seats: Availability, *, now: datetime, **more: object) -> str:
    title = in_language(meeting.title, current_language(), settings().languages)[0]
    return render_template(
        "public/meetings/show.html",
        meeting=meeting,
        seats=seats,
        past=is_past(meeting, now=now),
        title=title or _("Without a topic"),
        **more,
    )


def _follow_up(meeting: Meeting, *, now: datetime) -> Meeting | None:
    """The next meeting that takes place and is open to all, of the same series if there is one."""
    ahead = [
        one
        for one in meetings.upcoming(db.session(), now=now)
        if one.id != meeting.id and one.state == MeetingState.PUBLISHED and not one.invitation_only
    ]
    same = (one for one in ahead if one.series_id == meeting.series_id)
    return next(same, ahead[0] if ahead else None)
