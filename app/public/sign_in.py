"""Signing in and out: by password, or by a link in a letter. Nothing tells whether an address is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.text import fold_email
from app.domain.accounts import passwords, queries, service
from app.domain.accounts.models import Purpose
from app.domain.accounts.rules import LinkSpent, SignInRefused
from app.extensions import csrf, db
from app.public.forms.sign_in import AskedFor, LinkForm, SignInForm, purpose_of
from app.web import access
from app.web.limits import LETTERS, SIGN_IN_ACCOUNT, SIGN_IN_NETWORK, Allowance, count, network

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
    access.begin_session(new)
    return _go_on(form.way_on)


def _checked(email: str, password: str) -> NewSession:
    """Compare the password with no transaction open, then begin a session; raises `SignInRefused`."""
    session = db.session()
    found = queries.credentials(session, email)
    session.rollback()
    if not passwords.verify_password(password, found.password_hash):
        raise SignInRefused
    begin_write(session)
    new = service.sign_in(session, found, now=clock.now(), replaces=_present_token())
    session.commit()
    return new


def _sign_in_by_link(token: str) -> AnyResponse:
    session, now = db.session(), clock.now()
    replaces = _present_token()
    begin_write(session)
    try:
        new = service.sign_in_by_link(session, token, now=now, replaces=replaces)
    except LinkSpent:
        session.rollback()
        log.warning("sign_in_link_refused")
        return _link_page(AskedFor(formdata=None), works=False)
    session.commit()
    access.begin_session(new, by_link=now.isoformat())
    if new.purpose == Purpose.PASSWORD:
        return redirect(url_for("workspace.me.password"), 303)
    return _go_on(None)


def _present_token() -> str | None:
    user = access.signed_in()
    return user.token if user else None


def _go_on(wanted: str | None) -> AnyResponse:
    return redirect(access.own_path(wanted) or url_for("workspace.meetings.index"), 303)


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
