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
from app.domain.registration import personal, queries, rules, seating
from app.domain.registration.models import Mode, Place
from app.extensions import db
from app.public.forms.personal import AskLinkForm, ButtonForm, ChangeForm, change_form
from app.public.invite_file import invite_file
from app.public.register_page import mode_hints, wait_words
from app.web.availability import availability
from app.web.form_key import new_form_key
from app.web.limits import LETTERS, REGISTRATION, count, network

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from app.domain.registration.models import Attendee

blueprint = Blueprint("personal", __name__, url_prefix="/<lang>/my")

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


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
    return _show_page(_open(token))


@blueprint.get("/<token>/invite.ics")
def invite(token: str) -> ResponseReturnValue:
    """The calendar invite of whoever has a seat."""
    attendee = _open(token)
    ahead = not is_past(attendee.meeting, now=clock.now()) and attendee.meeting.called_off_at is None
    confirmed = attendee.place == Place.CONFIRMED and ahead
    body = invite_file(attendee.meeting, attendee) if confirmed else None
    if body is None:
        abort(404)
    response = Response(body, content_type="text/calendar; charset=utf-8; method=REQUEST")
    response.headers["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return response


@blueprint.route("/<token>/change", methods=["GET", "POST"])
def change(token: str) -> ResponseReturnValue:
    """Change name, organisation, mode, language or needs."""
    attendee = _open(token)
    form = change_form(attendee, rules.offered_modes(attendee.meeting))
    if request.method != "POST":
        if not _is_changeable(attendee):
            return redirect(url_for("public.personal.show", token=token), 303)
        return _change_page(attendee, form)
    if "switch" in request.form:
        return _change_page(attendee, form)
    if not form.validate():
        return _change_page(attendee, form, UNPROCESSABLE)
    attendee_id, command = attendee.id, form.to_change(attendee)
    try:
        begin_write(db.session())
        personal.change(db.session(), attendee_id, command, now=clock.now(), actor=history.ATTENDEE)
        db.session.commit()
    except (rules.ChangeRefused, rules.ModeNotOffered, rules.AlreadyRegistered) as refusal:
        db.session.rollback()
        return _change_refused(_open(token), form, refusal)
    return redirect(url_for("public.personal.show", token=token, done="changed"), 303)


@blueprint.route("/<token>/cancel", methods=["GET", "POST"])
def cancel(token: str) -> ResponseReturnValue:
    """Give the place up. GET shows the button alone, for links from letters."""
    attendee = _open(token)
    if request.method != "POST":
        if not _is_changeable(attendee):
            return redirect(url_for("public.personal.show", token=token), 303)
        return _button_page("public/personal/cancel.html", attendee)
    return _act(
        attendee,
        lambda number: personal.cancel(db.session(), number, now=clock.now(), actor=history.ATTENDEE),
    )


@blueprint.post("/<token>/undo")
def undo(token: str) -> ResponseReturnValue:
    """Take the cancel back: a seat if one is free, else the head of the queue."""
    return _act(
        _open(token),
        lambda number: personal.undo_cancel(db.session(), number, now=clock.now(), actor=history.ATTENDEE),
        done="undone",
    )


@blueprint.post("/<token>/others/<int:position>")
def cancel_other(token: str, position: int) -> ResponseReturnValue:
    """The registrant of a party cancels somebody who was registered along."""
    return _act(
        _open(token),
        lambda number: personal.cancel_other(db.session(), number, position, now=clock.now()),
        done="other",
    )


@blueprint.post("/<token>/replace")
def replace(token: str) -> ResponseReturnValue:
    """Make this link useless and mail a new one."""
    return _act(
        _open(token),
        lambda number: personal.replace_link(db.session(), number, now=clock.now(), actor=history.ATTENDEE),
        then=url_for("public.personal.replaced"),
    )


@blueprint.route("/<token>/erase", methods=["GET", "POST"])
def erase(token: str) -> ResponseReturnValue:
    """Erase everything about this person at this meeting. GET asks, POST does it."""
    attendee = _open(token)
    if request.method != "POST":
        return _button_page("public/personal/erase.html", attendee)
    return _act(
        attendee,
        lambda number: erase_attendee(db.session(), number, now=clock.now(), actor=history.ATTENDEE),
        then=url_for("public.personal.erased"),
    )


def _open(token: str) -> Attendee:
    """The attendee of a link; raises `NotFound`. A link that a corrected address left behind is gone."""
    session = db.session()
    attendee = queries.get_by_token(session, token)
    if attendee.place == Place.CANCELLED and queries.is_replaced(session, attendee):
        abort(410)
    return attendee


def _act(
    attendee: Attendee, verb: Callable[[int], object], *, done: str | None = None, then: str | None = None
) -> ResponseReturnValue:
    """Do one verb behind a button, commit, and go on; a "no" is said on the personal page."""
    form, token, attendee_id = ButtonForm(), attendee.token, attendee.id
    if not form.validate():
        return _show_page(attendee, UNPROCESSABLE, _("Please press the button once more."))
    try:
        begin_write(db.session())
        verb(attendee_id)
        db.session.commit()
    except (rules.ChangeRefused, rules.AlreadyRegistered) as refusal:
        db.session.rollback()
        return _show_page(_open(token), UNPROCESSABLE, _refusal_words(refusal))
    return redirect(then or url_for("public.personal.show", token=token, done=done), 303)


def _is_changeable(attendee: Attendee) -> bool:
    try:
        rules.check_changeable(attendee.meeting, attendee, now=clock.now())
    except rules.ChangeRefused:
        return False
    return True


def _show_page(attendee: Attendee, status: HTTPStatus = HTTPStatus.OK, problem: str = "") -> Response:
    session, now, meeting = db.session(), clock.now(), attendee.meeting
    confirmed = attendee.place == Place.CONFIRMED
    online = confirmed and attendee.mode == Mode.ONLINE
    past = is_past(meeting, now=now)
    page = render_template(
        "public/personal/show.html",
        attendee=attendee,
        meeting=meeting,
        past=past,
        changeable=_is_changeable(attendee),
        undoable=rules.may_undo(meeting, attendee, now=now),
        position=seating.queue_position(session, attendee),
        online_url=meeting.online_url if online and not past and meeting.called_off_at is None else "",
        registered_by=queries.registered_by(attendee),
        others=queries.companions(session, attendee),
        form_key=new_form_key(),
        done=request.args.get("done") if not problem else None,
        problem=problem,
    )
    return make_response(page, status)


def _button_page(template: str, attendee: Attendee) -> Response:
    page = render_template(template, attendee=attendee, meeting=attendee.meeting, form_key=new_form_key())
    return make_response(page)


def _change_page(attendee: Attendee, form: ChangeForm, status: HTTPStatus = HTTPStatus.OK) -> Response:
    meeting = attendee.meeting
    seats = availability(db.session(), meeting, now=clock.now())
    page = render_template(
        "public/personal/change.html",
        attendee=attendee,
        meeting=meeting,
        form=form,
        hints=mode_hints(meeting, seats, own=attendee.mode),
    )
    return make_response(page, status)


def _change_refused(attendee: Attendee, form: ChangeForm, refusal: Exception) -> Response:
    if isinstance(refusal, rules.ChangeRefused):
        return _show_page(attendee, UNPROCESSABLE, _refusal_words(refusal))
    if isinstance(refusal, rules.AlreadyRegistered):
        words = _("Somebody of this name is registered with your address already.")
        form.name.errors = [*form.name.errors, words]
    else:
        form.form_errors.append(_("The way to take part has changed. Check the form and send it again."))
        form.offer(rules.offered_modes(attendee.meeting))
    return _change_page(attendee, form, UNPROCESSABLE)


def _ask_link_page(form: AskLinkForm, status: HTTPStatus = HTTPStatus.OK, wait: str = "") -> Response:
    return make_response(render_template("public/personal/ask_link.html", form=form, wait=wait), status)


def _refusal_words(refusal: Exception) -> str:
    words = {
        "past": _("The meeting has begun. The registration can no longer be changed."),
        "called_off": _("The meeting was called off. The registration can no longer be changed."),
        "ended": _("The registration was cancelled meanwhile. Nothing was changed."),
        "not_ended": _("There is nothing to undo."),
        "not_yours": _("The organiser cancelled this registration. Write to the contact below."),
    }
    if isinstance(refusal, rules.ChangeRefused):
        return str(words.get(refusal.reason, words["ended"]))
    return str(_("You have registered again meanwhile. Use the link in the newer letter."))
