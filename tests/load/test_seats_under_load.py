"""Two hundred people open the form, fill it in and click, some of them twice, all at once, on one server."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select

from app.base import clock
from app.domain.outbox.models import Letter
from app.domain.registration.models import Attendee, Party, Place
from app.domain.reports import invariants
from tests.conftest import SECRET
from tests.factories import make_meeting
from tests.journeys.conftest import ROOT, free_port, wait_until_ready

pytestmark = [pytest.mark.load, pytest.mark.xdist_group("load")]
SEATS, PEOPLE, WORKERS = 50, 200, 4
PATIENCE = 300  # seconds; a busy machine is slow


@dataclass
class Server:
    """A running web server on the database of `app`."""

    port: int
    environ: dict[str, str]
    log: Path

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        """Status, Location and body of one request on a connection of its own."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as line:
            line.request(method, path, body or None, headers)
            answer = line.getresponse()
            return answer.status, answer.getheader("Location") or "", answer.read().decode()


@pytest.fixture
def server(app, tmp_path: Path) -> Iterator[Server]:
    """gunicorn with several worker processes, rate limits off."""
    port = free_port()
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "SECRET_KEY": SECRET,
        "INSTANCE_PATH": str(tmp_path / "instance"),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "RATELIMIT_ENABLED": "0",
        "WEB_WORKERS": str(WORKERS),
        "WEB_THREADS": "4",
    }
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"],
            cwd=ROOT,
            env=environ,
            stdout=out,
            stderr=out,
        )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}")
        yield Server(port, environ, log)
    finally:
        process.terminate()
        process.wait(timeout=120)


class Fields(HTMLParser):
    """The fields of a form as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the inputs that carry a value."""
        values = dict(attrs)
        if (
            tag == "input"
            and values.get("name")
            and values.get("type") not in ("checkbox", "radio", "submit")
        ):
            self.found[str(values["name"])] = values.get("value") or ""


def come(server: Server, path: str, number: int, start: Barrier) -> tuple[str, str]:
    """Open the form, fill it in, wait for all the others, click; every fourth person clicks twice.

    Gives the done page's address and the place that it shows.
    """
    status, _, page = server.ask("GET", path)
    assert status == 200, page[:500]
    form = Fields(page).found
    form |= {"people-0-name": f"Osoba {number}", "people-0-email": f"osoba{number}@example.org"}
    body = urllib.parse.urlencode(form)
    start.wait(PATIENCE)
    clicks = 2 if number % 4 == 0 else 1
    with ThreadPoolExecutor(clicks) as fingers:
        answers = list(fingers.map(lambda _: server.ask("POST", path, body), range(clicks)))
    assert {status for status, *_ in answers} == {303}, answers
    (where,) = {location for _, location, _ in answers}
    status, _, done = server.ask("GET", urllib.parse.urlsplit(where).path)
    assert status == 200
    shown = re.search(r'data-place="(\w+)"', done)
    assert shown
    return where, shown[1]


def test_fifty_get_seats_and_the_rest_wait_in_order(session, server):
    meeting = make_meeting(session, capacity=SEATS)
    path = f"/cs/meetings/{meeting.slug}/register"
    session.commit()
    start = Barrier(PEOPLE)
    with ThreadPoolExecutor(PEOPLE) as crowd:
        pages = list(crowd.map(lambda number: come(server, path, number, start), range(PEOPLE)))

    assert len({where for where, _ in pages}) == PEOPLE
    assert Counter(place for _, place in pages) == {"confirmed": SEATS, "waiting": PEOPLE - SEATS}
    session.expire_all()
    rows = session.scalars(select(Attendee).order_by(Attendee.id)).all()
    assert [row.place for row in rows] == [Place.CONFIRMED] * SEATS + [Place.WAITING] * (PEOPLE - SEATS)
    assert [row.queue_number for row in rows[SEATS:]] == list(range(1, PEOPLE - SEATS + 1))
    assert session.scalar(select(func.count()).select_from(Party)) == PEOPLE
    assert Counter(session.scalars(select(Letter.kind))) == {"confirmed": SEATS, "waiting": PEOPLE - SEATS}
    assert invariants.broken(session, now=clock.now()) == []
    log = server.log.read_text()
    assert "locked" not in log
    assert "Traceback" not in log
    check = subprocess.run(
        [sys.executable, "-m", "flask", "check"],
        cwd=ROOT,
        env=server.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.returncode, check.stdout) == (0, ""), check.stderr
