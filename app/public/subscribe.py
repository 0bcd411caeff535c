"""Calendars to subscribe to: what each holds, its two addresses, and how to add it."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from app.delivery import links
from app.domain.meetings import queries as meetings
from app.extensions import db, settings
from app.web.locale import current_language

blueprint = Blueprint("subscribe", __name__, url_prefix="/<lang>/subscribe")


@blueprint.get("/")
def index() -> str:
    """The calendar of all meetings, and one for each series."""
    base, lang = settings().base_url, current_language()
    series = meetings.all_series(db.session())
    whole = base + url_for("public.feeds.calendar", language=lang)
    return render_template(
        "public/subscribe/index.html",
        whole=whole,
        parts=[(one, base + url_for("public.feeds.series", slug=one.slug, language=lang)) for one in series],
        news=base + url_for("public.feeds.atom", language=lang),
        webcal=links.as_webcal,
    )
