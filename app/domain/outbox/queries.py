"""Reads of the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from app.base.errors import NotFound
from app.base.paging import PER_PAGE, Page, clamp_page
from app.domain.outbox.models import Calendar, Letter, State

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


def get_letter(session: Session, letter_id: int) -> Letter:
    """One letter; raises `NotFound`."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound
    return letter


def of_attendee(session: Session, attendee_id: int) -> list[Letter]:
    """Letters to one attendee, newest first."""
    return list(
        session.scalars(select(Letter).where(Letter.attendee_id == attendee_id).order_by(Letter.id.desc()))
    )


def counts(session: Session, *, meeting_ids: Collection[int] | None = None) -> dict[str, int]:
    """How many letters are in each state; `meeting_ids` limits to those meetings (None: all)."""
    query = select(Letter.state, func.count()).group_by(Letter.state)
    if meeting_ids is not None:
        query = query.where(Letter.meeting_id.in_(meeting_ids))
    found: dict[str, int] = dict(session.execute(query).all())
    return {state: found.get(state, 0) for state in State}


def counts_of_batch(session: Session, meeting_id: int, *, kind: str, created_at: datetime) -> dict[str, int]:
    """How many of the letters that one act wrote to all of a meeting are in each state."""
    query = (
        select(Letter.state, func.count())
        .where(Letter.meeting_id == meeting_id, Letter.kind == kind, Letter.created_at == created_at)
        .group_by(Letter.state)
    )
    found: dict[str, int] = dict(session.execute(query).all())
    return {state: found.get(state, 0) for state in State}


def page(
    session: Session, *, state: str | None = None, number: int = 1, meeting_ids: Collection[int] | None = None
) -> Page[Letter]:
    """One page of letters, newest first, perhaps of one state or of some meetings."""
    conditions = []
    if state:
        conditions.append(Letter.state == state)
    if meeting_ids is not None:
        conditions.append(Letter.meeting_id.in_(meeting_ids))
    total = session.scalar(select(func.count()).select_from(Letter).where(*conditions)) or 0
    shown = clamp_page(number, total)
    query = select(Letter).where(*conditions).order_by(Letter.id.desc())
    rows = session.scalars(query.limit(PER_PAGE).offset((shown - 1) * PER_PAGE))
    return Page(list(rows), shown, total)


def perhaps_sent(session: Session, *, now: datetime) -> int:
    """How many letters a worker left behind: `sending` with a lease that ran out."""
    query = (
        select(func.count()).select_from(Letter).where(Letter.state == State.SENDING, Letter.due_at <= now)
    )
    return session.scalar(query) or 0


def reached(session: Session, attendee_ids: Collection[int]) -> set[int]:
    """Those of these attendees whom any letter reached, or perhaps did."""
    query = select(Letter.attendee_id).where(
        Letter.attendee_id.in_(attendee_ids),
        or_(Letter.perhaps_sent, Letter.state.in_((State.SENDING, State.SENT))),
    )
    return {one for one in session.scalars(query.distinct()) if one is not None}


def request_may_have_left(session: Session, attendee_id: int, *, before_id: int | None = None) -> bool:
    """Whether an invite of this attendee left, or perhaps did: only then is there an entry to cancel.

    `before_id` looks at letters older than that one only.
    """
    query = select(Letter.id).where(
        Letter.attendee_id == attendee_id,
        Letter.calendar == Calendar.REQUEST,
        or_(Letter.perhaps_sent, Letter.state.in_((State.SENDING, State.SENT))),
    )
    if before_id is not None:
        query = query.where(Letter.id < before_id)
    return session.scalar(query.limit(1)) is not None


def last_calendar(session: Session, attendee_id: int) -> str | None:
    """The calendar part of the newest letter that has one, sent or not; None when there never was one."""
    query = select(Letter.calendar).where(Letter.attendee_id == attendee_id, Letter.calendar.is_not(None))
    return session.scalar(query.order_by(Letter.id.desc()).limit(1))


def first_message_id(session: Session, attendee_id: int, *, before_id: int) -> str | None:
    """The `message_id` of the first letter sent to this attendee, if older than `before_id`; or None."""
    query = select(Letter.message_id).where(
        Letter.attendee_id == attendee_id, Letter.state == State.SENT, Letter.id < before_id
    )
    return session.scalar(query.order_by(Letter.id).limit(1))


def is_anything_due(session: Session, *, now: datetime) -> bool:
    """Whether a worker should try to claim; cheap enough to be asked every second."""
    due = select(Letter.id).where(Letter.state.in_((State.QUEUED, State.SENDING)), Letter.due_at <= now)
    return session.scalar(due.limit(1)) is not None
