"""The next date of a series: a draft with the frame of an earlier meeting, on the day that the rhythm proposes."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.base.dates import NoSuchTime, at
from app.domain.meetings import service
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.meetings.queries import get_meeting
from app.domain.meetings.service import MeetingText, Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor

FOUR_WEEKS = timedelta(weeks=4)
AN_HOUR = timedelta(hours=1)
LONGEST_SLUG = 50
# What belongs to one date alone: the next one has another topic.
OF_ONE_DATE = ("title", "summary", "description")


def latest_of_each(session: Session, series_ids: Collection[int]) -> dict[int, int]:
    """The last meeting of each series that was shown to people: ids of meetings by ids of series."""
    query = select(Meeting.series_id, Meeting.id).where(
        Meeting.series_id.in_(series_ids), Meeting.state != MeetingState.DRAFT
    )
    rows = session.execute(query.order_by(Meeting.starts_at, Meeting.id))
    return {row.series_id: row.id for row in rows}


def prepare(session: Session, meeting_id: int, *, now: datetime, actor: Actor, mail_domain: str) -> Meeting:
    """A draft of the next date in the series of a meeting, with its place, seats, contact and programme's frame.

    It comes after every date of the series. Raises `NotFound`.
    """
    source = get_meeting(session, meeting_id, programme=True)
    siblings = _series_of(session, source)
    day = next_day(source, siblings, now=now)
    starts_at, ends_at = moved(source, day)
    values = {field.name: getattr(source, field.name) for field in fields(MeetingText)}
    values |= {name: {} for name in OF_ONE_DATE}
    number = _next_number(source, siblings)
    values |= {"number": number, "starts_at": starts_at, "ends_at": ends_at}
    values |= _registration(source, day, now=now)
    slots = _frame(source, _before(source, siblings))
    return service.create(
        session,
        MeetingText(**values),
        slots,
        now=now,
        actor=actor,
        mail_domain=mail_domain,
        address=f"{source.series.slug[:LONGEST_SLUG].rstrip('-')}-{number or day}",  # the topic is not known yet
    )


def next_day(source: Meeting, siblings: Sequence[Meeting], *, now: datetime) -> date:
    """The day that follows the last one as that followed the one before; four weeks where there is no rhythm.

    `siblings` are all meetings of the series by their start. Steps go on until the day lies ahead.
    """
    zone = ZoneInfo(source.timezone)
    days = sorted({one.starts_at.astimezone(zone).date() for one in siblings})
    step = days[-1] - days[-2] if len(days) > 1 else FOUR_WEEKS
    today = now.astimezone(zone).date()
    behind = max((today - days[-1]) // step, 0)
    return days[-1] + (behind + 1) * step


def moved(source: Meeting, day: date) -> tuple[datetime, datetime]:
    """Start and end on another day at the same time by the clock of the meeting's zone (instants in UTC)."""
    zone = ZoneInfo(source.timezone)
    first, last = source.starts_at.astimezone(zone), source.ends_at.astimezone(zone)
    starts_at = _at_clock(day, first)
    ends_at = _at_clock(day + (last.date() - first.date()), last)
    return starts_at, ends_at if ends_at > starts_at else starts_at + (source.ends_at - source.starts_at)


def _at_clock(day: date, local: datetime) -> datetime:
    """That day at the time of `local`; an hour later in the night in which the clocks jump over it."""
    zone = local.tzinfo
    assert zone is not None  # noqa: S101 - astimezone gave it
    try:
        return at(day, local.time(), zone)
    except NoSuchTime:
        later = datetime.combine(day, local.time()) + AN_HOUR
        return at(later.date(), later.time(), zone)


def _series_of(session: Session, source: Meeting) -> list[Meeting]:
    query = select(Meeting).where(Meeting.series_id == source.series_id, Meeting.deleted_at.is_(None))
    query = query.order_by(Meeting.starts_at, Meeting.id)
    return list(session.scalars(query.options(selectinload(Meeting.programme))))


def _next_number(source: Meeting, siblings: Sequence[Meeting]) -> int | None:
    """One more than the highest number of the series; None where its meetings bear none."""
    if source.number is None:
        return None
    return max(one.number for one in siblings if one.number is not None) + 1


def _registration(source: Meeting, day: date, *, now: datetime) -> dict[str, datetime | date | None]:
    """When registering opens and ends: as long before the day as it was; left out where that is past already."""
    zone = ZoneInfo(source.timezone)
    shift = day - source.starts_at.astimezone(zone).date()
    deadline = source.deadline + shift if source.deadline else None
    if deadline is not None and deadline < now.astimezone(zone).date():
        deadline = None
    opens_at = None
    if source.opens_at is not None:
        opened = source.opens_at.astimezone(zone)
        opens_at = _at_clock(opened.date() + shift, opened)
    return {"deadline": deadline, "opens_at": opens_at if opens_at and opens_at > now else None}


def _before(source: Meeting, siblings: Sequence[Meeting]) -> Meeting | None:
    """The meeting of the series before `source`."""
    place = [one.id for one in siblings].index(source.id)
    return siblings[place - 1] if place else None


def _frame(source: Meeting, before: Meeting | None) -> list[Slot]:
    """Times and breaks; of the other items the titles that the meeting before had too, as an opening word has.

    Speakers go along where both meetings had the same ones under the same title.
    """
    repeated = [(item.title, item.speakers) for item in before.programme] if before is not None else []
    return [
        Slot(
            offset_minutes=item.offset_minutes,
            duration_minutes=item.duration_minutes,
            title=item.title if item.is_break or any(item.title == one for one, _ in repeated) else {},
            speakers=item.speakers if (item.title, item.speakers) in repeated else {},
            is_break=item.is_break,
        )
        for item in source.programme
    ]
