"""Reads after the meeting: who was present, who excused, who did not come, by the door, the answers and by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.domain.attendance.models import AttendanceMark, DoorEvent, Mark
from app.domain.attendance.queries import arrivals, stands
from app.domain.attendance.rules import Standing, is_present, passes_door, standing_of
from app.domain.history.models import Entry
from app.domain.meetings.models import Meeting
from app.domain.registration.models import Attendee
from app.domain.registration.queries import on_list

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

TAKEN_AWAY = frozenset(
    {"approval", "release", "invited", "move"}
)  # by these a place ended without the person giving it up


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the attendance list; `since` when the door let them in, `mark` what was said by hand."""

    attendee: Attendee
    standing: Standing
    since: datetime | None
    mark: str | None


@dataclass(slots=True)
class Attended:
    """How many came, and how many had a seat and did not; `known`: whether anybody was noted as present."""

    present: int = 0
    absent: int = 0
    known: bool = False


def attendance(session: Session, meeting: Meeting) -> list[Line]:
    """Everybody of a meeting, by organisation and name in the Czech alphabet; people without one come last."""
    query = (
        select(Attendee, newest_mark())
        .where(*on_list(meeting.id))
        .order_by(
            Attendee.organisation_name == "",
            Attendee.organisation_sort_key,
            Attendee.sort_key,
            Attendee.id,
        )
    )
    rows = [(row[0], row[1]) for row in session.execute(query)]
    since, taken = arrivals(session, meeting.id), _taken_away(session, meeting.id)
    kept = any(is_present(mark=mark, arrived=attendee.id in since) for attendee, mark in rows)
    return [
        Line(
            attendee,
            standing_of(
                attendee.place,
                mark=mark,
                arrived=attendee.id in since,
                kept=kept,
                by_door=passes_door(attendee.mode, meeting.format),
                excused=attendee.id not in taken,
            ),
            since.get(attendee.id),
            mark,
        )
        for attendee, mark in rows
    ]


def attended(session: Session, meeting_ids: Collection[int]) -> dict[int, Attended]:
    """How many came to each of these meetings, in one statement. Erased people count as before."""
    found = {meeting_id: Attended() for meeting_id in meeting_ids}
    if not found:
        return found
    later = aliased(Attendee)
    each = (
        select(
            Attendee.meeting_id,
            Attendee.place,
            Attendee.mode,
            Meeting.format,
            has_arrived().label("arrived"),
            newest_mark().label("mark"),
        )
        .join(Meeting, Meeting.id == Attendee.meeting_id)
        .where(Attendee.meeting_id.in_(meeting_ids), ~exists().where(later.previous_id == Attendee.id))
        .subquery()
    )
    rows = session.execute(select(*each.c, func.count().label("people")).group_by(*each.c)).all()
    for row in rows:
        if is_present(mark=row.mark, arrived=row.arrived):
            found[row.meeting_id].present += row.people
            found[row.meeting_id].known = True
    for row in rows:
        one, by_door = found[row.meeting_id], passes_door(row.mode, row.format)
        standing = standing_of(row.place, mark=row.mark, arrived=row.arrived, kept=one.known, by_door=by_door)
        if one.known and standing == Standing.ABSENT:
            one.absent += row.people
    return found


def came() -> ColumnElement[bool]:
    """Whether an attendee was present, by hand or by the door: a condition for other questions."""
    mark = newest_mark()
    return or_(func.coalesce(mark, "") == Mark.PRESENT, and_(mark.is_(None), has_arrived()))


def newest_mark() -> ScalarSelect[str | None]:
    """The correction of an attendee that counts; none: NULL."""
    query = select(AttendanceMark.mark).where(
        AttendanceMark.attendee_id == Attendee.id, AttendanceMark.undone_at.is_(None)
    )
    return query.order_by(AttendanceMark.id.desc()).limit(1).correlate(Attendee).scalar_subquery()


def has_arrived() -> ColumnElement[bool]:
    """Whether a check-in of an attendee stands."""
    return exists().where(DoorEvent.attendee_id == Attendee.id, stands()).correlate(Attendee)


def _taken_away(session: Session, meeting_id: int) -> set[int]:
    """Who was turned down, lost a held seat, or lost a place in the queue or an invitation, as history tells."""
    query = select(Entry.subject_id, Entry.actor, Entry.details).where(
        Entry.meeting_id == meeting_id, Entry.act == "attendee:cancel"
    )
    last: dict[int, bool] = {}
    for attendee_id, actor, details in session.execute(query.order_by(Entry.id)):
        had_no_seat = actor == "organiser" and not details.get("seat")
        last[attendee_id] = had_no_seat or details.get("by") in TAKEN_AWAY
    return {attendee_id for attendee_id, taken in last.items() if taken}
