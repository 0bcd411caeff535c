"""Browsers for tests of pages behind the sign-in.

Close every application context of your own before you ask for a page: Flask would keep `g`, and with it the
account of one request for the next.
"""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from app.base import clock
from app.domain.accounts import service
from app.domain.accounts.models import Account, Purpose, Role
from app.domain.meetings.models import Series
from app.extensions import db
from tests.factories import make_account
from tests.pages import InspectingClient

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def csrf_of(page: str) -> str:
    """The CSRF token of a page."""
    found = TOKEN.search(page)
    assert found, "no CSRF token on the page"
    return found[1]


def account_of(app: Flask, role: Role, *, email: str = "", series: tuple[Series, ...] = ()) -> int:
    """A new account, committed; gives its id."""
    with app.app_context():
        account = make_account(db.session(), role, email=email, series=series)
        db.session.commit()
        return account.id


def browser(app: Flask, account_id: int | None = None, *, inspect: bool = True) -> FlaskClient:
    """A browser, signed in as this account, if any; `inspect` looks at every page it fetches."""
    kind = InspectingClient if inspect else FlaskClient
    client = kind(app, app.response_class, use_cookies=True)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    if account_id is not None:
        sign_in(client, app, account_id)
    return client


def sign_in(client: FlaskClient, app: Flask, account_id: int, **cookie: str) -> str:
    """Sign a browser in without a page; gives the raw token of the session."""
    with app.app_context():
        link = service.new_one_time_link(db.session(), account_id, Purpose.SIGN_IN, now=clock.now())
        new = service.sign_in_by_link(db.session(), link, now=clock.now())
        if isinstance(new, service.NextStep):
            account = service.locked(db.session(), account_id)
            new = service.begin_session(db.session(), account, now=clock.now(), device="")
        token = new.token
        db.session.commit()
    with client.session_transaction() as kept:
        kept.clear()
        kept.update(cookie, _user_id=token, _fresh=True)
    return token


def csrf(client: FlaskClient, path: str = "/workspace/me/") -> str:
    """A CSRF token of this browser's session."""
    return csrf_of(client.get(path).get_data(as_text=True))


def person(app: Flask, account_id: int) -> Account:
    """The account as it is stored now, detached."""
    with app.app_context():
        account = db.session.get_one(Account, account_id)
        db.session.expunge(account)
        return account
