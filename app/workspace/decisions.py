"""What an organiser decides about people on the list: who is approved, whose held seat is given to others."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, flash, request

from app.base import clock
from app.domain.accounts.rules import Permission
from app.domain.registration import answers, approval, import_undo, many, move_traces, moves, rules
from app.extensions import db
from app.web.access import meeting_for, needs
from app.workspace import attendee_words as words
from app.workspace.attendee_acts import act, act_on_many, selected
from app.workspace.attendee_index import list_page
from app.workspace.attendee_list import IMPORTED, MOVES, WAITS, instant_of
from app.workspace.chosen import back_to_list, chosen_people
from app.workspace.forms.attendees import ActForm, DeclineForm
from app.workspace.import_words import said_taken_back

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.history.service import Actor
    from app.domain.registration.models import Attendee

blueprint = Blueprint("decisions", __name__, url_prefix="/meetings/<int:meeting_id>/attendees")


@blueprint.post("/<int:attendee_id>/approve")
@needs(Permission.EDIT)
def approve(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Give a pending person a seat, or a place in the queue."""
    return act(meeting_id, attendee_id, ActForm(), approval.approve, words.said_approved)


@blueprint.post("/<int:attendee_id>/decline")
@needs(Permission.EDIT)
def decline(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Decline a pending registration; the letter tells the reason."""
    form = DeclineForm()
    verb = partial(approval.disapprove, reason=form.decline_reason.data or "")
    return act(meeting_id, attendee_id, form, verb, words.said_declined, undo=True, decline_form=form)


@blueprint.post("/<int:attendee_id>/release")
@needs(Permission.EDIT)
def release(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Give the seat of somebody undecided to others."""
    verb = partial(_release_one, meeting_id=meeting_id)
    return act(meeting_id, attendee_id, ActForm(), verb, words.said_released, undo=True)


@blueprint.post("/approve")
@needs(Permission.EDIT)
def approve_selected(meeting_id: int) -> AnyResponse:
    """Approve everybody who is ticked, in the order in which they registered."""
    form = chosen_people(meeting_id)
    if form.errors:
        return list_page(meeting_id, form=form)
    done = act_on_many(meeting_id, approval.approve_all, now=clock.now(), attendee_ids=selected())
    if done is not None:
        flash(words.said_approved_many(done), "success")
    return back_to_list(meeting_id)


@blueprint.post("/decline")
@needs(Permission.EDIT)
def decline_selected(meeting_id: int) -> AnyResponse:
    """Decline everybody who is ticked, each with the same reason."""
    form = chosen_people(meeting_id)
    if form.errors:
        return list_page(meeting_id, form=form)
    now, reason = clock.now(), form.reason.data or ""
    done = act_on_many(meeting_id, approval.disapprove_all, now=now, attendee_ids=selected(), reason=reason)
    if done is not None:
        flash(words.said_declined_many(len(done)), "success")
    return back_to_list(meeting_id, undo=now.isoformat() if done else "")


@blueprint.post("/release")
@needs(Permission.EDIT)
def release_selected(meeting_id: int) -> AnyResponse:
    """Release the seats of the undecided who are ticked, or of all."""
    everybody = request.form.get("all") == "1"
    form = chosen_people(meeting_id, must_choose=not everybody)
    if form.errors:
        return list_page(meeting_id, form=form)
    now = clock.now()
    verb = answers.release if not everybody else _release_all
    more: dict[str, Any] = {} if everybody else {"attendee_ids": selected()}
    done = act_on_many(meeting_id, verb, now=now, **more)
    if done is not None:
        flash(words.said_released_many(len(done)), "success")
    return back_to_list(meeting_id, undo=now.isoformat() if done else "")


@blueprint.post("/bring-back")
@needs(Permission.EDIT)
def bring_back(meeting_id: int) -> AnyResponse:
    """Take back what one act did to many."""
    meeting_for(meeting_id, Permission.EDIT)
    sent = request.form.get("ended_at", "")
    done_at = instant_of(sent)
    if done_at is None or not ActForm().validate_on_submit():
        abort(HTTPStatus.BAD_REQUEST)
    if sent.startswith(IMPORTED):
        return _take_import_back(meeting_id, done_at)
    waits = sent.startswith(WAITS)
    if waits:
        verb = partial(many.let_wait_again, moved_at=done_at)
    elif sent.startswith(MOVES):
        if (other := move_traces.destination(db.session(), meeting_id, done_at)) is not None:
            meeting_for(other, Permission.EDIT)
        verb = partial(moves.take_back, moved_at=done_at)
    else:
        verb = partial(many.bring_back, ended_at=done_at)
    done = act_on_many(meeting_id, verb, now=clock.now())
    if done is not None:
        said = words.said_wait_again(len(done)) if waits and done else words.said_back_many(done)
        flash(said, "success" if done else "info")
    return back_to_list(meeting_id)


def _take_import_back(meeting_id: int, imported_at: datetime) -> AnyResponse:
    done = act_on_many(meeting_id, import_undo.take_back, now=clock.now(), imported_at=imported_at)
    if done is not None:
        flash(said_taken_back(done), "success" if done.people else "info")
    return back_to_list(meeting_id)


def _release_one(
    session: Session, attendee_id: int, *, meeting_id: int, now: datetime, actor: Actor
) -> Attendee:
    released = answers.release(session, meeting_id, [attendee_id], now=now, actor=actor)
    if not released:
        raise rules.ChangeRefused("decided")
    return released[0]


def _release_all(session: Session, meeting_id: int, *, now: datetime, actor: Actor) -> list[Attendee]:
    everybody = answers.undecided(session, meeting_id)
    return answers.release(session, meeting_id, everybody, now=now, actor=actor)
