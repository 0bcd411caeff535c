"""Accounts and the ways in: sessions, one-time links, passwords. Hashing happens outside of the write."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError

from app.base.errors import NotFound
from app.base.text import fold_email
from app.base.tokens import hash_token
from app.domain.accounts import queries
from app.domain.accounts.models import (
    Account,
    AccountMeeting,
    AccountSeries,
    AccountSession,
    OneTimeLink,
    Purpose,
    Role,
    SecondFactor,
    SignInStep,
)
from app.domain.accounts.rules import (
    BOUND_TO_SERIES,
    LINK_LIFETIME,
    REFRESH,
    STEP_LIFETIME,
    AddressTaken,
    LinkSpent,
    SignInRefused,
)
from app.domain.history.service import PUBLIC, Actor, organiser, record
from app.domain.outbox.models import Kind
from app.domain.outbox.service import NewLetter, enqueue

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Delete, Update
    from sqlalchemy.orm import Session

    from app.domain.accounts.queries import Credentials

LETTERS = {Purpose.SIGN_IN: Kind.SIGN_IN, Purpose.PASSWORD: Kind.PASSWORD}


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a sign-in gives: the raw token for the cookie, whose it is, and what its link was for, if one."""

    token: str
    account_id: int
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a sign-in gives where a second factor is set: the raw token of the step that owes the code."""

    token: str
    account_id: int


def create_account(  # noqa: PLR0913 - all named
    session: Session,
    email: str,
    role: Role,
    *,
    language: str,
    now: datetime,
    actor: Actor,
    name: str = "",
    series_ids: Collection[int] = (),
    meeting_ids: Collection[int] = (),
) -> Account:
    """Add somebody who may sign in; `email` is in its stored form. Raises `AddressTaken`.

    Series bind organisers and viewers, meetings are those at whose door the role `door` helps.
    """
    taken = queries.find_by_email(session, email)
    if taken is not None:
        raise AddressTaken(active=taken.active)
    account = Account(
        email=email,
        email_key=fold_email(email),
        name=name,
        role=role,
        language=language,
        active=True,
        created_at=now,
    )
    assign(account, role, series_ids=series_ids, meeting_ids=meeting_ids)
    session.add(account)
    try:
        session.flush()
    except IntegrityError as error:  # somebody was quicker
        raise AddressTaken(active=True) from error
    record(session, "account:create", subject_id=account.id, actor=actor, now=now, role=role)
    return account


def assign(
    account: Account, role: Role, *, series_ids: Collection[int], meeting_ids: Collection[int]
) -> None:
    """Give an account a role and what it is for; administrators are never bound, only the door has meetings."""
    bound = frozenset(series_ids) if role in BOUND_TO_SERIES else frozenset()
    doors = frozenset(meeting_ids) if role == Role.DOOR else frozenset()
    account.role = role
    account.bound_to = [
        *(row for row in account.bound_to if row.series_id in bound),
        *(AccountSeries(series_id=one) for one in sorted(bound - account.series_ids)),
    ]
    account.at_doors = [
        *(row for row in account.at_doors if row.meeting_id in doors),
        *(AccountMeeting(meeting_id=one) for one in sorted(doors - account.meeting_ids)),
    ]


def let_in(
    session: Session,
    email: str,
    role: Role,
    *,
    language: str,
    now: datetime,
    actor: Actor,
    password_hash: str | None = None,
) -> Account:
    """Create an account or let one back in: active, in this role, perhaps with a new password."""
    account = queries.find_by_email(session, email)
    if account is None:
        account = create_account(session, email, role, language=language, now=now, actor=actor)
    else:
        account.active = True
        assign(account, role, series_ids=account.series_ids, meeting_ids=account.meeting_ids)
        record(session, "account:let_in", subject_id=account.id, actor=actor, now=now, role=role)
    if password_hash:
        _change_password(session, account, password_hash, now=now, actor=actor)
    return account


def sign_in(
    session: Session, found: Credentials, *, now: datetime, replaces: str | None = None, device: str = ""
) -> NewSession | NextStep:
    """Begin a session for credentials whose password was right, or the step that asks for the code.

    The session with token `replaces` ends. Raises `SignInRefused` when the account was shut out or its password
    changed while it was being checked.
    """
    account = locked(session, found.account_id)
    if account is None or not account.active or account.password_hash != found.password_hash:
        raise SignInRefused
    return _go_in(session, account, now=now, replaces=replaces, device=device)


def sign_in_by_link(
    session: Session, token: str, *, now: datetime, replaces: str | None = None, device: str = ""
) -> NewSession | NextStep:
    """Use a one-time link and begin a session, or the step that asks for the code. Raises `LinkSpent`."""
    link = _use(session, token, now=now)
    account = locked(session, link.account_id)
    if account is None or not account.active:
        raise LinkSpent
    purpose = Purpose(link.purpose)
    return _go_in(session, account, now=now, replaces=replaces, device=device, purpose=purpose)


def touch(session: Session, token: str, *, now: datetime) -> None:
    """Note that a session is in use."""
    query = update(AccountSession).where(AccountSession.token_hash == hash_token(token))
    _run(session, query.where(AccountSession.seen_at <= now - REFRESH).values(seen_at=now))


def sign_out(session: Session, token: str, *, now: datetime) -> None:
    """End one session; an unknown one is no error."""
    query = select(AccountSession.account_id).where(AccountSession.token_hash == hash_token(token))
    account_id = session.scalar(query)
    if account_id is None:
        return
    _run(session, delete(AccountSession).where(AccountSession.token_hash == hash_token(token)))
    record(session, "account:sign_out", subject_id=account_id, actor=organiser(account_id), now=now)


def end_session(session: Session, account_id: int, handle: str, *, now: datetime, actor: Actor) -> str | None:
    """End that session of this account; gives the hash of its token, None when it had ended already."""
    found = next(
        (one for one in queries.sessions_of(session, account_id, now=now) if one.handle == handle), None
    )
    if found is None:
        return None
    session.delete(found)
    record(session, "account:sign_out", subject_id=account_id, actor=actor, now=now)
    return found.token_hash


def sign_out_everywhere(session: Session, account_id: int, *, now: datetime, actor: Actor) -> int:
    """End every session of an account; gives their number."""
    ended = _run(session, delete(AccountSession).where(AccountSession.account_id == account_id))
    record(
        session, "account:sign_out_everywhere", subject_id=account_id, actor=actor, now=now, sessions=ended
    )
    return ended


def set_password(
    session: Session,
    account_id: int,
    password_hash: str,
    *,
    now: datetime,
    actor: Actor,
    device: str = "",
) -> NewSession:
    """Store a new hash, end all sessions and links, begin a new session. Raises `NotFound`."""
    account = locked(session, account_id)
    if account is None or not account.active:
        raise NotFound
    _change_password(session, account, password_hash, now=now, actor=actor)
    return begin_session(session, account, now=now, device=device)


def new_one_time_link(session: Session, account_id: int, purpose: str, *, now: datetime) -> str:
    """The raw token of a new link, good for one hour and once; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(
            token_hash=hash_token(token),
            account_id=account_id,
            purpose=Purpose(purpose),
            expires_at=now + LINK_LIFETIME,
        )
    )
    session.flush()
    return token


