"""Letters to many people of a meeting: the list of them, and writing one. Drafts save themselves."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Conflict
from app.domain.accounts.rules import Permission, may
from app.domain.broadcasts import queries, service
from app.domain.broadcasts.models import BroadcastState
from app.domain.broadcasts.rules import BroadcastRefused, problems, segment_of
from app.domain.reports.queries import account_names
from app.extensions import csrf, db, settings
from app.web.access import current_account, meeting_for, needs
from app.web.hosts import takes_large_files
from app.web.locale import language_name
from app.workspace import broadcast_words as words
from app.workspace.attendee_acts import actor
from app.workspace.form_page import form_page, switched
from app.workspace.forms.broadcasts import BroadcastForm, broadcast_form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.broadcasts.models import Broadcast
    from app.domain.meetings.models import Meeting

blueprint = Blueprint("broadcasts", __name__, url_prefix="/meetings/<int:meeting_id>/letters")
PAGE = "workspace/broadcasts/edit.html"
ACT, AUTO, SEND, LOOK, ATTACH, DROP = "act", "auto", "send", "look", "attach", "drop-"


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
    """Begin a draft."""
    meeting_for(meeting_id, Permission.EDIT)
    session = db.session()
    begin_write(session)
    broadcast = service.create(session, meeting_id, now=clock.now(), actor=actor())
    session.commit()
    return redirect(_address("edit", broadcast), 303)


@blueprint.route("/<int:broadcast_id>/write", methods=["GET", "POST"])
@takes_large_files
@needs(Permission.EDIT)
def edit(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Write a draft. Every button saves it first; the script does so by itself."""
    meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    if broadcast.state != BroadcastState.DRAFT and not form_was_sent():
        return redirect(url_for("workspace.broadcast_sending.show", **_names(broadcast)), 303)
    form = broadcast_form(meeting, broadcast)
    if not form.is_submitted() or switched():
        return _page(form, meeting, broadcast)
    by_script = request.form.get(ACT) == AUTO
    if not form.validate():
        return _not_saved(form) if by_script else _page(form, meeting, broadcast)
    try:
        version = _save(form, broadcast)
    except (BroadcastRefused, Conflict) as refusal:
        return _conflict(form, meeting, broadcast, refusal, by_script=by_script)
    if by_script:
        return _saved(meeting_id, broadcast_id, version)
    return _go_on(form, meeting_id, broadcast_id, request.form.get(ACT, ""))


# It checks its token by itself: a page that was open for too long comes back filled in.
csrf.exempt(edit)


@blueprint.get("/<int:broadcast_id>/files/<int:file_id>")
@needs(Permission.READ_LETTERS)
def file(meeting_id: int, broadcast_id: int, file_id: int) -> Response:
    """A file of a letter, to be saved and never to be shown inside our pages."""
    _meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.READ_LETTERS)
    found = queries.get_file(db.session(), broadcast.id, file_id)
    response = Response(found.data, content_type=found.content_type)
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
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


def broadcast_of(meeting_id: int, broadcast_id: int, permission: Permission) -> tuple[Meeting, Broadcast]:
    """A letter that the account may do this with, and its meeting; 404 outside."""
    meeting = meeting_for(meeting_id, permission)
    return meeting, queries.get_broadcast(db.session(), meeting.id, broadcast_id)


def form_was_sent() -> bool:
    """Whether this request brings a form."""
    return request.method == "POST"


def reach_sentence(reach: queries.Reach) -> str:
    """How many people get a letter, and how many of those meant do not."""
    text = ngettext("%(num)d person gets this letter.", "%(num)d people get this letter.", reach.who)
    if not reach.left_out:
        return str(text)
    left = ngettext("%(num)d person is left out.", "%(num)d people are left out.", reach.left_out)
    return f"{text} {left}"


def _save(form: BroadcastForm, broadcast: Broadcast) -> int:
    session, broadcast_id = db.session(), broadcast.id
    draft, version = form.to_draft(broadcast), form.known_version
    begin_write(session)
    try:
        saved = service.save(session, broadcast_id, draft, version=version, now=clock.now(), actor=actor())
        session.commit()
    except (BroadcastRefused, Conflict):
        session.rollback()
        raise
    form["version"].data = str(saved)
    return saved


