"""Feedback behind the personal link, after the meeting: with the name, or without any connection to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.feedback import queries, rules, service
from app.domain.feedback.rules import FeedbackRefused, Stage
from app.domain.questions.queries import given_by
from app.extensions import db
from app.public.forms.feedback import feedback_form
from app.public.personal_page import open_link

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.domain.registration.models import Attendee
    from app.public.forms.feedback import FeedbackForm

blueprint = Blueprint("personal_feedback", __name__, url_prefix="/<lang>/my/<token>/feedback")

GIVEN, NOT_ASKED = "given", "not_asked"
TOLD, ANONYMOUS = "told", "anonymous"  # what the page said of names when it was opened


@blueprint.route("/", methods=["GET", "POST"])
def show(token: str) -> ResponseReturnValue:
    """The questions while they can be answered, else in words why not. Nothing is kept of opening the page."""
    attendee = open_link(token)
    session = db.session()
    questions = queries.asked(session, attendee.meeting)
    state = _state(attendee, asks=bool(questions))
    if state == Stage.OFF:
        abort(HTTPStatus.NOT_FOUND)
    answers = given_by(session, [attendee.id]).get(attendee.id, {}) if state == Stage.OPEN else {}
    form = feedback_form(questions, answers)
    if request.method != "POST" or "switch" in request.form or state != Stage.OPEN:
        return _page(attendee, state, form)
    if not form.validate():
        return _page(attendee, state, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    attendee_id, anonymous = attendee.id, request.form.get(TOLD) == ANONYMOUS
    begin_write(session)
    try:
        service.give(session, attendee_id, form.answers, now=clock.now(), anonymous=anonymous)
        session.commit()
    except FeedbackRefused as refusal:
        session.rollback()
        return _refused(open_link(token), form, refusal)
    return redirect(url_for("public.personal_feedback.show", token=token, done="given"), 303)


def _state(attendee: Attendee, *, asks: bool) -> str:
    """A stage of the feedback, or why this person does not answer: `not_asked`, or `given` without the name."""
    session, meeting = db.session(), attendee.meeting
    form = queries.form_of(session, meeting)
    stage = rules.stage_of(meeting, form, asks=asks, now=clock.now())
    if stage != Stage.OPEN:
        return stage
    if not queries.is_invited(session, meeting, attendee.id):
        return NOT_ASKED
    return GIVEN if form.anonymous and queries.has_given(session, attendee.id) else stage


def _refused(attendee: Attendee, form: FeedbackForm, refusal: FeedbackRefused) -> Response:
    """What changed between opening the page and sending it; what was typed stays where it can be sent again."""
    state = _state(attendee, asks=refusal.reason != Stage.OFF)
    if state == Stage.OPEN:
        if refusal.reason == "names":
            sentence = _(
                "It has changed whether your name is kept. Nothing is saved yet. Read below, then decide again."
            )
        else:
            sentence = _("The questions have changed meanwhile. Check your answers and send them again.")
        form.form_errors.append(sentence)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        status = HTTPStatus.CONFLICT
    return _page(attendee, state, form, status=status)


def _page(
    attendee: Attendee, state: str, form: FeedbackForm, *, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    session, meeting = db.session(), attendee.meeting
    stored = queries.form_of(session, meeting)
    markup = render_template(
        "public/personal_feedback/show.html",
        attendee=attendee,
        meeting=meeting,
        state=state,
        form=form,
        anonymous=stored.anonymous,
        least=rules.LEAST_SHOWN,
        last_day=rules.last_day(meeting, stored),
        repeated=not stored.anonymous and state == Stage.OPEN and queries.has_given(session, attendee.id),
        done=request.args.get("done") == "given" and request.method == "GET",
    )
    return make_response(markup, status)
