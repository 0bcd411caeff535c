"""Jobs: ordered once, claimed once, taken up after a crash, stopped, and forgotten when they must be."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from app.delivery.database import transaction
from app.domain.accounts import team
from app.domain.accounts.models import Role
from app.domain.history.service import SYSTEM, organiser
from app.domain.jobs import queries, service
from app.domain.jobs.models import Job, JobFile, JobKind, JobState, Trouble
from app.domain.jobs.rules import KEPT, LEASE, MOST_ATTEMPTS, MOST_OPEN, JobLost, TooManyJobs, is_kept
from app.domain.jobs.service import NewJob
from app.domain.privacy.erase import erase_attendee
from app.domain.privacy.register import NEEDS_KEPT
from app.domain.privacy.service import expire
from app.domain.registration.commands import Needs
from tests.factories import make_account, make_meeting, person, register

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
START = datetime(2027, 4, 6, 11, tzinfo=UTC)
WORKERS = 6


@pytest.fixture
def account(session):
    return make_account(session, Role.ORGANISER)


@pytest.fixture
def meeting(session):
    found = make_meeting(session, starts_at=START)
    register(
        session, found, person("Jana Nováková", needs=Needs(diet="bez lepku", consent_text="Ano.")), now=NOW
    )
    return found


@pytest.fixture
def new(account, meeting):
    """A function that gives what is ordered; keywords change it."""

    def make(**more):
        usual = {
            "kind": JobKind.BADGES,
            "account_id": account.id,
            "meeting_id": meeting.id,
            "arguments": {"whom": "seated"},
            "sensitive": False,
            "number": 700,
            "disposition": 'attachment; filename="badges.pdf"',
            "content_type": "application/pdf",
        }
        return NewJob(**usual | more)

    return make


def ordered(session, new, *, now=NOW):
    job, _is_new = service.order(session, new, now=now)
    session.commit()
    return job


def made(session, new, *, now=NOW):
    """A job that is done, with a file of two pieces."""
    job = ordered(session, new, now=now)
    claim = service.claim_next(session, worker="w", now=now)
    service.store(session, claim, 0, b"ab", now=now)
    service.store(session, claim, 1, b"c", now=now)
    service.finish(session, claim, size=3, now=now)
    session.commit()
    return job


def pieces(session):
    return list(session.scalars(select(JobFile.data).order_by(JobFile.number)))


def test_from_the_order_to_the_file(session, new):
    job = ordered(session, new())
    assert queries.is_anything_due(session, now=NOW)
    claim = service.claim_next(session, worker="w", now=NOW)
    assert (claim.kind, claim.arguments, claim.number) == ("badges", {"whom": "seated"}, 700)
    assert service.claim_next(session, worker="v", now=NOW) is None
    assert queries.is_anyone_working(session, now=NOW)
    service.note(session, claim, done=250, total=700, now=NOW)
    session.refresh(job)
    assert (job.state, job.done, job.total, job.due_at) == (JobState.RUNNING, 250, 700, NOW + LEASE)
    service.store(session, claim, 0, b"ab", now=NOW)
    service.store(session, claim, 1, b"c", now=NOW)
    service.finish(session, claim, size=3, now=NOW)
    session.refresh(job)
    assert (job.state, job.size, job.arguments, job.ended_at) == (JobState.DONE, 3, {}, NOW)
    assert b"".join(queries.pieces(session, job.id)) == b"abc"
    assert is_kept(job, now=NOW + KEPT - timedelta(seconds=1))
    assert not is_kept(job, now=NOW + KEPT)
    assert not queries.is_anything_due(session, now=NOW + 2 * LEASE)


def test_pressing_twice_orders_once(session, new):
    first, is_new = service.order(session, new(), now=NOW)
    again, is_new_again = service.order(session, new(), now=NOW)
    assert (first.id, is_new, is_new_again) == (again.id, True, False)
    other, is_new = service.order(session, new(kind=JobKind.LABELS), now=NOW)
    assert is_new
    assert other.id != first.id


def test_nobody_orders_without_end(session, new):
    for number in range(MOST_OPEN):
        service.order(session, new(arguments={"blank": number}), now=NOW)
    with pytest.raises(TooManyJobs):
        service.order(session, new(), now=NOW)
    stopped = session.scalars(select(Job)).first()
    assert service.stop(session, stopped.id, now=NOW)
    assert service.order(session, new(), now=NOW)[1]


def test_only_whoever_ordered_it_finds_it(session, new):
    job = made(session, new())
    other = make_account(session, Role.ADMINISTRATOR)
    assert queries.own(session, job.token, job.account_id, now=NOW).id == job.id
    for token, account_id, now in (
        (job.token, other.id, NOW),
        ("x", job.account_id, NOW),
        (job.token, job.account_id, NOW + KEPT),
    ):
        with pytest.raises(queries.NotFound):
            queries.own(session, token, account_id, now=now)
    assert queries.of_account(session, job.account_id, meeting_id=job.meeting_id, now=NOW) == [job]
    assert queries.of_account(session, job.account_id, now=NOW) == []  # nothing is being made
    assert queries.of_account(session, job.account_id, meeting_id=job.meeting_id, now=NOW + KEPT) == []
    assert queries.of_account(session, other.id, meeting_id=job.meeting_id, now=NOW) == []


def test_many_workers_never_take_the_same_job(app, session, new):
    for number in range(4):
        ordered(session, new(arguments={"blank": number}))
    gate = Barrier(WORKERS)

    def work(name):
        found = []
        with app.app_context():
            gate.wait()
            while True:
                with transaction(write=True) as own:
                    claim = service.claim_next(own, worker=name, now=NOW)
                if claim is None:
                    return found
                found.append(claim.job_id)

    with ThreadPoolExecutor(WORKERS) as pool:
        every = [pool.submit(copy_context().run, work, f"w{number}") for number in range(WORKERS)]
        taken = [job_id for one in every for job_id in one.result()]
    session.rollback()
    assert sorted(taken) == sorted(session.scalars(select(Job.id)))
    assert set(session.scalars(select(Job.attempts))) == {1}


def test_what_a_dead_worker_left_is_taken_up_and_its_pieces_go(session, new):
    job = ordered(session, new())
    dead = service.claim_next(session, worker="w", now=NOW)
    service.store(session, dead, 0, b"half", now=NOW)
    session.commit()
    later = NOW + LEASE
    assert service.claim_next(session, worker="v", now=later - timedelta(seconds=1)) is None
    claim = service.claim_next(session, worker="v", now=later)
    assert (claim.job_id, claim.attempts) == (job.id, 2)
    assert pieces(session) == []
    for act in (
        lambda: service.note(session, dead, done=1, total=2, now=later),
        lambda: service.store(session, dead, 1, b"x", now=later),
        lambda: service.finish(session, dead, size=1, now=later),
        lambda: service.fail(session, dead, Trouble.FAULT, now=later),
        lambda: service.give_back(session, dead, now=later),
    ):
        with pytest.raises(JobLost):
            act()
    service.store(session, claim, 0, b"whole", now=later)
    service.finish(session, claim, size=5, now=later)
    assert pieces(session) == [b"whole"]


def test_what_three_workers_did_not_survive_has_failed(session, new):
    job = ordered(session, new())
    now = NOW
    for _ in range(MOST_ATTEMPTS):
        assert service.claim_next(session, worker="w", now=now) is not None
        now += LEASE
    assert service.claim_next(session, worker="w", now=now) is None
    session.refresh(job)
    assert (job.state, job.trouble, job.ended_at, job.arguments) == (JobState.FAILED, Trouble.DIED, now, {})


def test_a_worker_that_ends_gives_its_job_back_and_this_counts_as_no_try(session, new):
    ordered(session, new())
    for _ in range(MOST_ATTEMPTS + 1):
        claim = service.claim_next(session, worker="w", now=NOW)
        service.give_back(session, claim, now=NOW)
    assert service.claim_next(session, worker="v", now=NOW).attempts == 1


def test_stopping_drops_what_there_is_and_the_worker_learns_it(session, new):
    job = ordered(session, new())
    claim = service.claim_next(session, worker="w", now=NOW)
    service.store(session, claim, 0, b"half", now=NOW)
    assert service.stop(session, job.id, now=NOW)
    session.refresh(job)
    assert (job.state, job.arguments, pieces(session)) == (JobState.STOPPED, {}, [])
    with pytest.raises(JobLost):
        service.finish(session, claim, size=4, now=NOW)
    assert not service.stop(session, job.id, now=NOW)
    done = made(session, new())
    assert not service.stop(session, done.id, now=NOW)  # what is ready stays
    assert pieces(session) == [b"ab", b"c"]


def test_a_file_goes_after_a_day(session, new):
    made(session, new())
    assert service.forget_old(session, now=NOW + KEPT - timedelta(seconds=1)) == 0
    assert service.forget_old(session, now=NOW + KEPT) == 1
    assert (pieces(session), session.scalars(select(Job)).all()) == ([], [])
    ordered(session, new())
    assert service.forget_old(session, now=NOW + KEPT) == 0  # somebody waits for it still
    assert service.forget_old(session, now=NOW + 2 * KEPT) == 1


def test_whoever_is_shut_out_has_no_files(session, new, account):
    boss = make_account(session, email="boss@example.org")
    made(session, new())
    ordered(session, new())
    team.deactivate(session, account.id, now=NOW, actor=organiser(boss.id))
    session.commit()
    assert (pieces(session), session.scalars(select(Job)).all()) == ([], [])


def test_nobody_who_is_erased_lives_on_in_a_file(session, new, meeting):
    (attendee,) = register(session, meeting, person("Petr Erased"), now=NOW)
    elsewhere = make_meeting(session, starts_at=START, number=2)
    kept = made(session, new(meeting_id=elsewhere.id))
    gone = made(session, new())
    ordered(session, new(kind=JobKind.LABELS))
    running = service.claim_next(session, worker="w", now=NOW)
    service.store(session, running, 0, b"with Petr", now=NOW)
    session.commit()
    erase_attendee(session, attendee.id, now=NOW, actor=SYSTEM)
    session.commit()
    session.refresh(gone)
    assert gone.state == JobState.DROPPED
    assert list(queries.pieces(session, gone.id)) == []
    assert not is_kept(gone, now=NOW)
    with pytest.raises(JobLost):
        service.finish(session, running, size=9, now=NOW)
    anew = service.claim_next(session, worker="w", now=NOW)
    assert (anew.job_id, anew.attempts, anew.arguments) == (running.job_id, 2, {"whom": "seated"})
    assert list(queries.pieces(session, running.job_id)) == []
    assert b"".join(queries.pieces(session, kept.id)) == b"abc"


def test_the_retention_drops_files_of_lists_that_it_empties(session, new, meeting):
    end = meeting.ends_at
    early = made(session, new(), now=end)
    expire(session, now=end + NEEDS_KEPT, retention_months=12)
    session.refresh(early)
    assert early.state == JobState.DONE  # nothing was due
    due = end + NEEDS_KEPT + timedelta(seconds=1)
    expire(session, now=due, retention_months=12, dry_run=True)
    session.refresh(early)
    assert early.state == JobState.DONE
    expire(session, now=due, retention_months=12)
    session.refresh(early)
    assert early.state == JobState.DROPPED
    late = made(session, new(), now=due)
    expire(session, now=due + timedelta(hours=1), retention_months=12)
    session.refresh(late)
    assert late.state == JobState.DONE  # nothing was left to empty
