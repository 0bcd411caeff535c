"""Reads of accounts, sessions and one-time links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from app.base.errors import NotFound
from app.base.text import fold_email
from app.base.tokens import hash_token
from app.domain.accounts.models import Account, AccountSession, OneTimeLink, Role
from app.domain.accounts.rules import ABSOLUTE, IDLE

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is compared with; both are None for an address that may not sign in."""

    account_id: int | None = None
    password_hash: str | None = None


def get_account(session: Session, account_id: int) -> Account:
    """One account; raises `NotFound`."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound
    return account


def find_by_email(session: Session, email: str) -> Account | None:
    """The account of an address, also an inactive one."""
    return session.scalar(select(Account).where(Account.email_key == fold_email(email)))


def credentials(session: Session, email: str) -> Credentials:
    """What the password of this address is compared with."""
    query = select(Account.id, Account.password_hash)
    row = session.execute(query.where(Account.email_key == fold_email(email), Account.active)).one_or_none()
    return Credentials(*row) if row else Credentials()


def all_accounts(session: Session) -> list[Account]:
    """The whole team: who may sign in first, then by address."""
    return list(session.scalars(select(Account).order_by(Account.active.desc(), Account.email_key)))


def first_administrator(session: Session) -> Account | None:
    """The administrator who has been there longest and may sign in."""
    query = select(Account).where(Account.role == Role.ADMINISTRATOR, Account.active)
    return session.scalar(query.order_by(Account.id).limit(1))


def count_administrators(session: Session) -> int:
    """How many administrators may sign in."""
    query = select(func.count()).select_from(Account)
    return session.scalar(query.where(Account.role == Role.ADMINISTRATOR, Account.active)) or 0


def find_session(session: Session, token: str, *, now: datetime) -> AccountSession | None:
    """The session of a cookie with its account, while both may be used: 12 h idle, 7 days in all."""
    query = (
        select(AccountSession).join(AccountSession.account).options(contains_eager(AccountSession.account))
    )
    query = query.where(
        AccountSession.token_hash == hash_token(token),
        AccountSession.seen_at > now - IDLE,
        AccountSession.created_at > now - ABSOLUTE,
        Account.active,
    )
    return session.scalar(query)


def count_sessions(session: Session, account_id: int, *, now: datetime) -> int:
    """In how many browsers the account is signed in."""
    query = select(func.count()).select_from(AccountSession)
    query = query.where(
        AccountSession.account_id == account_id,
        AccountSession.seen_at > now - IDLE,
        AccountSession.created_at > now - ABSOLUTE,
    )
    return session.scalar(query) or 0


def link_works(session: Session, token: str, *, now: datetime) -> bool:
    """Whether a one-time link could be used now. Using it decides again."""
    query = select(OneTimeLink.token_hash).join(Account, Account.id == OneTimeLink.account_id)
    query = query.where(
        OneTimeLink.token_hash == hash_token(token),
        OneTimeLink.used_at.is_(None),
        OneTimeLink.expires_at > now,
        Account.active,
    )
    return session.scalar(query) is not None
