"""Reads of jobs and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from app.base.errors import NotFound
from app.domain.jobs.models import Job, JobFile, JobState
from app.domain.jobs.rules import KEPT, OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST_SHOWN = 10


def own(session: Session, token: str, account_id: int, *, now: datetime) -> Job:
    """The job of a page; raises `NotFound` for somebody else's, and for one whose day is over."""
    job = session.scalar(select(Job).where(Job.token == token, Job.account_id == account_id))
    if job is None or (job.ended_at is not None and job.ended_at <= now - KEPT):
        raise NotFound
    return job


def of_account(
    session: Session, account_id: int, *, meeting_id: int | None = None, now: datetime
) -> list[Job]:
    """Jobs that an account ordered within a day, newest first: of one meeting, or the open ones of all.

    What was stopped nobody looks for.
    """
    which = Job.state.in_(OPEN) if meeting_id is None else Job.meeting_id == meeting_id
    query = select(Job).where(
        Job.account_id == account_id,
        which,
        Job.state != JobState.STOPPED,
        Job.created_at > now - 2 * KEPT,
    )
    found = session.scalars(query.order_by(Job.id.desc()).limit(MOST_SHOWN))
    return [one for one in found if one.ended_at is None or one.ended_at > now - KEPT]


def is_anything_due(session: Session, *, now: datetime) -> bool:
    """Whether a job waits for a worker, or was left by one."""
    return bool(session.scalar(select(exists().where(Job.state.in_(OPEN), Job.due_at <= now))))


def is_anyone_working(session: Session, *, now: datetime) -> bool:
    """Whether a worker is at a job now."""
    return bool(session.scalar(select(exists().where(Job.state == JobState.RUNNING, Job.due_at > now))))


def pieces(session: Session, job_id: int) -> Iterator[bytes]:
    """The file, piece by piece, each read when it is asked for."""
    number = 0
    while True:
        query = select(JobFile.data).where(JobFile.job_id == job_id, JobFile.number == number)
        data = session.scalar(query)
        if data is None:
            return
        yield data
        number += 1
