"""10,000 attendees with ten answers each as a file: how soon it begins, how long it takes, how much memory it adds.

Figures to hold: CSV begins within 200 ms and ends within 1.5 s, XLSX within 6 s; less than 40 MiB more memory.
The whole workbook is a job: ordered, made as by a worker, in this process, and fetched.
Runs on SQLite; where `DATABASE_URL` is set, on that (empty) database, which is migrated and filled. Memory is
read from /proc, so on Linux.
"""

from __future__ import annotations

import re
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from flask_migrate import upgrade

from app.domain.accounts.models import Role
from app.extensions import db
from app.factory import create_app
from benchmarks._crowd import answers_of, meeting_of
from benchmarks._desk import environment, file_of, form_key, session_of, signed_in
from config import load

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PEOPLE = 10_000
QUESTIONS = 10
FIRST_BYTE = 0.200  # seconds
WHOLE = {"excel-csv": 1.5, "csv": 1.5, "xlsx": 6.0}  # seconds
MEMORY = 40.0  # MiB


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        environ = environment(folder)
        # In another process, or the memory that filling leaves behind would hide what the download takes.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            meeting_id, token = other.submit(_prepare, environ).result()
        app = create_app(load(environ))
        held = _measure(app, signed_in(app, token), meeting_id)
        with app.app_context():
            db.engine.dispose()
    return held


def _prepare(environ: dict[str, str]) -> tuple[int, str]:
    with create_app(load(environ)).app_context():
        upgrade()
        return _fill()


def _measure(app: Flask, client: FlaskClient, meeting_id: int) -> bool:
    path = f"/workspace/meetings/{meeting_id}/export/"
    key, held = form_key(client, path), True
    # A small one first: modules, compiled statements and words are loaded once per process, not per download.
    _download(app, client, f"{path}?q=zofie+0001", key, "excel-csv")
    _download(app, client, f"{path}?q=zofie+0001", key, "xlsx")
    for form, longest in WHOLE.items():
        first, whole, size, added = _download(app, client, path, key, form)
        print(
            f"{form:10} first byte {first * 1000:5.0f} ms, whole {whole:5.2f} s, "
            f"{size / 1024:6.0f} KiB, memory +{added:4.1f} MiB"
        )
        if form != "xlsx":  # a workbook is whole only at its end
            held = held and first <= FIRST_BYTE
        held = held and whole <= longest and added < MEMORY
    return held


def _download(
    app: Flask, client: FlaskClient, path: str, token: str, form: str
) -> tuple[float, float, int, float]:
    """Seconds to the first byte and to the last, bytes, and MiB of memory added at the highest point."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # begins the highest point anew
    before = _memory("VmRSS")
    begun = time.perf_counter()
    answer = client.post(path, data={"csrf_token": token, "format": form}, buffered=False)
    answer = file_of(app, client, answer)
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
    meeting_id = meeting_of(session, PEOPLE)
    answers_of(session, meeting_id, QUESTIONS)
    token = session_of(session, Role.ORGANISER)
    session.commit()
    return meeting_id, token


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
