"""One's own account: name, language, notices, password, sessions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask import session as cookie
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.text import fold_email
from app.base.tokens import hash_token
from app.domain.accounts import passwords, queries, service, team
from app.domain.accounts.rules import LINK_LIFETIME, Permission, may
from app.domain.accounts.second_factor import FEW
from app.domain.history.service import organiser
from app.domain.meetings import queries as meetings
from app.domain.notices import queries as notice_queries
from app.domain.notices import service as notice_service
from app.extensions import db, settings
from app.web import access
from app.web.access import begin_session, current_account, needs, visible_series_ids
from app.web.device import device
from app.web.hosts import set_cookie
from app.web.limits import SIGN_IN_ACCOUNT, count
from app.web.locale import A_YEAR
from app.workspace.forms.me import FirstPasswordForm, MeForm, NoticesForm, PasswordForm

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from app.domain.accounts.models import Account

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.route("/", methods=["GET", "POST"])
@needs(Permission.OWN)
def show() -> Response:
    """Name and language, the way to the password, and where one is signed in."""
    account = current_account()
    form = MeForm(obj=account)
    if form.validate_on_submit():
        return _save(account, form)
    session, now = db.session(), clock.now()
    page = render_template(
        "workspace/me/show.html",
        form=form,
        sessions=queries.sessions_of(session, account.id, now=now),
        this_one=_this_session(),
        may_hear=may(account, Permission.EDIT),
        factor=queries.find_second_factor(session, account.id),
        codes_left=queries.count_recovery_codes(session, account.id),
        few=FEW,
        required=queries.second_factor_required(session),
    )
    return make_response(page, 422 if form.errors else 200)


@blueprint.route("/notices/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def notices() -> Response:
    """Choose of what to hear, and when."""
    account = current_account()
    form = NoticesForm(data=notice_queries.timings_of(db.session(), account.id))
    if form.validate_on_submit():
        return _choose(account, form)
    page = render_template("workspace/me/notices.html", form=form, is_bound=bool(visible_series_ids(account)))
    return make_response(page, 422 if form.errors else 200)


@blueprint.route("/password/", methods=["GET", "POST"])
@needs(Permission.OWN)
def password() -> Response:
    """Choose a password. Whoever came by a link within the hour need not know the present one."""
    account = current_account()
    form = FirstPasswordForm(account) if _need_not_know(account) else PasswordForm(account)
    if form.validate_on_submit() and _is_known(account, form):
        return _set_password(account, form)
    page = render_template("workspace/me/password.html", form=form)
    return make_response(page, 422 if form.errors else 200)


@blueprint.post("/sessions/<handle>/end/")
@needs(Permission.OWN)
def end_session(handle: str) -> Response:
    """Sign one browser out: the one that was left somewhere."""
    account, session = current_account(), db.session()
    begin_write(session)
    ended = service.end_session(session, account.id, handle, now=clock.now(), actor=organiser(account.id))
    session.commit()
    if ended == _this_session():
        return _signed_out(_("You are signed out."))
    flash(_("That browser is signed out."), "success")
    return redirect(url_for("workspace.me.show"), 303)


@blueprint.post("/sign-out-everywhere/")
@needs(Permission.OWN)
def sign_out_everywhere() -> Response:
    """End all sessions, this one too."""
    account, session = current_account(), db.session()
    begin_write(session)
    service.sign_out_everywhere(session, account.id, now=clock.now(), actor=organiser(account.id))
    session.commit()
    return _signed_out(_("You are signed out in all browsers."))


def _signed_out(said: str) -> Response:
    # The address first: its language may be that of the account.
    response = redirect(url_for("public.sign_in.show"), 303)
    access.end_session()
    flash(said, "success")
    return response


def _this_session() -> str:
    user = access.signed_in()
    return hash_token(user.token) if user else ""


def _save(account: Account, form: MeForm) -> Response:
    session, language = db.session(), form.language.data
    begin_write(session)
    team.edit_own(
        session,
        account.id,
        name=form.name.data,
        language=language,
        now=clock.now(),
        actor=organiser(account.id),
    )
    session.commit()
    flash(_("Your account is saved."), "success")
    response = redirect(url_for("workspace.me.show"), 303)
    if language != account.language:
        set_cookie(response, "lang", language, max_age=A_YEAR)
    return response


def _choose(account: Account, form: NoticesForm) -> Response:
    session = db.session()
    begin_write(session)
    notice_service.choose(
        session,
        account.id,
        form.to_timings(),
        now=clock.now(),
        timezone=settings().timezone,
        actor=organiser(account.id),
    )
    session.commit()
    flash(_("Your choice of notices is saved."), "success")
    return redirect(url_for("workspace.me.notices"), 303)


def _need_not_know(account: Account) -> bool:
    """No password yet, or the mailbox has just shown who this is."""
    if account.password_hash is None:
        return True
    try:
        came_by_link = datetime.fromisoformat(cookie.get("by_link", ""))
    except ValueError:
        return False
    return clock.now() - came_by_link < LINK_LIFETIME


def _is_known(account: Account, form: FirstPasswordForm) -> bool:
    """Compare the present password where it is asked for; guesses count as those at the sign-in."""
    if not isinstance(form, PasswordForm):
        return True
    db.session.rollback()
    if not count(SIGN_IN_ACCOUNT, fold_email(account.email)).allowed:
        form.present.errors = [_("There were too many tries. Wait fifteen minutes, then try again.")]
        return False
    if not passwords.verify_password(form.present.data or "", account.password_hash):
        form.present.errors = [_("This is not your present password.")]
        return False
    return True


def _set_password(account: Account, form: FirstPasswordForm) -> Response:
    session, is_first = db.session(), account.password_hash is None
    session.rollback()
    new_hash = passwords.hash_password(form.password.data or "")
    begin_write(session)
    actor, now = organiser(account.id), clock.now()
    new = service.set_password(session, account.id, new_hash, now=now, actor=actor, device=device())
    session.commit()
    begin_session(new)
    flash(_("Your password is set. You are signed out in all other browsers."), "success")
    return redirect(_first_work(account) if is_first else url_for("workspace.me.show"), 303)


def _first_work(account: Account) -> str:
    """Where somebody begins who has just come for the first time: in an empty house with the first meeting."""
    is_empty = not meetings.is_any(db.session(), series_ids=visible_series_ids(account))
    begins = is_empty and may(account, Permission.EDIT)
    return url_for("workspace.meetings.new" if begins else "workspace.today.index")
