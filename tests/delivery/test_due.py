"""What the clock makes due: written once by any number of workers, and none keeps the others waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.commands.worker import MINUTE, Worker
from app.delivery import due
from app.delivery.due import write_notices, write_reminders
from app.domain.accounts.models import Account, NoticeChoice, Role
from app.domain.history import service as history
from app.domain.meetings.models import Meeting
from app.domain.notices import service
from app.domain.notices.rules import Event, Timing
from app.domain.outbox.models import Kind, Letter, State
from app.domain.registration import reminders
from tests.factories import make_account, make_meeting, register

PRAGUE = "Europe/Prague"
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
START = datetime(2027, 4, 6, 11, tzinfo=UTC)
DAY_BEFORE = START - timedelta(days=1)
WORKERS = 4


def count(session: Session, kind: Kind) -> int:
    session.rollback()
    return session.scalar(select(func.count()).where(Letter.kind == kind)) or 0


def crowd(session: Session, meetings: int = 3, people: int = 5) -> list[Meeting]:
    """Meetings on one day, with people."""
    made = [make_meeting(session, starts_at=START) for _ in range(meetings)]
    for number, meeting in enumerate(made):
        for who in range(people):
            register(session, meeting, f"Host {number} {who}", now=NOW)
    session.commit()
    return made


def listeners(session: Session, number: int = 3) -> list[Account]:
    """Organisers who hear of everything at once from now on."""
    made = [make_account(session, Role.ORGANISER, email=f"o{one}@example.org") for one in range(number)]
    for account in made:
        service.choose(
            session,
            account.id,
            dict.fromkeys(Event, Timing.NOW),
            now=NOW,
            timezone=PRAGUE,
            actor=history.organiser(account.id),
        )
    session.commit()
    return made


def together(app: Flask, act: Callable[[], int]) -> list[int]:
    """Let several workers do the same at the same moment; gives what each returned."""
    barrier = threading.Barrier(WORKERS)

    def work() -> int:
        with app.app_context():
            barrier.wait(timeout=20)
            return act()

    with ThreadPoolExecutor(WORKERS) as pool:
        return [future.result(timeout=60) for future in [pool.submit(work) for _ in range(WORKERS)]]


def test_workers_at_the_same_moment_write_each_reminder_once(app: Flask, session: Session) -> None:
    crowd(session)
    assert sum(together(app, lambda: write_reminders(now=DAY_BEFORE))) == 15
    assert count(session, Kind.REMINDER) == 15
    assert write_reminders(now=DAY_BEFORE + timedelta(minutes=1)) == 0


def test_workers_at_the_same_moment_write_each_notice_once(app: Flask, session: Session) -> None:
    accounts = listeners(session)
    crowd(session)
    later = NOW + timedelta(minutes=5)
    assert sum(together(app, lambda: write_notices(now=later, timezone=PRAGUE))) == len(accounts)
    assert count(session, Kind.NOTICE) == len(accounts)
    assert write_notices(now=later + timedelta(minutes=30), timezone=PRAGUE) == 0


def test_workers_at_the_same_moment_begin_with_a_newcomer_once(app: Flask, session: Session) -> None:
    account = make_account(session, Role.ORGANISER)
    session.commit()
    assert sum(together(app, lambda: write_notices(now=NOW, timezone=PRAGUE))) == 0
    session.rollback()
    assert session.scalars(select(NoticeChoice.account_id)).all() == [account.id]


def test_a_meeting_that_cannot_be_reminded_of_keeps_no_other_waiting(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, *_others = crowd(session)
    write = reminders.enqueue_due

    def stumbling(session: Session, meeting_id: int, *, now: datetime) -> int:
        if meeting_id == broken.id:
            raise KeyError("a fault of ours")
        return write(session, meeting_id, now=now)

    broken_id = broken.id
    monkeypatch.setattr(due.reminders, "enqueue_due", stumbling)
    assert write_reminders(now=DAY_BEFORE) == 10
    assert f"'of': {broken_id}" in caplog.text
    monkeypatch.undo()
    assert write_reminders(now=DAY_BEFORE + timedelta(minutes=1)) == 5


def test_letters_that_are_there_already_keep_no_other_waiting(session: Session) -> None:
    """A key that exists: as if a worker of another version had written it."""
    first, *_others = crowd(session)
    letter = session.scalars(select(Letter).where(Letter.meeting_id == first.id)).first()
    assert letter
    letter.key = f"reminder:1d:{letter.attendee_id}:0"
    session.commit()
    assert write_reminders(now=DAY_BEFORE) == 10


def test_a_database_that_is_away_is_not_taken_for_a_fault(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(session)

    def away(*_args: object, **_kwargs: object) -> int:
        raise OperationalError("SELECT", {}, Exception("the database is away"))

    monkeypatch.setattr(due.reminders, "enqueue_due", away)
    with pytest.raises(OperationalError):
        write_reminders(now=DAY_BEFORE)


def test_the_worker_looks_once_a_minute(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(session, meetings=1, people=1)
    seconds = 1000.0
    module = import_module("app.commands.worker")
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: seconds))
    worker = Worker()
    with time_machine.travel(DAY_BEFORE - timedelta(seconds=1), tick=False) as clock:
        worker._minute()
        clock.shift(timedelta(seconds=1))
        seconds += MINUTE - 1
        worker._minute()
        assert count(session, Kind.REMINDER) == 0, "it has looked within the minute"
        seconds += 1
        worker._minute()
        assert count(session, Kind.REMINDER) == 1


def test_a_step_of_the_worker_writes_and_delivers(session: Session) -> None:
    """`flask worker --once` is such steps until nothing is due."""
    (account,) = listeners(session, 1)
    crowd(session, meetings=1, people=1)
    session.execute(Letter.__table__.delete())
    session.commit()
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        worker = Worker()
        worker._step()
    letter = session.scalars(select(Letter)).one()
    assert (letter.kind, letter.account_id, letter.state) == (Kind.NOTICE, account.id, State.SENT)
