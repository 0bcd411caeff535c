"""Calendar files for everybody. Such a copy does not follow changes; the page says so."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from app.domain.calendars.publish import meeting_file
from app.domain.meetings import queries as meetings
from app.extensions import db, settings
from app.web.calendar_facts import public_facts

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/meetings/<slug>.ics")
def meeting(slug: str) -> AnyResponse:
    """One meeting as a file (METHOD:PUBLISH), in the language of `?language=`; 304 while it is the same."""
    found = meetings.get_published(db.session(), slug)
    languages = settings().languages
    lang = request.args.get("language", "")
    body = meeting_file(public_facts(found, lang if lang in languages else languages[0]))
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.slug}.ics"'
    response.headers["Cache-Control"] = "public, max-age=900"
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    return response.make_conditional(request)
