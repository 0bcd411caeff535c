"""Who is asking, and may they? The one choke point of everything behind the sign-in.

The cookie holds a random token, the database its hash: a copied cookie dies when its session is signed out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import structlog
from flask import abort, current_app, flash, has_request_context, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_login import current_user, login_user
from sqlalchemy.exc import OperationalError
from werkzeug.local import LocalProxy

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound
from app.domain.accounts import queries, service
from app.domain.accounts.models import Role
from app.domain.accounts.rules import REFRESH, Permission, covers, door_open, may
from app.domain.meetings.queries import get_meeting
from app.extensions import db, login

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.domain.accounts.models import Account
    from app.domain.accounts.service import NewSession, NextStep
    from app.domain.meetings.models import Meeting

View = TypeVar("View", bound="Callable[..., Any]")
MARK = "setkani_needs"
WHO = "who"
STEP = "step"
# What somebody sees who still has to set up a second factor that everybody must have.
BEFORE_SECOND_FACTOR = frozenset(
    {
        "workspace.second_factor.set_up",
        "workspace.me.password",
        "workspace.me.sign_out_everywhere",
    }
)
CSRF_TOKEN = "csrf_token"  # noqa: S105 - the name that Flask-WTF gives it
PATH = re.compile(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
LONGEST_PATH = 2000

log = structlog.get_logger(__name__)


class SignedIn:
    """What Flask-Login keeps for one request. The account is a detached copy."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, account: Account, seen_at: datetime, *, owes_factor: bool = False) -> None:
        self.token, self.account, self.seen_at, self.owes_factor = token, account, seen_at, owes_factor

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.token


def init_app(app: Flask) -> None:
    """Load sessions by their token; give templates `current_account` (false when nobody is signed in)."""
    login.session_protection = None
    login.user_loader(_load)
    app.context_processor(lambda: {"current_account": LocalProxy(_account_or_none)})


def signed_in() -> SignedIn | None:
    """Who is signed in, or None."""
    if not has_request_context() or not current_user.is_authenticated:
        return None
    return cast("SignedIn", current_user)


def current_account() -> Account:
    """The account of this request; 403 without one."""
    user = signed_in()
    if user is None:
        abort(403)
    return user.account


def begin_session(new: NewSession, **kept: str) -> None:
    """Put a committed session into the cookie. What the cookie held before is forgotten, but for `kept`.

    The CSRF token stays for somebody who signs in again, so that a form left open can still be sent.
    """
    again = cookie.get(WHO) == new.account_id and cookie.get(CSRF_TOKEN)
    cookie.clear()
    cookie.update(kept, **{WHO: new.account_id})
    if again:
        cookie[CSRF_TOKEN] = again
    if user := _load(new.token):
        login_user(user)


def begin_step(step: NextStep, **kept: str) -> None:
    """Note in the cookie that a password or link was right and the code is owed. Nobody is signed in by this."""
    cookie[STEP] = {"token": step.token, **kept}


def present_step() -> dict[str, str]:
    """What `begin_step` noted: the token and what was kept; empty when there is nothing."""
    noted = cookie.get(STEP)
    return noted if isinstance(noted, dict) else {}


def end_session() -> None:
    """Empty the cookie; the row of the session is the domain's affair."""
    cookie.clear()


def needs(permission: Permission) -> Callable[[View], View]:
    """Mark a view with what it needs. A view of the workspace without a mark is refused."""

    def mark(view: View) -> View:
        vars(view)[MARK] = permission
        return view

    return mark


def needed(endpoint: str | None) -> Permission | None:
    """The mark of an endpoint's view."""
    return getattr(current_app.view_functions.get(endpoint or ""), MARK, None)


def guard() -> ResponseReturnValue | None:
    """Before each request of the workspace: signed in, and allowed to do this. None lets it through."""
    permission = needed(request.endpoint)
    if permission is None:
        log.error("access_unmarked", endpoint=request.endpoint)
        abort(403)
    user = signed_in()
    if user is None:
        if request.method == "POST":
            flash(_("You were signed out. Sign in, then go back and send the form again."), "warning")
        return redirect(url_for("public.sign_in.show", next=_way_back()), 302)
    if user.owes_factor and request.endpoint not in BEFORE_SECOND_FACTOR:
        return redirect(url_for("workspace.second_factor.set_up"), 303 if request.method == "POST" else 302)
    if not may(user.account, permission):
        refuse(user.account, permission)
    _touch(user)
    return None


def meeting_for(meeting_id: int, permission: Permission, *, programme: bool = False) -> Meeting:
    """A meeting that the account may do this with; 403 without the permission.

    404 outside its series, and for the role `door` at any other meeting or time than its own.
    """
    account = current_account()
    try:
        meeting = get_meeting(db.session(), meeting_id, programme=programme)
    except NotFound:
        abort(404)
    if account.role != Role.ADMINISTRATOR and not covers(account.series_ids, meeting.series_id):
        log.warning("access_other_series", account_id=account.id, meeting_id=meeting_id)
        abort(404)
    if account.role == Role.DOOR and not _is_at_door(account, meeting):
        log.warning("access_other_door", account_id=account.id, meeting_id=meeting_id)
        abort(404)
    if not may(account, permission, meeting.series_id):
        refuse(account, permission)
    return meeting


def _is_at_door(account: Account, meeting: Meeting) -> bool:
    """Whether the meeting is one at whose door the account helps, and its time has come."""
    own = meeting.id in account.meeting_ids
    return own and door_open(meeting.starts_at, meeting.ends_at, clock.now())


def visible_series_ids(account: Account) -> frozenset[int]:
    """The series that an account is bound to; empty means all."""
    return frozenset() if account.role == Role.ADMINISTRATOR else account.series_ids


def refuse(account: Account, permission: Permission) -> NoReturn:
    """Answer 403 and note it."""
    log.warning("access_refused", account_id=account.id, permission=permission, endpoint=request.endpoint)
    abort(403)


def own_path(text: str | None) -> str | None:
    """A path of ours that may follow a sign-in, or None for anything that could lead elsewhere."""
    if not text or len(text) > LONGEST_PATH or not PATH.fullmatch(text):
        return None
    return text


def _load(token: str) -> SignedIn | None:
    session = db.session()
    row = queries.find_session(session, token, now=clock.now())
    if row is None:
        return None
    account = row.account
    if account.role == Role.DOOR:
        len(account.at_doors)  # while there is a session to load them
    session.expunge(row)
    session.expunge(account)
    return SignedIn(token, account, row.seen_at, owes_factor=row.owes_factor)


def _account_or_none() -> Account | None:
    user = signed_in()
    return user.account if user else None


def _touch(user: SignedIn) -> None:
    """Note every five minutes that the session is in use; a full database may still be read."""
    now = clock.now()
    if now - user.seen_at < REFRESH:
        return
    session = db.session()
    try:
        begin_write(session)
        service.touch(session, user.token, now=now)
        session.commit()
    except OperationalError:
        session.rollback()
        log.warning("session_not_refreshed")


def _way_back() -> str | None:
    """Where to go after the sign-in: this page, if it can be asked for by GET."""
    if request.method not in {"GET", "HEAD"} and not _shows_a_page():
        return None
    query = request.query_string.decode("latin-1")
    return own_path(f"{request.path}?{query}" if query else request.path)


def _shows_a_page() -> bool:
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(request.path, "GET")
