"""Who comes to a meeting: the list, one person, and what an organiser does with them."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Refusal
from app.domain.accounts.rules import Permission
from app.domain.attendance import same_person
from app.domain.directory.queries import organisation_names
from app.domain.questions.queries import asked_at
from app.domain.questions.rules import FileGone, OptionFull
from app.domain.registration import option_places, organiser, personal, rules
from app.domain.registration.models import Place
from app.domain.registration.seating import count_seats
from app.domain.reports.names import sort_key_of
from app.extensions import db, settings
from app.web.access import meeting_for, needs
from app.web.hosts import takes_answers
from app.web.question_fields import blame
from app.workspace import attendee_words as words
from app.workspace.attendee_acts import act, actor, to_page
from app.workspace.attendee_index import list_page, seat_lines
from app.workspace.attendee_page import attendee_of, page
from app.workspace.forms.attendees import (
    ActForm,
    AddForm,
    AddressForm,
    CancelForm,
    NoteForm,
    SortNameForm,
    add_form,
)
from app.workspace.kept_files import keep_files

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.registration.models import Attendee

blueprint = Blueprint("attendees", __name__, url_prefix="/meetings/<int:meeting_id>/attendees")


@blueprint.get("/")
@needs(Permission.SEE_LIST)
def index(meeting_id: int) -> Response:
    """One page of the list, as the address asks for it."""
    return list_page(meeting_id)


@blueprint.route("/add/", methods=["GET", "POST"])
@needs(Permission.EDIT)
@takes_answers
def add(meeting_id: int) -> AnyResponse:
    """Put somebody on the list by hand."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    questions = asked_at(db.session(), meeting)
    form = add_form(meeting, questions, option_places.left(db.session(), meeting.id, questions))
    refused = ""
    if form.is_submitted() and keep_files(form):
        asked_at(db.session(), meeting_for(meeting_id, Permission.EDIT))  # what the form shows again
    if form.validate_on_submit():
        try:
            attendee = _added(meeting_id, form)
        except (FileGone, OptionFull) as refusal:
            db.session.rollback()
            blame(form, refusal, asked_at(db.session(), meeting_for(meeting_id, Permission.EDIT)))
        except Refusal as refusal:
            db.session.rollback()
            refused = words.refusal_sentence(refusal)
        else:
            flash(words.said_added(attendee), "success")
            return to_page(attendee, undo=True)
    return _add_page(meeting_id, form, refused)


@blueprint.post("/chair")
@needs(Permission.EDIT)
def add_chair(meeting_id: int) -> AnyResponse:
    """One seat more than planned, openly; whoever waits longest moves up."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    mode = request.form.get("mode", "")
    if not ActForm().validate_on_submit() or mode not in rules.offered_modes(meeting):
        abort(HTTPStatus.BAD_REQUEST)
    session = db.session()
    begin_write(session)
    try:
        moved = organiser.add_chair(session, meeting_id, mode, now=clock.now(), actor=actor())
        session.commit()
    except rules.ChangeRefused as refusal:
        session.rollback()
        flash(words.refusal_sentence(refusal), "warning")
        return redirect(url_for("workspace.attendees.index", meeting_id=meeting_id), 303)
    flash(words.said_chair(len(moved)), "success")
    return redirect(url_for("workspace.attendees.index", meeting_id=meeting_id), 303)


@blueprint.get("/<int:attendee_id>/")
@needs(Permission.SEE_LIST)
def show(meeting_id: int, attendee_id: int) -> Response:
    """One person: facts, letters, history, and what can be done."""
    return page(meeting_id, attendee_id)


@blueprint.post("/<int:attendee_id>/cancel")
@needs(Permission.EDIT)
def cancel(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Take the place or the invitation away; the letter says so, with the reason if there is one."""
    form = CancelForm()
    verb = partial(personal.cancel, told=form.reason.data or "")
    was = attendee_of(meeting_for(meeting_id, Permission.EDIT), attendee_id).place
    said = words.said_withdrawn if was == Place.INVITED else words.said_cancelled
    return act(meeting_id, attendee_id, form, verb, said, undo=True, cancel_form=form)


@blueprint.post("/<int:attendee_id>/undo")
@needs(Permission.EDIT)
def undo(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Take a cancel back, whoever did it."""
    return act(meeting_id, attendee_id, ActForm(), personal.undo_cancel, words.said_back, undo=True)


@blueprint.post("/<int:attendee_id>/move-up")
@needs(Permission.EDIT)
def move_up(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Give a seat out of turn; where none is free, the page offers to add a chair."""
    verb = partial(organiser.move_up, add_chair=request.form.get("chair") == "1")
    return act(meeting_id, attendee_id, ActForm(), verb, words.said_moved_up)


@blueprint.post("/<int:attendee_id>/note")
@needs(Permission.EDIT)
def save_note(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Keep the organiser's own note."""
    form = NoteForm()
    verb = partial(organiser.set_note, note=form.note.data)
    return act(meeting_id, attendee_id, form, verb, words.said_noted, note_form=form)


@blueprint.post("/<int:attendee_id>/address")
@needs(Permission.EDIT)
def correct_address(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Give the person another address."""
    form = AddressForm()
    verb = partial(same_person.correct_address, email=form.email.data, mail_domain=settings().mail_domain)
    return act(meeting_id, attendee_id, form, verb, words.said_corrected, address_form=form)


@blueprint.post("/<int:attendee_id>/sort-name")
@needs(Permission.EDIT)
def correct_sort_name(meeting_id: int, attendee_id: int) -> AnyResponse:
    """Correct by what the person is sorted."""
    form = SortNameForm()
    verb = partial(organiser.set_sort_name, sort_key=sort_key_of(form.sort_name.data or ""))
    return act(meeting_id, attendee_id, form, verb, words.said_sorted, sort_form=form)


def _added(meeting_id: int, form: AddForm) -> Attendee:
    addition = form.to_addition()
    session = db.session()
    begin_write(session)
    attendee = organiser.add_by_hand(
        session,
        meeting_id,
        addition.person,
        language=addition.language,
        note=addition.note,
        now=clock.now(),
        actor=actor(),
        mail_domain=settings().mail_domain,
    )
    session.commit()
    return attendee


def _add_page(meeting_id: int, form: AddForm, refused: str) -> AnyResponse:
    session = db.session()
    meeting = meeting_for(meeting_id, Permission.EDIT)
    seats = count_seats(session, meeting)
    markup = render_template(
        "workspace/attendees/add.html",
        meeting=meeting,
        form=form,
        refused=refused,
        modes=rules.offered_modes(meeting),
        organisations=organisation_names(session),
        seats=seat_lines(meeting, seats),
    )
    if refused:
        return make_response(markup, HTTPStatus.CONFLICT)
    return make_response(markup, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK)
