"""Feedback after the meeting: how it is asked for, its results, taking them along, and the letter of thanks."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission, may
from app.domain.attendance.rules import has_begun
from app.domain.broadcasts import service as broadcasts
from app.domain.broadcasts.rules import CAME, Segment
from app.domain.feedback import queries, rules, service
from app.domain.feedback.rules import FeedbackRefused, Stage
from app.domain.questions.rules import QuestionRefused
from app.domain.reports.csv_files import excel_csv
from app.extensions import db
from app.web.access import current_account, meeting_for, needs
from app.workspace import feedback_words as words
from app.workspace.attendee_acts import actor
from app.workspace.export_page import attachment, record_taken
from app.workspace.form_page import form_page, switched
from app.workspace.forms.attendees import ActForm
from app.workspace.forms.feedback import feedback_form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting
    from app.domain.reports.rows import Cell
    from app.workspace.forms.feedback import FeedbackForm

blueprint = Blueprint("feedback", __name__, url_prefix="/meetings/<int:meeting_id>/feedback")


@blueprint.get("/")
@needs(Permission.SEE_LIST)
def show(meeting_id: int) -> Response:
    """How far it is, how it is asked, and what was said."""
    return _page(meeting_for(meeting_id, Permission.SEE_LIST))


@blueprint.route("/settings", methods=["GET", "POST"])
@needs(Permission.EDIT)
def edit(meeting_id: int) -> AnyResponse:
    """With names or without, and for how many days."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    form = feedback_form(queries.form_of(db.session(), meeting))
    if not form.is_submitted() or switched() or not form.validate():
        return _edit_page(meeting, form)
    session, anonymous, days = db.session(), form.is_anonymous, form.days.data or rules.USUAL_DAYS
    begin_write(session)
    try:
        service.choose(session, meeting_id, anonymous=anonymous, days=days, now=clock.now(), actor=actor())
        session.commit()
    except FeedbackRefused as refusal:
        session.rollback()
        form.mode.errors = [*form.mode.errors, words.refusal_sentence(refusal)]
        return _edit_page(meeting_for(meeting_id, Permission.EDIT), form)
    flash(_("It is saved how feedback is asked for."), "success")
    return _back(meeting_id)


@blueprint.post("/ready-made")
@needs(Permission.EDIT)
def ready_made(meeting_id: int) -> AnyResponse:
    """Begin with four questions; they can be changed like any other."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    _check_button()
    session = db.session()
    made = words.ready_made(anonymous=queries.form_of(session, meeting).anonymous)
    begin_write(session)
    try:
        service.add_ready_made(session, meeting_id, made, now=clock.now(), actor=actor())
        session.commit()
    except QuestionRefused:
        session.rollback()
        flash(_("There are too many retired questions. Bring some of them back instead."), "warning")
        return _back(meeting_id)
    flash(_("Four questions are there. Change them as you like."), "success")
    return redirect(url_for("workspace.questions.index", meeting_id=meeting_id, purpose="feedback"), 303)


@blueprint.post("/thanks")
@needs(Permission.EDIT)
def thank(meeting_id: int) -> AnyResponse:
    """Begin a letter of thanks to those who came: a draft like any other letter to many."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    _check_button()
    session, now = db.session(), clock.now()
    if not has_begun(meeting, now=now):
        flash(_("Thank people when the meeting has begun: only then is it known who came."), "warning")
        return _back(meeting_id)
    known = queries.is_attendance_known(session, meeting_id)
    draft = words.thanks(
        meeting,
        Segment(presence=(CAME,)) if known else Segment(),
        asks=queries.stage(session, meeting, now=now) in (Stage.AHEAD, Stage.OPEN),
        anonymous=queries.form_of(session, meeting).anonymous,
    )
    begin_write(session)
    broadcast = broadcasts.create(session, meeting_id, now=now, actor=actor(), segment=draft.segment)
    broadcasts.save(session, broadcast.id, draft, version=None, now=now, actor=actor())
    session.commit()
    address = url_for("workspace.broadcasts.edit", meeting_id=meeting_id, broadcast_id=broadcast.id)
    return redirect(address, 303)


@blueprint.post("/file")
@needs(Permission.EXPORT)
def file(meeting_id: int) -> Response:
    """The results as a file for Excel. Who took it is committed before the first byte leaves."""
    meeting = meeting_for(meeting_id, Permission.EXPORT)
    _check_button()
    session = db.session()
    form = queries.form_of(session, meeting)
    if not rules.is_shown(form):
        return _page(meeting, status=HTTPStatus.CONFLICT)
    number = queries.count_given(session, form)
    headings, rows = _table(meeting, anonymous=form.anonymous)
    body = b"".join(excel_csv(headings, rows, meeting.timezone))
    response = Response(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = attachment(meeting, str(_("feedback")), "csv")
    begin_write(session)
    record_taken(session, "list:feedback", meeting_id, number)
    session.commit()
    return response


def _table(meeting: Meeting, *, anonymous: bool) -> tuple[list[str], list[list[Cell]]]:
    session = db.session()
    results = queries.results(session, meeting, queries.form_of(session, meeting))
    if anonymous:
        return words.tally_table(results)
    people = queries.given_with_names(session, meeting)
    return words.table_with_names([one.question for one in results], people)


def _page(meeting: Meeting, *, status: int = HTTPStatus.OK) -> Response:
    session, account, now = db.session(), current_account(), clock.now()
    form, asked = queries.form_of(session, meeting), queries.asked(session, meeting)
    given = queries.count_given(session, form)
    begun = has_begun(meeting, now=now)
    markup = render_template(
        "workspace/feedback/show.html",
        meeting=meeting,
        form=form,
        asked=asked,
        stage=rules.stage_of(meeting, form, asks=bool(asked), now=now),
        stages=words.STAGES,
        modes=words.MODES,
        last_day=rules.last_day(meeting, form),
        given=given,
        invited=queries.count_invited(session, meeting) if begun else 0,
        begun=begun,
        results=_shown(meeting, form) if given else [],
        too_few="" if rules.is_shown(form) else words.too_few(),
        may_edit=may(account, Permission.EDIT, meeting.series_id),
        may_export=may(account, Permission.EXPORT, meeting.series_id),
    )
    return make_response(markup, status)


def _shown(meeting: Meeting, form: Any) -> list[dict[str, Any]]:
    """Each question with its chart or with what was written, in the words of the page."""
    results = queries.results(db.session(), meeting, form)
    return [
        {
            "question": one.question,
            "people": one.people,
            "chart": words.chart(one),
            "texts": words.texts(one),
        }
        for one in results
    ]


def _edit_page(meeting: Meeting, form: FeedbackForm) -> Response:
    return form_page(
        "workspace/feedback/edit.html", form, meeting=meeting, hints=words.MODE_HINTS, status=None
    )


def _check_button() -> None:
    if not ActForm().validate_on_submit():
        abort(HTTPStatus.BAD_REQUEST)


def _back(meeting_id: int) -> AnyResponse:
    return redirect(url_for("workspace.feedback.show", meeting_id=meeting_id), 303)
