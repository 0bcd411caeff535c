"""Registering for a meeting, and the page that says it is done."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound, Refusal
from app.base.text import fold_email
from app.domain.meetings import queries as meetings
from app.domain.questions.queries import asked_at, get_published
from app.domain.questions.rules import FileGone, OptionFull
from app.domain.registration import corrections, queries, rules, sign_up
from app.extensions import db, settings
from app.public.done_page import correction_form, done_page
from app.public.kept_files import keep_files
from app.public.register_page import form_for, preferred_mode, register_page, wait_words
from app.web.availability import availability
from app.web.hosts import takes_answers
from app.web.limits import REGISTRATION, Allowance, count, letters_held_back, network
from app.web.locale import current_language
from app.web.question_files import count_uploads

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.domain.meetings.models import Meeting
    from app.domain.registration.commands import SignUp
    from app.domain.registration.models import Mode, Party
    from app.public.forms.registration import RegistrationForm

blueprint = Blueprint("registration", __name__, url_prefix="/<lang>/meetings")

REBUILDING = ("add", "remove", "switch")


@blueprint.route("/<slug>/register", methods=["GET", "POST"])
@takes_answers
def register(slug: str) -> ResponseReturnValue:
    """The form, and what becomes of it. Adding, removing and switching the language only show it again."""
    if request.method != "POST":
        return _new_page(slug)
    if any(act in request.form for act in REBUILDING):
        return _rebuilt_page(slug)
    allowance, uploads = count(REGISTRATION, network()), count_uploads()
    meeting, asks = get_published(db.session(), slug)
    form = form_for(meeting, asks=asks)
    if not allowance.allowed:
        return _slow_page(meeting, form, allowance)
    _keep_files(meeting, form, uploads)
    if not form.validate():
        return register_page(meeting, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    meeting_id, language = meeting.id, current_language()
    db.session.rollback()
    command = form.to_sign_up(language, letters_held_back(form.addresses))
    try:
        token = _sign_up(meeting_id, command)
    except (Refusal, IntegrityError) as refusal:
        db.session.rollback()
        return _refused_page(slug, form, refusal)
    return redirect(url_for("public.registration.done", slug=slug, token=token), 303)


@blueprint.get("/<slug>/registered/<token>")
def done(slug: str, token: str) -> ResponseReturnValue:
    """What was typed and what comes next; still there after a reload."""
    meeting, party = _submission(slug, token)
    return done_page(meeting, party)


@blueprint.route("/<slug>/registered/<token>/correct/<int:position>", methods=["GET", "POST"])
def correct(slug: str, token: str, position: int) -> ResponseReturnValue:
    """Give somebody on the done page another address, for half an hour."""
    if request.method != "POST":
        return redirect(url_for("public.registration.done", slug=slug, token=token), 303)
    allowance = count(REGISTRATION, network())
    meeting, party = _submission(slug, token)
    if position >= len(party.typed["people"]) or party.typed["people"][position] is None:
        abort(404)
    form = correction_form(position)
    if not allowance.allowed:
        form.form_errors.append(wait_words(allowance))
        return done_page(meeting, party, form, status=HTTPStatus.TOO_MANY_REQUESTS)
    if not form.validate():
        return done_page(meeting, party, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    db.session.rollback()
    try:
        _correct(token, position, form.email.data)
    except (rules.CorrectionTooLate, rules.ChangeRefused, rules.SamePersonTwice) as refusal:
        db.session.rollback()
        form.form_errors.append(_correction_words(refusal))
        meeting, party = _submission(slug, token)
        return done_page(meeting, party, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect(url_for("public.registration.done", slug=slug, token=token, corrected=position), 303)


def _sign_up(meeting_id: int, command: SignUp) -> str:
    """Register; gives the token of the done page. What stopped the first try is seen on the second."""
    try:
        return _sign_up_once(meeting_id, command)
    except IntegrityError:
        db.session.rollback()
        return _sign_up_once(meeting_id, command)


def _sign_up_once(meeting_id: int, command: SignUp) -> str:
    session = db.session()
    begin_write(session)
    party = sign_up.sign_up(session, meeting_id, command, now=clock.now(), mail_domain=settings().mail_domain)
    token = party.token
    session.commit()
    return token


def _new_page(slug: str) -> Response:
    session = db.session()
    meeting, asks = get_published(session, slug)
    seats = availability(session, meeting, now=clock.now())
    form = form_for(meeting, asks=asks, preferred=preferred_mode(seats))
    return register_page(meeting, form, seats)


def _rebuilt_page(slug: str) -> Response:
    uploads = count_uploads()
    meeting, asks = get_published(db.session(), slug)
    form = form_for(meeting, asks=asks)
    _keep_files(meeting, form, uploads)
    form.say_trouble()
    if "add" in request.form:
        form.add_person()
    elif "remove" in request.form:
        form.remove_person(request.form.get("remove", 0, type=int))
    return register_page(meeting, form)


def _keep_files(meeting: Meeting, form: RegistrationForm, uploads: Allowance | None) -> None:
    """Keep the files that came, while one can register; what the commit has made stale is read again."""
    is_open = rules.closed_because(meeting, now=clock.now()) is None
    if is_open and keep_files(form.persons, uploads):
        asked_at(db.session(), meeting)


def _slow_page(meeting: Meeting, form: RegistrationForm, allowance: Allowance) -> Response:
    response = register_page(meeting, form, status=HTTPStatus.TOO_MANY_REQUESTS, wait=wait_words(allowance))
    response.headers["Retry-After"] = str(allowance.retry_after)
    return response


def _refused_page(slug: str, form: RegistrationForm, refusal: Exception) -> Response:
    """The form as it was typed, with the reason where it belongs."""
    meeting = meetings.get_published(db.session(), slug)
    if isinstance(refusal, rules.SamePersonTwice):
        words = _("This person is on the form already. Change the name or the e-mail, or remove one.")
        form.blame(refusal.position, "email", words)
    elif isinstance(refusal, OptionFull):
        form.blame_option(refusal, asked_at(db.session(), meeting))
    elif isinstance(refusal, FileGone):
        form.blame_gone(refusal, asked_at(db.session(), meeting))
    elif isinstance(refusal, rules.ModeNotOffered):
        _offer_again(form, rules.offered_modes(meeting))
    elif isinstance(refusal, rules.PartyTooLarge):
        limit = rules.LARGEST_PARTY
        form.refuse(_("You can register at most %(limit)d people at once. Remove some.", limit=limit))
    elif isinstance(refusal, IntegrityError):
        form.refuse(_("Please send the form once more."))
    elif not isinstance(refusal, rules.RegistrationClosed):
        raise refusal
    return register_page(meeting, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _offer_again(form: RegistrationForm, offered: tuple[Mode, ...]) -> None:
    """The meeting was moved between the room and online while somebody filled in the form."""
    form.refuse(_("The way to take part has changed. Check the form and send it again."))
    form.modes = offered
    form.dress()


def _submission(slug: str, token: str) -> tuple[Meeting, Party]:
    session = db.session()
    party = queries.get_party(session, token)
    meeting = meetings.get_published(session, slug)
    if party.meeting_id != meeting.id:
        raise NotFound
    if not any(party.typed.get("people", [])):
        abort(410)
    return meeting, party


def _correct(token: str, position: int, email: str) -> None:
    key = fold_email(email)
    held = letters_held_back([key])
    session = db.session()
    begin_write(session)
    corrections.correct_typed_address(
        session,
        token,
        position,
        email,
        now=clock.now(),
        mail_domain=settings().mail_domain,
        delay_hours=held[key],
    )
    session.commit()


def _correction_words(refusal: Refusal) -> str:
    if isinstance(refusal, rules.CorrectionTooLate):
        return str(_("Half an hour is over. Write to us to correct the address."))
    if isinstance(refusal, rules.SamePersonTwice):
        return str(_("Somebody of this name has this address already. Enter another one."))
    return str(_("The meeting has begun or was called off. The address can no longer be corrected."))
