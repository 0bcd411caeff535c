"""What the clock alone makes due: reminders to attendees, notices to organisers. Each in a short write of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import IntegrityError

from app.delivery.database import DATABASE_TROUBLE, transaction
from app.domain.broadcasts import queries as broadcasts
from app.domain.broadcasts import sending
from app.domain.notices import queries as notice_queries
from app.domain.notices import service as notices
from app.domain.registration import reminders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

PORTIONS = 4  # of one letter to many at a time: what is queued already shall not wait for it

log = structlog.get_logger("setkani.due")


def write_reminders(*, now: datetime) -> int:
    """Write the reminders that are due at `now`; returns how many. Raises `DATABASE_TROUBLE`."""
    with transaction() as session:
        meetings = reminders.meetings_with_due(session, now=now)
    return _each(meetings, lambda session, one: reminders.enqueue_due(session, one, now=now))


def write_notices(*, now: datetime, timezone: str) -> int:
    """Write the notices that are due at `now`; returns how many. Raises `DATABASE_TROUBLE`."""
    with transaction() as session:
        accounts = notice_queries.accounts_with_due(session, now=now, timezone=timezone)
    return _each(accounts, lambda session, one: notices.enqueue_due(session, one, now=now, timezone=timezone))


def write_broadcasts(*, now: datetime) -> int:
    """Start, write on and end letters to many; returns how many letters were written. Raises `DATABASE_TROUBLE`."""
    with transaction() as session:
        due = broadcasts.due(session, now=now)
    if not due:
        return 0
    return sum(
        _each(due, lambda session, one: sending.advance(session, one, now=now)) for _ in range(PORTIONS)
    )


def _each(ids: Iterable[int], write: Callable[[Session, int], int]) -> int:
    """Write for each, and let none keep the others waiting."""
    written = 0
    for one in ids:
        try:
            with transaction(write=True) as session:
                number = write(session, one)
        except IntegrityError:  # written already, by a worker that was quicker
            log.warning("due letters were there already", of=one)
        except DATABASE_TROUBLE:
            raise
        except Exception:
            log.exception("due letters cannot be written", of=one)
        else:
            written += number
    return written
