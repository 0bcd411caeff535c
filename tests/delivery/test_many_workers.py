"""A thousand letters, four workers, one killed midway: none lost, none doubled but the one in its hand."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.outbox.models import Letter, State
from tests.delivery.cast import a_meeting, sign_in_language
from tests.delivery.conftest import make_due
from tests.delivery.mail_server import MailServer
from tests.delivery.processes import environ, start_worker, stop, wait_until
from tests.factories import person

PARTIES = 143  # of six people: six confirmations and a summary each, 1,001 letters
WORKERS = 4


def fill_the_outbox(session: Session) -> int:
    meeting = a_meeting(session, capacity=None)
    for party in range(PARTIES):
        people = [person(f"Person {party} {seat}", f"p{party}.{seat}@example.com") for seat in range(6)]
        sign_in_language(session, meeting, "cs", *people)
    total = session.scalar(select(func.count()).select_from(Letter)) or 0
    session.commit()  # also ends the reading: PostgreSQL ends what idles in a transaction
    return total


def left(session: Session, *states: str) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Letter).where(Letter.state.in_(states))) or 0


@pytest.mark.load
@pytest.mark.xdist_group("load")
def test_a_kill_loses_no_letter(app: Flask, session: Session, server: MailServer, tmp_path: Path) -> None:
    total = fill_the_outbox(session)
    assert total >= 1000
    environment = environ(app, tmp_path, server.port)
    workers = [start_worker(environment, tmp_path) for _ in range(WORKERS)]
    try:
        wait_until(lambda: len(server.faults.taken) > total * 0.4, what="four tenths of the letters")
        killed = workers.pop()
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        wait_until(lambda: left(session, State.QUEUED) == 0, what="an empty outbox")
        wait_until(lambda: left(session, State.SENDING) <= 1, what="only the letter of the dead one")
        in_its_hand = left(session, State.SENDING)
        make_due(session, State.SENDING)  # its lease is over
        wait_until(lambda: left(session, State.QUEUED, State.SENDING) == 0, what="the last letter")
        assert [stop(worker)[0] for worker in workers] == [0] * (WORKERS - 1)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()

    assert left(session, State.SENT) == total
    wanted = {f"<{own}@example.org>" for own in session.scalars(select(Letter.message_id))}
    times = Counter(one.mail["Message-ID"] for one in server.faults.taken)
    assert set(times) == wanted
    doubled = [own for own, number in times.items() if number > 1]
    assert len(doubled) <= in_its_hand
    assert all(times[own] == 2 for own in doubled)
