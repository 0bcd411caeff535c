"""Several workers at once: whoever is in the segment gets one letter, and nobody two."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.database import DATABASE_TROUBLE, transaction
from app.delivery.due import write_broadcasts
from app.domain.broadcasts import sending, service
from app.domain.broadcasts.models import Broadcast, BroadcastState, NewsChoice, Purpose
from app.domain.broadcasts.rules import Draft
from app.domain.history.service import SYSTEM
from app.domain.outbox.models import Kind, Letter, State
from app.domain.registration.models import Attendee
from tests.delivery.cast import MESSAGE, a_meeting, sign_in_language
from tests.delivery.mail_server import MailServer
from tests.delivery.processes import environ, start_worker
from tests.factories import person

WORKERS = 4


def due(session: Session, number: int, draft: Draft = MESSAGE, letters: int = 1) -> list[int]:
    """Letters to many that are due, to `number` people."""
    meeting, now = a_meeting(session, capacity=None), clock.now()
    for start in range(0, number, 6):
        people = [person(f"Osoba {one}", f"o{one}@example.com") for one in range(start, start + 6)]
        sign_in_language(session, meeting, "cs", *people)
    made = []
    for _ in range(letters):
        broadcast = service.create(session, meeting.id, now=now, actor=SYSTEM)
        service.save(session, broadcast.id, draft, version=None, now=now, actor=SYSTEM)
        service.schedule(session, broadcast.id, at=None, at_night=True, now=now, actor=SYSTEM)
        broadcast.scheduled_at = now - timedelta(minutes=1)
        made.append(broadcast.id)
    session.execute(update(Letter).values(state=State.SENT))
    session.commit()
    return made


def tick(app: Flask, seed: int, ids: list[int]) -> None:
    """A worker that looks again and again, at its own pace, until all letters are written."""
    chance = random.Random(seed)
    with app.app_context():
        for _ in range(400):
            try:
                write_broadcasts(now=clock.now() + timedelta(seconds=chance.randint(0, 60)))
            except DATABASE_TROUBLE:
                continue  # PostgreSQL may give up a lock after three seconds on a busy machine
            if not open_ones(ids):
                return


def open_ones(ids: list[int]) -> int:
    """How many of them are not written yet."""
    with transaction() as session:
        query = select(func.count()).where(Broadcast.id.in_(ids), Broadcast.written_at.is_(None))
        return session.scalar(query) or 0


@pytest.mark.parametrize("seed", [1, 2])
def test_workers_at_once_write_each_person_once(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(sending, "PORTION", 7)
    news = Draft(subject=MESSAGE.subject, body=MESSAGE.body, purpose=Purpose.NEWS)
    ids = due(session, 60, news, letters=2)
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(tick, app, seed * 100 + one, ids) for one in range(WORKERS)]:
            done.result()
    session.rollback()
    people = set(session.scalars(select(Attendee.id)))
    for number in ids:
        written = session.scalars(select(Letter.attendee_id).where(Letter.broadcast_id == number)).all()
        assert Counter(written) == dict.fromkeys(people, 1)
        assert session.get_one(Broadcast, number).number == len(people)
    assert session.scalar(select(func.count()).select_from(NewsChoice)) == len(people)


@pytest.mark.load
@pytest.mark.xdist_group("load")
def test_worker_processes_deliver_each_letter_once_and_end_it(
    app: Flask, session: Session, server: MailServer, tmp_path: Path
) -> None:
    (number,) = due(session, 24)
    environment = environ(app, tmp_path, server.port)
    for _ in range(2):  # the second look finds that nothing is open any more
        workers = [start_worker(environment, tmp_path, "--once") for _ in range(2)]
        assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    session.rollback()
    states = session.scalars(select(Letter.state).where(Letter.kind == Kind.MESSAGE)).all()
    assert states == [State.SENT] * 24
    assert set(Counter(one.recipient for one in server.faults.taken).values()) == {1}
    assert len(server.faults.taken) == 24
    assert session.get_one(Broadcast, number).state == BroadcastState.SENT
