"""The log of replies, and when the mailbox was read last."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.base.db import Base


class Decision(StrEnum):
    """What became of a mail that came back."""

    APPLIED = "applied"
    NOTED = "noted"
    ASKED = "asked"
    PROPOSED = "proposed"
    BOUNCED = "bounced"
    IGNORED = "ignored"
    REVIEW = "review"


class Reply(Base):
    """One mail that came back, without its text.

    `decision` with its `reason` says what was done: the answer changed something (applied), or only a record
    (noted); the registered address was asked (asked); another time was proposed (proposed); a letter came back
    (bounced); nothing was to be done (ignored); or a person has to look (review), for which alone `raw` is kept.
    `digest` makes a repeated mail a no-op. `handled_at` is set when an organiser has dealt with it.
    """

    __tablename__ = "replies"
    __table_args__ = (
        Index("ix_replies_meeting_id", "meeting_id"),
        Index("ix_replies_attendee_id", "attendee_id"),
        Index("ix_replies_message_id", "message_id"),
        Index("ix_replies_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    via: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    message_id: Mapped[str] = mapped_column(String(255), default="")
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    attendee_id: Mapped[int | None] = mapped_column(ForeignKey("attendees.id", ondelete="SET NULL"))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id", ondelete="SET NULL"))
    sender: Mapped[str | None] = mapped_column(String(254))
    method: Mapped[str] = mapped_column(String(20), default="")
    partstat: Mapped[str] = mapped_column(String(20), default="")
    sequence: Mapped[int | None]
    stamp: Mapped[datetime | None]
    authenticity: Mapped[str] = mapped_column(String(10), default="")
    decision: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(40), default="")
    words: Mapped[str] = mapped_column(String(500), default="")
    guests: Mapped[int] = mapped_column(default=0)
    proposed_starts_at: Mapped[datetime | None]
    proposed_ends_at: Mapped[datetime | None]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[int | None]


class Reading(Base):
    """When the mailbox of replies was read last, and what was the matter if it could not be. One row, `name` = imap."""

    __tablename__ = "readings"

    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    read_at: Mapped[datetime | None]
    tried_at: Mapped[datetime]
    trouble: Mapped[str] = mapped_column(String(300), default="")
