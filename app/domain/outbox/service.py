"""Putting letters into the outbox, and what a worker does with them: claim, mark, give back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import psycopg
from psycopg import sql
from psycopg.types.json import Json
from sqlalchemy import ColumnElement, CursorResult, and_, bindparam, exists, insert, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from app.base.db import UtcDateTime
from app.base.tokens import new_mail_token
from app.domain.outbox import rules
from app.domain.outbox.models import Calendar, Letter, State

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from psycopg import Cursor
    from sqlalchemy import BindParameter, SQLColumnExpression, Update
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningUpdate

Instant: TypeAlias = "datetime | BindParameter[datetime]"
LEASE = timedelta(minutes=5)
STEP_BACK = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """What a letter is made of. `calendar` is REQUEST or CANCEL where the letter moves a calendar entry.

    `key` makes the letter unique: the same cause enqueued twice is one letter. `due_at` may hold it back.
    """

    kind: str
    recipient: str
    language: str
    key: str
    facts: dict[str, Any]
    attendee_id: int | None = None
    meeting_id: int | None = None
    account_id: int | None = None
    broadcast_id: int | None = None
    calendar: str | None = None
    sequence: int | None = None
    due_at: datetime | None = None
    forget: bool = False


def letter_row(new: NewLetter, *, now: datetime) -> dict[str, Any]:
    """The columns of one letter, for a bulk insert."""
    return {
        "kind": new.kind,
        "recipient": new.recipient,
        "language": new.language,
        "key": new.key,
        "facts": new.facts,
        "attendee_id": new.attendee_id,
        "meeting_id": new.meeting_id,
        "account_id": new.account_id,
        "broadcast_id": new.broadcast_id,
        "calendar": new.calendar,
        "sequence": new.sequence,
        "message_id": f"{secrets.token_hex(16)}.{0 if new.sequence is None else new.sequence}",
        "bounce_token": new_mail_token(),
        "state": State.QUEUED,
        "due_at": new.due_at or now,
        "attempts": 0,
        "perhaps_sent": False,
        "forget": new.forget,
        "created_at": now,
    }


def enqueue(session: Session, new: NewLetter, *, now: datetime) -> Letter:
    """Add one letter to the present transaction."""
    letter = Letter(**letter_row(new, now=now))
    session.add(letter)
    return letter


def enqueue_rows(session: Session, rows: list[dict[str, Any]]) -> None:
    """Add many letters, made by `letter_row`, past the session's objects: those would take twice the time.

    PostgreSQL gets them by COPY, which spares it a statement for each.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        connection.execute(insert(Letter), rows)
        return
    names = list(rows[0])
    into = sql.SQL("COPY letters ({}) FROM STDIN").format(sql.SQL(", ").join(map(sql.Identifier, names)))
    try:
        with cast("Cursor[Any]", connection.connection.cursor()).copy(into) as copy:
            for row in rows:
                copy.write_row([Json(row[name]) if name == "facts" else row[name] for name in names])
    except psycopg.Error as error:  # as SQLAlchemy would say it, so that the faces know it
        raise DBAPIError.instance("COPY letters", None, error, psycopg.Error) from error


