"""What happened at the door, one row for each scan and each undo; and what was put right by hand afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.base.db import Base


class Act(StrEnum):
    """What the door does: check in, let in whoever has no seat, take a check-in back."""

    IN = "in"
    LET_IN = "let_in"
    UNDO = "undo"


class Way(StrEnum):
    """By what the person was found."""

    QR = "qr"
    CODE = "code"  # typed, or by a scanner that acts as a keyboard
    LIST = "list"
    WALK_IN = "walk_in"


class Verdict(StrEnum):
    """What became of it. The later ones are refusals: they are kept, and change nothing."""

    IN = "in"
    AGAIN = "again"  # was in already, perhaps by another door
    UNDONE = "undone"
    NOTHING = "nothing"  # there was nothing to take back
    UNKNOWN = "unknown"  # a code of nobody at this meeting
    ELSEWHERE = "elsewhere"  # a code of another meeting whose door is open now
    DRAFT = "draft"
    CALLED_OFF = "called_off"
    EARLY = "early"
    ONLINE = "online"  # registered to take part online
    INVITED = "invited"
    PENDING = "pending"
    WAITING = "waiting"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Mark(StrEnum):
    """What an organiser says of somebody after the meeting, whatever the door and the answer say."""

    PRESENT = "present"
    EXCUSED = "excused"
    ABSENT = "absent"


class DoorEvent(Base):
    """One act at the door, with the instant at which it was done and the one at which it reached us.

    A person is in while one `in` or `again` stands (`undone_at` is empty), since the earliest of them. `client_id`
    is made where the act is done, so that one act arrives once. `code` is the hash of a code that fits nobody.
    `queued`: it waited on a phone for a connection; `door` tells phones of one account apart.
    """

    __tablename__ = "door_events"
    __table_args__ = (
        Index("ix_door_events_attendee_id", "attendee_id"),
        Index("ix_door_events_meeting_id", "meeting_id"),
        Index("ix_door_events_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    attendee_id: Mapped[int | None] = mapped_column(ForeignKey("attendees.id", ondelete="CASCADE"))
    client_id: Mapped[str] = mapped_column(String(36), unique=True)
    act: Mapped[str] = mapped_column(String(8))
    verdict: Mapped[str] = mapped_column(String(12))
    way: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    taken_at: Mapped[datetime]
    queued: Mapped[bool] = mapped_column(default=False)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    door: Mapped[str] = mapped_column(String(16), default="")
    code: Mapped[str] = mapped_column(String(64), default="")
    undone_at: Mapped[datetime | None]


class AttendanceMark(Base):
    """One correction of the attendance list. What the door noted stays as it is; the newest that stands counts.

    `batch` names what was put right at one press of a button, so that it can be taken back together.
    """

    __tablename__ = "attendance_marks"
    __table_args__ = (
        Index("ix_attendance_marks_attendee_id", "attendee_id"),
        Index("ix_attendance_marks_meeting_id", "meeting_id"),
        Index("ix_attendance_marks_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    attendee_id: Mapped[int] = mapped_column(ForeignKey("attendees.id", ondelete="CASCADE"))
    mark: Mapped[str] = mapped_column(String(8))
    batch: Mapped[str] = mapped_column(String(36))
    made_at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    undone_at: Mapped[datetime | None]
