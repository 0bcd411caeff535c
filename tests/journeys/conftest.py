"""A running site for each database: web server and worker as processes, an SMTP server, a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import SECRET, need

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 180.0  # seconds; a busy machine is slow


@dataclass
class Mailbox:
    """What the SMTP server took, oldest first."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"

    def wait_for(self, number: int, address: str = "") -> list[EmailMessage]:
        """The mails to `address` (or all) once there are `number` of them; fails after half a minute."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = [mail for mail in self.mails if address in str(mail["To"])]
            if len(found) >= number:
                return found
            time.sleep(0.1)
        seen = [(str(mail["To"]), str(mail["Subject"])) for mail in self.mails]
        raise AssertionError(f"waited for {number} mails to {address or 'anybody'}, have {seen}")


@dataclass
class Site:
    """A running site."""

    address: str
    mailbox: Mailbox
    environ: dict[str, str]

    def flask(self, *words: str) -> str:
        """Run a `flask` command and give back what it printed; fails when it does."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *words],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"flask {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with closing(socket.socket()) as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    need(CHROMIUM.exists(), "Chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of an old phone: 320 px wide, scripts off. It must never have been given a cookie."""
    context: BrowserContext = browser.new_context(
        java_script_enabled=False, viewport={"width": 320, "height": 640}, locale="cs-CZ"
    )
    yield context.new_page()
    assert context.cookies() == [], "a public page set a cookie"
    context.close()


@contextmanager
def sites(folder: Path, new_pg_database: Callable[[], Callable[[str], str]]) -> Iterator[Callable[..., Site]]:
    """A function that starts a site on `sqlite` or `postgresql`; all stop at the end.

    With the example platform in it, unless `example` is false: then the database is empty.

    `folder` keeps the files; `new_pg_database` gives what makes a database, and is asked only when one is wanted.
    Other keywords of the function go into the environment of the site.
    """
    mailbox = Mailbox()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    running: list[subprocess.Popen[bytes]] = []

    def start(kind: str, *, example: bool = True, **environ: str) -> Site:
        port = free_port()
        url = f"sqlite:///{folder}/site.sqlite"
        if kind == "postgresql":
            url = new_pg_database()("journey")
        site = Site(f"http://127.0.0.1:{port}", mailbox, environ_for(url, port, smtp.port, folder) | environ)
        site.flask("db", "upgrade")
        if example:
            site.flask("demo")
        web = ["gunicorn", "-c", "gunicorn.conf.py", "-b", f"127.0.0.1:{port}"]
        running.extend(
            subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, env=site.environ)
            for words in (web, ["flask", "worker"])
        )
        wait_until_ready(site.address)
        return site

    try:
        yield start
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=120)
        smtp.stop()


@pytest.fixture
def start_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """A function that starts the site on `sqlite` or `postgresql`, with the example platform loaded."""
    with sites(tmp_path, lambda: request.getfixturevalue("new_pg_database")) as start:
        yield start


def environ_for(url: str, port: int, smtp_port: int, folder: Path) -> dict[str, str]:
    """The environment of a site that mails to our SMTP server."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "SECRET_KEY": SECRET,
        "INSTANCE_PATH": str(folder / "instance"),
        "DATABASE_URL": url,
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(smtp_port),
        "MAIL_SENDER": "akce@example.org",
        "RSVP_ADDRESS": "rsvp@example.org",
    }


def wait_until_ready(address: str) -> None:
    """Return once the site says that it is ready."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=30):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the site did not become ready")
