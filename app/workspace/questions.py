"""The questions of a meeting, or of a series: the list with the form as people see it, and each question."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission
from app.domain.history.service import organiser
from app.domain.questions import queries, service
from app.domain.questions.commands import NewQuestion
from app.domain.questions.models import QuestionKind
from app.domain.questions.rules import MOST_OPTIONS, QuestionRefused, kinds_for
from app.domain.registration.edit_questions import change_question
from app.extensions import db
from app.web.access import current_account, needs
from app.workspace.form_page import form_page, switched
from app.workspace.forms.questions import QuestionForm, question_form
from app.workspace.question_page import Place, index_page, place_for
from app.workspace.question_words import EXAMPLES, EXAMPLES_AFTER, KINDS, refusal_sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.questions.models import Question

blueprint = Blueprint("questions", __name__)

MEETING, SERIES = "/meetings/<int:meeting_id>/questions", "/series/<int:series_id>/questions"
AFTER = "/meetings/<int:meeting_id>/<any(feedback):purpose>/questions"


@blueprint.get(f"{MEETING}/")
@blueprint.get(f"{SERIES}/")
@blueprint.get(f"{AFTER}/")
@needs(Permission.SEE_LIST)
def index(**owner: Any) -> Response:
    """What is asked, in which order, and how it looks in each language."""
    return index_page(place_for(owner, Permission.SEE_LIST))


@blueprint.route(f"{MEETING}/new/", methods=["GET", "POST"])
@blueprint.route(f"{SERIES}/new/", methods=["GET", "POST"])
@blueprint.route(f"{AFTER}/new/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def new(**owner: Any) -> AnyResponse:
    """First the kind, which never changes; then the question."""
    place = place_for(owner, Permission.EDIT)
    kind = request.args.get("kind", "")
    offered = {one: KINDS[one] for one in kinds_for(place.owner.purpose)}
    if kind not in offered:
        examples = EXAMPLES_AFTER if place.is_feedback else EXAMPLES
        return make_response(
            render_template("workspace/questions/new.html", place=place, kinds=offered, examples=examples)
        )
    form = question_form(kind, queries.earlier_than(db.session(), place.owner))
    if not form.is_submitted() or _rebuilt(form) or not form.validate():
        return _edit_page(place, form, kind)
    command = NewQuestion(kind=QuestionKind(kind), text=form.to_text(None))
    refused = _do(partial(service.add, db.session(), place.owner, command))
    if refused is not None:
        return _edit_page(place, form, kind, refused)
    flash(_("The question is on the form."), "success")
    return redirect(place.index(), 303)


@blueprint.route(f"{MEETING}/<int:question_id>/", methods=["GET", "POST"])
@blueprint.route(f"{SERIES}/<int:question_id>/", methods=["GET", "POST"])
@blueprint.route(f"{AFTER}/<int:question_id>/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def edit(question_id: int, **owner: Any) -> AnyResponse:
    """Texts, options, places, condition."""
    place = place_for(owner, Permission.EDIT)
    question = _question_of(place, question_id)
    form = question_form(
        question.kind, queries.earlier_than(db.session(), place.owner, question.id), question
    )
    if not form.is_submitted() or _rebuilt(form) or not form.validate():
        return _edit_page(place, form, question.kind)
    text, kind = form.to_text(question), question.kind
    refused = _do(partial(change_question, db.session(), question_id, text))
    if refused is not None:
        return _edit_page(place, form, kind, refused)
    flash(_("The question is saved."), "success")
    return redirect(place.index(), 303)


@blueprint.post(f"{MEETING}/<int:question_id>/move")
@blueprint.post(f"{SERIES}/<int:question_id>/move")
@blueprint.post(f"{AFTER}/<int:question_id>/move")
@needs(Permission.EDIT)
def move(question_id: int, **owner: Any) -> AnyResponse:
    """Put the question at the place `to`, from 0."""
    place = place_for(owner, Permission.EDIT)
    to = request.form.get("to", -1, type=int)
    return _act(place, question_id, partial(service.move, to=to), _("The order is changed."))


@blueprint.post(f"{MEETING}/<int:question_id>/retire")
@blueprint.post(f"{SERIES}/<int:question_id>/retire")
@blueprint.post(f"{AFTER}/<int:question_id>/retire")
@needs(Permission.EDIT)
def retire(question_id: int, **owner: Any) -> AnyResponse:
    """Ask it no more; the notice offers to take that back."""
    place = place_for(owner, Permission.EDIT)
    said = _("The question is asked no more. Answers stay.")
    return _act(place, question_id, service.retire, said, undo=question_id)


@blueprint.post(f"{MEETING}/<int:question_id>/restore")
@blueprint.post(f"{SERIES}/<int:question_id>/restore")
@blueprint.post(f"{AFTER}/<int:question_id>/restore")
@needs(Permission.EDIT)
def restore(question_id: int, **owner: Any) -> AnyResponse:
    """Ask a retired question again."""
    place = place_for(owner, Permission.EDIT)
    return _act(place, question_id, service.restore, _("The question is asked again."))


@blueprint.post(f"{MEETING}/<int:question_id>/delete")
@blueprint.post(f"{SERIES}/<int:question_id>/delete")
@blueprint.post(f"{AFTER}/<int:question_id>/delete")
@needs(Permission.EDIT)
def delete(question_id: int, **owner: Any) -> AnyResponse:
    """Throw a retired question away that nobody answered."""
    place = place_for(owner, Permission.EDIT)
    return _act(place, question_id, service.delete, _("The question is deleted."))


def _act(
    place: Place, question_id: int, verb: Callable[..., Any], said: str, *, undo: int | None = None
) -> AnyResponse:
    """One verb on a question of this place, and back to the list with a notice."""
    _question_of(place, question_id)
    refused = _do(partial(verb, db.session(), question_id))
    if refused is not None:
        flash(refusal_sentence(refused), "warning")
        return redirect(place.index(), 303)
    flash(said, "success")
    return redirect(place.index(undo=undo), 303)


def _do(verb: Callable[..., Any]) -> QuestionRefused | None:
    """One verb in one transaction; a refusal leaves nothing behind."""
    session, actor = db.session(), organiser(current_account().id)
    begin_write(session)
    try:
        verb(now=clock.now(), actor=actor)
        session.commit()
    except QuestionRefused as refusal:
        session.rollback()
        return refusal
    return None


def _question_of(place: Place, question_id: int) -> Question:
    question = queries.get_question(db.session(), question_id)
    if queries.owner_of(question) != place.owner:
        abort(404)
    return question


def _rebuilt(form: QuestionForm) -> bool:
    """Whether the form was only sent to add an option, to change their order, or the language."""
    act, _dash, number = request.form.get("act", "").partition("-")
    if "options" in form and act == "add" and len(form.options) < MOST_OPTIONS:
        form.add_option()
    elif "options" in form and act == "down" and number.isdecimal():
        form.swap(int(number))
    return switched() or bool(act)


def _edit_page(
    place: Place, form: QuestionForm, kind: str, refused: QuestionRefused | None = None
) -> AnyResponse:
    """The page of one question; `refused` says above the form why it was not stored."""
    return form_page(
        "workspace/questions/edit.html",
        form,
        status=422 if refused else None,
        place=place_for(place.view_args, Permission.EDIT),
        kind=kind,
        kind_words=KINDS[QuestionKind(kind)],
        refused=refusal_sentence(refused) if refused else "",
        most_options=MOST_OPTIONS,
    )
