"""A letter to many before it leaves: as a real recipient reads it, and as a test to oneself."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.delivery.trial import preview_for
from app.domain.accounts.rules import Permission
from app.domain.broadcasts import queries, sending
from app.domain.broadcasts.models import BroadcastState
from app.extensions import db, settings
from app.web.access import current_account, needs
from app.web.fields import search_text
from app.web.headers import allow_frames, as_letter
from app.web.locale import language_name
from app.workspace.broadcast_acts import act_on, broadcast_of, shares
from app.workspace.broadcast_edit import missing

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.delivery.letters import Preview
    from app.domain.broadcasts.models import Broadcast
    from app.domain.meetings.models import Meeting
    from app.domain.registration.models import Attendee

blueprint = Blueprint(
    "broadcast_preview", __name__, url_prefix="/meetings/<int:meeting_id>/letters/<int:broadcast_id>/preview"
)
MOST_NAMED = 50


@blueprint.get("/")
@needs(Permission.EDIT)
def show(meeting_id: int, broadcast_id: int) -> Response:
    """The letter as one of those who get it will read it, in each language."""
    meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    session = db.session()
    wanted = search_text(request.args.get("q"))
    people = queries.some_recipients(session, broadcast, search=wanted, most=MOST_NAMED)
    person = _person(broadcast) or next(iter(people), None)
    language = _language(person)
    allow_frames()
    markup = render_template(
        "workspace/broadcast_preview/show.html",
        meeting=meeting,
        broadcast=broadcast,
        said=_read(meeting, broadcast, person, language),
        person=person,
        people=[*people] if person is None or person in people else [person, *people],
        wanted=wanted,
        most=MOST_NAMED,
        language=language,
        offered={code: language_name(code) for code in settings().languages},
        shares=shares(broadcast),
        missing=missing(broadcast),
        is_draft=broadcast.state == BroadcastState.DRAFT,
        address=current_account().email,
    )
    return make_response(markup)


@blueprint.get("/html")
@needs(Permission.EDIT)
def html(meeting_id: int, broadcast_id: int) -> Response:
    """The HTML part by itself, under the policy of letters."""
    meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    person = _person(broadcast)
    said = _read(meeting, broadcast, person, _language(person))
    if said is None:
        abort(HTTPStatus.NOT_FOUND)
    as_letter()
    return Response(said.html, content_type="text/html; charset=utf-8")


@blueprint.post("/test")
@needs(Permission.EDIT)
def test(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Send the letter to the one who writes it."""
    asked = request.form.get("language", "")
    language = asked if asked in settings().languages else settings().languages[0]
    account = current_account()

    def verb(session: Any, number: int, *, now: Any, actor: Any) -> None:
        del actor
        sending.write_trial(session, number, account, language=language, now=now)

    sentence = _("The test is on its way to %(address)s.", address=account.email)
    back = url_for(
        "workspace.broadcast_preview.show",
        meeting_id=meeting_id,
        broadcast_id=broadcast_id,
        language=language,
        person=request.form.get("person", type=int),
    )
    return act_on(meeting_id, broadcast_id, verb, sentence, back)


def _person(broadcast: Broadcast) -> Attendee | None:
    """The recipient that the address names."""
    number = request.args.get("person", type=int)
    return queries.recipient(db.session(), broadcast, number) if number is not None else None


def _language(person: Attendee | None) -> str:
    """The language that the address names, else the person's, else the first of the site."""
    known, asked = settings().languages, request.args.get("language", "")
    own = person.language if person is not None else ""
    return next((one for one in (asked, own) if one in known), known[0])


def _read(meeting: Meeting, broadcast: Broadcast, person: Attendee | None, language: str) -> Preview | None:
    account = current_account()
    return preview_for(
        db.session(),
        broadcast,
        meeting,
        person,
        name=account.name or account.email,
        language=language,
        now=clock.now(),
    )
