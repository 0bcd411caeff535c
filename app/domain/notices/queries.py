"""What is new for an account since an entry of history."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from app.domain.accounts.models import Account, NoticeChoice, Role
from app.domain.accounts.rules import Permission, may
from app.domain.history.models import Entry
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.notices import rules
from app.domain.notices.rules import EVENT_OF, Event, Line, Timing
from app.domain.registration import rules as registration
from app.domain.registration import seating
from app.domain.registration.models import Attendee, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

FULL_OF = {Line.FULL_ROOM: Mode.ROOM, Line.FULL_ONLINE: Mode.ONLINE}


@dataclass(frozen=True, slots=True)
class News:
    """What happened at one meeting, or at none (mails that belong nowhere); `lines` in their order, with counts."""

    meeting: Meeting | None
    lines: dict[Line, int]


def timings_of(session: Session, account_id: int) -> dict[Event, Timing]:
    """When an account is told of each event."""
    choice = session.get(NoticeChoice, account_id)
    return rules.timings(choice.choices if choice else {})


def accounts_with_due(session: Session, *, now: datetime, timezone: str) -> list[int]:
    """Ids of accounts for which there may be something to write at `now`; a cheap look, without a lock."""
    until = settled_end(session, now=now)
    newest = session.scalar(
        select(Entry.id)
        .where(Entry.act.in_(rules.ACTS), Entry.id <= until)
        .order_by(Entry.id.desc())
        .limit(1)
    )
    today = rules.digest_day(now, timezone)
    choices = {choice.account_id: choice for choice in session.scalars(select(NoticeChoice))}

    def is_due(choice: NoticeChoice | None) -> bool:
        if choice is None or (today is not None and choice.digest_on != today):
            return True
        return (newest or 0) > choice.seen_id and rules.may_tell_now(choice.told_at, now=now)

    accounts = select(Account.id).where(Account.active, Account.role.in_(rules.HEARING)).order_by(Account.id)
    return [account_id for account_id in session.scalars(accounts) if is_due(choices.get(account_id))]


def last_entry(session: Session) -> int:
    """The present end of history."""
    return session.scalar(select(func.max(Entry.id))) or 0


def settled_end(session: Session, *, now: datetime) -> int:
    """The last entry up to which history is complete.

    Numbers are given before a transaction commits: for a minute an earlier entry may still appear. An entry
    from the future was written before the clock was set back, and is settled.
    """
    settled = or_(Entry.at <= now - rules.SETTLE, Entry.at >= now + rules.SETTLE)
    return session.scalar(select(Entry.id).where(settled).order_by(Entry.id.desc()).limit(1)) or 0


def news(
    session: Session, account: Account, events: Collection[Event], *, after: int, until: int, now: datetime
) -> list[News]:
    """What happened after one entry of history and up to another, as far as the account may hear of it.

    Meetings in the order of their time. What is no longer so is left out: a seat that was given meanwhile.
    """
    query = select(Entry).where(
        Entry.id > after, Entry.id <= until, Entry.at > now - rules.OLDEST, Entry.act.in_(rules.ACTS)
    )
    counted: defaultdict[int | None, Counter[Line]] = defaultdict(Counter)
    for entry in session.scalars(query.execution_options(yield_per=1000)):
        if entry.account_id != account.id:
            lines = (line for line in rules.lines_of(entry) if EVENT_OF[line] in events)
            counted[entry.meeting_id].update(lines)
    meetings = session.scalars(select(Meeting).where(Meeting.id.in_(counted.keys() - {None})))
    found = [
        News(meeting, _present(session, meeting, counted[meeting.id], now=now))
        for meeting in sorted(meetings, key=lambda one: (one.starts_at, one.id))
        if may(account, Permission.EDIT, meeting.series_id)
    ]
    if account.role == Role.ADMINISTRATOR:
        found.append(News(None, _in_order(counted[None])))
    return [one for one in found if one.lines]


def _present(session: Session, meeting: Meeting, counted: Counter[Line], *, now: datetime) -> dict[Line, int]:
    """The lines with what is to be done now: who waits for approval or a seat, and whether it is still full."""
    if Line.PENDING in counted:
        query = select(func.count()).where(Attendee.meeting_id == meeting.id, Attendee.place == Place.PENDING)
        counted[Line.PENDING] = session.scalar(query) or 0
    if counted.keys() & {Line.SEAT_FREE, *FULL_OF}:
        seats = seating.count_seats(session, meeting)
        for line in counted.keys() & FULL_OF.keys():
            counted[line] = int(not seats.has_room(FULL_OF[line]))
        if Line.SEAT_FREE in counted:
            waiting = sum(seats.waiting[mode] for mode in Mode if seats.has_room(mode))
            counted[Line.SEAT_FREE] = waiting if _is_for_the_organiser(meeting, now=now) else 0
    return _in_order(counted)


def _is_for_the_organiser(meeting: Meeting, *, now: datetime) -> bool:
    """Whether a free seat waits for somebody to decide: people no longer move up by themselves."""
    is_ahead = meeting.state == MeetingState.PUBLISHED and now < meeting.starts_at
    return is_ahead and not registration.may_promote(meeting, now=now)


def _in_order(counted: Counter[Line]) -> dict[Line, int]:
    return {line: counted[line] for line in Line if counted[line]}
