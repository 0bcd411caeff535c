"""Letters to many people of a meeting: the list of them, and writing one. Drafts save themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Conflict
from app.domain.accounts.rules import Permission, may
from app.domain.broadcasts import queries, service
from app.domain.broadcasts.models import BroadcastState
from app.domain.broadcasts.rules import BroadcastRefused, Segment, segment_of
from app.domain.reports.queries import account_names
from app.extensions import csrf, db
from app.web.access import current_account, meeting_for, needs
from app.web.downloads import to_be_saved
from app.web.hosts import takes_large_files
from app.workspace import broadcast_words as words
from app.workspace.attendee_acts import actor
from app.workspace.broadcast_acts import broadcast_of
from app.workspace.broadcast_edit import ACT, AUTO, conflict_page, edit_page, go_on, not_saved, save, saved
from app.workspace.form_page import switched
from app.workspace.forms.broadcasts import broadcast_form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.broadcasts.models import Broadcast

blueprint = Blueprint("broadcasts", __name__, url_prefix="/meetings/<int:meeting_id>/letters")
MOST_CHOSEN = 20


@blueprint.get("/")
@needs(Permission.SEE_OUTBOX)
def index(meeting_id: int) -> str:
    """All letters to many of this meeting, newest first, and how far each is."""
    meeting = meeting_for(meeting_id, Permission.SEE_OUTBOX)
    session, account = db.session(), current_account()
    found = queries.of_meeting(session, meeting.id)
    return render_template(
        "workspace/broadcasts/index.html",
        meeting=meeting,
        found=found,
        counts=queries.counts(session, [one.id for one in found]),
        whom={one.id: words.whom(segment_of(one.segment)) for one in found},
        states=words.STATES,
        subject_line=words.subject_line,
        authors=account_names(session, (one.author_id for one in found)),
        deleted=_deleted(meeting.id),
        may_edit=may(account, Permission.EDIT, meeting.series_id),
        may_read=may(account, Permission.READ_LETTERS, meeting.series_id),
    )


@blueprint.post("/new")
@needs(Permission.EDIT)
def new(meeting_id: int) -> AnyResponse:
    """Begin a draft; a list may send along whom it shows (the rows of a `Segment`)."""
    meeting_for(meeting_id, Permission.EDIT)
    chosen = {
        name: request.form.getlist(name)[:MOST_CHOSEN] for name in ("answers", "kinds", "modes", "presence")
    }
    places = request.form.getlist("places")[:MOST_CHOSEN]
    segment = segment_of({"places": places or Segment().places, **chosen})
    session = db.session()
    begin_write(session)
    broadcast = service.create(session, meeting_id, now=clock.now(), actor=actor(), segment=segment)
    session.commit()
    return redirect(_address("edit", broadcast), 303)


@blueprint.route("/<int:broadcast_id>/write", methods=["GET", "POST"])
@takes_large_files
@needs(Permission.EDIT)
def edit(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Write a draft. Every button saves it first; the script does so by itself."""
    meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    if broadcast.state != BroadcastState.DRAFT and request.method != "POST":
        return redirect(url_for("workspace.broadcast_sending.show", **_names(broadcast)), 303)
    form = broadcast_form(meeting, broadcast)
    if not form.is_submitted() or switched():
        return edit_page(form, meeting, broadcast)
    by_script = request.form.get(ACT) == AUTO
    if not form.validate():
        return not_saved(form) if by_script else edit_page(form, meeting, broadcast)
    try:
        version = save(form, broadcast)
    except (BroadcastRefused, Conflict) as refusal:
        return conflict_page(form, meeting, broadcast, refusal, by_script=by_script)
    if by_script:
        return saved(meeting_id, broadcast_id, version)
    return go_on(form, meeting_id, broadcast_id, request.form.get(ACT, ""))


# It checks its token by itself: a page that was open for too long comes back filled in.
csrf.exempt(edit)


@blueprint.get("/<int:broadcast_id>/files/<int:file_id>")
@needs(Permission.READ_LETTERS)
def file(meeting_id: int, broadcast_id: int, file_id: int) -> Response:
    """A file of a letter, to be saved and never to be shown inside our pages."""
    _meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.READ_LETTERS)
    found = queries.get_file(db.session(), broadcast.id, file_id)
    response = Response(found.data, content_type=found.content_type)
    response.headers["Content-Disposition"] = to_be_saved(found.name)
    return response


@blueprint.post("/<int:broadcast_id>/delete")
@needs(Permission.EDIT)
def delete(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Put a draft away; the next page can bring it back."""
    broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    session = db.session()
    begin_write(session)
    try:
        service.delete(session, broadcast_id, now=clock.now(), actor=actor())
        session.commit()
    except BroadcastRefused as refusal:
        session.rollback()
        flash(words.refusal_sentence(refusal), "warning")
        return redirect(url_for("workspace.broadcasts.index", meeting_id=meeting_id), 303)
    return redirect(url_for("workspace.broadcasts.index", meeting_id=meeting_id, deleted=broadcast_id), 303)


@blueprint.post("/<int:broadcast_id>/restore")
@needs(Permission.EDIT)
def restore(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Bring a deleted draft back."""
    broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    session = db.session()
    begin_write(session)
    service.restore(session, broadcast_id, now=clock.now(), actor=actor())
    session.commit()
    flash(_("The draft is back."), "success")
    return redirect(
        url_for("workspace.broadcasts.edit", meeting_id=meeting_id, broadcast_id=broadcast_id), 303
    )


def _deleted(meeting_id: int) -> Broadcast | None:
    """The draft that was just deleted, for the undo."""
    number = request.args.get("deleted", type=int)
    if number is None:
        return None
    found = queries.get_broadcast(db.session(), meeting_id, number)
    return found if found.deleted_at is not None else None


def _names(broadcast: Broadcast) -> dict[str, Any]:
    return {"meeting_id": broadcast.meeting_id, "broadcast_id": broadcast.id}


def _address(view: str, broadcast: Broadcast) -> str:
    return url_for(f"workspace.broadcasts.{view}", **_names(broadcast))
