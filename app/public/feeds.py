"""Calendars and news for programs: one meeting, all meetings, a series, the meetings of one address.

The language is that of `?language=`, else the first one configured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, request

from app.base import clock
from app.domain.calendars.feed import feed_file
from app.domain.calendars.publish import meeting_file
from app.domain.meetings import queries as meetings
from app.domain.registration import feeds
from app.extensions import db, settings
from app.public.news import news
from app.public.personal_calendar import changed_at, personal_file
from app.web.atom import atom_bytes
from app.web.calendar_facts import public_facts, public_feed
from app.web.feed_response import ATOM, feed_response, last_change
from app.web.headers import secret_address

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/meetings/<slug>.ics")
def meeting(slug: str) -> Response:
    """One meeting as a file (METHOD:PUBLISH). Such a copy does not follow changes; the page says so."""
    found = meetings.get_published(db.session(), slug)
    body = meeting_file(public_facts(found, _language()))
    response = feed_response(body, last_change([found.changed_at]))
    response.headers["Content-Disposition"] = f'attachment; filename="{found.slug}.ics"'
    return response


@blueprint.get("/calendar.ics")
def calendar() -> Response:
    """All public meetings, to subscribe to."""
    found = meetings.in_feeds(db.session(), now=clock.now())
    body = feed_file(public_feed(found, _language()))
    return feed_response(body, last_change(one.changed_at for one in found))


@blueprint.get("/series/<slug>.ics")
def series(slug: str) -> Response:
    """The public meetings of one series, to subscribe to."""
    session = db.session()
    chosen = meetings.get_series_by_slug(session, slug)
    found = meetings.in_feeds(session, now=clock.now(), series_id=chosen.id)
    body = feed_file(public_feed(found, _language(), series=chosen))
    return feed_response(body, last_change(one.changed_at for one in found))


@blueprint.get("/feed/<token>.ics")
def personal(token: str) -> Response:
    """All meetings of one address, to subscribe to. A feed that was stopped is gone (410)."""
    secret_address()
    session = db.session()
    feed = feeds.get(session, token)
    if feed.revoked_at is not None:
        abort(410)
    found = feeds.entries(session, feed, now=clock.now())
    body = personal_file(feed, found)
    return feed_response(body, last_change(changed_at(one) for one in found), secret=True)


@blueprint.get("/atom.xml")
def atom() -> Response:
    """Meetings as news: announced, changed, called off; what changed last comes first."""
    found = meetings.in_feeds(db.session(), now=clock.now())
    body = atom_bytes(news(found, _language()))
    return feed_response(body, last_change(one.changed_at for one in found), content_type=ATOM)


def _language() -> str:
    asked, languages = request.args.get("language", ""), settings().languages
    return asked if asked in languages else languages[0]
