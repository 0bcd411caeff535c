"""Saved views of the attendee list: the one that is shown gets a name; all of them are changed on one page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission
from app.domain.registration import saved_views
from app.extensions import db
from app.web.access import meeting_for, needs
from app.workspace.attendee_acts import actor
from app.workspace.attendee_index import list_page, saved_links
from app.workspace.attendee_list import NUMBER, kept_by_name
from app.workspace.chosen import back_to_list
from app.workspace.forms.attendees import ActForm
from app.workspace.forms.labels import ViewNameForm
from app.workspace.label_words import view_refused
from app.workspace.question_columns import is_own, narrowed_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.registration.models import SavedView

blueprint = Blueprint("saved_views", __name__, url_prefix="/meetings/<int:meeting_id>/attendees/views")
UNDO = "undo"


@blueprint.get("/")
@needs(Permission.EDIT)
def index(meeting_id: int) -> Response:
    """All saved views that fit this meeting, to be renamed or deleted."""
    return _page(meeting_id)


@blueprint.post("/")
@needs(Permission.EDIT)
def save(meeting_id: int) -> AnyResponse:
    """Give the view of the address a name."""
    meeting, form = meeting_for(meeting_id, Permission.EDIT), ViewNameForm()
    view, questions = narrowed_view(meeting)
    kept, own = kept_by_name(view), is_own(view, questions)
    if not kept:
        flash(_("There is nothing to save. Choose a filter, an order or columns first."), "info")
        return back_to_list(meeting_id)
    if form.validate_on_submit() and _done(form, saved_views.save, meeting_id, form.name.data, kept, own=own):
        flash(_("The view is saved: %(name)s", name=form.name.data), "success")
        return back_to_list(meeting_id)
    return list_page(meeting_id, view_form=form)


@blueprint.post("/<int:view_id>/rename")
@needs(Permission.EDIT)
def rename(meeting_id: int, view_id: int) -> AnyResponse:
    """Give a saved view another name."""
    saved_views.get_view(db.session(), meeting_for(meeting_id, Permission.EDIT), view_id)
    form = _name_form(view_id)
    if form.validate_on_submit() and _done(form, saved_views.rename, meeting_id, view_id, form.name.data):
        flash(_("The view is called so now: %(name)s", name=form.name.data), "success")
        return _to_index(meeting_id)
    return _page(meeting_id, {view_id: form})


@blueprint.post("/<int:view_id>/delete")
@needs(Permission.EDIT)
def delete(meeting_id: int, view_id: int) -> AnyResponse:
    """Delete a saved view; the notice takes it back."""
    meeting_for(meeting_id, Permission.EDIT)
    form = ActForm()
    if form.validate_on_submit():
        view = _done(form, saved_views.drop, meeting_id, view_id)
        if view is not None:
            flash(_("The view is deleted: %(name)s", name=view.name), "success")
    return _to_index(meeting_id, undo=view_id)


@blueprint.post("/<int:view_id>/restore")
@needs(Permission.EDIT)
def restore(meeting_id: int, view_id: int) -> AnyResponse:
    """Take the deleting of a saved view back."""
    meeting_for(meeting_id, Permission.EDIT)
    form = ActForm()
    if form.validate_on_submit():
        view = _done(form, saved_views.bring_back, meeting_id, view_id)
        if view is None:
            flash(form.form_errors[0], "warning")
        else:
            flash(_("The view is back: %(name)s", name=view.name), "success")
    return _to_index(meeting_id)


def _done(
    form: Any, verb: Callable[..., SavedView], meeting_id: int, *args: Any, **more: Any
) -> SavedView | None:
    """What the verb gives; None, with the reason in the form, when it was refused."""
    session = db.session()
    begin_write(session)
    try:
        view = verb(session, meeting_id, *args, now=clock.now(), actor=actor(), **more)
        session.commit()
    except saved_views.ViewRefused as refusal:
        session.rollback()
        sentence = view_refused(refusal)
        if "name" in form:
            form["name"].errors = [sentence]
        else:
            form.form_errors.append(sentence)
        return None
    return view


def _name_form(view_id: int) -> ViewNameForm:
    """The form of one view; the page has one for each, so their fields have names of their own."""
    return ViewNameForm(prefix=f"view-{view_id}-")


def _page(meeting_id: int, sent: dict[int, ViewNameForm] | None = None) -> Response:
    meeting = meeting_for(meeting_id, Permission.EDIT)
    views, undo_id = saved_links(meeting, {}), request.args.get(UNDO, "")
    forms = {one["id"]: _name_form(one["id"]).showing(name=one["name"]) for one in views} | (sent or {})
    markup = render_template(
        "workspace/saved_views/index.html",
        meeting=meeting,
        views=views,
        forms=forms,
        wrong=next(iter(sent.values())) if sent else None,
        undo_id=int(undo_id) if NUMBER.fullmatch(undo_id) else None,
    )
    return make_response(markup, HTTPStatus.UNPROCESSABLE_ENTITY if sent else HTTPStatus.OK)


def _to_index(meeting_id: int, *, undo: int | None = None) -> AnyResponse:
    more: dict[str, Any] = {UNDO: undo} if undo is not None else {}
    return redirect(url_for("workspace.saved_views.index", meeting_id=meeting_id, **more), 303)
