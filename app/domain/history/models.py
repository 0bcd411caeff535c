"""One line of history. Words have a grammar: `<subject>:<act>`, for example `attendee:cancel`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.base.db import Base


class Entry(Base):
    """Who did what to which thing. Holds ids and counts, never names or addresses."""

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_subject", "subject", "subject_id"),
        Index("ix_history_meeting_id", "meeting_id", "at", "id"),
        Index("ix_history_at", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None]
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    meeting_id: Mapped[int | None]
    details: Mapped[dict[str, Any]]
