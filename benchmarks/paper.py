"""500 people on a sign-in sheet: how long from the press of the button to the last byte; badges are told beside it.

Figures to hold: the sheet within 2 s. So many badges are a job: ordered, made as by a worker, and fetched. Runs on
SQLite; where `DATABASE_URL` is set, on that (empty) database.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from app.base.tokens import new_token
from app.domain.accounts.models import Role
from app.extensions import db
from app.paper.sheets import Head, Layout, Line, badges
from benchmarks._crowd import meeting_of
from benchmarks._desk import empty_site, file_of, form_key, session_of, signed_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PEOPLE = 500
LONGEST = 2.0  # seconds
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
    with empty_site() as app:
        with app.app_context():
            session = db.session()
            meeting_id = meeting_of(session, PEOPLE * 4 // 3, capacity=PEOPLE)  # one in four waits
            token = session_of(session, Role.ADMINISTRATOR)
            session.commit()
        client = signed_in(app, token)
        path = f"/workspace/meetings/{meeting_id}/"
        held = _print(app, client, path, "sheet-seated") < LONGEST
        _print(app, client, path, "badges-seated")
        _with_codes()
    return held


def _print(app: Flask, client: FlaskClient, path: str, order: str) -> float:
    data = {"csrf_token": form_key(client, f"{path}export/"), "order": order, "language": "cs", "blank": "10"}
    begun, worked = time.perf_counter(), _work()
    answer = file_of(app, client, client.post(f"{path}sheets/", data=data))
    size = len(answer.get_data()) / 1024
    took, work = time.perf_counter() - begun, _work() - worked
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
