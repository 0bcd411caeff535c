"""Contacts and organisations: whom people write to, and whom they speak for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Conflict, NotFound
from app.domain.accounts.rules import Permission, may
from app.domain.directory import queries, search, service
from app.domain.directory.rules import AlreadyListed
from app.domain.history.service import organiser
from app.domain.reports.counts import meetings_ahead_by_contact
from app.extensions import db, settings
from app.web.access import current_account, needs
from app.web.fields import page_number, search_text
from app.workspace.attendee_words import KINDS
from app.workspace.form_page import form_page, switched
from app.workspace.forms.directory import (
    ContactForm,
    OrganisationForm,
    contact_form,
    organisation_form,
    typed_contact,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("directory", __name__, url_prefix="/directory")
MOVES = {"up": -1, "down": 1}


@blueprint.get("/contacts/")
@needs(Permission.SEE_LIST)
def contacts() -> AnyResponse:
    """All contacts in their order."""
    return _contacts_page()


@blueprint.post("/contacts/delete/")
@needs(Permission.EDIT)
def delete_contact() -> AnyResponse:
    """Take one off the list; the answer is the list with the undo."""
    chosen = request.form.get("contact", "")
    found = next((one.id for one in queries.contacts(db.session()) if str(one.id) == chosen), None)
    if found is None:  # gone already: by somebody else, or by this page when it was loaded again
        return redirect(url_for("workspace.directory.contacts"), 303)
    return _delete_contact(found)


@blueprint.route("/contacts/new/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def add_contact() -> AnyResponse:
    """A new contact. Taking a deleting back comes here too, with the texts and the position of old."""
    form = contact_form()
    if switched() or not form.validate_on_submit():
        return form_page("workspace/directory/edit_contact.html", form, contact=None, conflict=None)
    _act(service.add_contact, form.to_text(), position=form.position.data)
    flash(_("The contact is saved."), "success")
    return redirect(url_for("workspace.directory.contacts"), 303)


@blueprint.route("/contacts/<int:contact_id>/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def edit_contact(contact_id: int) -> AnyResponse:
    """The texts of one contact."""
    contact = queries.get_contact(db.session(), contact_id)
    form = contact_form(contact)
    if switched() or not form.validate_on_submit():
        return form_page("workspace/directory/edit_contact.html", form, contact=contact, conflict=None)
    text = form.to_text(contact)
    try:
        _act(service.edit_contact, contact_id, text, version=form.known_version)
    except Conflict:
        return _contact_conflict(contact_id, form)
    flash(_("The contact is saved."), "success")
    return redirect(url_for("workspace.directory.contacts"), 303)


@blueprint.post("/contacts/<int:contact_id>/move/")
@needs(Permission.EDIT)
def move_contact(contact_id: int) -> AnyResponse:
    """One place up or down."""
    places = MOVES.get(request.form.get("to", ""), 0)
    _act(service.move_contact, contact_id, places=places)
    return redirect(url_for("workspace.directory.contacts"), 303)


@blueprint.get("/organisations/")
@needs(Permission.SEE_LIST)
def organisations() -> str:
    """Organisations that the registration form suggests."""
    words = search_text(request.args.get("q"))
    return render_template(
        "workspace/directory/organisations.html",
        words=words,
        found=search.organisations(db.session(), search=words, number=page_number(request.args.get("page"))),
        kinds=KINDS,
        may_edit=_may_edit(),
    )


@blueprint.route("/organisations/new/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def add_organisation() -> AnyResponse:
    """A new organisation."""
    form = organisation_form()
    if not switched() and form.validate_on_submit():
        try:
            _act(service.add_organisation, form.to_text())
        except AlreadyListed:
            _say_listed(form)
        else:
            flash(_("%(name)s is on the list.", name=form.name.data), "success")
            return redirect(url_for("workspace.directory.organisations"), 303)
    return _organisation_page(form)


@blueprint.route("/organisations/<int:organisation_id>/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def edit_organisation(organisation_id: int) -> AnyResponse:
    """Name, kind and district of one organisation."""
    form = organisation_form(search.get_organisation(db.session(), organisation_id))
    if not switched() and form.validate_on_submit():
        try:
            _act(service.edit_organisation, organisation_id, form.to_text())
        except AlreadyListed:
            _say_listed(form)
        else:
            flash(_("The organisation is saved."), "success")
            return redirect(url_for("workspace.directory.organisations"), 303)
    return _organisation_page(form, organisation_id)


def _act(verb: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """One verb in one transaction; a refusal leaves nothing behind."""
    session = db.session()
    begin_write(session)
    try:
        done = verb(session, *given, now=clock.now(), actor=organiser(current_account().id), **more)
        session.commit()
    except Exception:
        session.rollback()
        raise
    return done


def _delete_contact(contact_id: int) -> AnyResponse:
    used = meetings_ahead_by_contact(db.session(), now=clock.now()).get(contact_id, 0)
    if used:
        flash(
            ngettext(
                "%(num)d meeting ahead names this contact. Choose another one there first.",
                "%(num)d meetings ahead name this contact. Choose another one there first.",
                used,
            ),
            "warning",
        )
        return redirect(url_for("workspace.directory.contacts"), 303)
    try:
        text, position = _act(service.delete_contact, contact_id)
    except NotFound:
        return redirect(url_for("workspace.directory.contacts"), 303)
    return _contacts_page(deleted={**typed_contact(text, settings().languages), "position": position})


def _contacts_page(deleted: dict[str, Any] | None = None) -> Response:
    page = render_template(
        "workspace/directory/contacts.html",
        contacts=queries.contacts(db.session()),
        deleted=deleted,
        may_edit=_may_edit(),
    )
    return make_response(page)


def _contact_conflict(contact_id: int, form: ContactForm) -> Response:
    """What was typed beside what somebody else has saved; saving again goes over theirs."""
    contact = queries.get_contact(db.session(), contact_id)
    theirs = typed_contact(contact, form.languages)
    conflict = [
        {"label": form[name].label.text, "before": value, "after": form[name].data, "lang": ""}
        for name, value in theirs.items()
        if form[name].data != value
    ]
    form.version.data = str(contact.version)
    return form_page(
        "workspace/directory/edit_contact.html",
        form,
        status=HTTPStatus.CONFLICT,
        contact=contact,
        conflict=conflict,
    )


def _organisation_page(form: OrganisationForm, organisation_id: int | None = None) -> Response:
    return form_page(
        "workspace/directory/edit_organisation.html",
        form,
        organisation_id=organisation_id,
        districts=search.districts(db.session()),
    )


def _say_listed(form: OrganisationForm) -> None:
    form.name.errors = [_("This organisation is on the list already.")]


def _may_edit() -> bool:
    return may(current_account(), Permission.EDIT)