def _go_on(form: BroadcastForm, meeting_id: int, broadcast_id: int, act: str) -> AnyResponse:
    """What the button asked for beside saving."""
    names: dict[str, Any] = {"meeting_id": meeting_id, "broadcast_id": broadcast_id}
    if act == SEND and form.mark_problems():
        return _page(form, *broadcast_of(meeting_id, broadcast_id, Permission.EDIT))
    if act == SEND:
        return redirect(url_for("workspace.broadcast_sending.send", **names), 303)
    if act == LOOK:
        return redirect(url_for("workspace.broadcast_preview.show", **names), 303)
    if act == ATTACH or act.startswith(DROP):
        if not _change_files(form, broadcast_id, act):
            return _page(form, *broadcast_of(meeting_id, broadcast_id, Permission.EDIT))
        return redirect(url_for("workspace.broadcasts.edit", **names, _anchor="files"), 303)
    flash(_("The draft is saved."), "success")
    return redirect(url_for("workspace.broadcasts.edit", **names), 303)


def _change_files(form: BroadcastForm, broadcast_id: int, act: str) -> bool:
    """Add or take away a file; False with an error at the field when that cannot be."""
    chosen = form.uploaded() if act == ATTACH else None
    number = act.removeprefix(DROP)
    if act == ATTACH and chosen is None:
        return False
    session = db.session()
    begin_write(session)
    try:
        if chosen is not None:
            name, kind, data = chosen
            service.add_file(session, broadcast_id, name=name, content_type=kind, data=data, now=clock.now())
        elif number.isascii() and number.isdecimal():
            service.drop_file(session, broadcast_id, int(number))
        session.commit()
    except BroadcastRefused as refusal:
        session.rollback()
        form["file"].errors = [words.refusal_sentence(refusal)]
        return False
    return True


def _page(form: BroadcastForm, meeting: Meeting, broadcast: Broadcast, **more: Any) -> Response:
    session, languages = db.session(), settings().languages
    segment = segment_of(broadcast.segment)
    return form_page(
        PAGE,
        form,
        meeting=meeting,
        broadcast=broadcast,
        files=queries.files_of(session, broadcast.id),
        reach=reach_sentence(queries.reach(session, meeting.id, segment, broadcast.purpose)),
        missing=[words.problem_sentence(one) for one in problems(broadcast.subject, broadcast.body)],
        placeholders=words.PLACEHOLDERS,
        purpose_hints=words.PURPOSE_HINTS,
        language_names={code: language_name(code) for code in languages},
        narrowed=bool(form["answers"].data or form["kinds"].data or form["modes"].data),
        **({"conflict": ""} | more),
    )


def _conflict(
    form: BroadcastForm,
    meeting: Meeting,
    broadcast: Broadcast,
    refusal: BroadcastRefused | Conflict,
    *,
    by_script: bool,
) -> Response:
    """Somebody else saved, or it was let go. What was typed stays on the page; saving again goes over theirs."""
    fresh = queries.get_broadcast(db.session(), meeting.id, broadcast.id)
    if isinstance(refusal, Conflict):
        sentence = str(_("Somebody else saved this draft meanwhile. Save again to put yours in its place."))
    else:
        sentence = words.refusal_sentence(refusal)
    if by_script:
        return _told(HTTPStatus.CONFLICT, sentence)
    form["version"].data = str(fresh.version)
    return _page(form, meeting, fresh, conflict=sentence, status=HTTPStatus.CONFLICT)


def _saved(meeting_id: int, broadcast_id: int, version: int) -> Response:
    _meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    reach = queries.reach(db.session(), meeting_id, segment_of(broadcast.segment), broadcast.purpose)
    return _told(HTTPStatus.OK, str(_("Saved.")), version=str(version), reach=reach_sentence(reach))


def _not_saved(form: BroadcastForm) -> Response:
    first = next((error for field in form for error in field.errors), "")
    return _told(HTTPStatus.UNPROCESSABLE_ENTITY, str(_("Not saved: %(why)s", why=first)))


def _told(status: HTTPStatus, sentence: str, **more: str) -> Response:
    response = jsonify({"said": sentence, **more})
    response.status_code = status
    return response


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
