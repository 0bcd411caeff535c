"""Answers yes, maybe and no, by the personal page, a calendar's reply, or an organiser who releases a maybe.

A place and an answer are two things: a maybe holds the seat, a no gives it up. The caller has begun a write
and commits.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.domain.history import service as history
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import letters, personal, rules, seating, sign_up
from app.domain.registration.models import Answer, Attendee, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting


class Outcome(StrEnum):
    """What an answer did: a seat was `given`, the person was `queued`, a seat `freed`; else only `noted`."""

    GIVEN = "given"
    QUEUED = "queued"
    FREED = "freed"
    NOTED = "noted"


def answer(
    session: Session, attendee_id: int, said: Answer, *, note: str = "", now: datetime, actor: Actor
) -> Attendee:
    """Answer on the personal page. A letter to the registered address tells what changed.

    Whoever was invited gets a seat or a place in the queue by a yes or a maybe; whoever had said no comes back
    as by an undo. The same answer again changes nothing but the note. Raises `ChangeRefused`,
    `AlreadyRegistered`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if said == Answer.NO:
        return personal.cancel(session, attendee_id, now=now, actor=actor, note=note)
    if not attendee.is_live:
        return personal.undo_cancel(session, attendee_id, now=now, actor=actor, said=said)
    rules.check_changeable(meeting, attendee, now=now)
    if attendee.answer == said and attendee.place != Place.INVITED:
        attendee.answer_note = note[: seating.LONGEST_NOTE] or attendee.answer_note
        return attendee
    outcome = _take_place(session, meeting, attendee, now=now)
    seating.answered(attendee, meeting, said, by="web", now=now, note=note)
    attendee.changed_at = now
    _record(session, meeting, attendee, outcome, by="web", now=now, actor=actor)
    _tell(session, meeting, attendee, outcome, now=now)
    return attendee


def answer_invite(
    session: Session, meeting: Meeting, attendee: Attendee, said: Answer, *, note: str = "", now: datetime
) -> Outcome:
    """Apply a calendar's reply to a locked attendee of a locked meeting.

    A no frees the seat and lets the next person move up, without a CANCEL: their calendar shows it already. A
    letter goes only where the outcome is not what was clicked. After the start, and while the meeting is called
    off, the answer is only noted. Raises `ChangeRefused` for somebody whom an organiser took off the list or
    whose row was replaced, `AlreadyRegistered` for somebody who has registered anew meanwhile.
    """
    if not attendee.is_live:
        _check_own_no(session, attendee)
    try:
        rules.check_ahead(meeting, now=now)
    except rules.ChangeRefused:
        seating.answered(attendee, meeting, said, by="reply", now=now, note=note)
        _record(session, meeting, attendee, Outcome.NOTED, by="reply", now=now, actor=history.ATTENDEE)
        return Outcome.NOTED
    if said == Answer.NO:
        return _decline(session, meeting, attendee, note=note, now=now)
    had_entry = attendee.place == Place.INVITED
    outcome = _take_place(session, meeting, attendee, now=now)
    seating.answered(attendee, meeting, said, by="reply", now=now, note=note)
    attendee.changed_at = now
    _record(session, meeting, attendee, outcome, by="reply", now=now, actor=history.ATTENDEE)
    needs_link = attendee.mode == Mode.ONLINE and had_entry
    if outcome == Outcome.QUEUED or (outcome == Outcome.GIVEN and needs_link):
        _tell(session, meeting, attendee, outcome, now=now, auto="replied")
    return outcome


