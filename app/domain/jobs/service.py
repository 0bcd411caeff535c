"""Ordering a file, making it under a claim, stopping, forgetting. Callers have begun a write and commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import and_, delete, func, or_, select, update

from app.base.tokens import new_token
from app.domain.jobs.models import Job, JobFile, JobKind, JobState, Trouble
from app.domain.jobs.rules import KEPT, LEASE, MOST_ATTEMPTS, MOST_OPEN, OPEN, JobLost, TooManyJobs

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, CursorResult
    from sqlalchemy.orm import Session

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is ordered; `number` people are on it."""

    kind: JobKind
    account_id: int
    meeting_id: int
    arguments: Values
    sensitive: bool
    number: int
    disposition: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make one file: it holds while `worker` and `attempts` are those of the row."""

    job_id: int
    kind: str
    meeting_id: int
    arguments: Values
    number: int
    worker: str
    attempts: int


def order(session: Session, new: NewJob, *, now: datetime) -> tuple[Job, bool]:
    """The job, and whether it is new: pressing twice orders once. Raises `TooManyJobs`."""
    query = select(Job).where(Job.account_id == new.account_id, Job.state.in_(OPEN)).order_by(Job.id)
    found = session.scalars(query).all()
    for job in found:
        if (job.kind, job.meeting_id, job.arguments) == (new.kind, new.meeting_id, new.arguments):
            return job, False
    if len(found) >= MOST_OPEN:
        raise TooManyJobs
    job = Job(
        token=new_token(),
        kind=new.kind,
        account_id=new.account_id,
        meeting_id=new.meeting_id,
        arguments=new.arguments,
        sensitive=new.sensitive,
        number=new.number,
        disposition=new.disposition,
        content_type=new.content_type,
        due_at=now,
        created_at=now,
    )
    session.add(job)
    session.flush()
    return job, True


def claim_next(session: Session, *, worker: str, now: datetime) -> Claim | None:
    """Claim the job that waits longest; None when there is none. What three workers did not survive has failed."""
    given_up = and_(Job.state == JobState.RUNNING, Job.due_at <= now, Job.attempts >= MOST_ATTEMPTS)
    _end(session, given_up, JobState.FAILED, now=now, trouble=Trouble.DIED)
    pick = (
        select(Job.id)
        .where(Job.state.in_(OPEN), Job.due_at <= now)
        .order_by(Job.due_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Job)
    )
    job_id = session.scalar(pick)
    if job_id is None:
        return None
    taken = (
        update(Job)
        .where(Job.id == job_id)
        .values(
            state=JobState.RUNNING,
            worker=worker,
            attempts=Job.attempts + 1,
            due_at=now + LEASE,
            started_at=func.coalesce(Job.started_at, now),
            done=0,
            total=0,
        )
        .returning(Job.kind, Job.meeting_id, Job.arguments, Job.number, Job.attempts)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(taken).one()
    session.execute(delete(JobFile).where(JobFile.job_id == job_id))
    return Claim(job_id, row.kind, row.meeting_id, row.arguments, row.number, worker, row.attempts)


def note(session: Session, claim: Claim, *, done: int, total: int, now: datetime) -> None:
    """How far it is; the lease begins anew. Raises `JobLost`."""
    _own(session, claim, done=done, total=total, due_at=now + LEASE)


def store(session: Session, claim: Claim, number: int, data: bytes, *, now: datetime) -> None:
    """Keep one piece of the file. Raises `JobLost`."""
    _own(session, claim, due_at=now + LEASE)
    session.add(JobFile(job_id=claim.job_id, number=number, data=data))


def finish(session: Session, claim: Claim, *, size: int, now: datetime) -> None:
    """The file is whole. Raises `JobLost`."""
    _own(session, claim, state=JobState.DONE, size=size, ended_at=now, arguments={})


def fail(session: Session, claim: Claim, trouble: Trouble, *, now: datetime) -> None:
    """It cannot be made. Raises `JobLost`."""
    _own(session, claim, state=JobState.FAILED, trouble=trouble, ended_at=now, arguments={})
    _drop_pieces(session, Job.id == claim.job_id)


def give_back(session: Session, claim: Claim, *, now: datetime) -> None:
    """The worker ends: another one begins at once, and this counts as no try. Raises `JobLost`."""
    _own(session, claim, state=JobState.QUEUED, worker=None, attempts=claim.attempts - 1, due_at=now)


def stop(session: Session, job_id: int, *, now: datetime) -> bool:
    """Whoever ordered it does not want it; whether there was something to stop."""
    return bool(_end(session, and_(Job.id == job_id, Job.state.in_(OPEN)), JobState.STOPPED, now=now))


def forget_meetings(session: Session, meeting_ids: Collection[int], *, now: datetime) -> int:
    """Somebody of these meetings was erased: what is being made begins again, what was made is dropped.

    Jobs that wait are touched as well: on PostgreSQL nobody claims them before the erasing is committed.
    Returns how many files were dropped.
    """
    if not meeting_ids:
        return 0
    here = Job.meeting_id.in_(meeting_ids)
    session.execute(
        update(Job)
        .where(here, Job.state.in_(OPEN))
        .values(state=JobState.QUEUED, worker=None, due_at=now)
        .execution_options(synchronize_session=False)
    )
    _drop_pieces(session, and_(here, Job.state == JobState.QUEUED))
    return _end(session, and_(here, Job.state == JobState.DONE), JobState.DROPPED, now=None)


def forget_account(session: Session, account_id: int) -> None:
    """Whoever is shut out has no files, and none is made for them."""
    session.execute(
        delete(Job).where(Job.account_id == account_id).execution_options(synchronize_session=False)
    )


def forget_old(session: Session, *, now: datetime) -> int:
    """Drop jobs, and their files, a day after they ended, and what no worker took for a day; returns how many."""
    over = or_(Job.ended_at <= now - KEPT, and_(Job.ended_at.is_(None), Job.created_at <= now - 2 * KEPT))
    done = session.execute(delete(Job).where(over).execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount


def _own(session: Session, claim: Claim, **values: Any) -> None:
    done = session.execute(
        update(Job)
        .where(
            Job.id == claim.job_id,
            Job.state == JobState.RUNNING,
            Job.worker == claim.worker,
            Job.attempts == claim.attempts,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not cast("CursorResult[Any]", done).rowcount:
        raise JobLost


def _end(
    session: Session,
    which: ColumnElement[bool],
    state: JobState,
    *,
    now: datetime | None,
    trouble: Trouble | None = None,
) -> int:
    """End jobs and drop what there is of their files; `now` is None for those that have ended before."""
    ids = session.scalars(select(Job.id).where(which).order_by(Job.id).with_for_update()).all()
    if not ids:
        return 0
    values: Values = {"state": state, "trouble": trouble, "worker": None, "arguments": {}, "size": 0}
    if now is not None:
        values["ended_at"] = now
    session.execute(
        update(Job).where(Job.id.in_(ids)).values(**values).execution_options(synchronize_session=False)
    )
    _drop_pieces(session, Job.id.in_(ids))
    return len(ids)


def _drop_pieces(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(
        delete(JobFile)
        .where(JobFile.job_id.in_(select(Job.id).where(which)))
        .execution_options(synchronize_session=False)
    )