def enqueue_again(session: Session, old: Letter, *, now: datetime) -> Letter:
    """Send a letter again: a new row with a new Message-ID and time, the same facts."""
    new = NewLetter(
        kind=old.kind,
        recipient=old.recipient or "",
        language=old.language,
        key=f"{old.key.partition('/')[0]}/{secrets.token_hex(6)}",
        facts=dict(old.facts),
        attendee_id=old.attendee_id,
        meeting_id=old.meeting_id,
        account_id=old.account_id,
        broadcast_id=old.broadcast_id,
        calendar=old.calendar,
        sequence=old.sequence,
    )
    return enqueue(session, new, now=now)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one letter: it holds while `worker` and `attempts` are still those of the row."""

    letter_id: int
    worker: str
    attempts: int


def claim_next(session: Session, *, worker: str, now: datetime) -> Claim | None:
    """Claim the letter that is due longest; the caller has begun a write and commits at once.

    None when nothing is due. A calendar letter waits while another one of the same attendee is under way, and
    gives way to a later one that is due as well; what the claimed letter overtakes is superseded.
    """
    said = {"now": now, "lease_until": now + LEASE, "by_worker": worker}
    statement = _claiming(session.get_bind().dialect.name)
    row = session.execute(statement, said, execution_options={"synchronize_session": False}).one_or_none()
    if row is None:
        return None
    if row.calendar is not None and row.attendee_id is not None:
        _supersede(session, row.id, row.attendee_id, now=now)
        if _overtaken_by_other_worker(session, row.id, row.attendee_id, now=now):
            _step_back(session, row.id, now=now)
            return None
    return Claim(row.id, worker, row.attempts)


@cache
def _claiming(dialect: str) -> ReturningUpdate[int, int, int | None, str | None]:
    """The statement of `claim_next`; to put it together takes longer than to carry it out."""
    now, under_way, later = bindparam("now", type_=UtcDateTime), aliased(Letter), aliased(Letter)
    pick = (
        select(Letter.id)
        .where(
            *_due(Letter, now),
            or_(
                Letter.calendar.is_(None),
                and_(
                    ~exists().where(_is_under_way(under_way, Letter.id, Letter.attendee_id, now=now)),
                    ~exists().where(
                        later.attendee_id == Letter.attendee_id, *_due(later, now), _overtakes(later, Letter)
                    ),
                ),
            ),
        )
        .order_by(Letter.due_at, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Letter)
        .cte("pick")
    )
    if dialect == "postgresql":
        pick = pick.prefix_with("MATERIALIZED")
    return (
        update(Letter)
        .where(Letter.id.in_(select(pick.c.id)))
        .values(
            state=State.SENDING,
            due_at=bindparam("lease_until", type_=UtcDateTime),
            attempts=Letter.attempts + 1,
            worker=bindparam("by_worker"),
            perhaps_sent=_perhaps_sent_before(),
        )
        .returning(Letter.id, Letter.attempts, Letter.attendee_id, Letter.calendar)
    )


def _due(letter: type[Letter], now: Instant) -> tuple[ColumnElement[bool], ...]:
    return letter.state.in_((State.QUEUED, State.SENDING)), letter.due_at <= now


def _overtakes(later: type[Letter], earlier: type[Letter]) -> ColumnElement[bool]:
    """Whether `later` says more about a calendar entry: by SEQUENCE, then by the order of writing."""
    return and_(
        later.calendar.is_not(None),
        or_(
            later.sequence > earlier.sequence, and_(later.sequence == earlier.sequence, later.id > earlier.id)
        ),
    )


def _is_under_way(
    other: type[Letter],
    letter_id: SQLColumnExpression[int] | int,
    attendee_id: SQLColumnExpression[int | None] | int,
    *,
    now: Instant,
) -> ColumnElement[bool]:
    return and_(
        other.attendee_id == attendee_id,
        other.calendar.is_not(None),
        other.state == State.SENDING,
        other.due_at > now,
        other.id != letter_id,
    )


def _perhaps_sent_before() -> ColumnElement[bool]:
    """A letter that was left in `sending` may have gone out."""
    return or_(Letter.perhaps_sent, Letter.state == State.SENDING)


def _supersede(session: Session, letter_id: int, attendee_id: int, *, now: datetime) -> None:
    said = {"now": now, "letter": letter_id, "attendee": attendee_id}
    session.execute(_superseding(), said, execution_options={"synchronize_session": False})


@cache
def _superseding() -> Update:
    claimed = aliased(Letter)
    overtaken = exists().where(claimed.id == bindparam("letter"), _overtakes(claimed, Letter))
    left = and_(Letter.state == State.SENDING, Letter.due_at <= bindparam("now", type_=UtcDateTime))
    return (
        update(Letter)
        .where(Letter.attendee_id == bindparam("attendee"), Letter.calendar.is_not(None), overtaken)
        .where(or_(Letter.state == State.QUEUED, left))
        .values(state=State.SUPERSEDED, worker=None, perhaps_sent=_perhaps_sent_before())
    )


def _overtaken_by_other_worker(session: Session, letter_id: int, attendee_id: int, *, now: datetime) -> bool:
    """Whether another worker claimed a letter of this attendee while we did (PostgreSQL only).

    Asked after superseding, which waits for that worker's commit.
    """
    return bool(
        session.scalar(select(exists().where(_is_under_way(Letter, letter_id, attendee_id, now=now))))
    )


def _step_back(session: Session, letter_id: int, *, now: datetime) -> None:
    session.execute(
        update(Letter)
        .where(Letter.id == letter_id)
        .values(state=State.QUEUED, due_at=now + STEP_BACK, attempts=Letter.attempts - 1, worker=None)
        .execution_options(synchronize_session=False)
    )


def withdraw_requests(session: Session, attendee_id: int) -> None:
    """Let no unsent invite or change go to somebody who has just declined by a reply."""
    session.execute(
        update(Letter)
        .where(
            Letter.attendee_id == attendee_id,
            Letter.calendar == Calendar.REQUEST,
            Letter.state == State.QUEUED,
        )
        .values(state=State.SUPERSEDED)
        .execution_options(synchronize_session=False)
    )


def withdraw_unsent(session: Session, attendee_ids: Collection[int]) -> None:
    """Let no letter go to these people that has surely not left: what it says is not so any more."""
    session.execute(
        update(Letter)
        .where(
            Letter.attendee_id.in_(attendee_ids), Letter.state == State.QUEUED, Letter.perhaps_sent.is_(False)
        )
        .values(state=State.SUPERSEDED)
        .execution_options(synchronize_session=False)
    )


def mark_sent(session: Session, claim: Claim, *, now: datetime) -> bool:
    """The server took the letter. False when the claim was lost meanwhile; then nothing changes."""
    return _mark(session, claim, state=State.SENT, sent_at=now, perhaps_sent=True, last_error=None)


def mark_failed(session: Session, claim: Claim, *, error: str) -> bool:
    """The server refused for good; `error` are its words."""
    return _mark(session, claim, state=State.FAILED, last_error=error[:1000])


def mark_superseded(session: Session, claim: Claim) -> bool:
    """What the letter says is no longer so, and nobody will miss it."""
    return _mark(session, claim, state=State.SUPERSEDED)


def mark_retry(
    session: Session, claim: Claim, *, error: str, perhaps_sent: bool, created_at: datetime, now: datetime
) -> bool:
    """Try later by the back-off, or fail when three days are over.

    `perhaps_sent` is true where the line broke after the text had gone out, so that nobody knows.
    """
    due_at = rules.next_try(claim.attempts, created_at=created_at, now=now)
    change: dict[str, Any] = {"last_error": error[:1000]}
    if perhaps_sent:
        change["perhaps_sent"] = True
    if due_at is None:
        return _mark(session, claim, state=State.FAILED, **change)
    return _mark(session, claim, state=State.QUEUED, due_at=due_at, **change)


def give_back(session: Session, claim: Claim, *, now: datetime) -> bool:
    """The worker stops before it began to send."""
    return _mark(session, claim, state=State.QUEUED, due_at=now)


def _mark(session: Session, claim: Claim, **values: Any) -> bool:
    statement = (
        update(Letter)
        .where(
            Letter.id == claim.letter_id,
            Letter.worker == claim.worker,
            Letter.attempts == claim.attempts,
            Letter.state == State.SENDING,
        )
        .values(worker=None, **values)
        .execution_options(synchronize_session=False)
    )
    result = session.execute(statement)
    assert isinstance(result, CursorResult)  # noqa: S101 - what execute() gives for an UPDATE
    return result.rowcount == 1


def note_trouble(session: Session, *, error: str, now: datetime) -> None:
    """Write beside the letters that are due why none goes out: the mail server cannot be used at all."""
    session.execute(
        update(Letter)
        .where(Letter.state == State.QUEUED, Letter.due_at <= now)
        .where(or_(Letter.last_error.is_(None), Letter.last_error != error[:1000]))
        .values(last_error=error[:1000])
        .execution_options(synchronize_session=False)
    )


def forget_if_asked(session: Session, letter_id: int) -> None:
    """Empty a letter that is over and that was marked to be forgotten."""
    if session.scalar(select(Letter.forget).where(Letter.id == letter_id)):
        forget(session, letter_id)


def forget(session: Session, letter_id: int) -> None:
    """Empty a letter of the person it went to; servers repeat addresses in their words."""
    session.execute(
        update(Letter)
        .where(Letter.id == letter_id)
        .values(recipient=None, facts={}, last_error=None)
        .execution_options(synchronize_session=False)
    )
