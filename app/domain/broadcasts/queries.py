"""Reads of letters to many: whom one goes to, who is left out and why, what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select

from app.base.errors import NotFound
from app.base.paging import PER_PAGE, Page, clamp_page
from app.base.text import like
from app.domain.attendance.after import came
from app.domain.broadcasts.models import Broadcast, BroadcastFile, BroadcastState, NewsChoice, Purpose
from app.domain.broadcasts.placeholders import Placeholder, is_named
from app.domain.broadcasts.rules import CAME, DID_NOT_COME, RUNNING, Segment, segment_of
from app.domain.feedback import queries as feedback
from app.domain.feedback.rules import Stage
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Letter, State
from app.domain.registration.models import Attendee
from app.domain.registration.queries import on_list

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

WHO, NO_ADDRESS, UNDELIVERABLE, REFUSED = "who", "no_address", "undeliverable", "refused"
OPEN = (State.QUEUED, State.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many people a letter goes to, and how many of its segment are left out, each for one reason."""

    who: int = 0
    no_address: int = 0
    undeliverable: int = 0
    refused: int = 0

    @property
    def left_out(self) -> int:
        """All who get nothing."""
        return self.no_address + self.undeliverable + self.refused


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the letter to one person: the newest letter, and who it is."""

    letter: Letter
    attendee: Attendee | None


def get_broadcast(session: Session, meeting_id: int, broadcast_id: int) -> Broadcast:
    """A letter of this meeting, deleted drafts included; raises `NotFound`."""
    found = session.get(Broadcast, broadcast_id)
    if found is None or found.meeting_id != meeting_id:
        raise NotFound
    return found


def of_meeting(session: Session, meeting_id: int) -> list[Broadcast]:
    """The letters of a meeting, newest first, without deleted drafts."""
    query = select(Broadcast).where(Broadcast.meeting_id == meeting_id, Broadcast.deleted_at.is_(None))
    return list(session.scalars(query.order_by(Broadcast.id.desc())))


def files_of(session: Session, broadcast_id: int) -> list[BroadcastFile]:
    """The files of a letter in the order they were added, without their content."""
    query = select(BroadcastFile).where(BroadcastFile.broadcast_id == broadcast_id)
    return list(session.scalars(query.order_by(BroadcastFile.id)))


def get_file(session: Session, broadcast_id: int, file_id: int) -> BroadcastFile:
    """One file; raises `NotFound`."""
    found = session.get(BroadcastFile, file_id)
    if found is None or found.broadcast_id != broadcast_id:
        raise NotFound
    return found


def absent(session: Session, broadcast: Broadcast, *, now: datetime) -> frozenset[Placeholder]:
    """Placeholders of this letter that stand for nothing: no file goes along, or no feedback will be taken.

    No statement for a letter that names neither.
    """
    texts, found = (*broadcast.subject.values(), *broadcast.body.values()), set()
    if is_named(Placeholder.DOCUMENTS, texts) and not files_of(session, broadcast.id):
        found.add(Placeholder.DOCUMENTS)
    if is_named(Placeholder.FEEDBACK, texts):
        meeting = session.get_one(Meeting, broadcast.meeting_id)
        if feedback.stage(session, meeting, now=now) not in (Stage.AHEAD, Stage.OPEN):
            found.add(Placeholder.FEEDBACK)
    return frozenset(found)


def in_segment(meeting_id: int, segment: Segment) -> list[ColumnElement[bool]]:
    """What is true of everybody in a segment, with an address or without."""
    found = on_list(meeting_id)
    if segment.places:
        found.append(Attendee.place.in_(segment.places))
    if segment.answers:
        found.append(Attendee.answer.in_(segment.answers))
    if segment.kinds:
        found.append(func.coalesce(Attendee.organisation_kind, "").in_(segment.kinds))
    if segment.modes:
        found.append(Attendee.mode.in_(segment.modes))
    if segment.presence:
        wanted = {CAME: came(), DID_NOT_COME: ~came()}
        found.append(or_(false(), *(wanted[one] for one in segment.presence if one in wanted)))
    if segment.people:
        found.append(Attendee.id.in_([int(one) for one in segment.people]))
    return found


def recipients(broadcast: Broadcast) -> list[ColumnElement[bool]]:
    """What is true of everybody to whom a letter really goes."""
    segment = segment_of(broadcast.segment)
    return [*in_segment(broadcast.meeting_id, segment), _group(broadcast.purpose) == WHO]


def reach(session: Session, meeting_id: int, segment: Segment, purpose: str) -> Reach:
    """How many people a letter goes to, and how many are left out."""
    each = select(_group(purpose).label("reason")).where(*in_segment(meeting_id, segment)).subquery()
    rows = session.execute(select(each.c.reason, func.count()).group_by(each.c.reason))
    return Reach(**{row[0]: row[1] for row in rows})


def left_out(session: Session, broadcast: Broadcast, *, most: int) -> dict[str, list[Attendee]]:
    """Who is left out, by reason, by name; at most so many of each."""
    segment, group = segment_of(broadcast.segment), _group(broadcast.purpose)
    found: dict[str, list[Attendee]] = {}
    for reason in (NO_ADDRESS, UNDELIVERABLE, REFUSED):
        query = select(Attendee).where(*in_segment(broadcast.meeting_id, segment), group == reason)
        found[reason] = list(session.scalars(query.order_by(Attendee.sort_key, Attendee.id).limit(most)))
    return found


def some_recipients(session: Session, broadcast: Broadcast, *, search: str, most: int) -> list[Attendee]:
    """People who get the letter, by name; those whom `search` finds."""
    found = [
        Attendee.search_key.like(like(word), escape="\\") for word in search.split()[:8]
    ]  # as the list of attendees
    query = select(Attendee).where(*recipients(broadcast), *found)
    return list(session.scalars(query.order_by(Attendee.sort_key, Attendee.id).limit(most)))


def recipient(session: Session, broadcast: Broadcast, attendee_id: int) -> Attendee | None:
    """One of those who get the letter, or None."""
    return session.scalar(select(Attendee).where(*recipients(broadcast), Attendee.id == attendee_id))


def languages_reached(session: Session, broadcast: Broadcast) -> dict[str, int]:
    """How many recipients have each language."""
    query = select(Attendee.language, func.count()).where(*recipients(broadcast))
    rows = session.execute(query.group_by(Attendee.language))
    return {row[0]: row[1] for row in rows}


def due(session: Session, *, now: datetime) -> list[int]:
    """Ids of letters that have something to do at `now`: to start, to write on, to end. A cheap look."""
    query = select(Broadcast.id).where(Broadcast.state.in_(RUNNING), Broadcast.scheduled_at <= now)
    return list(session.scalars(query.order_by(Broadcast.scheduled_at, Broadcast.id)))


def counts(session: Session, broadcast_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """For each letter to many: how many people are in each state, by the newest letter of each."""
    query = (
        select(Letter.broadcast_id, Letter.state, func.count())
        .where(Letter.broadcast_id.in_(broadcast_ids), ~_newer_exists())
        .group_by(Letter.broadcast_id, Letter.state)
    )
    found: dict[int, dict[str, int]] = {one: dict.fromkeys(State, 0) for one in broadcast_ids}
    for broadcast_id, state, number in session.execute(query):
        if broadcast_id is not None:
            found[broadcast_id][state] = number
    return found


def results(session: Session, broadcast_id: int, *, state: str | None, number: int) -> Page[Result]:
    """One page of what became of the letter to each person, by name."""
    where = [Letter.broadcast_id == broadcast_id, ~_newer_exists()]
    if state:
        where.append(Letter.state == state)
    total = session.scalar(select(func.count()).select_from(Letter).where(*where)) or 0
    shown = clamp_page(number, total)
    query = (
        select(Letter, Attendee)
        .outerjoin(Attendee, Attendee.id == Letter.attendee_id)
        .where(*where)
        .order_by(Attendee.sort_key, Letter.id)
    )
    rows = session.execute(query.limit(PER_PAGE).offset((shown - 1) * PER_PAGE))
    return Page([Result(letter, attendee) for letter, attendee in rows], shown, total)


def failed_letters(
    session: Session, broadcast_id: int, letter_ids: Collection[int] | None, *, most: int
) -> dict[int, int]:
    """Who is to be written to once more: attendee → their newest letter, which failed.

    Of `letter_ids` only where given, and then also those that came back.
    """
    states = (State.FAILED,) if letter_ids is None else (State.FAILED, State.BOUNCED)
    query = select(Letter.attendee_id, Letter.id).where(
        Letter.broadcast_id == broadcast_id,
        Letter.state.in_(states),
        Letter.recipient.is_not(None),
        ~_newer_exists(),
    )
    if letter_ids is not None:
        query = query.where(Letter.id.in_(letter_ids))
    rows = session.execute(query.order_by(Letter.id).limit(most))
    return {attendee_id: letter_id for attendee_id, letter_id in rows if attendee_id is not None}


def is_anything_open(session: Session, broadcast_id: int) -> bool:
    """Whether a letter of it is still to be sent."""
    query = select(Letter.id).where(Letter.broadcast_id == broadcast_id, Letter.state.in_(OPEN))
    return session.scalar(query.limit(1)) is not None


def unfinished(broadcast: Broadcast) -> bool:
    """Whether more can happen to it by itself."""
    return broadcast.state in (BroadcastState.SCHEDULED, BroadcastState.SENDING)


def _newer_exists() -> ColumnElement[bool]:
    """Whether the person has a later letter of the same text: sent again."""
    newer = Letter.__table__.alias("newer")
    return exists().where(
        newer.c.broadcast_id == Letter.broadcast_id,
        newer.c.attendee_id == Letter.attendee_id,
        newer.c.id > Letter.id,
    )


def _group(purpose: str) -> ColumnElement[str]:
    """Why somebody is left out, the first reason of several; `who` for whoever is not."""
    reasons: list[tuple[ColumnElement[bool], str]] = [
        (Attendee.email.is_(None), NO_ADDRESS),
        (Attendee.bounced_at.is_not(None), UNDELIVERABLE),
    ]
    if purpose == Purpose.NEWS:
        said_no = exists().where(
            and_(NewsChoice.email_key == Attendee.email_key, NewsChoice.refused_at.is_not(None))
        )
        reasons.append((said_no, REFUSED))
    return case(*reasons, else_=WHO)
