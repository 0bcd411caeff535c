"""What an organiser does with many people of the list: those who are ticked, or all whom the view holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, url_for

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission
from app.domain.broadcasts import service
from app.domain.registration import many
from app.domain.registration.models import Place
from app.extensions import db
from app.web.access import meeting_for, needs
from app.workspace import attendee_words as words
from app.workspace.attendee_acts import actor
from app.workspace.attendee_index import list_page
from app.workspace.attendee_list import WAITS
from app.workspace.chosen import (
    ListChanged,
    back_to_list,
    chosen_segment,
    do_to_chosen,
    many_form,
    say_changed,
)

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("many", __name__, url_prefix="/meetings/<int:meeting_id>/attendees/many")


@blueprint.post("/cancel")
@needs(Permission.EDIT)
def cancel(meeting_id: int) -> AnyResponse:
    """Cancel the places of these people, each with the same reason."""
    form = many_form(meeting_id)
    if form.errors:
        return list_page(meeting_id, form=form)
    now = clock.now()
    done = do_to_chosen(meeting_id, many.cancel_all, now=now, reason=form.reason.data or "")
    if done is not None:
        flash(words.said_cancelled_many(len(done)), "success" if done else "info")
    return back_to_list(meeting_id, undo=now.isoformat() if done else "")


@blueprint.post("/move-up")
@needs(Permission.EDIT)
def move_up(meeting_id: int) -> AnyResponse:
    """Give seats to those of these people who wait, while seats last."""
    form = many_form(meeting_id)
    if form.errors:
        return list_page(meeting_id, form=form)
    now = clock.now()
    asked = do_to_chosen(meeting_id, many.confirm_all, now=now)
    moved = [one for one in asked or () if one.place == Place.CONFIRMED]
    if asked is not None:
        flash(words.said_moved_up_many(asked), "success" if moved else "info")
    return back_to_list(meeting_id, undo=f"{WAITS}{now.isoformat()}" if moved else "")


@blueprint.post("/write")
@needs(Permission.EDIT)
def write(meeting_id: int) -> AnyResponse:
    """Begin the draft of a letter to these people."""
    form = many_form(meeting_id)
    if form.errors:
        return list_page(meeting_id, form=form)
    try:
        segment = chosen_segment(meeting_for(meeting_id, Permission.EDIT))
    except ListChanged:
        return say_changed(meeting_id)
    session = db.session()
    begin_write(session)
    broadcast = service.create(session, meeting_id, now=clock.now(), actor=actor(), segment=segment)
    session.commit()
    address = url_for("workspace.broadcasts.edit", meeting_id=meeting_id, broadcast_id=broadcast.id)
    return redirect(address, 303)
