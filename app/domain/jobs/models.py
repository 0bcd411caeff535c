"""Jobs, and the files that they made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.base.db import Base


class JobState(StrEnum):
    """queued → running → done; failed or stopped instead. DROPPED: it was done, and its file may not be kept."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    DROPPED = "dropped"


class JobKind(StrEnum):
    """What is made: the list as a workbook, or one of the papers."""

    WORKBOOK = "workbook"
    SHEET = "sheet"
    BADGES = "badges"
    LABELS = "labels"
    HANDOUT = "handout"


class Trouble(StrEnum):
    """Why a job failed: its workers died, the press could not set it, the program has a fault."""

    DIED = "died"
    PRESS = "press"
    FAULT = "fault"


class Job(Base):
    """One file that an account ordered. `arguments` are plain values, emptied when the job ends.

    `done` of `total` rows are written; a `total` of 0 says that it cannot be counted. `due_at` is when it may be
    claimed: while it runs, the end of the lease. `sensitive` files need more than the permission to export.
    `disposition` is the header that names the file, `size` its length in bytes.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("token"),
        Index("ix_jobs_due", "state", "due_at"),
        Index("ix_jobs_account_id", "account_id", "meeting_id"),
        Index("ix_jobs_meeting_id", "meeting_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(30))
    kind: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    arguments: Mapped[dict[str, Any]]
    sensitive: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10), default=JobState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    number: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(60))
    due_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(10))
    disposition: Mapped[str] = mapped_column(String(300))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class JobFile(Base):
    """A piece of the file that a job made, in order."""

    __tablename__ = "job_files"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    number: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
