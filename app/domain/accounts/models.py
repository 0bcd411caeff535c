"""Accounts of organisers, their ways in (sessions, links, second factor) and what they want to be told."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from app.base.db import Base, type_texts

HANDLE = 16


class Role(StrEnum):
    """What an account may do, by the table in `rules.py`."""

    ADMINISTRATOR = "administrator"
    ORGANISER = "organiser"
    VIEWER = "viewer"
    DOOR = "door"


class Purpose(StrEnum):
    """What a one-time link is for; both sign in, the second then asks for a new password."""

    SIGN_IN = "sign_in"
    PASSWORD = "password"  # noqa: S105 - the name of a purpose


class AccountSeries(Base):
    """An organiser or viewer may be bound to some series; without a row, to all."""

    __tablename__ = "account_series"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)


class AccountMeeting(Base):
    """A meeting at whose door an account of the role `door` helps; without a row, at none."""

    __tablename__ = "account_meetings"
    __table_args__ = (Index("ix_account_meetings_meeting_id", "meeting_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True)


class Account(Base):
    """Somebody who signs in. Without a password hash only a link by mail lets them in."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    bound_to: Mapped[list[AccountSeries]] = relationship(lazy="selectin", cascade="all, delete-orphan")
    at_doors: Mapped[list[AccountMeeting]] = relationship(cascade="all, delete-orphan")

    @property
    def series_ids(self) -> frozenset[int]:
        """The series this account is bound to; empty means all."""
        return frozenset(row.series_id for row in self.bound_to)

    @property
    def meeting_ids(self) -> frozenset[int]:
        """The meetings at whose door this account helps; asked only for the role `door`."""
        return frozenset(row.meeting_id for row in self.at_doors)


class AccountSession(Base):
    """One signed-in browser. The cookie holds a token, the row only its hash.

    `device` is what one recognises it by ("Firefox, Android"); no address of the network is kept. `owes_factor` is
    known of what `queries.find_session` has read: everybody must have a second factor, this account has none.
    """

    __tablename__ = "account_sessions"
    __table_args__ = (Index("ix_account_sessions_account_id", "account_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    device: Mapped[str] = mapped_column(String(60), default="", server_default="")
    owes_factor: Mapped[bool] = query_expression(false())
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)

    @property
    def handle(self) -> str:
        """What the page calls this session: the beginning of the hash, which lets nobody in."""
        return self.token_hash[:HANDLE]


class OneTimeLink(Base):
    """A link that signs in or sets a password; one hour, once, stored as a hash."""

    __tablename__ = "one_time_links"
    __table_args__ = (Index("ix_one_time_links_account_id", "account_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInStep(Base):
    """Somebody whose password or link was right and who still owes the code: ten minutes, no authority at all."""

    __tablename__ = "sign_in_steps"
    __table_args__ = (Index("ix_sign_in_steps_account_id", "account_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[str | None] = mapped_column(String(20))
    expires_at: Mapped[datetime]


class SecondFactor(Base):
    """The secret that an account shares with an app (RFC 6238), sealed under the application's key.

    `last_step` is the half minute of the last code that was used, so that none is used twice. `fresh_codes` are new
    recovery codes, sealed, to be shown until the person has kept them or `fresh_until`.
    """

    __tablename__ = "second_factors"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(255))
    last_step: Mapped[int]
    set_at: Mapped[datetime]
    fresh_codes: Mapped[str | None] = mapped_column(String(600))
    fresh_until: Mapped[datetime | None]


class RecoveryCode(Base):
    """One of ten codes that stand in for the app, each once; the row only holds its hash."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_account_id", "account_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    used_at: Mapped[datetime | None]


class Switch(Base):
    """A rule of the house that an administrator has switched on; without a row it is off."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    since: Mapped[datetime]


class NoticeChoice(Base):
    """One account's choices: event → `now`, `daily` or `off`; an event that is not named goes by the default.

    `seen_id` is the last entry of history that notices at once have covered, `told_at` when the last of them was
    written; `daily_id` is the last entry of the daily digest, `digest_on` the local day of that digest.
    """

    __tablename__ = "notice_choices"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    choices: Mapped[type_texts]
    seen_id: Mapped[int] = mapped_column(default=0)
    told_at: Mapped[datetime | None]
    daily_id: Mapped[int] = mapped_column(default=0)
    digest_on: Mapped[date | None]
