"""10,000 attendees with ten answers each as a file: how soon it begins, how long it takes, how much memory it adds.

Figures to hold for CSV: the first byte within 200 ms, less than 40 MiB more memory. Runs on SQLite; where
`DATABASE_URL` is set, on that (empty) database, which is migrated and filled. Memory is read from
/proc, so on Linux.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from http import HTTPStatus
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from flask_migrate import upgrade

from app.base import clock
from app.base.tokens import new_token
from app.domain.accounts.models import Account, Role
from app.domain.accounts.service import Purpose, new_one_time_link, sign_in_by_link
from app.extensions import db
from app.factory import create_app
from benchmarks._crowd import answers_of, meeting_of
from config import load

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PEOPLE = 10_000
QUESTIONS = 10
FIRST_BYTE = 0.200  # seconds
MEMORY = 40.0  # MiB
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        environ = {"SECRET_KEY": new_token() * 2, "INSTANCE_PATH": folder, "BASE_URL": "http://localhost"}
        if url := os.environ.get("DATABASE_URL"):
            environ["DATABASE_URL"] = url
        # In another process, or the memory that filling leaves behind would hide what the download takes.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            meeting_id, token = other.submit(_prepare, environ).result()
        app = create_app(load(environ))
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        held = _measure(client, meeting_id)
        with app.app_context():
            db.engine.dispose()
    return held


def _prepare(environ: dict[str, str]) -> tuple[int, str]:
    with create_app(load(environ)).app_context():
        upgrade()
        return _fill()


def _measure(client: FlaskClient, meeting_id: int) -> bool:
    path = f"/workspace/meetings/{meeting_id}/export/"
    found = TOKEN.search(client.get(path).get_data(as_text=True))
    assert found, "the page of the download has no token"
    held = True
    # A small one first: modules, compiled statements and words are loaded once per process, not per download.
    _download(client, f"{path}?q=zofie+0001", found[1], "excel-csv")
    _download(client, f"{path}?q=zofie+0001", found[1], "xlsx")
    for form in ("excel-csv", "csv", "xlsx"):
        first, whole, size, added = _download(client, path, found[1], form)
        print(
            f"{form:10} first byte {first * 1000:5.0f} ms, whole {whole:5.2f} s, "
            f"{size / 1024:6.0f} KiB, memory +{added:4.1f} MiB"
        )
        if form != "xlsx":  # a workbook is whole only at its end
            held = held and first <= FIRST_BYTE
        held = held and added < MEMORY
    return held


def _download(client: FlaskClient, path: str, token: str, form: str) -> tuple[float, float, int, float]:
    """Seconds to the first byte and to the last, bytes, and MiB of memory added at the highest point."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # begins the highest point anew
    before = _memory("VmRSS")
    begun = time.perf_counter()
    answer = client.post(path, data={"csrf_token": token, "format": form}, buffered=False)
    assert answer.status_code == HTTPStatus.OK, answer.status
    portions = answer.iter_encoded()
    size = len(next(portions))
    first = time.perf_counter() - begun
    size += sum(len(portion) for portion in portions)
    whole = time.perf_counter() - begun
    answer.close()
    return first, whole, size, _memory("VmHWM") - before


def _memory(name: str) -> float:
    """MiB of this process in memory: `VmRSS` now, `VmHWM` at the highest point."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(rf"^{name}:\s+([0-9]+) kB", status, re.MULTILINE)[0]) / 1024


def _fill() -> tuple[int, str]:
    """A meeting with attendees, and a session of an organiser: (meeting's id, session's token)."""
    session = db.session()
    address = f"{new_token().lower()}@example.org"
    account = Account(
        email=address,
        email_key=address,
        role=Role.ORGANISER,
        language="en",
        active=True,
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    meeting_id = meeting_of(session, PEOPLE)
    answers_of(session, meeting_id, QUESTIONS)
    link = new_one_time_link(session, account.id, Purpose.SIGN_IN, now=clock.now())
    token = sign_in_by_link(session, link, now=clock.now()).token
    session.commit()
    return meeting_id, token


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
