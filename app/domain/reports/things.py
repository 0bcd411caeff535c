"""The names of what history speaks of. History itself holds ids alone: who is erased has no name here either."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.meetings.models import Meeting, Series
from app.domain.registration.label_queries import names_in
from app.domain.registration.models import Attendee
from app.domain.reports.queries import account_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from app.base.db import type_texts
    from app.domain.history.models import Entry


@dataclass(frozen=True, slots=True)
class Things:
    """Names by id; those of meetings and series in each language."""

    accounts: dict[int, str] = field(default_factory=dict)
    attendees: dict[int, str] = field(default_factory=dict)
    meetings: dict[int, type_texts] = field(default_factory=dict)
    series: dict[int, type_texts] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)


def things_of(session: Session, entries: Iterable[Entry]) -> Things:
    """The names of all that these entries speak of, in five statements at most."""
    rows = list(entries)

    def ids(subject: str) -> set[int]:
        return {row.subject_id for row in rows if row.subject == subject}

    attendees = select(Attendee.id, Attendee.name).where(
        Attendee.id.in_(ids("attendee")), Attendee.erased_at.is_(None)
    )
    meetings = select(Meeting.id, Meeting.title).where(
        Meeting.id.in_({row.meeting_id for row in rows if row.meeting_id} | ids("meeting")),
        Meeting.deleted_at.is_(None),
    )
    series = select(Series.id, Series.name).where(Series.id.in_(ids("series")))
    accounts = [*ids("account"), *(row.account_id for row in rows)]
    return Things(
        accounts=account_names(session, accounts),
        attendees={row.id: row.name for row in session.execute(attendees) if row.name},
        meetings={row.id: row.title for row in session.execute(meetings)},
        series={row.id: row.name for row in session.execute(series)} if ids("series") else {},
        labels=names_in(session, rows),
    )
