"""Series, meetings and the programme. Texts are kept per language: `{"cs": "…", "en": "…"}`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.base.db import Base, type_texts
from app.domain.directory.models import Contact


class MeetingState(StrEnum):
    """draft → published → called off (and back by restoring)."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CALLED_OFF = "called_off"


class Format(StrEnum):
    """Where a meeting takes place."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    HYBRID = "hybrid"


class Series(Base):
    """A line of meetings with a name."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[type_texts]
    about: Mapped[type_texts]
    position: Mapped[int] = mapped_column(default=0)


class Meeting(Base):
    """One date of a series. `revision` is its share of SEQUENCE; `version` finds edit conflicts.

    `reminder_days` are days before the start on which people are reminded. `untold` is set while an organiser
    holds a change back: what people were told last, and since when (`registration/changes.py`).
    `deleted_at` is set on a draft that was thrown away and can still be brought back: nobody else finds it.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity >= 0", name="capacity_not_negative"),
        CheckConstraint("online_capacity >= 0", name="online_capacity_not_negative"),
        Index("ix_meetings_starts_at", "starts_at"),
        Index("ix_meetings_series_id", "series_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    number: Mapped[int | None]
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[str] = mapped_column(String(12), default=MeetingState.DRAFT)
    format: Mapped[str] = mapped_column(String(12), default=Format.IN_PERSON)
    title: Mapped[type_texts]
    summary: Mapped[type_texts]
    description: Mapped[type_texts]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    timezone: Mapped[str] = mapped_column(String(60))
    venue: Mapped[type_texts]
    address: Mapped[str] = mapped_column(String(300), default="")
    access_notes: Mapped[type_texts]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    online_url: Mapped[str] = mapped_column(String(500), default="")
    languages_note: Mapped[type_texts]
    capacity: Mapped[int | None]
    online_capacity: Mapped[int | None]
    opens_at: Mapped[datetime | None]
    deadline: Mapped[date | None]
    promote_hours: Mapped[int] = mapped_column(default=12)
    show_places: Mapped[bool] = mapped_column(default=True)
    invitation_only: Mapped[bool] = mapped_column(default=False)
    approval: Mapped[bool] = mapped_column(default=False)
    reminder_days: Mapped[list[int]]
    untold: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    called_off_reason: Mapped[type_texts]
    search_key: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    called_off_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)

    series: Mapped[Series] = relationship(lazy="joined", innerjoin=True)
    contact: Mapped[Contact | None] = relationship(lazy="joined")
    programme: Mapped[list[ProgrammeItem]] = relationship(
        order_by="(ProgrammeItem.offset_minutes, ProgrammeItem.id)",
        cascade="all, delete-orphan",
        lazy="select",
    )

    @property
    def promote_until(self) -> datetime:
        """Until this instant (UTC) whoever waits moves up by itself."""
        return self.starts_at - timedelta(hours=self.promote_hours)


class ProgrammeItem(Base):
    """A slot of the programme. Times are minutes from the meeting's start, so that a move carries them along."""

    __tablename__ = "programme_items"
    __table_args__ = (
        CheckConstraint("duration_minutes >= 0", name="duration_not_negative"),
        Index("ix_programme_items_meeting_id", "meeting_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    offset_minutes: Mapped[int]
    duration_minutes: Mapped[int]
    title: Mapped[type_texts]
    speakers: Mapped[type_texts]
    is_break: Mapped[bool] = mapped_column(default=False)

    def starts(self, meeting_start: datetime) -> datetime:
        """When the slot begins, given the start of the meeting."""
        return meeting_start + timedelta(minutes=self.offset_minutes)

    def ends(self, meeting_start: datetime) -> datetime:
        """When the slot ends, given the start of the meeting."""
        return self.starts(meeting_start) + timedelta(minutes=self.duration_minutes)
