"""Meetings: the list with its search, and the page of one."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.base import clock
from app.domain.meetings import queries as meetings
from app.extensions import db
from app.web.availability import availability
from app.web.fields import page_number, search_text
from app.web.meeting_page import public_page

blueprint = Blueprint("meetings", __name__, url_prefix="/<lang>/meetings")


@blueprint.get("/")
def index() -> str:
    """Upcoming and past meetings, perhaps of one series, perhaps found by words."""
    session, now = db.session(), clock.now()
    words = search_text(request.args.get("q"))
    all_series = meetings.all_series(session)
    chosen = next((one for one in all_series if one.slug == request.args.get("series")), None)
    series_id = chosen.id if chosen else None
    page = page_number(request.args.get("page"))
    return render_template(
        "public/meetings/index.html",
        words=words,
        all_series=all_series,
        chosen=chosen,
        upcoming=meetings.upcoming(session, now=now, series_id=series_id, search=words),
        past=meetings.past(session, now=now, series_id=series_id, search=words, number=page),
    )


@blueprint.get("/<slug>/")
def show(slug: str) -> str:
    """One meeting. For strangers there is no draft; raises `NotFound`, which answers 404."""
    session = db.session()
    meeting = meetings.get_published(session, slug, programme=True)
    return public_page(meeting, availability(session, meeting, now=clock.now()))