def use_one_time_link(session: Session, token: str, *, now: datetime) -> Account:
    """Mark a link as used and give its account; raises `LinkSpent`, also for an inactive account."""
    account = session.get(Account, _use(session, token, now=now).account_id)
    if account is None or not account.active:
        raise LinkSpent
    return account


def request_link(session: Session, email: str, purpose: Purpose, *, now: datetime) -> None:
    """Somebody asks for a link by mail. Both ways write about as much, so that they take the same time."""
    account = queries.find_by_email(session, email)
    if account is None or not account.active:
        record(session, "account:ask_link_in_vain", subject_id=0, actor=PUBLIC, now=now)
        return
    send_link(session, account, purpose, now=now)


def send_link(
    session: Session, account: Account, purpose: Purpose, *, now: datetime, invited: bool = False
) -> None:
    """Put a letter with a link into the outbox. The link itself is made when the letter is sent."""
    new = NewLetter(
        kind=LETTERS[purpose],
        recipient=account.email,
        language=account.language,
        key=f"{purpose}:{account.id}:{secrets.token_hex(8)}",
        facts={"invited": invited},
        account_id=account.id,
    )
    enqueue(session, new, now=now)


def tell(session: Session, account: Account, what: str, *, now: datetime) -> None:
    """Write to an account that something about its security has changed: `what` is the word of the letter."""
    new = NewLetter(
        kind=Kind.SECURITY,
        recipient=account.email,
        language=account.language,
        key=f"{Kind.SECURITY}:{account.id}:{secrets.token_hex(8)}",
        facts={"what": what},
        account_id=account.id,
    )
    enqueue(session, new, now=now)


