"""Meetings: the list with its search, and the page of one."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, make_response, render_template, request

from app.base import clock
from app.base.errors import NotFound
from app.base.text import in_language
from app.domain.calendars import links
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import is_past
from app.extensions import db
from app.public import structured
from app.public.availability import Availability, availability
from app.public.calendar_facts import public_facts
from app.web.fields import search_text

blueprint = Blueprint("meetings", __name__, url_prefix="/<lang>/meetings")


@blueprint.get("/")
def index() -> str:
    """Upcoming and past meetings, perhaps of one series, perhaps found by words."""
    session, now = db.session(), clock.now()
    words = search_text(request.args.get("q", ""))
    all_series = meetings.all_series(session)
    chosen = next((one for one in all_series if one.slug == request.args.get("series")), None)
    series_id = chosen.id if chosen else None
    return render_template(
        "public/meetings/index.html",
        words=words,
        all_series=all_series,
        chosen=chosen,
        upcoming=meetings.upcoming(session, now=now, series_id=series_id, search=words),
        past=meetings.past(
            session, now=now, series_id=series_id, search=words, number=request.args.get("page", 1, type=int)
        ),
    )


@blueprint.get("/<slug>/")
def show(slug: str) -> Response:
    """One meeting. Strangers get 404 for a draft."""
    session = db.session()
    try:
        meeting = meetings.get_published(session, slug, programme=True)
    except NotFound:
        abort(404)
    return make_response(page(meeting, availability(session, meeting, now=clock.now())))


def page(meeting: Meeting, seats: Availability, *, preview: bool = False) -> str:
    """The page of a meeting; `preview` shows a draft to its organiser."""
    now = clock.now()
    facts = public_facts(meeting, g.lang)
    follow_up = None
    if seats.closed in {"past", "called_off", "deadline"} and not preview:
        follow_up = meetings.next_meeting(db.session(), now=now)
    return render_template(
        "public/meetings/show.html",
        meeting=meeting,
        seats=seats,
        past=is_past(meeting, now=now),
        preview=preview,
        follow_up=follow_up if follow_up is not meeting else None,
        google_link=links.google_link(facts),
        outlook_link=links.outlook_link(facts),
        json_ld=structured.json_ld(meeting, g.lang, seats),
        title=in_language(meeting.title, g.lang)[0],
    )
