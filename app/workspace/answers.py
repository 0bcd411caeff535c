"""What one attendee said to the questions of a meeting, filled in by an organiser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission
from app.domain.questions.queries import asked_at, given_by
from app.domain.questions.rules import FileGone, OptionFull
from app.domain.registration import option_places
from app.domain.registration.edit_questions import fill_in
from app.extensions import db
from app.web.access import meeting_for, needs
from app.web.hosts import takes_answers
from app.web.question_fields import blame
from app.workspace.attendee_acts import actor
from app.workspace.attendee_page import attendee_of
from app.workspace.form_page import form_page, switched
from app.workspace.forms.answers import answers_form
from app.workspace.kept_files import keep_files

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint(
    "answers", __name__, url_prefix="/meetings/<int:meeting_id>/attendees/<int:attendee_id>"
)


@blueprint.route("/answers/", methods=["GET", "POST"])
@needs(Permission.EDIT)
@takes_answers
def edit(meeting_id: int, attendee_id: int) -> AnyResponse:
    """The questions as fields; nothing has to be answered, and the person is not written to."""
    session, meeting = db.session(), meeting_for(meeting_id, Permission.EDIT)
    attendee = attendee_of(meeting, attendee_id)
    questions = asked_at(session, meeting)
    given = given_by(session, [attendee.id]).get(attendee.id, {})
    form = answers_form(questions, given, option_places.left(session, meeting.id, questions))
    if form.is_submitted() and keep_files(form):
        asked_at(session, meeting_for(meeting_id, Permission.EDIT))  # what the form shows again
    if not switched() and form.validate_on_submit():
        begin_write(session)
        try:
            fill_in(session, attendee_id, form.answers, now=clock.now(), actor=actor())
            session.commit()
        except (FileGone, OptionFull) as refusal:
            session.rollback()
            blame(form, refusal, asked_at(session, meeting_for(meeting_id, Permission.EDIT)))
        else:
            flash(_("The answers are saved."), "success")
            page = url_for("workspace.attendees.show", meeting_id=meeting_id, attendee_id=attendee_id)
            return redirect(page, 303)
    if not form.errors:
        form.say_trouble()
    meeting = meeting_for(meeting_id, Permission.EDIT)
    attendee = attendee_of(meeting, attendee_id)
    return form_page("workspace/answers/edit.html", form, meeting=meeting, attendee=attendee)
