"""Erasing a person on request (GDPR Art. 17). It cannot be undone, so the person's number has to be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission
from app.domain.history.service import organiser
from app.domain.privacy.erase import erase_attendee
from app.domain.registration.models import Attendee
from app.domain.reports import queries as reports
from app.extensions import db
from app.web.access import current_account, meeting_for, needs
from app.web.fields import LineField
from app.web.forms import WorkspaceForm
from app.workspace.attendee_page import attendee_of, elsewhere
from app.workspace.form_page import form_page, switched

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting

blueprint = Blueprint(
    "erase", __name__, url_prefix="/meetings/<int:meeting_id>/attendees/<int:attendee_id>/erase"
)


class EraseForm(WorkspaceForm):
    """The number of the person, typed by hand."""

    number = LineField(
        _l("Number of the person"),
        missing=_l("Type the number that stands above."),
        max_length=20,
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )


@blueprint.route("/", methods=["GET", "POST"])
@needs(Permission.ADMINISTER)
def confirm(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Say what goes; erase once the number is typed."""
    meeting = meeting_for(meeting_id, Permission.ADMINISTER)
    attendee = attendee_of(meeting, attendee_id)
    form = EraseForm()
    if switched() or not form.validate_on_submit() or not _same_number(form, attendee_id):
        return form_page(
            "workspace/erase/confirm.html",
            form,
            meeting=meeting,
            attendee=attendee,
            elsewhere=_left_elsewhere(attendee),
        )
    session = db.session()
    account_id = current_account().id
    begin_write(session)
    erase_attendee(session, attendee_id, now=clock.now(), actor=organiser(account_id))
    session.commit()
    flash(_("The person is erased. One last letter takes the meeting out of their calendar."), "success")
    return redirect(url_for("workspace.attendees.index", meeting_id=meeting_id), 303)


def _left_elsewhere(attendee: Attendee) -> tuple[Meeting, int] | None:
    """The meeting, and the row there, to which the person was moved: that one stays."""
    if attendee.is_live:
        return None
    session = db.session()
    found = elsewhere(session, attendee, reports.history_of(session, [attendee.id]))
    row = session.get(Attendee, found[1]) if found else None
    return found if row is not None and row.erased_at is None else None


def _same_number(form: EraseForm, attendee_id: int) -> bool:
    if form.number.data == str(attendee_id):
        return True
    form.number.errors = [_("This is not the number of the person. Type %(number)d.", number=attendee_id)]
    return False