def release(
    session: Session, meeting_id: int, attendee_ids: Collection[int], *, now: datetime, actor: Actor
) -> list[Attendee]:
    """Give the seats of these undecided people to others; whoever decided meanwhile keeps it.

    Each is told, and their calendar entry ends; then the queue moves up. Returns those released.
    Raises `ChangeRefused` (past, called off), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    rules.check_ahead(meeting, now=now)
    query = select(Attendee).where(
        Attendee.meeting_id == meeting.id,
        Attendee.id.in_(attendee_ids),
        Attendee.place == Place.CONFIRMED,
        Attendee.answer == Answer.MAYBE,
    )
    released = list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    for attendee in released:
        seating.end_place(session, meeting, attendee, Place.CANCELLED, now=now, actor=actor, by="release")
        attendee.revision += 1
        letters.write(session, Kind.RELEASED, meeting, attendee, now=now, calendar=Calendar.CANCEL)
    if released:
        seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return released


def undecided(session: Session, meeting_id: int) -> list[int]:
    """Ids of those who have a seat and said maybe."""
    query = select(Attendee.id).where(
        Attendee.meeting_id == meeting_id,
        Attendee.place == Place.CONFIRMED,
        Attendee.answer == Answer.MAYBE,
    )
    return list(session.scalars(query.order_by(Attendee.sort_key, Attendee.id)))


def undecided_by_mode(session: Session, meeting_id: int) -> dict[str, int]:
    """How many of those who have a seat said maybe, by the way they take part."""
    query = select(Attendee.mode, func.count()).where(
        Attendee.meeting_id == meeting_id,
        Attendee.place == Place.CONFIRMED,
        Attendee.answer == Answer.MAYBE,
    )
    return dict(iter(session.execute(query.group_by(Attendee.mode))))  # a Result would pass for a mapping


def _check_own_no(session: Session, attendee: Attendee) -> None:
    """Only an own no may be taken back by a reply."""
    if attendee.erased_at is not None or attendee.place != Place.DECLINED:
        raise rules.ChangeRefused("not_yours")
    key = (attendee.email_key, attendee.name_key)
    if sign_up.live_attendees(session, attendee.meeting_id, [key]):
        raise rules.AlreadyRegistered


def _take_place(session: Session, meeting: Meeting, attendee: Attendee, *, now: datetime) -> Outcome:
    """A seat or the end of the queue for whoever has none yet: invited, or back after an own no."""
    if attendee.place not in (Place.INVITED, Place.DECLINED):
        return Outcome.NOTED
    attendee.ended_at = None
    seating.seat_or_queue(attendee, seating.count_seats(session, meeting))
    if attendee.place == Place.CONFIRMED:
        return Outcome.GIVEN
    attendee.revision += 1  # the entry leaves the calendar until a seat is free
    attendee.changed_at = now
    return Outcome.QUEUED


def _decline(session: Session, meeting: Meeting, attendee: Attendee, *, note: str, now: datetime) -> Outcome:
    was_live = attendee.is_live
    seating.answered(attendee, meeting, Answer.NO, by="reply", now=now, note=note)
    if not was_live:
        return Outcome.NOTED
    outbox.withdraw_requests(session, attendee.id)
    freed = seating.end_place(
        session, meeting, attendee, Place.DECLINED, now=now, actor=history.ATTENDEE, by="reply"
    )
    if freed:
        seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return Outcome.FREED if freed else Outcome.NOTED


def _record(
    session: Session,
    meeting: Meeting,
    attendee: Attendee,
    outcome: Outcome,
    *,
    by: str,
    now: datetime,
    actor: Actor,
) -> None:
    history.record(
        session,
        "attendee:answer",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        answer=attendee.answer,
        place=attendee.place,
        outcome=outcome,
        by=by,
    )


def _tell(
    session: Session, meeting: Meeting, attendee: Attendee, outcome: Outcome, *, now: datetime, auto: str = ""
) -> None:
    """What came of an answer. Whoever has to wait loses the entry that the invitation had put there."""
    calendar: str | None = letters.request_if_due(attendee)
    if outcome == Outcome.QUEUED:
        calendar = Calendar.CANCEL
    is_welcome = outcome == Outcome.QUEUED or (outcome == Outcome.GIVEN and attendee.answer == Answer.YES)
    letters.write(
        session,
        letters.welcome_kind(attendee) if is_welcome else Kind.ANSWERED,
        meeting,
        attendee,
        now=now,
        calendar=calendar,
        once=f"{now.timestamp():.6f}",
        registered_by="",
        answer=attendee.answer,
        auto=auto,
    )
