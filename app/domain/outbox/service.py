"""Putting letters into the outbox, and what a worker does with them: claim, mark, give back."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, and_, exists, or_, select, update
from sqlalchemy.orm import aliased

from app.base.tokens import new_mail_token
from app.domain.outbox import rules
from app.domain.outbox.models import Letter, State

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

LEASE = timedelta(minutes=5)


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
        "calendar": new.calendar,
        "sequence": new.sequence,
        "message_id": f"{uuid.uuid4().hex}.{0 if new.sequence is None else new.sequence}",
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
    """Claim the letter that is due longest; the caller commits at once. None when nothing is due.

    A calendar letter waits while another one of the same attendee is under way. Older unsent calendar letters
    of that attendee are superseded by the claimed one.
    """
    other = aliased(Letter)
    under_way = exists().where(
        other.attendee_id == Letter.attendee_id,
        other.calendar.is_not(None),
        other.state == State.SENDING,
        other.due_at > now,
        other.id != Letter.id,
    )
    pick = (
        select(Letter.id)
        .where(
            Letter.state.in_((State.QUEUED, State.SENDING)),
            Letter.due_at <= now,
            or_(Letter.calendar.is_(None), ~under_way),
        )
        .order_by(Letter.due_at, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Letter)
        .cte("pick")
    )
    if session.get_bind().dialect.name == "postgresql":
        pick = pick.prefix_with("MATERIALIZED")
    row = session.execute(
        update(Letter)
        .where(Letter.id.in_(select(pick.c.id)))
        .values(
            state=State.SENDING, due_at=now + LEASE, attempts=Letter.attempts + 1, worker=worker, perhaps_sent=True
        )
        .returning(Letter.id, Letter.attempts, Letter.attendee_id, Letter.calendar)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    if row.calendar is not None and row.attendee_id is not None:
        _supersede(session, row.id, row.attendee_id, now=now)
    return Claim(row.id, worker, row.attempts)


def _supersede(session: Session, letter_id: int, attendee_id: int, *, now: datetime) -> None:
    session.execute(
        update(Letter)
        .where(
            Letter.attendee_id == attendee_id,
            Letter.calendar.is_not(None),
            Letter.id < letter_id,
            or_(Letter.state == State.QUEUED, and_(Letter.state == State.SENDING, Letter.due_at <= now)),
        )
        .values(state=State.SUPERSEDED, worker=None)
        .execution_options(synchronize_session=False)
    )


def mark_sent(session: Session, claim: Claim, *, now: datetime) -> bool:
    """The server took the letter. False when the claim was lost meanwhile; then nothing changes."""
    return _mark(session, claim, state=State.SENT, sent_at=now, last_error=None)


def mark_failed(session: Session, claim: Claim, *, error: str) -> bool:
    """The server refused for good; `error` are its words."""
    return _mark(session, claim, state=State.FAILED, last_error=error[:1000], perhaps_sent=False)


def mark_retry(
    session: Session, claim: Claim, *, error: str, perhaps_sent: bool, created_at: datetime, now: datetime
) -> bool:
    """Try later by the back-off, or fail when three days are over.

    `perhaps_sent` is true where the line broke after the text had gone out, so that nobody knows.
    """
    due_at = rules.next_try(claim.attempts, created_at=created_at, now=now)
    change = {"last_error": error[:1000], "perhaps_sent": perhaps_sent}
    if due_at is None:
        return _mark(session, claim, state=State.FAILED, **change)
    return _mark(session, claim, state=State.QUEUED, due_at=due_at, **change)


def give_back(session: Session, claim: Claim, *, now: datetime) -> bool:
    """The worker stops before it began to send."""
    return _mark(session, claim, state=State.QUEUED, due_at=now, perhaps_sent=False)


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


def forget(session: Session, letter_id: int) -> None:
    """Empty a letter of the person it went to."""
    session.execute(
        update(Letter)
        .where(Letter.id == letter_id)
        .values(recipient=None, facts={})
        .execution_options(synchronize_session=False)
    )
