"""`flask worker` makes files beside the letters; killed midway, another one makes them, and nobody makes them twice."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.jobs import queries
from app.domain.jobs.models import Job, JobKind, JobState
from app.domain.jobs.service import NewJob, order
from app.domain.outbox.models import Letter, State
from app.domain.registration.queries import ListView
from app.domain.reports.lists import Whom
from app.extensions import sealer
from app.paper.orders import PaperOrder, stored
from tests.delivery.processes import environ, logs, start_worker, stop, wait_until
from tests.factories import make_account, make_meeting, register
from tests.many_people import seat_many
from tests.paper.papers import HEAD, WORDS, text_of

START = datetime(2027, 4, 6, 11, tzinfo=UTC)
PEOPLE = 240


@pytest.fixture
def meeting(session):
    """Many in the room."""
    found = make_meeting(session, starts_at=START, capacity=None)
    seat_many(session, found.id, PEOPLE)
    session.commit()
    return found


@pytest.fixture
def badges(session, meeting):
    """Their badges, ordered."""
    paper = PaperOrder(
        meeting_id=meeting.id, kind=JobKind.BADGES, whom=Whom.SEATED, view=ListView(), head=HEAD, words=WORDS, blank=0
    )  # fmt: skip
    new = NewJob(
        kind=JobKind.BADGES,
        account_id=make_account(session, Role.ORGANISER).id,
        meeting_id=meeting.id,
        arguments=stored(paper, sealer()),
        sensitive=False,
        number=PEOPLE,
        disposition="attachment",
        content_type="application/pdf",
    )
    job, _is_new = order(session, new, now=clock.now())
    session.commit()
    return job.id


def state(session, job_id):
    session.rollback()
    return session.scalar(select(Job.state).where(Job.id == job_id))


def endings(folder):
    """How each file ended that a worker had in hand, as the workers logged it."""
    lines = [json.loads(line) for line in logs(folder).splitlines() if line.startswith("{")]
    return [line["ending"] for line in lines if line["event"] == "file"]


@pytest.mark.load
@pytest.mark.xdist_group("load")
def test_a_killed_worker_loses_no_file_and_two_make_none_twice(app, session, badges, tmp_path):
    environment = environ(app, tmp_path, None)
    first = start_worker(environment, tmp_path)
    workers = []
    try:
        wait_until(lambda: state(session, badges) == JobState.RUNNING, what="a claim")
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert state(session, badges) == JobState.RUNNING
        workers = [start_worker(environment, tmp_path) for _ in range(2)]
        time.sleep(2)
        assert session.scalar(select(Job.attempts)) == 1  # its lease holds
        session.execute(update(Job).values(due_at=clock.now()))  # now it is over
        session.commit()
        wait_until(lambda: state(session, badges) == JobState.DONE, what="the file")
        time.sleep(2)  # the other one looks again
        assert [stop(worker)[0] for worker in workers] == [0, 0]
    finally:
        for worker in (first, *workers):
            worker.kill()
            worker.wait()
    assert endings(tmp_path) == ["done"]
    job = session.get_one(Job, badges)
    assert (job.attempts, job.arguments) == (2, {})
    pdf = b"".join(queries.pieces(session, badges))
    assert len(pdf) == job.size
    assert text_of(pdf, tmp_path).count("Číslo") == PEOPLE


@pytest.mark.load
@pytest.mark.xdist_group("load")
def test_a_worker_that_is_asked_to_end_gives_its_file_back_in_time(app, session, badges, tmp_path):
    worker = start_worker(environ(app, tmp_path, None), tmp_path)
    try:
        wait_until(lambda: state(session, badges) == JobState.RUNNING, what="a claim")
        code, seconds = stop(worker)
    finally:
        worker.kill()
        worker.wait()
    assert code == 0
    assert seconds < 8
    assert endings(tmp_path) == ["given back"]
    assert (state(session, badges), session.scalar(select(Job.attempts))) == (JobState.QUEUED, 0)


def test_one_round_makes_what_is_due_and_letters_go_too(app, session, meeting, badges, tmp_path):
    register(session, meeting, "Jana Nováková")
    session.commit()
    worker = start_worker(environ(app, tmp_path, None), tmp_path, "--once")
    assert worker.wait(timeout=120) == 0
    assert state(session, badges) == JobState.DONE
    assert set(session.scalars(select(Letter.state))) == {State.SENT}
