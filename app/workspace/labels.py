"""Labels of attendees: put on and taken off, of one person or of many of the list, and both taken back."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, request
from flask_babel import gettext as _

from app.base import clock
from app.domain.accounts.rules import Permission
from app.domain.registration import labels
from app.domain.registration.label_queries import find
from app.domain.registration.queries import get_attendee
from app.extensions import db
from app.web.access import meeting_for, needs
from app.workspace import label_words as words
from app.workspace.attendee_acts import act, act_on_many, to_page
from app.workspace.attendee_index import PENDING, list_page
from app.workspace.attendee_list import LABELLED, NUMBER, asked_view, instant_of
from app.workspace.attendee_page import attendee_of
from app.workspace.chosen import EVERYBODY, back_to_list, chosen_people, do_to_chosen
from app.workspace.forms.attendees import ActForm, CancelManyForm, SelectionForm
from app.workspace.forms.labels import LabelForm

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.history.service import Actor
    from app.domain.registration.labels import Labelled
    from app.domain.registration.models import Attendee

blueprint = Blueprint("labels", __name__, url_prefix="/meetings/<int:meeting_id>/attendees")


@blueprint.post("/many/label")
@needs(Permission.EDIT)
def put_on_many(meeting_id: int) -> AnyResponse:
    """Give a label to these people."""
    form = _form(meeting_id)
    if form.errors:
        return list_page(meeting_id, form=form)
    return _to_many(meeting_id, partial(labels.put_on, name=form.label.data), words.said_put_on)


@blueprint.post("/many/unlabel")
@needs(Permission.EDIT)
def take_off_many(meeting_id: int) -> AnyResponse:
    """Take a label off these people."""
    form = _form(meeting_id)
    if form.errors:
        return list_page(meeting_id, form=form)
    label_id = find(db.session(), meeting_id, form.label.data)
    if label_id is None:
        form.label.errors = [str(_("No label of this meeting is called so. Choose one that is there."))]
        return list_page(meeting_id, form=form)
    return _to_many(meeting_id, partial(labels.take_off, label_id=label_id), words.said_taken_off)


@blueprint.post("/many/label-back")
@needs(Permission.EDIT)
def take_back(meeting_id: int) -> AnyResponse:
    """Take back what one act did with a label; from the page of a person it leads there again."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    done_at, person = instant_of(request.form.get("ended_at", "")), request.form.get("attendee", "")
    if done_at is None or not ActForm().validate_on_submit():
        abort(HTTPStatus.BAD_REQUEST)
    done = act_on_many(meeting_id, partial(labels.take_back, done_at=done_at), now=clock.now())
    if done is not None:
        flash(words.said_taken_back(len(done)), "success" if done else "info")
    if NUMBER.fullmatch(person):
        return to_page(attendee_of(meeting, int(person)))
    return back_to_list(meeting_id)


@blueprint.post("/<int:attendee_id>/label")
@needs(Permission.EDIT)
def put_on(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Give a label to one person."""
    form = LabelForm()
    verb = partial(_one, partial(labels.put_on, name=form.label.data), meeting_id)
    return act(meeting_id, attendee_id, form, verb, _said_put_on, undo=LABELLED, label_form=form)


@blueprint.post("/<int:attendee_id>/unlabel")
@needs(Permission.EDIT)
def take_off(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Take a label off one person."""
    attendee_of(meeting_for(meeting_id, Permission.EDIT), attendee_id)
    sent = request.form.get("label", "")
    if not NUMBER.fullmatch(sent):
        abort(HTTPStatus.BAD_REQUEST)
    verb = partial(_one, partial(labels.take_off, label_id=int(sent)), meeting_id)
    return act(meeting_id, attendee_id, ActForm(), verb, _said_taken_off, undo=LABELLED)


def _form(meeting_id: int) -> SelectionForm:
    """The form around the list, with a label in it; its errors say what is the matter."""
    kind = SelectionForm if asked_view().tab == PENDING else CancelManyForm
    form = chosen_people(meeting_id, must_choose=not request.form.get(EVERYBODY), kind=kind)
    if not form.label.data and not form.label.errors:
        form.label.errors = [str(_("Write the label"))]
    return form


def _to_many(meeting_id: int, verb: Callable[..., Labelled], said: Callable[[Labelled], str]) -> AnyResponse:
    now = clock.now()
    done = do_to_chosen(meeting_id, verb, now=now)
    if done is not None:
        flash(said(done), "success" if done.people else "info")
    return back_to_list(meeting_id, undo=f"{LABELLED}{now.isoformat()}" if done and done.people else "")


def _one(
    verb: Callable[..., Labelled],
    meeting_id: int,
    session: Session,
    attendee_id: int,
    *,
    now: datetime,
    actor: Actor,
) -> Attendee:
    verb(session, meeting_id, [attendee_id], now=now, actor=actor)
    return get_attendee(session, attendee_id)


def _said_put_on(attendee: Attendee) -> str:
    return str(_("%(name)s has the label now.", name=attendee.name))


def _said_taken_off(attendee: Attendee) -> str:
    return str(_("%(name)s does not have the label any more.", name=attendee.name))
