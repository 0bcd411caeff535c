"""Home: what the platform is, the next meeting, contacts."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from app.base import clock
from app.domain.directory import queries as directory
from app.domain.meetings import queries as meetings
from app.domain.pages.models import PageName
from app.extensions import db, settings
from app.public.availability import availability
from app.public.site_text import heading_and_body, site_text

blueprint = Blueprint("home", __name__, url_prefix="/<lang>")


@blueprint.get("/")
def index() -> str:
    """The first page."""
    now = clock.now()
    title, about = heading_and_body(site_text(db.session(), PageName.ABOUT, g.lang))
    session = db.session()
    meeting = meetings.next_meeting(session, now=now)
    return render_template(
        "public/home/index.html",
        title=title or settings().site_name,
        about=about,
        meeting=meeting,
        seats=availability(session, meeting, now=now) if meeting else None,
        recent=meetings.past(session, now=now).rows[:3],
        contacts=directory.contacts(session),
    )
