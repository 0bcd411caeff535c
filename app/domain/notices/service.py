"""Writing notices, and choosing which. Looked for at each tick of the worker; the caller commits each account's.

Each account has its place in history (`NoticeChoice`), so that whatever happens is told once: any number of
workers may do this, and a clock that is set back repeats nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.accounts.models import Account, NoticeChoice
from app.domain.history import service as history
from app.domain.notices import letters, queries, rules
from app.domain.notices.rules import Event, Timing
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor


def enqueue_due(session: Session, account_id: int, *, now: datetime, timezone: str) -> int:
    """Write what is due to one account at `now`: at most a notice at once and a digest; returns how many.

    Somebody whom notices see for the first time hears of what happens from then on. The caller has begun a write.
    """
    account = _lock(session, account_id)
    if account is None or not rules.hears(account):
        return 0
    choice = session.get(NoticeChoice, account.id, populate_existing=True)
    if choice is None:
        _begin(session, account, now=now, timezone=timezone)
        return 0
    until = queries.settled_end(session, now=now)
    return _tell_now(session, account, choice, until, now=now) + _tell_day(
        session, account, choice, until, now=now, timezone=timezone
    )


def choose(
    session: Session,
    account_id: int,
    timings: Mapping[Event, Timing],
    *,
    now: datetime,
    timezone: str,
    actor: Actor,
) -> None:
    """Keep when the account wants to be told of each event. The caller has begun a write.

    When an event moves between at once and daily, what has gathered for the digest is told now: else it would
    be told twice, or never.
    """
    account = _lock(session, account_id)
    if account is None or not rules.hears(account):
        return
    choice = session.get(NoticeChoice, account.id, populate_existing=True)
    if choice is None:
        choice = _begin(session, account, now=now, timezone=timezone)
    before = rules.timings(choice.choices)
    if any(
        before[event] != timings[event] and Timing.OFF not in (before[event], timings[event])
        for event in Event
    ):
        gathered = [
            event for event in Event if before[event] == Timing.DAILY and timings[event] != Timing.OFF
        ]
        _write(session, account, "gathered", gathered, after=choice.daily_id, until=choice.seen_id, now=now)
        choice.daily_id = max(choice.daily_id, choice.seen_id)
    choice.choices = {event: timings[event] for event in Event}
    history.record(session, "account:notices", subject_id=account.id, actor=actor, now=now)


def _lock(session: Session, account_id: int) -> Account | None:
    """The account, locked: its row is there also while that of its choices is not."""
    query = select(Account).where(Account.id == account_id).with_for_update(of=Account)
    return session.scalar(query.execution_options(populate_existing=True))


def _begin(session: Session, account: Account, *, now: datetime, timezone: str) -> NoticeChoice:
    last = queries.last_entry(session)
    choice = NoticeChoice(
        account_id=account.id,
        choices={},
        seen_id=last,
        daily_id=last,
        digest_on=rules.digest_day(now, timezone),
    )
    session.add(choice)
    return choice


def _tell_now(session: Session, account: Account, choice: NoticeChoice, until: int, *, now: datetime) -> int:
    if until <= choice.seen_id or not rules.may_tell_now(choice.told_at, now=now):
        return 0
    events = _events(choice, Timing.NOW)
    written = _write(session, account, "now", events, after=choice.seen_id, until=until, now=now)
    choice.seen_id = until
    if written:
        choice.told_at = now
    return written


def _tell_day(
    session: Session, account: Account, choice: NoticeChoice, until: int, *, now: datetime, timezone: str
) -> int:
    today = rules.digest_day(now, timezone)
    if today is None or choice.digest_on == today:
        return 0
    events = _events(choice, Timing.DAILY)
    written = _write(session, account, "day", events, after=choice.daily_id, until=until, now=now, day=today)
    choice.daily_id, choice.digest_on = max(choice.daily_id, until), today
    return written


def _events(choice: NoticeChoice, timing: Timing) -> list[Event]:
    return [event for event, chosen in rules.timings(choice.choices).items() if chosen == timing]


def _write(
    session: Session,
    account: Account,
    cause: str,
    events: Collection[Event],
    *,
    after: int,
    until: int,
    now: datetime,
    day: date | None = None,
) -> int:
    """One letter about what is new, or none; returns how many."""
    found = queries.news(session, account, events, after=after, until=until, now=now) if events else []
    if not found:
        return 0
    new = outbox.NewLetter(
        kind=Kind.NOTICE,
        recipient=account.email,
        language=account.language,
        key=f"notice:{account.id}:{cause}:{after}-{until}",
        facts=letters.facts(found, account.language, day=day),
        account_id=account.id,
    )
    outbox.enqueue(session, new, now=now)
    return 1