def close_ways_in(session: Session, account_id: int, *, but: str | None = None) -> None:
    """End every session, step and link of an account; the session with token `but` goes on."""
    sessions = delete(AccountSession).where(AccountSession.account_id == account_id)
    if but is not None:
        sessions = sessions.where(AccountSession.token_hash != hash_token(but))
    _run(session, sessions)
    _run(session, delete(OneTimeLink).where(OneTimeLink.account_id == account_id))
    _run(session, delete(SignInStep).where(SignInStep.account_id == account_id))


def begin_session(
    session: Session,
    account: Account,
    *,
    now: datetime,
    device: str,
    purpose: Purpose | None = None,
    second: str = "",
) -> NewSession:
    """Let a locked account in; `second` is what the second factor was: `app`, `recovery`, or empty without one."""
    token = secrets.token_urlsafe(32)
    session.add(
        AccountSession(
            token_hash=hash_token(token), account_id=account.id, created_at=now, seen_at=now, device=device
        )
    )
    account.signed_in_at = now
    actor, way = organiser(account.id), "password" if purpose is None else "link"
    details = {"way": way, "second": second} if second else {"way": way}
    record(
        session, "account:sign_in", subject_id=account.id, actor=actor, now=now, meeting_id=None, **details
    )
    return NewSession(token, account.id, purpose)


def _go_in(
    session: Session,
    account: Account,
    *,
    now: datetime,
    replaces: str | None,
    device: str,
    purpose: Purpose | None = None,
) -> NewSession | NextStep:
    """A session at once, which ends the one it replaces; or a step, where a second factor is set."""
    if session.get(SecondFactor, account.id) is not None:
        return _begin_step(session, account, purpose, now=now)
    if replaces:
        sign_out(session, replaces, now=now)
    return begin_session(session, account, now=now, device=device, purpose=purpose)


def _begin_step(session: Session, account: Account, purpose: Purpose | None, *, now: datetime) -> NextStep:
    token = secrets.token_urlsafe(32)
    step = SignInStep(
        token_hash=hash_token(token), account_id=account.id, purpose=purpose, expires_at=now + STEP_LIFETIME
    )
    session.add(step)
    session.flush()
    return NextStep(token, account.id)


def _change_password(
    session: Session, account: Account, password_hash: str, *, now: datetime, actor: Actor
) -> None:
    account.password_hash = password_hash
    close_ways_in(session, account.id)
    record(session, "account:password", subject_id=account.id, actor=actor, now=now)


def locked(session: Session, account_id: int | None) -> Account | None:
    """The account as it is now, locked until the end of the transaction."""
    query = select(Account).where(Account.id == account_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def _use(session: Session, token: str, *, now: datetime) -> OneTimeLink:
    unused = (OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now)
    statement = update(OneTimeLink).where(OneTimeLink.token_hash == hash_token(token), *unused)
    if _run(session, statement.values(used_at=now)) != 1:
        raise LinkSpent
    link = session.get(OneTimeLink, hash_token(token), populate_existing=True)
    if link is None:
        raise LinkSpent
    return link


def _run(session: Session, statement: Update | Delete) -> int:
    """Run a bulk statement; gives the number of rows."""
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)  # noqa: S101 - what execute() gives for UPDATE and DELETE
    return result.rowcount
