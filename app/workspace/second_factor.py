"""One's own second factor: set it up, keep the recovery codes, make new ones, turn it off."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts import queries, second_factor
from app.domain.accounts.rules import (
    Permission,
    SecondFactorRequired,
    WrongCode,
    WrongPresentCode,
)
from app.extensions import db, sealer, settings
from app.web.access import current_account, needs, signed_in
from app.web.limits import SIGN_IN_CODE, count
from app.web.qr import qr_code
from app.workspace.forms.second_factor import (
    CodeForm,
    KeptForm,
    ReplaceForm,
    SetUpForm,
    does_not_fit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.accounts.models import Account

blueprint = Blueprint("second_factor", __name__, url_prefix="/me/second-factor")
PAGE_LIVES = timedelta(hours=1)


@blueprint.route("/", methods=["GET", "POST"])
@needs(Permission.OWN)
def set_up() -> AnyResponse:
    """A picture for the app, and the first code back. The secret waits sealed in the page, nowhere else."""
    account, session = current_account(), db.session()
    replaces = queries.find_second_factor(session, account.id) is not None
    form = ReplaceForm() if replaces else SetUpForm()
    secret = _secret_of(form, account)
    if form.validate_on_submit() and secret is None:
        form.form_errors.append(_("This page was open for too long. Take the new picture below."))
    elif secret and form.is_submitted() and not form.errors and _switched_on(form, account, secret):
        return redirect(url_for("workspace.second_factor.codes"), 303)
    secret = secret or second_factor.new_secret()
    form.sealed.data = sealer().seal(f"{account.id}:{secret}")
    page = render_template(
        "workspace/second_factor/set_up.html",
        form=form,
        picture=_picture(secret, account),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        replaces=replaces,
        owes=queries.second_factor_required(session) and not replaces,
    )
    return make_response(page, 422 if form.errors else 200)


@blueprint.route("/codes/", methods=["GET", "POST"])
@needs(Permission.OWN)
def codes() -> AnyResponse:
    """The new recovery codes, until one says that they are kept."""
    form, account, session = KeptForm(), current_account(), db.session()
    if form.validate_on_submit():
        begin_write(session)
        second_factor.codes_kept(session, account.id)
        session.commit()
        flash(_("Your second factor is ready."), "success")
        return redirect(url_for("workspace.me.show"), 303)
    shown = _shown_codes(account)
    if not shown:
        flash(_("Recovery codes are shown only once. You can make new ones."), "info")
        return redirect(url_for("workspace.me.show"), 303)
    return make_response(render_template("workspace/second_factor/codes.html", form=form, codes=shown))


@blueprint.get("/recovery-codes.txt")
@needs(Permission.OWN)
def download() -> AnyResponse:
    """The same codes as a text file."""
    account = current_account()
    shown = _shown_codes(account)
    if not shown:
        return redirect(url_for("workspace.second_factor.codes"), 303)
    title = _("Recovery codes of %(email)s for %(site)s", email=account.email, site=settings().site_name)
    once = _("Each code works once. Keep them where nobody else can read them.")
    response = Response("\r\n".join([title, once, "", *shown, ""]), mimetype="text/plain")
    response.headers["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response


@blueprint.route("/new-codes/", methods=["GET", "POST"])
@needs(Permission.OWN)
def renew() -> AnyResponse:
    """Ten new recovery codes for a code of the app."""
    account, form = current_account(), CodeForm()
    if queries.find_second_factor(db.session(), account.id) is None:
        return redirect(url_for("workspace.me.show"), 303)
    if form.validate_on_submit() and _done(form, account, second_factor.renew_codes):
        return redirect(url_for("workspace.second_factor.codes"), 303)
    page = render_template("workspace/second_factor/renew.html", form=form)
    return make_response(page, 422 if form.errors else 200)


@blueprint.route("/turn-off/", methods=["GET", "POST"])
@needs(Permission.OWN)
def turn_off() -> AnyResponse:
    """Sign in with the first step alone again."""
    account, form, session = current_account(), CodeForm(), db.session()
    if queries.find_second_factor(session, account.id) is None or queries.second_factor_required(session):
        return redirect(url_for("workspace.me.show"), 303)
    if form.validate_on_submit() and _done(form, account, second_factor.turn_off):
        flash(_("The second factor is off. You sign in with the first step alone."), "success")
        return redirect(url_for("workspace.me.show"), 303)
    page = render_template("workspace/second_factor/turn_off.html", form=form)
    return make_response(page, 422 if form.errors else 200)


def _secret_of(form: SetUpForm, account: Account) -> str | None:
    """The secret that this page has shown to this account within the hour."""
    opened = sealer().open(form.sealed.data or "", within=PAGE_LIVES) or ""
    owner, _colon, secret = opened.partition(":")
    return secret if secret and owner == str(account.id) else None


def _switched_on(form: SetUpForm, account: Account, secret: str) -> bool:
    user, session = signed_in(), db.session()
    if not _may_try(form, account) or user is None:
        return False
    begin_write(session)
    try:
        second_factor.set_up(
            session,
            account.id,
            secret,
            form.code.data,
            sealer=sealer(),
            session_token=user.token,
            now=clock.now(),
            present=form.present.data if isinstance(form, ReplaceForm) else "",
        )
    except WrongCode as wrong:
        session.rollback()
        _say_which(form, wrong)
        return False
    session.commit()
    return True


def _say_which(form: SetUpForm, wrong: WrongCode) -> None:
    """Two codes may be asked for; say which one does not fit."""
    if isinstance(form, ReplaceForm) and isinstance(wrong, WrongPresentCode):
        form.present.errors = [does_not_fit()]
    else:
        form.code.errors = [does_not_fit()]


def _done(form: CodeForm, account: Account, verb: Callable[..., None]) -> bool:
    """Do what asks for a code."""
    if not _may_try(form, account):
        return False
    session = db.session()
    begin_write(session)
    try:
        verb(session, account.id, form.code.data, sealer=sealer(), now=clock.now())
    except WrongCode:
        session.rollback()
        form.code.errors = [does_not_fit()]
        return False
    except SecondFactorRequired:  # since the page was shown
        session.rollback()
        form.form_errors.append(_("Your team asks everybody for a second factor, so it stays on."))
        return False
    session.commit()
    return True


def _may_try(form: CodeForm | SetUpForm, account: Account) -> bool:
    """Count a code as one at the sign-in."""
    if count(SIGN_IN_CODE, str(account.id)).allowed:
        return True
    form.code.errors = [_("There were too many tries. Wait an hour, then try again.")]
    return False


def _shown_codes(account: Account) -> list[str]:
    factor = queries.find_second_factor(db.session(), account.id)
    return second_factor.shown_codes(factor, sealer=sealer(), now=clock.now())


def _picture(secret: str, account: Account) -> Markup:
    """What the app scans."""
    address = second_factor.address_for_app(secret, email=account.email, site_name=settings().site_name)
    return qr_code(address, _("QR code for the app. The same as text stands below it."))
