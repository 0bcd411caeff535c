"""Letters: what was sent, what failed and why, what they say."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound, Refusal
from app.delivery.letters import preview
from app.domain.accounts.models import Role
from app.domain.accounts.rules import Permission, may
from app.domain.history import service as history
from app.domain.outbox import queries
from app.domain.outbox.models import Kind, State
from app.domain.registration import organiser
from app.extensions import db
from app.web.access import current_account, meeting_for, needs
from app.web.fields import page_number
from app.web.headers import allow_frames, as_letter
from app.workspace import letter_words
from app.workspace.attendee_words import refusal_sentence
from app.workspace.forms.attendees import ActForm
from app.workspace.sight import asked_meeting, meetings_in_sight

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting
    from app.domain.outbox.models import Letter

MAY_GO_AGAIN = (State.SENT, State.FAILED, State.BOUNCED)
blueprint = Blueprint("outbox", __name__, url_prefix="/outbox")


@blueprint.get("/")
@needs(Permission.SEE_OUTBOX)
def index() -> str:
    """One page of letters, newest first, perhaps of one state or of one meeting."""
    session = db.session()
    state = request.args.get("state", "")
    state = state if state in letter_words.TABS else ""
    meeting = asked_meeting()
    scope = [meeting.id] if meeting else meetings_in_sight()
    counts = queries.counts(session, meeting_ids=scope)
    found = queries.page(
        session, state=state or None, number=page_number(request.args.get("page")), meeting_ids=scope
    )
    now = clock.now()
    return render_template(
        "workspace/outbox/index.html",
        meeting=meeting,
        state=state,
        tabs=_tabs(counts, state, meeting),
        found=found,
        kinds=letter_words.KINDS,
        perhaps={letter.id for letter in found.rows if letter_words.perhaps_sent(letter, now=now)},
        page_href=lambda number: _href(state, meeting, number),
        may_read=may(current_account(), Permission.READ_LETTERS),
        may_edit=may(current_account(), Permission.EDIT),
    )


@blueprint.get("/<int:letter_id>/")
@needs(Permission.SEE_OUTBOX)
def show(letter_id: int) -> Response:
    """One letter: where it is, and what it says."""
    return _page(letter_id)


@blueprint.get("/<int:letter_id>/html")
@needs(Permission.READ_LETTERS)
def html(letter_id: int) -> Response:
    """The HTML part by itself, under a policy of its own: its styles are inline, nothing else may happen."""
    letter, _meeting = _letter_of(letter_id, Permission.READ_LETTERS)
    said = preview(letter)
    if said is None:
        abort(HTTPStatus.NOT_FOUND)
    as_letter()
    return Response(said.html, content_type="text/html; charset=utf-8")


@blueprint.post("/<int:letter_id>/again")
@needs(Permission.EDIT)
def send_again(letter_id: int) -> AnyResponse:
    """Write the letter once more; one with an invite carries its present state."""
    old, _meeting = _letter_of(letter_id, Permission.EDIT)
    attendee_id, meeting_id = old.attendee_id, old.meeting_id
    if not ActForm().validate_on_submit():
        return _page(letter_id, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    session = db.session()
    begin_write(session)
    try:
        letter = organiser.send_again(
            session, letter_id, now=clock.now(), actor=history.organiser(current_account().id)
        )
        session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        return _page(letter_id, status=HTTPStatus.CONFLICT, refused=refusal_sentence(refusal))
    flash(str(_("The letter is queued and leaves in a moment.")), "success")
    if request.form.get("back") == "attendee" and attendee_id is not None:
        address = url_for("workspace.attendees.show", meeting_id=meeting_id, attendee_id=attendee_id)
    else:
        address = url_for("workspace.outbox.show", letter_id=letter.id)
    return redirect(address, 303)


def _page(letter_id: int, *, status: int = HTTPStatus.OK, refused: str = "") -> Response:
    letter, meeting = _letter_of(letter_id, Permission.SEE_OUTBOX)
    account, series_id = current_account(), meeting.series_id if meeting else None
    may_read = may(account, Permission.READ_LETTERS, series_id)
    if may_read:
        allow_frames()
    markup = render_template(
        "workspace/outbox/show.html",
        letter=letter,
        meeting=meeting,
        refused=refused,
        kind=letter_words.KINDS.get(Kind(letter.kind), letter.kind),
        perhaps=letter_words.perhaps_sent(letter, now=clock.now()),
        said=preview(letter) if may_read else None,
        may_read=may_read,
        may_edit=may(account, Permission.EDIT, series_id),
        can_send_again=letter.state in MAY_GO_AGAIN and letter.attendee_id is not None,
        status=status,
    )
    return make_response(markup, status)


def _letter_of(letter_id: int, permission: Permission) -> tuple[Letter, Meeting | None]:
    """A letter that the account may do this with, and its meeting.

    Letters of no meeting (sign-in, test) are for administrators; for others they are not there.
    """
    letter = queries.get_letter(db.session(), letter_id)
    if letter.meeting_id is not None:
        return letter, meeting_for(letter.meeting_id, permission)
    if current_account().role != Role.ADMINISTRATOR:
        abort(HTTPStatus.NOT_FOUND)
    return letter, None


def _tabs(counts: dict[str, int], state: str, meeting: Meeting | None) -> list[dict[str, object]]:
    every = [("", _("All"), sum(counts.values()))]
    every += [(name, text, counts[name]) for name, text in letter_words.TABS.items()]
    return [
        {"href": _href(name, meeting), "label": text, "count": number, "current": state == name}
        for name, text, number in every
    ]


def _href(state: str, meeting: Meeting | None, page: int = 1) -> str:
    return url_for(
        "workspace.outbox.index",
        state=state or None,
        meeting=meeting.id if meeting else None,
        page=page if page > 1 else None,
    )
