"""Home: what the platform is, the next meeting, contacts."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.base import clock
from app.domain.directory import queries as directory
from app.domain.meetings import queries as meetings
from app.domain.pages.models import PageName
from app.extensions import db, settings
from app.web.availability import availability
from app.web.locale import current_language
from app.web.site_text import heading_and_body, site_text

blueprint = Blueprint("home", __name__, url_prefix="/<lang>")
RECENT = 3


@blueprint.get("/")
def index() -> str:
    """The first page."""
    session, now = db.session(), clock.now()
    title, about = heading_and_body(site_text(session, PageName.ABOUT, current_language()))
    meeting = meetings.next_meeting(session, now=now)
    return render_template(
        "public/home/index.html",
        title=title or settings().site_name,
        about=about,
        meeting=meeting,
        seats=availability(session, meeting, now=now) if meeting else None,
        recent=meetings.past(session, now=now).rows[:RECENT],
        contacts=directory.contacts(session),
    )
