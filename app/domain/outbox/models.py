"""The table of letters."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.base.db import Base


class Kind(StrEnum):
    """What a letter is about; its templates are in `templates/mail/<kind>/`."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    MOVED_UP = "moved_up"
    ALREADY_REGISTERED = "already_registered"
    CHANGED = "changed"
    RESCHEDULED = "rescheduled"
    CALLED_OFF = "called_off"
    RESTORED = "restored"
    CANCELLED = "cancelled"
    ADDED = "added"
    INVITED = "invited"
    ANSWERED = "answered"
    CONFIRM_ANSWER = "confirm_answer"
    REMINDER = "reminder"
    PENDING = "pending"
    NOT_APPROVED = "not_approved"
    RELEASED = "released"
    SUBSTITUTE = "substitute"
    REPLACED = "replaced"
    NOTICE = "notice"
    MESSAGE = "message"
    LINK_AGAIN = "link_again"
    FEED = "feed"
    PARTY_SUMMARY = "party_summary"
    SIGN_IN = "sign_in"
    PASSWORD = "password"  # noqa: S105 - the name of a letter
    SECURITY = "security"
    TEST = "test"


class State(StrEnum):
    """Where a letter is. `sending` with a lease that ran out means: perhaps sent.

    `bounced`: the server took it, and a report came back later that nobody could be given it.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    BOUNCED = "bounced"


class Calendar(StrEnum):
    """The calendar part that a letter is to carry."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Letter(Base):
    """One mail to one person. `facts` keep what was decided and never hold a secret.

    `perhaps_sent` stays true once any try may have reached the server: the line broke after the text had gone
    out, or the worker died between the server's 250 and our commit. A letter in `sending` counts as well.
    """

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_due", "state", "due_at"),
        Index("ix_letters_attendee_id", "attendee_id"),
        Index("ix_letters_meeting_id", "meeting_id"),
        Index("ix_letters_broadcast_id", "broadcast_id", "attendee_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    recipient: Mapped[str | None] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(10))
    facts: Mapped[dict[str, Any]]
    attendee_id: Mapped[int | None] = mapped_column(ForeignKey("attendees.id", ondelete="SET NULL"))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meetings.id", ondelete="SET NULL"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id", ondelete="SET NULL"))
    calendar: Mapped[str | None] = mapped_column(String(10))
    sequence: Mapped[int | None]
    key: Mapped[str] = mapped_column(String(120), unique=True)
    message_id: Mapped[str] = mapped_column(String(120))
    bounce_token: Mapped[str] = mapped_column(String(30), unique=True)
    state: Mapped[str] = mapped_column(String(12), default=State.QUEUED)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    perhaps_sent: Mapped[bool] = mapped_column(default=False)
    worker: Mapped[str | None] = mapped_column(String(60))
    last_error: Mapped[str | None] = mapped_column(Text)
    forget: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
