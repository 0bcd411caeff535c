"""Reading history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.base.paging import PER_PAGE, Page, clamp_page
from app.domain.history.models import Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Generator
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of history is asked for; what is None or empty narrows nothing. `until` is no longer in it."""

    meeting_id: int | None = None
    attendee_ids: Collection[int] = ()
    subject: str = ""
    account_id: int | None = None
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions on `Entry`."""
        found: list[ColumnElement[bool]] = []
        same = (
            (Entry.meeting_id, self.meeting_id),
            (Entry.subject, self.subject or None),
            (Entry.account_id, self.account_id),
            (Entry.actor, self.actor or None),
        )
        found += [column == value for column, value in same if value is not None]
        if self.since:
            found.append(Entry.at >= self.since)
        if self.until:
            found.append(Entry.at < self.until)
        if self.attendee_ids:
            found += [Entry.subject == "attendee", Entry.subject_id.in_(self.attendee_ids)]
        return found


def of_subject(session: Session, subject: str, subject_id: int) -> list[Entry]:
    """What happened to one thing, newest first."""
    query = select(Entry).where(Entry.subject == subject, Entry.subject_id == subject_id)
    return list(session.scalars(query.order_by(Entry.at.desc(), Entry.id.desc())))


def of_meeting(session: Session, meeting_id: int, *, limit: int = 200) -> list[Entry]:
    """The newest entries about a meeting and its attendees."""
    query = select(Entry).where(Entry.meeting_id == meeting_id).order_by(Entry.at.desc(), Entry.id.desc())
    return list(session.scalars(query.limit(limit)))


def newest(session: Session, *, meeting_ids: Collection[int] | None = None, limit: int) -> list[Entry]:
    """The newest entries about meetings and their attendees; of these meetings alone where given."""
    query = select(Entry).where(Entry.meeting_id.is_not(None))
    if meeting_ids is not None:
        query = query.where(Entry.meeting_id.in_(meeting_ids))
    return list(session.scalars(query.order_by(Entry.at.desc(), Entry.id.desc()).limit(limit)))


def of_acts(session: Session, meeting_id: int, acts: Collection[str], *, limit: int) -> list[Entry]:
    """The newest entries about a meeting that are one of these acts."""
    query = select(Entry).where(Entry.meeting_id == meeting_id, Entry.act.in_(acts))
    return list(session.scalars(query.order_by(Entry.at.desc(), Entry.id.desc()).limit(limit)))


def page_of(session: Session, asked: Asked, number: int) -> Page[Entry]:
    """One page, newest first."""
    conditions = asked.conditions()
    total = session.scalar(select(func.count()).select_from(Entry).where(*conditions)) or 0
    shown = clamp_page(number, total)
    query = select(Entry).where(*conditions).order_by(Entry.at.desc(), Entry.id.desc())
    rows = session.scalars(query.limit(PER_PAGE).offset((shown - 1) * PER_PAGE))
    return Page(list(rows), shown, total)


def every(session: Session, asked: Asked) -> Generator[list[Entry]]:
    """All that is asked for, some at a time, newest first."""
    query = select(Entry).where(*asked.conditions()).order_by(Entry.at.desc(), Entry.id.desc())
    for rows in session.scalars(query.execution_options(yield_per=ROWS_AT_ONCE)).partitions():
        yield list(rows)


def actors(session: Session, asked: Asked) -> tuple[list[int], list[str]]:
    """Who has done anything of it: ids of accounts, and kinds of actors without one."""
    query = select(Entry.account_id, Entry.actor).where(*asked.conditions()).distinct()
    found = session.execute(query).all()
    accounts = {account_id for account_id, _actor in found if account_id is not None}
    others = {actor for account_id, actor in found if account_id is None}
    return sorted(accounts), sorted(others)


def subjects(session: Session, asked: Asked) -> list[str]:
    """Which kinds of things it is about."""
    return sorted(session.scalars(select(Entry.subject).where(*asked.conditions()).distinct()))
