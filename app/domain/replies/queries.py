"""Reads of the log of replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from app.base.errors import NotFound
from app.base.paging import PER_PAGE, Page, clamp_page
from app.domain.registration.models import Attendee
from app.domain.replies.models import Decision, Reading, Reply

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

TO_HANDLE = (Decision.REVIEW, Decision.PROPOSED, Decision.BOUNCED)
MAILBOX = "imap"


def get_reply(session: Session, reply_id: int) -> Reply:
    """One reply; raises `NotFound`."""
    reply = session.get(Reply, reply_id)
    if reply is None:
        raise NotFound
    return reply


def page(
    session: Session,
    *,
    decision: str | None = None,
    open_only: bool = False,
    number: int = 1,
    meeting_ids: Collection[int] | None = None,
) -> Page[Reply]:
    """One page of the log, newest first: of one decision, of what nobody has handled yet, or of some meetings.

    `meeting_ids` leaves out mails that belong to no meeting.
    """
    conditions: list[ColumnElement[bool]] = []
    if decision:
        conditions.append(Reply.decision == decision)
    if open_only:
        conditions += [Reply.decision.in_(TO_HANDLE), Reply.handled_at.is_(None)]
    if meeting_ids is not None:
        conditions.append(Reply.meeting_id.in_(meeting_ids))
    total = session.scalar(select(func.count()).select_from(Reply).where(*conditions)) or 0
    shown = clamp_page(number, total)
    query = select(Reply).where(*conditions).order_by(Reply.id.desc())
    rows = session.scalars(query.limit(PER_PAGE).offset((shown - 1) * PER_PAGE))
    return Page(list(rows), shown, total)


def counts(session: Session, *, meeting_ids: Collection[int] | None = None) -> dict[str, int]:
    """How many replies there are of each decision, and `open`: those that a person has to look at."""
    is_open = (Reply.decision.in_(TO_HANDLE)) & Reply.handled_at.is_(None)
    query = select(Reply.decision, func.count(), func.count().filter(is_open)).group_by(Reply.decision)
    if meeting_ids is not None:
        query = query.where(Reply.meeting_id.in_(meeting_ids))
    rows = session.execute(query).all()
    found = {decision: total for decision, total, _left in rows}
    return {
        "open": sum(left for _decision, _total, left in rows),
        **{str(decision): found.get(decision, 0) for decision in Decision},
    }


def of_attendee(session: Session, attendee_id: int) -> list[Reply]:
    """Replies of one attendee, newest first."""
    return list(
        session.scalars(select(Reply).where(Reply.attendee_id == attendee_id).order_by(Reply.id.desc()))
    )


def attendees_of(session: Session, replies: Iterable[Reply]) -> dict[int, Attendee]:
    """The attendees whom replies are about, by id, without those who were erased."""
    ids = {reply.attendee_id for reply in replies if reply.attendee_id is not None}
    query = select(Attendee).where(Attendee.id.in_(ids), Attendee.erased_at.is_(None))
    return {attendee.id: attendee for attendee in session.scalars(query)}


def seen_before(session: Session, *, digest: str, message_id: str) -> bool:
    """Whether this mail was taken already, byte for byte or under its Message-ID."""
    same = [Reply.digest == digest]
    if message_id:
        same.append(Reply.message_id == message_id)
    return session.scalar(select(Reply.id).where(or_(*same)).limit(1)) is not None


def reading(session: Session) -> Reading | None:
    """When the mailbox was read last; None when it never was tried."""
    return session.get(Reading, MAILBOX)


def unread_since(session: Session, *, now: datetime) -> float | None:
    """Seconds since the mailbox was last read, or None while nothing was ever tried."""
    found = reading(session)
    if found is None:
        return None
    return (now - (found.read_at or found.tried_at)).total_seconds()
