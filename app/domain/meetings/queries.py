"""Reads of series and meetings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import selectinload

from app.base.errors import NotFound
from app.base.paging import Page, clamp_page
from app.base.text import like
from app.domain.meetings.models import Meeting, MeetingState, Series

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

PER_PAGE = 20
FEED_HISTORY = timedelta(days=90)


def all_series(session: Session) -> list[Series]:
    """Every series in the order the organisers gave them."""
    return list(session.scalars(select(Series).order_by(Series.position, Series.id)))


def get_series(session: Session, series_id: int) -> Series:
    """One series; raises `NotFound`."""
    series = session.get(Series, series_id)
    if series is None:
        raise NotFound
    return series


def get_series_by_slug(session: Session, slug: str) -> Series:
    """A series by its address; raises `NotFound`."""
    series = session.scalar(select(Series).where(Series.slug == slug))
    if series is None:
        raise NotFound
    return series


def get_published(session: Session, slug: str, *, programme: bool = False) -> Meeting:
    """A meeting that strangers may see (published or called off); raises `NotFound`."""
    query = select(Meeting).where(Meeting.slug == slug, Meeting.state != MeetingState.DRAFT)
    if programme:
        query = query.options(selectinload(Meeting.programme))
    meeting = session.scalar(query)
    if meeting is None:
        raise NotFound
    return meeting


def get_meeting(session: Session, meeting_id: int, *, programme: bool = False) -> Meeting:
    """Any meeting, for organisers, but a deleted draft; raises `NotFound`."""
    query = select(Meeting).where(Meeting.id == meeting_id, Meeting.deleted_at.is_(None))
    if programme:
        query = query.options(selectinload(Meeting.programme))
    meeting = session.scalar(query)
    if meeting is None:
        raise NotFound
    return meeting


def next_meeting(session: Session, *, now: datetime) -> Meeting | None:
    """The first published meeting that has not ended."""
    query = select(Meeting).where(Meeting.state == MeetingState.PUBLISHED, Meeting.ends_at > now)
    return session.scalar(query.order_by(Meeting.starts_at, Meeting.id).limit(1))


def upcoming(
    session: Session, *, now: datetime, series_id: int | None = None, search: str = ""
) -> list[Meeting]:
    """Public meetings that have not ended, soonest first; called-off ones stay until past."""
    conditions = [Meeting.ends_at > now, *_public(series_id, search)]
    return list(session.scalars(select(Meeting).where(*conditions).order_by(Meeting.starts_at, Meeting.id)))


def past(
    session: Session, *, now: datetime, series_id: int | None = None, search: str = "", number: int = 1
) -> Page[Meeting]:
    """One page of public meetings that have ended, newest first."""
    conditions = [Meeting.ends_at <= now, *_public(series_id, search)]
    total = session.scalar(select(func.count()).select_from(Meeting).where(*conditions)) or 0
    shown = clamp_page(number, total, PER_PAGE)
    query = select(Meeting).where(*conditions).order_by(Meeting.starts_at.desc(), Meeting.id.desc())
    rows = session.scalars(query.limit(PER_PAGE).offset((shown - 1) * PER_PAGE))
    return Page(list(rows), shown, total, PER_PAGE)


def in_feeds(session: Session, *, now: datetime, series_id: int | None = None) -> list[Meeting]:
    """Public meetings that a calendar to subscribe to holds, soonest first."""
    query = select(Meeting).where(belongs_in_feeds(now), *_public(series_id, ""))
    return list(session.scalars(query.order_by(Meeting.starts_at, Meeting.id)))


def belongs_in_feeds(now: datetime) -> ColumnElement[bool]:
    """Whether a feed tells of a meeting: for 90 days after its end, or until its end when called off."""
    return or_(
        Meeting.ends_at > now,
        and_(Meeting.ends_at > now - FEED_HISTORY, Meeting.state != MeetingState.CALLED_OFF),
    )


def for_organisers(session: Session, *, series_ids: Collection[int] = ()) -> list[Meeting]:
    """All meetings, newest first, without deleted drafts; of `series_ids` alone where given."""
    query = select(Meeting).where(Meeting.deleted_at.is_(None))
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    return list(session.scalars(query.order_by(Meeting.starts_at.desc(), Meeting.id.desc())))


def deleted_drafts(session: Session, *, series_ids: Collection[int] = ()) -> list[Meeting]:
    """Drafts that were thrown away and can be brought back, the last first; of `series_ids` alone where given."""
    query = select(Meeting).where(Meeting.deleted_at.is_not(None))
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    return list(session.scalars(query.order_by(Meeting.deleted_at.desc(), Meeting.id.desc())))


def get_deleted(session: Session, meeting_id: int) -> Meeting:
    """A draft that was thrown away; raises `NotFound`."""
    query = select(Meeting).where(Meeting.id == meeting_id, Meeting.deleted_at.is_not(None))
    meeting = session.scalar(query)
    if meeting is None:
        raise NotFound
    return meeting


def not_over(session: Session, *, now: datetime, series_ids: Collection[int] = ()) -> list[Meeting]:
    """Drafts, and published meetings that have not ended, the soonest first; of `series_ids` alone where given."""
    ahead = and_(Meeting.state == MeetingState.PUBLISHED, Meeting.ends_at > now)
    query = select(Meeting).where(or_(ahead, Meeting.state == MeetingState.DRAFT))
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    return list(session.scalars(query.order_by(Meeting.starts_at, Meeting.id)))


def just_over(
    session: Session, *, now: datetime, since: datetime, series_ids: Collection[int] = ()
) -> Meeting | None:
    """The published meeting that ended last, not before `since`; of `series_ids` alone where given."""
    query = select(Meeting).where(
        Meeting.state == MeetingState.PUBLISHED, Meeting.ends_at <= now, Meeting.ends_at > since
    )
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    return session.scalar(query.order_by(Meeting.ends_at.desc(), Meeting.id.desc()).limit(1))


def is_any(session: Session, *, series_ids: Collection[int] = ()) -> bool:
    """Whether there is a meeting at all; of `series_ids` alone where given."""
    query = select(Meeting.id)
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    return session.scalar(query.limit(1)) is not None


def at_doors(session: Session, *, ends_after: datetime, also: Collection[int] = ()) -> list[Meeting]:
    """Meetings that are not called off and end after that, and `also` those with these ids, the next first."""
    ahead = and_(Meeting.ends_at > ends_after, Meeting.state != MeetingState.CALLED_OFF)
    query = select(Meeting).where(or_(ahead, Meeting.id.in_(also)), Meeting.deleted_at.is_(None))
    return list(session.scalars(query.order_by(Meeting.starts_at, Meeting.id)))


def _public(series_id: int | None, search: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Meeting.state != MeetingState.DRAFT]
    if series_id is not None:
        found.append(Meeting.series_id == series_id)
    found.extend(Meeting.search_key.like(like(word), escape="\\") for word in search.split()[:8])
    return found
