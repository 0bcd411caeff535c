"""Attendees, and the submissions (parties) by which they came."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.base.db import Base, SortKey
from app.domain.meetings.models import Meeting


class Place(StrEnum):
    """What place an attendee has."""

    INVITED = "invited"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    DECLINED = "declined"
    CANCELLED = "cancelled"


LIVE = (Place.INVITED, Place.PENDING, Place.CONFIRMED, Place.WAITING)
_IS_LIVE = text("place IN ('invited', 'pending', 'confirmed', 'waiting') AND email_key IS NOT NULL")


class Answer(StrEnum):
    """What an attendee said; PARTSTAT comes from this alone."""

    NONE = "none"
    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class Mode(StrEnum):
    """How an attendee takes part."""

    ROOM = "room"
    ONLINE = "online"


class Party(Base):
    """One submission of the form: what was typed, under a key that makes a repeated post the same submission.

    `typed` is what the done page shows; it says nothing about who was registered before.
    """

    __tablename__ = "parties"
    __table_args__ = (
        UniqueConstraint("form_key", "content_hash"),
        Index("ix_parties_meeting_id", "meeting_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(String(30), unique=True)
    reference: Mapped[str] = mapped_column(String(12))
    form_key: Mapped[str] = mapped_column(String(60))
    content_hash: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10))
    typed: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Attendee(Base):
    """One person at one meeting. `meeting.revision + revision` is the SEQUENCE of the invite.

    `answer_note` is the word of apology or comment that came with the answer. `reply_sequence` and `reply_stamp`
    are SEQUENCE and DTSTAMP of the calendar reply that was applied last. `bounce_words` is what a mail server
    said when it returned a letter for good. `handout_consent_…`: whether name and organisation may be on the list
    that participants get, when it was agreed to and in which words.
    """

    __tablename__ = "attendees"
    __table_args__ = (
        Index(
            "uq_attendees_live_person",
            "meeting_id",
            "email_key",
            "name_key",
            unique=True,
            sqlite_where=_IS_LIVE,
            postgresql_where=_IS_LIVE,
        ),
        Index("ix_attendees_seats", "meeting_id", "place", "mode", "queue_number"),
        Index("ix_attendees_meeting_sort", "meeting_id", "sort_key"),
        Index("ix_attendees_email_key", "email_key"),
        Index("ix_attendees_party_id", "party_id"),
        Index("ix_attendees_previous_id", "previous_id"),
        Index("ix_attendees_substitute_for_id", "substitute_for_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(default=0)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("attendees.id", ondelete="SET NULL"))
    substitute_for_id: Mapped[int | None] = mapped_column(ForeignKey("attendees.id", ondelete="SET NULL"))

    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(400))
    sort_key: Mapped[str] = mapped_column(SortKey)
    search_key: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254))
    organisation_name: Mapped[str] = mapped_column(String(200), default="")
    organisation_sort_key: Mapped[str] = mapped_column(SortKey, default="")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id", ondelete="SET NULL"))
    organisation_kind: Mapped[str | None] = mapped_column(String(30))
    language: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")

    mode: Mapped[str] = mapped_column(String(10), default=Mode.ROOM)
    place: Mapped[str] = mapped_column(String(12))
    queue_number: Mapped[int | None]
    answer: Mapped[str] = mapped_column(String(8), default=Answer.NONE)
    answer_at: Mapped[datetime | None]
    answer_by: Mapped[str | None] = mapped_column(String(12))
    answer_revision: Mapped[int | None]
    answer_note: Mapped[str] = mapped_column(String(500), default="")
    invited_at: Mapped[datetime | None]
    reply_sequence: Mapped[int | None]
    reply_stamp: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    bounce_words: Mapped[str] = mapped_column(String(500), default="")

    needs_interpreter: Mapped[str] = mapped_column(String(100), default="")
    needs_access: Mapped[str] = mapped_column(String(500), default="")
    needs_diet: Mapped[str] = mapped_column(String(500), default="")
    needs_note: Mapped[str] = mapped_column(String(1000), default="")
    needs_consent_at: Mapped[datetime | None]
    needs_consent_text: Mapped[str] = mapped_column(String(500), default="")
    handout_consent_at: Mapped[datetime | None]
    handout_consent_text: Mapped[str] = mapped_column(String(500), default="")

    token: Mapped[str] = mapped_column(String(30), unique=True)
    checkin_token: Mapped[str] = mapped_column(String(30), unique=True)
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    organizer_token: Mapped[str] = mapped_column(String(30), unique=True)
    revision: Mapped[int] = mapped_column(default=0)
    sent_sequence: Mapped[int | None]

    registered_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    meeting: Mapped[Meeting] = relationship(lazy="raise")
    party: Mapped[Party | None] = relationship(lazy="raise")

    @property
    def is_live(self) -> bool:
        """Whether the person still has, or waits for, a place."""
        return self.place in LIVE

    @property
    def has_needs(self) -> bool:
        """Whether any need is noted."""
        return any((self.needs_interpreter, self.needs_access, self.needs_diet, self.needs_note))


class Label(Base):
    """A word of the organisers for people of one meeting ("VIP"); `name_key` is what makes two of them the same."""

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("meeting_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(120))


class AttendeeLabel(Base):
    """Who has which label."""

    __tablename__ = "attendee_labels"
    __table_args__ = (Index("ix_attendee_labels_label_id", "label_id"),)

    attendee_id: Mapped[int] = mapped_column(ForeignKey("attendees.id", ondelete="CASCADE"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True)


class SavedView(Base):
    """A view of the attendee list that organisers gave a name: the parameters of its address, never a search.

    One with a `meeting_id` asks for something that only this meeting has; the others fit every meeting of the
    series.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        Index("ix_saved_views_series_id", "series_id"),
        Index("ix_saved_views_meeting_id", "meeting_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class PersonalFeed(Base):
    """A calendar feed of all meetings of one address. Who holds the token may read it until it is revoked."""

    __tablename__ = "personal_feeds"
    __table_args__ = (Index("ix_personal_feeds_email_key", "email_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email_key: Mapped[str | None] = mapped_column(String(254))
    token: Mapped[str] = mapped_column(String(30), unique=True)
    language: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
