"""Moving people of the list, or one person, to another meeting: choose which, do it, take it back."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.base import clock
from app.domain.accounts.rules import Permission, may
from app.domain.meetings.models import MeetingState
from app.domain.meetings.queries import not_over
from app.domain.registration import moves
from app.extensions import db, settings
from app.web.access import current_account, meeting_for, needs, visible_series_ids
from app.web.choices import OneOfField
from app.web.filters import local, short_day
from app.web.forms import WorkspaceForm
from app.workspace.attendee_acts import act_on_many
from app.workspace.attendee_index import list_page
from app.workspace.attendee_list import MOVES, Links, asked_view, parameters
from app.workspace.attendee_page import attendee_of
from app.workspace.chosen import (
    EVERYBODY,
    ListChanged,
    back_to_list,
    chosen_ids,
    many_form,
    say_changed,
)

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting
    from app.domain.registration.moves import Forecast, Moved

blueprint = Blueprint("moves", __name__, url_prefix="/meetings/<int:meeting_id>/attendees")


class MoveForm(WorkspaceForm):
    """The meeting to which people are moved."""

    to = OneOfField(_l("To which meeting?"), missing=_l("Choose a meeting"))


@blueprint.post("/many/move/")
@needs(Permission.EDIT)
def choose(meeting_id: int) -> AnyResponse:
    """Ask to which meeting these people go, with what would become of them there."""
    form = many_form(meeting_id)
    if form.errors:
        return list_page(meeting_id, form=form)
    return _page(meeting_for(meeting_id, Permission.EDIT), MoveForm(data={}))


@blueprint.get("/<int:attendee_id>/move/")
@needs(Permission.EDIT)
def choose_for_one(meeting_id: int, attendee_id: int) -> AnyResponse:
    """The same about one person."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    attendee_of(meeting, attendee_id)
    return _page(meeting, MoveForm(), one=attendee_id)


@blueprint.post("/many/move/done")
@needs(Permission.EDIT)
def move(meeting_id: int) -> AnyResponse:
    """Move these people. The notice has the button that takes it back."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    form, others = MoveForm(), {str(one.id): one for one in _others(meeting)}
    form.to.choices = [(number, "") for number in others]
    try:
        ids = chosen_ids(meeting)
    except ListChanged:
        return say_changed(meeting_id)
    if not form.validate():
        return _page(meeting, form)
    now = clock.now()
    verb = partial(moves.move, to_id=int(form.to.data), mail_domain=settings().mail_domain)
    done = act_on_many(meeting_id, verb, now=now, attendee_ids=ids)
    if done is None:
        return back_to_list(meeting_id)
    flash(_said(done, others[form.to.data]), "success" if done.arrived else "info")
    return back_to_list(meeting_id, undo=f"{MOVES}{now.isoformat()}" if done.arrived else "")


def _page(meeting: Meeting, form: MoveForm, *, one: int = 0) -> AnyResponse:
    """The choice of a meeting. Whom it is about goes along: those who were ticked, or how many fitted."""
    try:
        people = [one] if one else chosen_ids(meeting)
    except ListChanged:
        return say_changed(meeting.id)
    others = _others(meeting)
    expected = moves.forecast(db.session(), meeting, others, people)
    form.to.choices = [(str(other.id), _named(other)) for other in others]
    markup = render_template(
        "workspace/moves/choose.html",
        meeting=meeting,
        form=form,
        people=[] if request.form.get(EVERYBODY) else people,
        everybody=request.form.get(EVERYBODY, ""),
        number=max((found.going + found.already for found in expected.values()), default=0),
        hints={str(number): _hint(found) for number, found in expected.items()},
        action=url_for("workspace.moves.move", meeting_id=meeting.id, **parameters(asked_view())),
        back=Links(meeting.id, asked_view()).to(asked_view()),
    )
    return make_response(markup, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK)


def _others(meeting: Meeting) -> list[Meeting]:
    """Published meetings ahead that this account may edit, those of the same series first, the soonest first."""
    account, now = current_account(), clock.now()
    found = [
        one
        for one in not_over(db.session(), now=now, series_ids=visible_series_ids(account))
        if one.state == MeetingState.PUBLISHED and one.starts_at > now and one.id != meeting.id
        if may(account, Permission.EDIT, one.series_id)
    ]
    return sorted(found, key=lambda one: one.series_id != meeting.series_id)


def _named(meeting: Meeting) -> str:
    return f"{short_day(meeting.starts_at, meeting.timezone)} · {local(meeting.title)}"


def _hint(found: Forecast) -> str:
    """What would become of these people at a meeting."""
    said = []
    if found.going:
        said.append(ngettext("%(num)d person would go there.", "%(num)d people would go there.", found.going))
    if found.waiting:
        said.append(
            ngettext(
                "No seat is free for %(num)d person, who would wait.",
                "No seat is free for %(num)d people, who would wait.",
                found.waiting,
            )
        )
    elif found.going:
        said.append(_("No one would have to wait."))
    if found.already:
        said.append(
            ngettext(
                "%(num)d person is on the list there already and would stay here.",
                "%(num)d people are on the list there already and would stay here.",
                found.already,
            )
        )
    return " ".join(str(one) for one in said)


def _said(done: Moved, other: Meeting) -> str:
    """What was done, after it."""
    said = [_("Nobody was moved.")]
    if done.arrived:
        said = [
            ngettext(
                "%(num)d person is moved to: %(title)s. Letters tell them.",
                "%(num)d people are moved to: %(title)s. Letters tell them.",
                len(done.arrived),
                title=_named(other),
            )
        ]
    if done.waiting:
        said.append(
            ngettext(
                "No seat was free for %(num)d person, who waits now.",
                "No seat was free for %(num)d people, who wait now.",
                done.waiting,
            )
        )
    if done.left:
        said.append(
            ngettext(
                "%(num)d person is on the list there already and stays here.",
                "%(num)d people are on the list there already and stay here.",
                len(done.left),
            )
        )
    return " ".join(str(one) for one in said)
