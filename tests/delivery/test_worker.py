"""`flask worker` as a process: it delivers, stops in time, survives its database, and says what it did."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, make_url, text
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.service import PUBLIC, organiser, record
from app.domain.notices import service as notices
from app.domain.notices.rules import Event, Timing
from app.domain.outbox.models import Kind, Letter, State
from tests.delivery.cast import a_meeting, sign_in_language
from tests.delivery.conftest import letters_to, the_letter_to
from tests.delivery.mail_server import MailServer, free_port
from tests.delivery.processes import environ, logs, start_worker, stop, wait_until
from tests.factories import make_account, make_meeting, person, register

GOOD, DESK = "good@example.com", "desk@example.com"
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(app: Flask, server: MailServer, tmp_path: Path) -> Iterator[Start]:
    """A function that starts a worker on this database."""
    running = []

    def make(*options: str, **more: str) -> subprocess.Popen[bytes]:
        process = start_worker(environ(app, tmp_path, server.port) | more, tmp_path, *options)
        running.append(process)
        return process

    yield make
    for process in running:
        process.kill()
        process.wait()


def queue(session: Session, *addresses: str) -> None:
    meeting = a_meeting(session)
    for address in addresses:
        sign_in_language(session, meeting, "cs", person("Olena Ševčenková", address))
    session.commit()


def test_a_worker_delivers_what_comes_and_stops_when_asked(
    session: Session, server: MailServer, start: Start, tmp_path: Path
) -> None:
    process = start()
    wait_until(lambda: "worker is well" in logs(tmp_path))
    queue(session, GOOD)
    wait_until(lambda: server.faults.to(GOOD))
    wait_until(lambda: the_letter_to(session, GOOD).state == State.SENT)

    code, seconds = stop(process)

    assert code == 0
    assert seconds < 5
    log = logs(tmp_path)
    assert '"ending": "sent"' in log
    assert '"chores are done"' in log
    for secret in (GOOD, "Olena", "example.com"):
        assert secret not in log
    assert [json.loads(line) for line in log.splitlines()]


def test_once_does_what_is_due_and_ends(session: Session, server: MailServer, start: Start) -> None:
    queue(session, GOOD, "unknown@example.com", "busy@example.com")

    assert start("--once").wait(timeout=120) == 0

    assert [
        letters_to(session, one)[0].state for one in (GOOD, "unknown@example.com", "busy@example.com")
    ] == [
        State.SENT,
        State.FAILED,
        State.QUEUED,
    ]


def make_due(session: Session) -> None:
    """A reminder to one person and a notice to one organiser have been due for some minutes."""
    now = clock.now()
    ahead = 12 - now.hour  # where it is noon now: at night nobody is reminded
    meeting = make_meeting(
        session,
        starts_at=now.replace(microsecond=0) + timedelta(days=1, minutes=-5),
        timezone=f"Etc/GMT{-ahead:+d}",
        deadline=now.date() - timedelta(days=30),
    )
    (attendee,) = register(session, make_meeting(session), person("Olena Ševčenková", GOOD))
    attendee.meeting_id, attendee.registered_at = meeting.id, now - timedelta(days=9)
    session.execute(delete(Letter))
    account = make_account(session, Role.ORGANISER, email=DESK)
    at_once = dict.fromkeys(Event, Timing.NOW)
    actor = organiser(account.id)
    notices.choose(session, account.id, at_once, now=now, timezone="Europe/Prague", actor=actor)
    session.flush()
    record(
        session,
        "attendee:register",
        subject_id=attendee.id,
        actor=PUBLIC,
        now=now - timedelta(minutes=3),
        meeting_id=meeting.id,
        place="confirmed",
    )
    session.commit()


def kinds_to(session: Session, address: str) -> list[tuple[str, str]]:
    return [(letter.kind, letter.state) for letter in letters_to(session, address)]


def test_once_writes_and_delivers_what_the_clock_made_due(
    session: Session, server: MailServer, start: Start
) -> None:
    make_due(session)

    assert start("--once").wait(timeout=120) == 0
    assert start("--once").wait(timeout=120) == 0

    assert kinds_to(session, DESK) == [(Kind.NOTICE, State.SENT)]
    assert [kind for kind, _state in kinds_to(session, GOOD)] == [Kind.REMINDER]
    assert len(server.faults.to(DESK)) == 1


def test_two_workers_write_each_reminder_and_each_notice_once(session: Session, start: Start) -> None:
    make_due(session)

    workers = [start("--once") for _ in range(2)]

    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    assert [kind for kind, _state in kinds_to(session, DESK)] == [Kind.NOTICE]
    assert [kind for kind, _state in kinds_to(session, GOOD)] == [Kind.REMINDER]


def test_once_says_by_its_exit_code_that_letters_stay(session: Session, start: Start) -> None:
    queue(session, GOOD)

    assert start("--once", MAIL_PORT=str(free_port())).wait(timeout=120) == 1
    assert the_letter_to(session, GOOD).attempts == 0


def test_a_worker_that_is_stopped_ends_in_time_though_the_server_never_answers(
    session: Session, server: MailServer, start: Start
) -> None:
    address = "mute@example.com"
    queue(session, address, GOOD)
    process = start()
    wait_until(lambda: server.faults.to(address))

    code, seconds = stop(process)

    assert code == 0
    assert seconds <= 10
    letter = the_letter_to(session, address)
    assert (letter.state, letter.perhaps_sent) == (State.QUEUED, True)
    other = the_letter_to(session, GOOD)
    assert (other.state, other.perhaps_sent) == (State.QUEUED, False)


def test_without_a_mail_server_letters_become_files(app: Flask, session: Session, tmp_path: Path) -> None:
    queue(session, GOOD)
    process = start_worker(environ(app, tmp_path, None), tmp_path, "--once")
    assert process.wait(timeout=120) == 0

    (file,) = (tmp_path / "mail").iterdir()
    letter = the_letter_to(session, GOOD)
    assert letter.state == State.SENT
    assert file.name.endswith(f"-{letter.id}-confirmed.eml")
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
    assert letter.message_id.encode() in file.read_bytes()


def test_letters_that_became_files_go_after_90_days(app: Flask, session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    for name, days in (("old", 91), ("new", 89)):
        (folder / f"{name}.eml").touch()
        moment = time.time() - days * 86400
        os.utime(folder / f"{name}.eml", (moment, moment))

    assert start_worker(environ(app, tmp_path, None), tmp_path, "--once").wait(timeout=120) == 0

    assert [path.name for path in folder.iterdir()] == ["new.eml"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_worker_waits_for_a_database_that_went_away(
    app: Flask, session: Session, server: MailServer, start: Start, tmp_path: Path
) -> None:
    process = start()
    wait_until(lambda: "worker is well" in logs(tmp_path))
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    session.rollback()
    session.close()
    admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": url.database},
        )
        try:
            wait_until(lambda: "database cannot be used" in logs(tmp_path))
        finally:
            connection.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
    admin.dispose()

    queue(session, GOOD)
    wait_until(lambda: server.faults.to(GOOD))
    assert process.poll() is None
    assert stop(process)[0] == 0
