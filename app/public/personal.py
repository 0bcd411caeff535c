"""Behind the personal link: see, change, cancel, take back, erase; and asking for the link again.

The link alone gives authority. No cookie does, so every form carries the signed key, and GET changes nothing.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.text import fold_email
from app.domain.history import service as history
from app.domain.meetings.rules import is_past
from app.domain.privacy.erase import erase_attendee
from app.domain.questions.queries import asked_at
from app.domain.questions.rules import FileGone, OptionFull
from app.domain.registration import personal, rules
from app.domain.registration.models import Place
from app.extensions import db
from app.public.answer_page import answer_page, can_answer, give_answer
from app.public.forms.answers import answer_form, substitute_form
from app.public.forms.personal import AskLinkForm, ButtonForm, ChangeForm
from app.public.invite_file import invite_file
from app.public.kept_files import keep_files
from app.public.personal_answers import blame_question, form_with_questions
from app.public.personal_page import form_page, is_changeable, open_link, refusal_words, show_page
from app.public.register_page import mode_hints, wait_words
from app.public.substitute_page import name_colleague, no_substitute_words, substitute_page
from app.web.availability import availability
from app.web.hosts import takes_answers
from app.web.limits import LETTERS, REGISTRATION, count, network
from app.web.question_files import count_uploads

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from app.domain.registration.models import Attendee

blueprint = Blueprint("personal", __name__, url_prefix="/<lang>/my")

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
CHANGE_REFUSALS = (rules.ChangeRefused, rules.ModeNotOffered, rules.AlreadyRegistered)


@blueprint.route("/", methods=["GET", "POST"])
def ask_link() -> ResponseReturnValue:
    """Send the links of an address to it. The answer is the same whoever is registered."""
    if request.method != "POST" or "switch" in request.form:
        return _ask_link_page(AskLinkForm())
    allowance = count(REGISTRATION, network())
    form = AskLinkForm()
    if not allowance.allowed:
        response = _ask_link_page(form, HTTPStatus.TOO_MANY_REQUESTS, wait=wait_words(allowance))
        response.headers["Retry-After"] = str(allowance.retry_after)
        return response
    if not form.validate():
        return _ask_link_page(form, UNPROCESSABLE)
    key = fold_email(form.email.data)
    if count(LETTERS, key).allowed:
        session = db.session()
        begin_write(session)
        personal.send_links(session, key, now=clock.now())
        session.commit()
    return redirect(url_for("public.personal.sent"), 303)


@blueprint.get("/sent/")
def sent() -> str:
    """Says that the links are on their way, if there are any."""
    return render_template("public/personal/sent.html")


@blueprint.get("/replaced/")
def replaced() -> str:
    """Says that the new link was mailed; this browser holds only the old one."""
    return render_template("public/personal/replaced.html")


@blueprint.get("/erased/")
def erased() -> str:
    """Says that everything about the person was erased."""
    return render_template("public/personal/erased.html")


@blueprint.get("/<token>/")
def show(token: str) -> ResponseReturnValue:
    """The state in words first, then the facts and what can be done."""
    return show_page(open_link(token))


@blueprint.get("/<token>/invite.ics")
def invite(token: str) -> ResponseReturnValue:
    """The calendar invite of whoever has a seat or is invited to one."""
    attendee = open_link(token)
    ahead = not is_past(attendee.meeting, now=clock.now()) and attendee.meeting.called_off_at is None
    has_entry = attendee.place in (Place.CONFIRMED, Place.INVITED) and ahead
    body = invite_file(attendee.meeting, attendee) if has_entry else None
    if body is None:
        abort(404)
    response = Response(body, content_type="text/calendar; charset=utf-8; method=REQUEST")
    response.headers["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return response


@blueprint.route("/<token>/answer/", methods=["GET", "POST"])
def answer(token: str) -> ResponseReturnValue:
    """Will you come? GET shows the three buttons, for links from letters; `?answer=` says which one is first."""
    attendee = open_link(token)
    form = answer_form(attendee)
    form.offer(rules.offered_modes(attendee.meeting))
    if request.method != "POST":
        if not can_answer(attendee):
            return redirect(url_for("public.personal.show", token=token), 303)
        return answer_page(attendee, form)
    if "switch" in request.form:
        return answer_page(attendee, form)
    if not form.validate():
        return answer_page(attendee, form, UNPROCESSABLE)
    try:
        done = give_answer(attendee, form)
    except (rules.ChangeRefused, rules.ModeNotOffered, rules.AlreadyRegistered) as refusal:
        db.session.rollback()
        form.form_errors.append(refusal_words(refusal))
        return answer_page(open_link(token), form, UNPROCESSABLE)
    return redirect(url_for("public.personal.show", token=token, done=done), 303)


@blueprint.route("/<token>/substitute/", methods=["GET", "POST"])
def substitute(token: str) -> ResponseReturnValue:
    """I cannot come, my colleague will. What is answered is the same whoever is registered."""
    sent = request.method == "POST" and "switch" not in request.form
    allowance = count(REGISTRATION, network()) if sent else None
    attendee = open_link(token)
    form = substitute_form(attendee)
    if request.method != "POST" and not is_changeable(attendee):
        return redirect(url_for("public.personal.show", token=token), 303)
    if allowance is None:
        return substitute_page(attendee, form)
    if not allowance.allowed:
        wait = wait_words(allowance)
        response = substitute_page(attendee, form, HTTPStatus.TOO_MANY_REQUESTS, wait=wait)
        response.headers["Retry-After"] = str(allowance.retry_after)
        return response
    if not form.validate():
        return substitute_page(attendee, form, UNPROCESSABLE)
    try:
        name_colleague(attendee, form)
    except (rules.ChangeRefused, rules.AlreadyRegistered) as refusal:
        db.session.rollback()
        form.form_errors.append(no_substitute_words(refusal))
        return substitute_page(open_link(token), form, UNPROCESSABLE)
    return redirect(url_for("public.personal.show", token=token, done="substituted"), 303)


@blueprint.route("/<token>/change", methods=["GET", "POST"])
@takes_answers
def change(token: str) -> ResponseReturnValue:
    """Change name, organisation, mode, language, needs, and until the deadline what was said to questions."""
    uploads = count_uploads()
    attendee = open_link(token)
    form = form_with_questions(attendee)
    if keep_files([form], uploads):
        attendee = open_link(token)
        asked_at(db.session(), attendee.meeting)  # what the form shows again
    if request.method != "POST":
        if not is_changeable(attendee):
            return redirect(url_for("public.personal.show", token=token), 303)
        return _change_page(attendee, form)
    if "switch" in request.form:
        form.say_trouble()
        return _change_page(attendee, form)
    if not form.validate():
        return _change_page(attendee, form, UNPROCESSABLE)
    attendee_id, command = attendee.id, form.to_change(attendee)
    try:
        begin_write(db.session())
        personal.change(db.session(), attendee_id, command, now=clock.now(), actor=history.ATTENDEE)
        db.session.commit()
    except (*CHANGE_REFUSALS, FileGone, OptionFull) as refusal:
        db.session.rollback()
        return _change_refused(open_link(token), form, refusal)
    return redirect(url_for("public.personal.show", token=token, done="changed"), 303)


@blueprint.route("/<token>/cancel", methods=["GET", "POST"])
def cancel(token: str) -> ResponseReturnValue:
    """Give the place up. GET shows the button alone, for links from letters."""
    attendee = open_link(token)
    if request.method != "POST":
        if not is_changeable(attendee):
            return redirect(url_for("public.personal.show", token=token), 303)
        return form_page("public/personal/cancel.html", attendee)
    return _act(
        attendee,
        lambda number: personal.cancel(db.session(), number, now=clock.now(), actor=history.ATTENDEE),
    )


@blueprint.post("/<token>/undo")
def undo(token: str) -> ResponseReturnValue:
    """Take the cancel back: a seat if one is free, else the head of the queue."""
    return _act(
        open_link(token),
        lambda number: personal.undo_cancel(db.session(), number, now=clock.now(), actor=history.ATTENDEE),
        done="undone",
    )


@blueprint.post("/<token>/others/<int:position>")
def cancel_other(token: str, position: int) -> ResponseReturnValue:
    """The registrant of a party cancels somebody who was registered along."""
    return _act(
        open_link(token),
        lambda number: personal.cancel_other(db.session(), number, position, now=clock.now()),
        done="other",
    )


@blueprint.post("/<token>/replace")
def replace(token: str) -> ResponseReturnValue:
    """Make this link useless and mail a new one."""
    return _act(
        open_link(token),
        lambda number: personal.replace_link(db.session(), number, now=clock.now(), actor=history.ATTENDEE),
        then=url_for("public.personal.replaced"),
    )


@blueprint.route("/<token>/erase", methods=["GET", "POST"])
def erase(token: str) -> ResponseReturnValue:
    """Erase everything about this person at this meeting. GET asks, POST does it."""
    attendee = open_link(token)
    if request.method != "POST":
        return form_page("public/personal/erase.html", attendee)
    return _act(
        attendee,
        lambda number: erase_attendee(db.session(), number, now=clock.now(), actor=history.ATTENDEE),
        then=url_for("public.personal.erased"),
    )


def _act(
    attendee: Attendee, verb: Callable[[int], object], *, done: str | None = None, then: str | None = None
) -> ResponseReturnValue:
    """Do one verb behind a button, commit, and go on; a "no" is said on the personal page."""
    form, token, attendee_id = ButtonForm(), attendee.token, attendee.id
    if not form.validate():
        return show_page(attendee, UNPROCESSABLE, _("Please press the button once more."))
    try:
        begin_write(db.session())
        verb(attendee_id)
        db.session.commit()
    except (rules.ChangeRefused, rules.AlreadyRegistered) as refusal:
        db.session.rollback()
        return show_page(open_link(token), UNPROCESSABLE, refusal_words(refusal))
    return redirect(then or url_for("public.personal.show", token=token, done=done), 303)


def _change_page(attendee: Attendee, form: ChangeForm, status: HTTPStatus = HTTPStatus.OK) -> Response:
    meeting = attendee.meeting
    seats = availability(db.session(), meeting, now=clock.now())
    page = render_template(
        "public/personal/change.html",
        attendee=attendee,
        meeting=meeting,
        form=form,
        hints=mode_hints(meeting, seats, own=attendee.mode),
        closed_questions=not form.questions and bool(asked_at(db.session(), meeting)),
    )
    return make_response(page, status)


def _change_refused(attendee: Attendee, form: ChangeForm, refusal: Exception) -> Response:
    if isinstance(refusal, rules.ChangeRefused):
        return show_page(attendee, UNPROCESSABLE, refusal_words(refusal))
    if isinstance(refusal, FileGone | OptionFull):
        blame_question(form, refusal, attendee.meeting)
    elif isinstance(refusal, rules.AlreadyRegistered):
        words = _("Somebody of this name is registered with your address already.")
        form.name.errors = [*form.name.errors, words]
    else:
        form.form_errors.append(_("The way to take part has changed. Check the form and send it again."))
        form.offer(rules.offered_modes(attendee.meeting))
    return _change_page(attendee, form, UNPROCESSABLE)


def _ask_link_page(form: AskLinkForm, status: HTTPStatus = HTTPStatus.OK, wait: str = "") -> Response:
    return make_response(render_template("public/personal/ask_link.html", form=form, wait=wait), status)
