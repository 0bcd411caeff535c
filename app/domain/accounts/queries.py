"""Reads of accounts, sessions and one-time links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import contains_eager, selectinload, with_expression

from app.base.errors import NotFound
from app.base.text import fold_email
from app.base.tokens import hash_token
from app.domain.accounts.models import (
    Account,
    AccountSession,
    OneTimeLink,
    RecoveryCode,
    Role,
    SecondFactor,
    SignInStep,
    Switch,
)
from app.domain.accounts.rules import ABSOLUTE, IDLE, SECOND_FACTOR

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
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
    query = select(Account).options(selectinload(Account.at_doors))
    return list(session.scalars(query.order_by(Account.active.desc(), Account.email_key)))


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
    owes = and_(
        exists().where(Switch.name == SECOND_FACTOR),
        ~exists().where(SecondFactor.account_id == AccountSession.account_id),
    )
    query = select(AccountSession).join(AccountSession.account)
    account = contains_eager(AccountSession.account)
    query = query.options(
        account,
        account.joinedload(Account.bound_to),  # one statement for each page, not two
        with_expression(AccountSession.owes_factor, owes),
    ).where(AccountSession.token_hash == hash_token(token), *_alive(now), Account.active)
    return session.scalars(query).unique().one_or_none()


def sessions_of(session: Session, account_id: int, *, now: datetime) -> list[AccountSession]:
    """Where the account is signed in, the last used first."""
    query = select(AccountSession).where(AccountSession.account_id == account_id, *_alive(now))
    return list(session.scalars(query.order_by(AccountSession.seen_at.desc(), AccountSession.token_hash)))


def count_sessions(session: Session, account_id: int, *, now: datetime) -> int:
    """In how many browsers the account is signed in."""
    query = select(func.count()).select_from(AccountSession)
    return session.scalar(query.where(AccountSession.account_id == account_id, *_alive(now))) or 0


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return AccountSession.seen_at > now - IDLE, AccountSession.created_at > now - ABSOLUTE


def find_step(session: Session, token: str, *, now: datetime) -> SignInStep | None:
    """The first step of a sign-in that may still be finished."""
    query = select(SignInStep).join(Account, Account.id == SignInStep.account_id)
    query = query.where(
        SignInStep.token_hash == hash_token(token), SignInStep.expires_at > now, Account.active
    )
    return session.scalar(query)


def find_second_factor(session: Session, account_id: int) -> SecondFactor | None:
    """The second factor of an account."""
    return session.get(SecondFactor, account_id)


def with_second_factor(session: Session) -> frozenset[int]:
    """The accounts that have one."""
    return frozenset(session.scalars(select(SecondFactor.account_id)))


def count_recovery_codes(session: Session, account_id: int) -> int:
    """How many codes are left."""
    query = select(func.count()).select_from(RecoveryCode)
    return (
        session.scalar(query.where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)))
        or 0
    )


def second_factor_required(session: Session) -> bool:
    """Whether everybody must have one."""
    return session.get(Switch, SECOND_FACTOR) is not None


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
