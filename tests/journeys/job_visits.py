"""Pages of files that a worker makes, for `visits.py`. The worker of the site finds none of them due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.accounts.models import Account
from app.domain.jobs.models import Job, JobFile, JobKind, JobState, Trouble
from app.domain.meetings.models import Meeting

LATER = timedelta(hours=20)
STATES: tuple[dict[str, Any], ...] = (
    {"state": JobState.QUEUED, "kind": JobKind.SHEET},
    {"state": JobState.RUNNING, "kind": JobKind.WORKBOOK, "done": 4250, "total": 10_000},
    {"state": JobState.RUNNING, "kind": JobKind.BADGES},
    {"state": JobState.DONE, "kind": JobKind.LABELS, "size": 1_234_567},
    {"state": JobState.FAILED, "kind": JobKind.HANDOUT, "trouble": Trouble.PRESS},
    {"state": JobState.STOPPED, "kind": JobKind.SHEET},
    {"state": JobState.DROPPED, "kind": JobKind.WORKBOOK},
)


def job_pages(session: Session, meeting: Meeting) -> list[str]:
    """A job of the administrator in each state; gives their pages and that which lists them."""
    account = session.scalars(select(Account).where(Account.email == "administrator@example.org")).one()
    now = clock.now()
    for number, values in enumerate(STATES):
        is_open = values["state"] in (JobState.QUEUED, JobState.RUNNING)
        job = Job(
            token=f"visit{number}",
            account_id=account.id,
            meeting_id=meeting.id,
            arguments={},
            sensitive=False,
            number=10_000,
            due_at=now + LATER,
            disposition='attachment; filename="file.pdf"',
            content_type="application/pdf",
            created_at=now,
            ended_at=None if is_open else now,
            **values,
        )
        session.add(job)
        session.flush()
        if job.state == JobState.DONE:
            session.add(JobFile(job_id=job.id, number=0, data=b"%PDF-1.7"))
    session.commit()
    pages = [f"/workspace/jobs/visit{number}/" for number in range(len(STATES))]
    return [*pages, f"/workspace/meetings/{meeting.id}/export/", "/workspace/"]
