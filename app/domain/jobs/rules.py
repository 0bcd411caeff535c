"""How long files are kept, how often a job is tried, and how many one account may order at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.base.errors import Refusal
from app.domain.jobs.models import JobState

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.jobs.models import Job

KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=2)  # longer than any part of the work that says nothing of itself
MOST_ATTEMPTS = 3
MOST_OPEN = 5  # of one account
OPEN = (JobState.QUEUED, JobState.RUNNING)
PIECE = 256 * 1024  # bytes of a file in one row
UNTOUCHED = timedelta(seconds=20)  # a worker that runs looks every second
# What may be made while somebody waits: two or three seconds of work on a slow machine.
MOST_CELLS = 100_000
MOST_LINES = 600
MOST_BADGES = 200


class TooManyJobs(Refusal):
    """The account has as many open jobs as it may have."""


class JobLost(Refusal):
    """Whoever makes the file has no right to it any more: it was stopped, taken over, or is to begin again."""


def is_open(job: Job) -> bool:
    """Whether it waits or runs."""
    return job.state in OPEN


def kept_until(job: Job) -> datetime | None:
    """When the file goes; None before there is one."""
    return job.ended_at + KEPT if job.state == JobState.DONE and job.ended_at else None


def is_kept(job: Job, *, now: datetime) -> bool:
    """Whether there is a file to take."""
    until = kept_until(job)
    return until is not None and now < until
