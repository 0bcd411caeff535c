"""Who may be on the list twice: pairs side by side, joining them, and taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound, Refusal
from app.domain.accounts.rules import Permission, may
from app.domain.attendance import same_person
from app.domain.attendance.queries import arrivals
from app.domain.registration.duplicates import pairs
from app.extensions import db
from app.web.access import current_account, meeting_for, needs
from app.web.locale import language_name
from app.workspace import attendee_words as words
from app.workspace.attendee_acts import actor
from app.workspace.attendee_list import NUMBER
from app.workspace.forms.attendees import ActForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.registration.models import Attendee

blueprint = Blueprint("duplicates", __name__, url_prefix="/meetings/<int:meeting_id>/attendees/duplicates")


@blueprint.get("/")
@needs(Permission.EDIT)
def show(meeting_id: int) -> str:
    """The pairs; of each the row that would be kept comes first."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    session = db.session()
    found = pairs(session, meeting.id)
    people = {row.id for pair in found for row in pair}
    undo = request.args.get("undo", "")
    return render_template(
        "workspace/duplicates/show.html",
        meeting=meeting,
        pairs=found,
        came=arrivals(session, meeting.id, people) if people else {},
        kinds=words.KINDS,
        language_name=language_name,
        may_see_needs=may(current_account(), Permission.SEE_NEEDS, meeting.series_id),
        undo_of=undo if NUMBER.fullmatch(undo) else "",
    )


@blueprint.post("/merge")
@needs(Permission.EDIT)
def merge(meeting_id: int) -> AnyResponse:
    """Join a pair. The notice has the button that takes it back."""
    meeting_for(meeting_id, Permission.EDIT)
    pair = {_number("first"), _number("second")}
    kept_id = _number("kept")
    if kept_id not in pair or len(pair) != 2:  # noqa: PLR2004 - a pair
        abort(400)
    kept = _act(meeting_id, same_person.merge, kept_id=kept_id, dropped_id=(pair - {kept_id}).pop())
    if kept is None:
        return _back(meeting_id)
    flash(_("The two rows are joined. %(name)s is on the list once.", name=kept.name), "success")
    return _back(meeting_id, undo=kept.id)


@blueprint.post("/undo")
@needs(Permission.EDIT)
def undo(meeting_id: int) -> AnyResponse:
    """Take the last joining into a row back."""
    meeting_for(meeting_id, Permission.EDIT)
    again = _act(meeting_id, same_person.take_back, kept_id=_number("kept"))
    if again is not None:
        flash(words.said_parted(again), "success")
    return _back(meeting_id)


def _act(meeting_id: int, verb: Callable[..., Attendee], **more: Any) -> Attendee | None:
    """The row that came of it; None, with a notice that says why, when it was refused."""
    if not ActForm().validate_on_submit():
        abort(400)
    session = db.session()
    begin_write(session)
    try:
        done = verb(session, meeting_id, now=clock.now(), actor=actor(), **more)
        session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        flash(words.refusal_sentence(refusal), "warning")
        return None
    return done


def _number(name: str) -> int:
    sent = request.form.get(name, "")
    return int(sent) if NUMBER.fullmatch(sent) else 0


def _back(meeting_id: int, **more: Any) -> AnyResponse:
    return redirect(url_for("workspace.duplicates.show", meeting_id=meeting_id, **more), 303)
