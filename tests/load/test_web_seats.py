"""Two hundred people at once for fifty seats, over HTTP, through two servers of two processes each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.domain.registration.models import Attendee, Place
from tests.conftest import SECRET
from tests.factories import make_meeting
from tests.journeys.conftest import ROOT, free_port, wait_until_ready

pytestmark = [pytest.mark.load, pytest.mark.xdist_group("load")]
SEATS, PEOPLE, AT_ONCE = 50, 200, 40


@pytest.fixture(params=["sqlite", "postgresql"])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of the servers: one fresh database for all of them, rate limits off."""
    url = f"sqlite:///{tmp_path}/load.sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("new_pg_database")("load")
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "SECRET_KEY": SECRET,
        "INSTANCE_PATH": str(tmp_path / "instance"),
        "DATABASE_URL": url,
        "BASE_URL": "http://127.0.0.1",
        "RATELIMIT_ENABLED": "0",
        "WEB_WORKERS": "2",
        "WEB_THREADS": "4",
    }


@pytest.fixture
def slug(environ: dict[str, str]) -> str:
    """The address part of a meeting with fifty seats."""
    flask(environ, "db", "upgrade")
    engine = create_engine(environ["DATABASE_URL"])
    with Session(engine) as session:
        found = make_meeting(session, capacity=SEATS).slug
        session.commit()
    engine.dispose()
    return found


@pytest.fixture
def servers(environ: dict[str, str], slug: str) -> Iterator[list[str]]:
    """Two running web servers on the same database."""
    del slug
    ports = [free_port(), free_port()]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "-b", f"127.0.0.1:{port}"],
            cwd=ROOT,
            env=environ | {"PORT": str(port)},
        )
        for port in ports
    ]
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    for address in addresses:
        wait_until_ready(address)
    yield addresses
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=20)


def test_fifty_are_confirmed_and_the_rest_wait_in_order(
    environ: dict[str, str], slug: str, servers: list[str]
) -> None:
    forms = [form_key(server, slug) for server in servers]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda n: register(servers[n % 2], slug, forms[n % 2], n), range(PEOPLE)))
    assert Counter(answers) == {303: PEOPLE}
    engine = create_engine(environ["DATABASE_URL"])
    with Session(engine) as session:
        rows = session.scalars(select(Attendee).order_by(Attendee.id)).all()
        places = Counter(row.place for row in rows)
        waiting = [row.queue_number for row in rows if row.place == Place.WAITING]
    engine.dispose()
    assert places == {Place.CONFIRMED: SEATS, Place.WAITING: PEOPLE - SEATS}
    assert waiting == list(range(1, PEOPLE - SEATS + 1)), "the queue is in the order of arrival"
    assert flask(environ, "check") == ""


def form_key(server: str, slug: str) -> str:
    """The signed key of the form, as a page that a cache keeps would give it to everybody."""
    with urllib.request.urlopen(f"{server}/cs/meetings/{slug}/register", timeout=30) as page:
        found = re.search(r'name="form_key"[^>]*value="([^"]+)"', page.read().decode())
    assert found
    return found[1]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The answer itself is wanted, not the page behind it."""

    def redirect_request(self, *_args: object) -> None:
        """Stay."""


def register(server: str, slug: str, key: str, number: int) -> int:
    """Send the form for one person; gives back the status."""
    fields = {
        "form_key": key,
        "people-0-name": f"Osoba {number}",
        "people-0-email": f"osoba{number}@example.org",
        "people-0-organisation": "Městská část Praha 5",
    }
    opener = urllib.request.build_opener(NoRedirect)
    body = urllib.parse.urlencode(fields).encode()
    try:
        with opener.open(f"{server}/cs/meetings/{slug}/register", data=body, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)


def flask(environ: dict[str, str], *words: str) -> str:
    """Run a `flask` command; gives back what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
