"""500 people on a sign-in sheet: how long from the press of the button to the last byte; badges are told beside it.

Figures to hold: the sheet within 2 s. Runs on SQLite; where `DATABASE_URL` is set, on that (empty) database.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask_migrate import upgrade

from app.base import clock
from app.base.tokens import new_token
from app.domain.accounts.models import Account, Role
from app.domain.accounts.service import Purpose, new_one_time_link, sign_in_by_link
from app.extensions import db
from app.factory import create_app
from app.paper.sheets import Head, Layout, Line, badges
from benchmarks._crowd import meeting_of
from config import load

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PEOPLE = 500
LONGEST = 2.0  # seconds
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
HEAD = Head(
    language="cs",
    site="",
    title="Jmenovky",
    eyebrow="Setkání",
    subject="Setkání",
    facts=(),
    notes=(),
    foot="",
)


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        environ = {"SECRET_KEY": new_token() * 2, "INSTANCE_PATH": folder, "BASE_URL": "http://localhost"}
        if url := os.environ.get("DATABASE_URL"):
            environ["DATABASE_URL"] = url
        app = create_app(load(environ))
        with app.app_context():
            meeting_id, token = _prepare()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie.update(_user_id=token, _fresh=True)
        path = f"/workspace/meetings/{meeting_id}/"
        held = _print(client, path, "sheet-seated") < LONGEST
        _print(client, path, "badges-seated")
        _with_codes()
        with app.app_context():
            db.engine.dispose()
    return held


def _prepare() -> tuple[int, str]:
    upgrade()
    session, now = db.session(), clock.now()
    meeting_id = meeting_of(session, PEOPLE * 4 // 3, capacity=PEOPLE)  # one in four waits
    account = Account(
        email="a@example.org", email_key="a@example.org", name="A", role=Role.ADMINISTRATOR, language="en",
        active=True, created_at=now,
    )  # fmt: skip
    session.add(account)
    session.flush()
    link = new_one_time_link(session, account.id, Purpose.SIGN_IN, now=now)
    token = sign_in_by_link(session, link, now=now).token
    session.commit()
    return meeting_id, token


def _print(client: FlaskClient, path: str, order: str) -> float:
    found = TOKEN.search(client.get(f"{path}export/").get_data(as_text=True))
    assert found
    data = {"csrf_token": found[1], "order": order, "language": "cs", "blank": "10"}
    begun, worked = time.perf_counter(), _work()
    answer = client.post(f"{path}sheets/", data=data)
    took, work = time.perf_counter() - begun, _work() - worked
    assert answer.status_code == HTTPStatus.OK, answer.status
    size = len(answer.get_data()) / 1024
    print(f"{order}: {PEOPLE} people, {size:.0f} KiB in {took:.2f} s ({work:.2f} s of work)")
    return took


def _work() -> float:
    """Seconds that processors worked for this process and for its ended children; a busy machine adds none."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _with_codes() -> None:
    lines = [
        Line(
            name=("Jana ", f"Nováková{number}", ""),
            organisation="InBáze",
            check_in=f"https://x.cz/c/{new_token()}",
        )
        for number in range(PEOPLE)
    ]
    begun, worked = time.perf_counter(), _work()
    badges(HEAD, {"page": "", "code": "Kód"}, lines, layout=Layout.A4)
    took, work = time.perf_counter() - begun, _work() - worked
    print(f"badges with codes: {PEOPLE} people in {took:.2f} s ({work:.2f} s of work)")
