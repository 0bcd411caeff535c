"""What an administrator does with the accounts of others. Somebody who can administer always remains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from app.base.errors import NotFound
from app.domain.accounts.models import Account, Purpose, Role
from app.domain.accounts.rules import LastAdministrator, OwnAccount
from app.domain.accounts.service import assign, close_ways_in, create_account, send_link
from app.domain.history.service import record
from app.domain.jobs import service as jobs

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor


def invite(  # noqa: PLR0913 - all named
    session: Session,
    email: str,
    role: Role,
    *,
    name: str,
    language: str,
    series_ids: Collection[int],
    meeting_ids: Collection[int] = (),
    now: datetime,
    actor: Actor,
) -> Account:
    """Create an account and write to it, with a link to choose a password. Raises `AddressTaken`."""
    account = create_account(
        session,
        email,
        role,
        language=language,
        now=now,
        actor=actor,
        name=name,
        series_ids=series_ids,
        meeting_ids=meeting_ids,
    )
    send_link(session, account, Purpose.PASSWORD, now=now, invited=True)
    return account


def send_link_again(session: Session, account_id: int, *, now: datetime, actor: Actor) -> Account:
    """Write once more to an account that may sign in; raises `NotFound` for any other."""
    account, _others = _with_administrators(session, account_id)
    if not account.active:
        raise NotFound
    send_link(session, account, Purpose.PASSWORD, now=now, invited=account.signed_in_at is None)
    record(session, "account:send_link", subject_id=account.id, actor=actor, now=now)
    return account


def edit(
    session: Session,
    account_id: int,
    *,
    name: str,
    role: Role,
    series_ids: Collection[int],
    meeting_ids: Collection[int] = (),
    now: datetime,
    actor: Actor,
) -> Account:
    """Change name, role, series and doors.

    Raises `LastAdministrator`, `OwnAccount`, `NotFound`.
    """
    account, others = _with_administrators(session, account_id)
    if account.role == Role.ADMINISTRATOR and role != Role.ADMINISTRATOR:
        _someone_remains(account, others, actor)
    account.name = name
    assign(account, role, series_ids=series_ids, meeting_ids=meeting_ids)
    record(
        session,
        "account:edit",
        subject_id=account.id,
        actor=actor,
        now=now,
        role=role,
        series=sorted(account.series_ids),
        meetings=sorted(account.meeting_ids),
    )
    return account


def edit_own(
    session: Session, account_id: int, *, name: str, language: str, now: datetime, actor: Actor
) -> Account:
    """Change one's own name and the language of one's letters; raises `NotFound`."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound
    account.name, account.language = name, language
    record(session, "account:edit", subject_id=account.id, actor=actor, now=now)
    return account


def deactivate(session: Session, account_id: int, *, now: datetime, actor: Actor) -> Account:
    """Shut an account out at once. Raises `LastAdministrator`, `OwnAccount`, `NotFound`."""
    account, others = _with_administrators(session, account_id)
    _someone_remains(account, others, actor)
    if account.active:
        account.active = False
        close_ways_in(session, account.id)
        jobs.forget_account(session, account.id)
        record(session, "account:deactivate", subject_id=account.id, actor=actor, now=now)
    return account


def reactivate(session: Session, account_id: int, *, now: datetime, actor: Actor) -> Account:
    """Let an account sign in again; raises `NotFound`."""
    account, _others = _with_administrators(session, account_id)
    if not account.active:
        account.active = True
        record(session, "account:reactivate", subject_id=account.id, actor=actor, now=now)
    return account


def _someone_remains(account: Account, others: list[Account], actor: Actor) -> None:
    if account.role == Role.ADMINISTRATOR and account.active and not others:
        raise LastAdministrator
    if account.id == actor.account_id:
        raise OwnAccount


def _with_administrators(session: Session, account_id: int) -> tuple[Account, list[Account]]:
    """The account and the other active administrators, locked in one order so that two acts cannot cross."""
    administers = and_(Account.role == Role.ADMINISTRATOR, Account.active)
    query = select(Account).where(or_(Account.id == account_id, administers)).order_by(Account.id)
    rows = list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    found = [row for row in rows if row.id == account_id]
    if not found:
        raise NotFound
    return found[0], [row for row in rows if row.id != account_id]
