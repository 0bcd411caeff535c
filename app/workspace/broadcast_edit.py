"""Saving a draft of a letter to many: by a button or by the script, with its files, and two editors at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response, flash, jsonify, redirect, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Conflict
from app.domain.accounts.rules import Permission
from app.domain.broadcasts import queries, service
from app.domain.broadcasts.rules import BroadcastRefused, problems, segment_of
from app.extensions import db, settings
from app.web.locale import language_name
from app.workspace import broadcast_words as words
from app.workspace.attendee_acts import actor
from app.workspace.broadcast_acts import broadcast_of
from app.workspace.form_page import form_page

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.broadcasts.models import Broadcast
    from app.domain.meetings.models import Meeting
    from app.workspace.forms.broadcasts import BroadcastForm

PAGE = "workspace/broadcasts/edit.html"
ACT, AUTO, SEND, LOOK, ATTACH, DROP = "act", "auto", "send", "look", "attach", "drop-"


def reach_sentence(reach: queries.Reach) -> str:
    """How many people get a letter, and how many of those meant do not."""
    text = ngettext("%(num)d person gets this letter.", "%(num)d people get this letter.", reach.who)
    if not reach.left_out:
        return str(text)
    left = ngettext("%(num)d person is left out.", "%(num)d people are left out.", reach.left_out)
    return f"{text} {left}"


def save(form: BroadcastForm, broadcast: Broadcast) -> int:
    """Store what was typed; gives the new version. Raises `BroadcastRefused` and `Conflict`."""
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


def go_on(form: BroadcastForm, meeting_id: int, broadcast_id: int, act: str) -> AnyResponse:
    """What the button asked for beside saving."""
    names: dict[str, Any] = {"meeting_id": meeting_id, "broadcast_id": broadcast_id}
    if act == SEND:
        meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
        if form.mark_problems(queries.absent(db.session(), broadcast, now=clock.now())):
            return edit_page(form, meeting, broadcast)
        return redirect(url_for("workspace.broadcast_sending.send", **names), 303)
    if act == LOOK:
        return redirect(url_for("workspace.broadcast_preview.show", **names), 303)
    if act == ATTACH or act.startswith(DROP):
        if not _change_files(form, broadcast_id, act):
            return edit_page(form, *broadcast_of(meeting_id, broadcast_id, Permission.EDIT))
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


def edit_page(form: BroadcastForm, meeting: Meeting, broadcast: Broadcast, **more: Any) -> Response:
    """The page with the form, what is missing, and how many people the letter would reach."""
    session, languages = db.session(), settings().languages
    segment = segment_of(broadcast.segment)
    return form_page(
        PAGE,
        form,
        meeting=meeting,
        broadcast=broadcast,
        files=queries.files_of(session, broadcast.id),
        reach=reach_sentence(queries.reach(session, meeting.id, segment, broadcast.purpose)),
        chosen=words.chosen(segment),
        missing=missing(broadcast),
        placeholders=words.PLACEHOLDERS,
        purpose_hints=words.PURPOSE_HINTS,
        language_names={code: language_name(code) for code in languages},
        narrowed=any(form[name].data for name in ("answers", "kinds", "modes", "presence")),
        **({"conflict": ""} | more),
    )


def missing(broadcast: Broadcast) -> list[str]:
    """What keeps a draft from being sent, in sentences."""
    absent = queries.absent(db.session(), broadcast, now=clock.now())
    found = problems(broadcast.subject, broadcast.body, absent)
    return [words.problem_sentence(one) for one in found]


def conflict_page(
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
    return edit_page(form, meeting, fresh, conflict=sentence, status=HTTPStatus.CONFLICT)


def saved(meeting_id: int, broadcast_id: int, version: int) -> Response:
    """What the script shows after saving."""
    _meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    reach = queries.reach(db.session(), meeting_id, segment_of(broadcast.segment), broadcast.purpose)
    return _told(HTTPStatus.OK, str(_("Saved.")), version=str(version), reach=reach_sentence(reach))


def not_saved(form: BroadcastForm) -> Response:
    """What the script shows when something cannot be kept."""
    first = next((error for field in form for error in field.errors), "")
    return _told(HTTPStatus.UNPROCESSABLE_ENTITY, str(_("Not saved: %(why)s", why=first)))


def _told(status: HTTPStatus, sentence: str, **more: str) -> Response:
    response = jsonify({"said": sentence, **more})
    response.status_code = status
    return response
