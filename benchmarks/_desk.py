"""Somebody at work in the workspace, for measurements of its pages. Nothing here is measured."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask_migrate import upgrade

from app.base import clock
from app.base.tokens import new_token
from app.commands.files import Maker
from app.domain.accounts.models import Account, Role
from app.domain.accounts.service import Purpose, new_one_time_link, sign_in_by_link
from app.extensions import db
from app.factory import create_app
from config import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


@contextmanager
def empty_site() -> Iterator[Flask]:
    """A migrated site of its own on SQLite; where `DATABASE_URL` is set, on that (empty) database."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load(environment(folder)))
        with app.app_context():
            upgrade()
        yield app
        with app.app_context():
            db.engine.dispose()


def environment(folder: str) -> dict[str, str]:
    """The settings of a site that keeps its files in `folder`."""
    environ = {"SECRET_KEY": new_token() * 2, "INSTANCE_PATH": folder, "BASE_URL": "http://localhost"}
    if url := os.environ.get("DATABASE_URL"):
        environ["DATABASE_URL"] = url
    return environ


def session_of(session: Session, role: Role) -> str:
    """A new account with this role, signed in: the token of its session. Flushes."""
    address = f"{new_token().lower()}@example.org"
    account = Account(
        email=address, email_key=address, name="A", role=role, language="en", active=True, created_at=clock.now(),
    )  # fmt: skip
    session.add(account)
    session.flush()
    link = new_one_time_link(session, account.id, Purpose.SIGN_IN, now=clock.now())
    return sign_in_by_link(session, link, now=clock.now()).token


def signed_in(app: Flask, token: str) -> FlaskClient:
    """A client with the cookie of a session that has just begun."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=token, _fresh=True)
    return client


def form_key(client: FlaskClient, path: str) -> str:
    """The key of the first form on a page."""
    found = TOKEN.search(client.get(path).get_data(as_text=True))
    assert found, f"no form on {path}"
    return found[1]


def file_of(app: Flask, client: FlaskClient, answer: TestResponse) -> TestResponse:
    """The file that was asked for: this answer, or what a worker makes where that takes long."""
    if answer.status_code == HTTPStatus.SEE_OTHER:
        with app.app_context():
            Maker("benchmark", lambda: False).make_next()
        answer = client.get(f"{answer.location}file", buffered=False)
    assert answer.status_code == HTTPStatus.OK, answer.status
    return answer
