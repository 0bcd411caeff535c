"""The door: find somebody by name, code or camera, check them in, take it back, add whoever just comes.

All of it works without scripts; `door_line` serves the script that also works without a connection.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound, Refusal
from app.domain.accounts.models import Role
from app.domain.accounts.rules import Permission, door_open
from app.domain.attendance import queries, service
from app.domain.attendance.codes import code_of
from app.domain.attendance.models import Verdict, Way
from app.domain.attendance.rules import CheckInRefused
from app.extensions import db
from app.web.access import current_account, meeting_for, needs, visible_series_ids
from app.web.fields import search_text
from app.workspace.attendee_words import refusal_sentence
from app.workspace.door_page import door_of, door_page, person_page, walk_in_page
from app.workspace.door_walk_ins import walked_in, why_not
from app.workspace.door_words import REFUSED
from app.workspace.forms.door import ActForm, CodeForm, walk_in_form

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("door", __name__)
AT = "/meetings/<int:meeting_id>/door/"


@blueprint.get("/door/")
@needs(Permission.CHECK_IN)
def index() -> str:
    """The doors that are open now, and the next ones."""
    account, now = current_account(), clock.now()
    is_door = account.role == Role.DOOR
    meetings = queries.open_doors(
        db.session(),
        now=now,
        series_ids=visible_series_ids(account),
        meeting_ids=account.meeting_ids if is_door else (),
    )
    found = [meeting for meeting in meetings if not is_door or meeting.id in account.meeting_ids]
    return render_template(
        "workspace/door/index.html", meetings=found, now=now, is_door=is_door, door_open=door_open
    )


@blueprint.get(AT)
@needs(Permission.CHECK_IN)
def show(meeting_id: int) -> Response:
    """Search, code, list, numbers."""
    return door_page(meeting_for(meeting_id, Permission.CHECK_IN))


@blueprint.post(f"{AT}code")
@needs(Permission.CHECK_IN)
def enter_code(meeting_id: int) -> AnyResponse:
    """Check in whoever holds the code that was typed or scanned."""
    meeting = meeting_for(meeting_id, Permission.CHECK_IN)
    form = CodeForm()
    if not form.validate_on_submit():
        return door_page(meeting, form=form)
    code = code_of(form.code.data)
    if code is None:
        form.code.errors = [_("This is no code of ours. Scan it again, or search by name.")]
        return door_page(meeting, form=form)
    session = db.session()
    number = queries.codes(session, meeting_id).get(code)
    begin_write(session)
    try:
        event = service.check_in_code(
            session, meeting_id, code, way=Way.CODE, now=clock.now(), door=door_of()
        )
        session.commit()
    except CheckInRefused as refused:
        session.rollback()
        if number is not None:
            return _to_person(meeting_id, number)
        form.code.errors = [REFUSED[refused.verdict]]
        return door_page(meeting_for(meeting_id, Permission.CHECK_IN), form=form)
    address = url_for("workspace.door.show", meeting_id=meeting_id, done=event.attendee_id, by="code")
    return redirect(address, 303)


@blueprint.route(f"{AT}walk-in/", methods=["GET", "POST"])
@needs(Permission.CHECK_IN)
def walk_in(meeting_id: int) -> AnyResponse:
    """Put somebody who just comes on the list; they are in at once."""
    meeting = meeting_for(meeting_id, Permission.CHECK_IN)
    form = walk_in_form()
    if not form.validate_on_submit():
        return walk_in_page(meeting, form)
    try:
        event = walked_in(meeting_id, form)
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        meeting = meeting_for(meeting_id, Permission.CHECK_IN)
        return walk_in_page(meeting, form, why_not(refusal))
    return redirect(url_for("workspace.door.show", meeting_id=meeting_id, done=event.attendee_id), 303)


@blueprint.get(f"{AT}<int:attendee_id>/")
@needs(Permission.CHECK_IN)
def person(meeting_id: int, attendee_id: int) -> Response:
    """One person: who it is, and one large button. Where the phone's own camera leads."""
    return person_page(meeting_for(meeting_id, Permission.CHECK_IN), attendee_id)


@blueprint.post(f"{AT}<int:attendee_id>/in")
@needs(Permission.CHECK_IN)
def check_in(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Note that this person came; with `let_in` also one without a seat."""
    meeting_for(meeting_id, Permission.CHECK_IN)
    if not ActForm().validate_on_submit():
        abort(HTTPStatus.BAD_REQUEST)
    way = Way.QR if request.form.get("way") == Way.QR else Way.LIST
    session = db.session()
    begin_write(session)
    try:
        service.check_in(
            session,
            meeting_id,
            attendee_id,
            way=way,
            now=clock.now(),
            door=door_of(),
            let_in=request.form.get("let_in") == "1",
        )
        session.commit()
    except NotFound:
        raise
    except CheckInRefused:
        session.rollback()
        return _to_person(meeting_id, attendee_id)  # which says why
    except Refusal as refusal:
        session.rollback()
        flash(refusal_sentence(refusal), "warning")
        return _to_person(meeting_id, attendee_id)
    return _back(meeting_id, attendee_id)


@blueprint.post(f"{AT}<int:attendee_id>/undo")
@needs(Permission.CHECK_IN)
def undo(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Take the check-in of this person back."""
    meeting_for(meeting_id, Permission.CHECK_IN)
    if not ActForm().validate_on_submit():
        abort(HTTPStatus.BAD_REQUEST)
    session = db.session()
    begin_write(session)
    event = service.undo(session, meeting_id, attendee_id, now=clock.now(), door=door_of())
    undone = event.verdict == Verdict.UNDONE
    session.commit()
    flash(_("The check-in was taken back.") if undone else _("There was nothing to take back."), "success")
    return _back(meeting_id, attendee_id, done=False)


def _to_person(meeting_id: int, attendee_id: int) -> AnyResponse:
    return redirect(url_for("workspace.door.person", meeting_id=meeting_id, attendee_id=attendee_id), 303)


def _back(meeting_id: int, attendee_id: int, *, done: bool = True) -> AnyResponse:
    """To the list as it was, or to the person where one came from there."""
    if request.form.get("back") != "list":
        return _to_person(meeting_id, attendee_id)
    asked = {"q": search_text(request.form.get("q")), "page": request.form.get("page", "")}
    kept = {name: value for name, value in asked.items() if value}
    if done:
        kept["done"] = str(attendee_id)
    return redirect(url_for("workspace.door.show", meeting_id=meeting_id, **kept), 303)  # type: ignore[arg-type]
