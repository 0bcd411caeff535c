"""Writing history, in the transaction of the act itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from app.domain.history.models import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `attendee` (through a personal link), `public` (the form), `organiser` (with an account), `system`."""

    kind: str
    account_id: int | None = None


PUBLIC = Actor("public")
ATTENDEE = Actor("attendee")
SYSTEM = Actor("system")


def organiser(account_id: int) -> Actor:
    """The organiser with this account."""
    return Actor("organiser", account_id)


def record(
    session: Session,
    act: str,
    *,
    subject_id: int,
    actor: Actor,
    now: datetime,
    meeting_id: int | None = None,
    **details: Any,
) -> None:
    """Add one entry; `act` is `<subject>:<act>`; `details` are ids, counts and states, never personal data."""
    session.add(
        Entry(
            at=now,
            actor=actor.kind,
            account_id=actor.account_id,
            act=act,
            subject=act.partition(":")[0],
            subject_id=subject_id,
            meeting_id=meeting_id,
            details=details,
        )
    )


def record_many(
    session: Session,
    act: str,
    subject_ids: Iterable[int],
    *,
    actor: Actor,
    now: datetime,
    meeting_id: int | None = None,
    **details: Any,
) -> None:
    """The same entry for each of many things, written at once; as `record` otherwise."""
    rows = [
        {
            "at": now,
            "actor": actor.kind,
            "account_id": actor.account_id,
            "act": act,
            "subject": act.partition(":")[0],
            "subject_id": subject_id,
            "meeting_id": meeting_id,
            "details": details,
        }
        for subject_id in subject_ids
    ]
    if rows:
        session.execute(insert(Entry), rows)
