"""Signing in and out: by password, or by a link in a letter. Nothing tells whether an address is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.text import fold_email
from app.domain.accounts import passwords, queries, second_factor, service
from app.domain.accounts.models import Purpose
from app.domain.accounts.rules import LinkSpent, SignInRefused, StepSpent, WrongCode
from app.domain.accounts.service import NextStep
from app.extensions import csrf, db, sealer
from app.public.forms.sign_in import AskedFor, CodeForm, LinkForm, RecoveryForm, SignInForm, purpose_of
from app.web import access
from app.web.device import device
from app.web.limits import (
    LETTERS,
    SIGN_IN_ACCOUNT,
    SIGN_IN_CODE,
    SIGN_IN_NETWORK,
    Allowance,
    count,
    network,
)

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.accounts.service import NewSession

blueprint = Blueprint("sign_in", __name__, url_prefix="/<lang>/sign-in")
# Each form here checks its token by itself: a page that was open for too long comes back filled in.
csrf.exempt(blueprint)
log = structlog.get_logger(__name__)


@blueprint.route("/", methods=["GET", "POST"])
def show() -> AnyResponse:
    """The form; somebody who is signed in goes on."""
    if request.method == "POST" and "switch" not in request.form:
        return _sign_in(SignInForm())
    if request.method != "POST" and access.signed_in():
        return _go_on(request.args.get("next"))
    return _page(SignInForm(next=request.args.get("next", "")), 200)


@blueprint.post("/send-link/")
def send_link() -> AnyResponse:
    """Ask for a letter with a link. The answer is the same for every address."""
    form = LinkForm()
    if not form.validate():
        return _page(form, 422)
    tries = count(SIGN_IN_NETWORK, network())
    if not tries.allowed:
        return _too_many(form, tries)
    if count(LETTERS, fold_email(form.email.data)).allowed:
        session = db.session()
        begin_write(session)
        purpose = purpose_of(request.form.get("purpose"))
        service.request_link(session, form.email.data, purpose, now=clock.now())
        session.commit()
    else:
        log.warning("sign_in_letters_limited")
    return redirect(url_for("public.sign_in.sent"), 303)


@blueprint.get("/sent/")
def sent() -> str:
    """What happens next, whatever the address was."""
    return render_template("public/sign_in/sent.html")


@blueprint.route("/link/<token>/", methods=["GET", "POST"])
def link(token: str) -> AnyResponse:
    """A link from a letter. Programs that check mail open it too, so only the button uses it."""
    form = AskedFor()
    if form.validate_on_submit():
        return _sign_in_by_link(token)
    if not queries.link_works(db.session(), token, now=clock.now()):
        return _link_page(form, works=False)
    return _link_page(form, works=True)


@blueprint.route("/code/", methods=["GET", "POST"])
def code() -> AnyResponse:
    """The second step: a code of the app, or a recovery code. Only for whom the first step was right."""
    step = access.present_step()
    pending = queries.find_step(db.session(), step.get("token", ""), now=clock.now())
    if pending is None:
        return _begin_again()
    form = RecoveryForm() if request.args.get("way") == "recovery" else CodeForm()
    if not form.is_submitted():
        return _code_page(form, 200)
    if not form.validate():
        return _code_page(form, 422)
    tries = [count(SIGN_IN_NETWORK, network()), count(SIGN_IN_CODE, str(pending.account_id))]
    if not all(one.allowed for one in tries):
        log.warning("sign_in_code_limited")
        return _code_page(form, 429, retry_after=max(one.retry_after for one in tries if not one.allowed))
    return _finish(form, step)


@blueprint.post("/sign-out/")
def sign_out() -> AnyResponse:
    """End this session, also for a cookie that was copied."""
    if not AskedFor().validate():
        abort(400)
    user = access.signed_in()
    if user is not None:
        session = db.session()
        begin_write(session)
        service.sign_out(session, user.token, now=clock.now())
        session.commit()
    access.end_session()
    flash(_("You are signed out."), "success")
    return redirect(url_for("public.sign_in.show"), 303)


def _sign_in(form: SignInForm) -> AnyResponse:
    if not form.validate():
        return _page(form, 422)
    allowances = [count(SIGN_IN_NETWORK, network()), count(SIGN_IN_ACCOUNT, fold_email(form.email.data))]
    for tries in allowances:
        if not tries.allowed:
            return _too_many(form, tries)
    try:
        new = _checked(form.email.data, form.password.data or "")
    except SignInRefused:
        db.session.rollback()
        log.warning("sign_in_refused")
        form.form_errors.append(
            _("The e-mail or the password is not right. Check both, or let us send you a link.")
        )
        return _page(form, 422)
    if isinstance(new, NextStep):
        access.begin_step(new, next=form.way_on)
        return redirect(url_for("public.sign_in.code"), 303)
    access.begin_session(new)
    return _go_on(form.way_on)


def _checked(email: str, password: str) -> NewSession | NextStep:
    """Compare the password with no transaction open, then begin a session; raises `SignInRefused`."""
    session = db.session()
    found = queries.credentials(session, email)
    session.rollback()
    if not passwords.verify_password(password, found.password_hash):
        raise SignInRefused
    begin_write(session)
    new = service.sign_in(session, found, now=clock.now(), replaces=_present_token(), device=device())
    session.commit()
    return new


def _sign_in_by_link(token: str) -> AnyResponse:
    session, now = db.session(), clock.now()
    replaces = _present_token()
    begin_write(session)
    try:
        new = service.sign_in_by_link(session, token, now=now, replaces=replaces, device=device())
    except LinkSpent:
        session.rollback()
        log.warning("sign_in_link_refused")
        return _link_page(AskedFor(formdata=None), works=False)
    session.commit()
    if isinstance(new, NextStep):
        access.begin_step(new, by_link=now.isoformat())
        return redirect(url_for("public.sign_in.code"), 303)
    return _let_in_by_link(new, now.isoformat())


def _let_in_by_link(new: NewSession, at: str) -> AnyResponse:
    access.begin_session(new, by_link=at)
    if new.purpose == Purpose.PASSWORD:
        return redirect(url_for("workspace.me.password"), 303)
    return _go_on(None)


def _finish(form: CodeForm, step: dict[str, str]) -> AnyResponse:
    session, replaces = db.session(), _present_token()
    begin_write(session)
    try:
        new = second_factor.finish_sign_in(
            session, step["token"], form.code.data, sealer=sealer(), now=clock.now(), device=device()
        )
    except WrongCode:
        session.rollback()
        log.warning("sign_in_code_refused")
        form.code.errors = [form.wrong]
        return _code_page(form, 422)
    except StepSpent:
        session.rollback()
        return _begin_again()
    if replaces:
        service.sign_out(session, replaces, now=clock.now())
    session.commit()
    if by_link := step.get("by_link"):
        return _let_in_by_link(new, by_link)
    access.begin_session(new)
    return _go_on(step.get("next"))


def _begin_again() -> AnyResponse:
    flash(_("Too much time has passed. Please begin the sign-in again."), "info")
    return redirect(url_for("public.sign_in.show"), 303)


def _code_page(form: CodeForm, status: int, *, retry_after: int = 0) -> Response:
    page = render_template("public/sign_in/code.html", form=form, status=status)
    response = make_response(page, status)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _present_token() -> str | None:
    user = access.signed_in()
    return user.token if user else None


def _go_on(wanted: str | None) -> AnyResponse:
    return redirect(access.own_path(wanted) or url_for("workspace.today.index"), 303)


def _page(form: LinkForm, status: int) -> Response:
    return make_response(render_template("public/sign_in/show.html", form=form, status=status), status)


def _too_many(form: LinkForm, tries: Allowance) -> Response:
    log.warning("sign_in_limited")
    response = _page(form, 429)
    response.headers["Retry-After"] = str(tries.retry_after)
    return response


def _link_page(form: AskedFor, *, works: bool) -> Response:
    page = render_template("public/sign_in/link.html", form=form, works=works)
    return make_response(page, 200 if works else 410)
