"""Saved views: names for what the attendee list can be asked for, kept for a series or for one meeting.

The caller of a verb has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from app.base.errors import NotFound, Refusal
from app.base.text import czech_key
from app.domain.history import service as history
from app.domain.meetings.models import Series
from app.domain.registration import seating
from app.domain.registration.models import SavedView

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting

LONGEST_NAME = 60
MOST_VIEWS = 30


class ViewRefused(Refusal):
    """A view cannot be saved; `reason` is `name_taken` or `too_many`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def views_of(session: Session, meeting: Meeting) -> list[SavedView]:
    """The saved views that fit a meeting, by the Czech alphabet."""
    query = select(SavedView).where(
        SavedView.series_id == meeting.series_id,
        or_(SavedView.meeting_id.is_(None), SavedView.meeting_id == meeting.id),
        SavedView.deleted_at.is_(None),
    )
    return sorted(session.scalars(query), key=lambda one: (czech_key(one.name), one.id))


def get_view(session: Session, meeting: Meeting, view_id: int) -> SavedView:
    """One saved view that fits a meeting, also a deleted one; raises `NotFound`."""
    view = session.get(SavedView, view_id)
    if view is None or view.series_id != meeting.series_id or view.meeting_id not in (None, meeting.id):
        raise NotFound
    return view


def save(
    session: Session,
    meeting_id: int,
    name: str,
    parameters: dict[str, Any],
    *,
    own: bool,
    now: datetime,
    actor: Actor,
) -> SavedView:
    """Keep these parameters under a name, for this meeting alone where `own`, else for the whole series.

    Raises `ViewRefused`, `NotFound`.
    """
    meeting = _locked(session, meeting_id)
    present = views_of(session, meeting)
    _check(present, name)
    view = SavedView(
        series_id=meeting.series_id,
        meeting_id=meeting.id if own else None,
        name=name,
        parameters=parameters,
        created_at=now,
    )
    session.add(view)
    session.flush()
    _record(session, "view:save", meeting, view, now=now, actor=actor)
    return view


def rename(
    session: Session, meeting_id: int, view_id: int, name: str, *, now: datetime, actor: Actor
) -> SavedView:
    """Give a saved view another name. Raises `ViewRefused`, `NotFound`."""
    meeting = _locked(session, meeting_id)
    view = get_view(session, meeting, view_id)
    if view.deleted_at is not None:
        raise NotFound
    _check([one for one in views_of(session, meeting) if one.id != view.id], name)
    view.name = name
    _record(session, "view:rename", meeting, view, now=now, actor=actor)
    return view


def drop(session: Session, meeting_id: int, view_id: int, *, now: datetime, actor: Actor) -> SavedView:
    """Delete a saved view; it can be brought back for a while. Repeating it changes nothing. Raises `NotFound`."""
    meeting = _locked(session, meeting_id)
    view = get_view(session, meeting, view_id)
    if view.deleted_at is None:
        view.deleted_at = now
        _record(session, "view:delete", meeting, view, now=now, actor=actor)
    return view


def bring_back(session: Session, meeting_id: int, view_id: int, *, now: datetime, actor: Actor) -> SavedView:
    """Take the deleting of a saved view back. Raises `ViewRefused`, `NotFound`."""
    meeting = _locked(session, meeting_id)
    view = get_view(session, meeting, view_id)
    if view.deleted_at is not None:
        _check(views_of(session, meeting), view.name)
        view.deleted_at = None
        _record(session, "view:restore", meeting, view, now=now, actor=actor)
    return view


def _locked(session: Session, meeting_id: int) -> Meeting:
    """The meeting, behind the lock of its series: a name is given once, whichever meeting it is given at."""
    meeting = seating.lock_meeting(session, meeting_id)
    session.execute(select(Series.id).where(Series.id == meeting.series_id).with_for_update())
    return meeting


def _check(present: list[SavedView], name: str) -> None:
    if any(one.name.casefold() == name.casefold() for one in present):
        raise ViewRefused("name_taken")
    if len(present) >= MOST_VIEWS:
        raise ViewRefused("too_many")


def _record(
    session: Session, act: str, meeting: Meeting, view: SavedView, *, now: datetime, actor: Actor
) -> None:
    history.record(session, act, subject_id=view.id, meeting_id=meeting.id, actor=actor, now=now)
