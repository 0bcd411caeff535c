"""The team: who may sign in, in which role, for which series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound
from app.base.text import in_language
from app.domain.accounts import queries, second_factor, team
from app.domain.accounts.models import Role
from app.domain.accounts.rules import (
    DOOR_TIME,
    AddressTaken,
    LastAdministrator,
    OwnAccount,
    Permission,
)
from app.domain.history.service import Actor, organiser
from app.domain.meetings.queries import all_series, at_doors
from app.extensions import db, settings
from app.web.access import current_account, needs
from app.web.filters import day
from app.web.locale import current_language
from app.workspace.forms.team import ROLE_HINTS, ROLES, AccountForm, InviteForm

if TYPE_CHECKING:
    from collections.abc import Collection

    from werkzeug.wrappers import Response

    from app.domain.accounts.models import Account

blueprint = Blueprint("team", __name__, url_prefix="/team")


@blueprint.get("/")
@needs(Permission.ADMINISTER)
def index() -> str:
    """Everybody who may sign in, or could once."""
    session = db.session()
    accounts = queries.all_accounts(session)
    shut_out = next((one for one in accounts if str(one.id) == request.args.get("shut_out")), None)
    return render_template(
        "workspace/team/index.html",
        accounts=accounts,
        roles=dict(ROLES),
        series=dict(_series()),
        meetings=dict(_meetings({one for account in accounts for one in account.meeting_ids})),
        with_factor=queries.with_second_factor(session),
        required=queries.second_factor_required(session),
        shut_out=shut_out if shut_out and not shut_out.active else None,
    )


@blueprint.route("/invite/", methods=["GET", "POST"])
@needs(Permission.ADMINISTER)
def invite() -> Response:
    """Write to somebody who shall help."""
    form = InviteForm(_series(), _meetings())
    if form.validate_on_submit() and _invited(form):
        flash(_("A letter to %(email)s is on its way.", email=form.email.data), "success")
        return redirect(url_for("workspace.team.index"), 303)
    page = render_template("workspace/team/invite.html", form=form, role_hints=ROLE_HINTS)
    return make_response(page, 422 if form.errors else 200)


@blueprint.route("/<int:account_id>/", methods=["GET", "POST"])
@needs(Permission.ADMINISTER)
def edit(account_id: int) -> Response:
    """Name, role and series of one account, and shutting it out."""
    account = queries.get_account(db.session(), account_id)
    form = AccountForm(
        _series(),
        _meetings(account.meeting_ids),
        data={
            "name": account.name,
            "role": account.role,
            "series": account.series_ids,
            "meetings": account.meeting_ids,
        },
    )
    if form.validate_on_submit() and _saved(account_id, form):
        flash(_("The account is saved."), "success")
        return redirect(url_for("workspace.team.index"), 303)
    session = db.session()
    account = queries.get_account(session, account_id)
    page = render_template(
        "workspace/team/edit.html",
        form=form,
        account=account,
        role_hints=ROLE_HINTS,
        own=account.id == current_account().id,
        has_factor=queries.find_second_factor(session, account.id) is not None,
        last=_is_last(account),
    )
    return make_response(page, 422 if form.errors else 200)


@blueprint.post("/<int:account_id>/deactivate/")
@needs(Permission.ADMINISTER)
def deactivate(account_id: int) -> Response:
    """Shut somebody out at once; the next page offers to take it back."""
    session = db.session()
    begin_write(session)
    try:
        team.deactivate(session, account_id, now=clock.now(), actor=_actor())
    except (LastAdministrator, OwnAccount) as refusal:
        session.rollback()
        flash(_why_not(refusal), "warning")
        return redirect(url_for("workspace.team.edit", account_id=account_id), 303)
    session.commit()
    return redirect(url_for("workspace.team.index", shut_out=account_id), 303)


@blueprint.post("/<int:account_id>/reactivate/")
@needs(Permission.ADMINISTER)
def reactivate(account_id: int) -> Response:
    """Let somebody sign in again."""
    session = db.session()
    begin_write(session)
    account = team.reactivate(session, account_id, now=clock.now(), actor=_actor())
    email = account.email
    session.commit()
    flash(_("%(email)s may sign in again.", email=email), "success")
    return redirect(url_for("workspace.team.index"), 303)


@blueprint.post("/<int:account_id>/send-link/")
@needs(Permission.ADMINISTER)
def send_link(account_id: int) -> Response:
    """Send the link to choose a password once more."""
    session = db.session()
    begin_write(session)
    account = team.send_link_again(session, account_id, now=clock.now(), actor=_actor())
    email = account.email
    session.commit()
    flash(_("A letter to %(email)s is on its way.", email=email), "success")
    return redirect(url_for("workspace.team.index"), 303)


@blueprint.post("/<int:account_id>/reset-second-factor/")
@needs(Permission.ADMINISTER)
def reset_second_factor(account_id: int) -> Response:
    """Take the second factor away from somebody who lost phone and codes."""
    session = db.session()
    begin_write(session)
    try:
        account = second_factor.reset(session, account_id, now=clock.now(), actor=_actor())
    except OwnAccount as refusal:
        session.rollback()
        flash(_why_not(refusal), "warning")
        return redirect(url_for("workspace.team.edit", account_id=account_id), 303)
    except NotFound:
        abort(404)
    email = account.email
    session.commit()
    flash(
        _(
            "The second factor of %(email)s is reset. They are signed out, and a letter tells them.",
            email=email,
        ),
        "success",
    )
    return redirect(url_for("workspace.team.edit", account_id=account_id), 303)


@blueprint.post("/second-factor/")
@needs(Permission.ADMINISTER)
def require_second_factor() -> Response:
    """Ask everybody for a second factor, or leave it to each."""
    required = request.form.get("required") == "1"
    session = db.session()
    begin_write(session)
    second_factor.require_for_all(session, required=required, now=clock.now(), actor=_actor())
    session.commit()
    if required:
        flash(
            _("Everybody is asked for a second factor from now on. Who has none sets it up first."), "success"
        )
    else:
        flash(_("Everybody decides about their second factor from now on."), "success")
    return redirect(url_for("workspace.team.index"), 303)


def _invited(form: InviteForm) -> bool:
    session = db.session()
    begin_write(session)
    try:
        team.invite(
            session,
            form.email.data,
            form.role.data,
            name=form.name.data,
            language=form.language.data,
            series_ids=form.series.data or (),
            meeting_ids=form.meetings.data or (),
            now=clock.now(),
            actor=_actor(),
        )
    except AddressTaken as taken:
        session.rollback()
        form.email.errors = [
            _("There is an account with this address. Find it in the list of the team.")
            if taken.active
            else _("An account with this address was shut out. Let it in again in the list of the team.")
        ]
        return False
    session.commit()
    return True


def _saved(account_id: int, form: AccountForm) -> bool:
    session = db.session()
    begin_write(session)
    try:
        team.edit(
            session,
            account_id,
            name=form.name.data,
            role=form.role.data,
            series_ids=form.series.data or (),
            meeting_ids=form.meetings.data or (),
            now=clock.now(),
            actor=_actor(),
        )
    except (LastAdministrator, OwnAccount) as refusal:
        session.rollback()
        form.role.errors = [_why_not(refusal)]
        return False
    session.commit()
    return True


def _why_not(refusal: LastAdministrator | OwnAccount) -> str:
    if isinstance(refusal, LastAdministrator):
        text = _("This is the only administrator. Make somebody else an administrator first.")
    else:
        text = _("You cannot do this to your own account. Ask another administrator.")
    return str(text)


def _is_last(account: Account) -> bool:
    administers = account.active and account.role == Role.ADMINISTRATOR
    return administers and queries.count_administrators(db.session()) == 1


def _series() -> list[tuple[int, str]]:
    language, order = current_language(), settings().languages
    return [(one.id, in_language(one.name, language, order)[0]) for one in all_series(db.session())]


def _meetings(also: Collection[int] = ()) -> list[tuple[int, str]]:
    """The meetings whose door is to come, and `also` those, in their order of time."""
    language, order = current_language(), settings().languages
    found = at_doors(db.session(), ends_after=clock.now() - DOOR_TIME, also=also)
    return [
        (one.id, f"{in_language(one.title, language, order)[0]} · {day(one.starts_at, one.timezone)}")
        for one in found
    ]


def _actor() -> Actor:
    return organiser(current_account().id)
