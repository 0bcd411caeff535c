"""Letters to many people of a meeting, their files, and who wants news."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.base.db import Base, type_texts


class BroadcastState(StrEnum):
    """draft → scheduled → sending → sent; stopped out of the middle two (and back by going on)."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"


class Purpose(StrEnum):
    """ABOUT: the meeting that the person is on the list of. NEWS: anything else; one may refuse it."""

    ABOUT = "about"
    NEWS = "news"


class Stop(StrEnum):
    """Why a letter to many was stopped."""

    ORGANISER = "organiser"
    CALLED_OFF = "called_off"
    LATE = "late"


class Broadcast(Base):
    """A letter to many people of one meeting. Subject and Markdown body are kept per language.

    `segment` is `rules.Segment` as stored. While letters are written, `reached_id` is the last attendee who has
    one and `last_id` the last who was on the list at the start; `number` counts the letters. `author_id` wrote in it
    last; `released_at` is when it was let go. From then on its texts do not change: the letters refer to them.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (
        Index("ix_broadcasts_meeting_id", "meeting_id"),
        Index("ix_broadcasts_due", "state", "scheduled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    purpose: Mapped[str] = mapped_column(String(10), default=Purpose.ABOUT)
    subject: Mapped[type_texts]
    body: Mapped[type_texts]
    segment: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), default=BroadcastState.DRAFT)
    scheduled_at: Mapped[datetime | None]
    at_night: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    number: Mapped[int] = mapped_column(default=0)
    reached_id: Mapped[int] = mapped_column(default=0)
    last_id: Mapped[int | None]
    stopped_by: Mapped[str | None] = mapped_column(String(12))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    written_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]


class BroadcastFile(Base):
    """A file that goes with a letter to many. `content_type` was found in its content."""

    __tablename__ = "broadcast_files"
    __table_args__ = (Index("ix_broadcast_files_broadcast_id", "broadcast_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


class NewsChoice(Base):
    """Whether an address wants letters that are not about its own registration. Who holds the token may choose."""

    __tablename__ = "news_choices"

    id: Mapped[int] = mapped_column(primary_key=True)
    email_key: Mapped[str | None] = mapped_column(String(254), unique=True)
    token: Mapped[str] = mapped_column(String(30), unique=True)
    refused_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
