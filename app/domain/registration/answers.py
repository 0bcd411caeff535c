"""Answers yes, maybe and no, by the personal page, a calendar's reply, or an organiser who releases a maybe.

A place and an answer are two things: a maybe holds the seat, a no gives it up. The caller has begun a write
and commits.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.history import service as history
from app.domain.outbox import queries as outbox_queries
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import letters, option_places, personal, rules, seating, sign_up
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
    session: Session,
    attendee_id: int,
    said: Answer,
    *,
    note: str | None = None,
    mode: Mode | None = None,
    now: datetime,
    actor: Actor,
) -> Attendee:
    """Answer on the personal page. One letter to the registered address tells what changed.

    Whoever was invited gets a seat or a place in the queue by a yes or a maybe; whoever had said no comes back
    as by an undo. Another `mode` than before means another seat. The same answer again changes nothing but the
    `note`; None leaves the one that is there. Raises `ChangeRefused`, `AlreadyRegistered`, `ModeNotOffered`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if said == Answer.NO:
        _replace_note(attendee, note)
        return personal.cancel(session, attendee_id, now=now, actor=actor, note=note or "")
    rules.check_mode(meeting, mode)
    if not attendee.is_live:
        return personal.undo_cancel(
            session, attendee_id, now=now, actor=actor, said=said, note=note or "", mode=mode
        )
    rules.check_changeable(meeting, attendee, now=now)
    is_move = mode is not None and mode != attendee.mode
    if attendee.answer == said and attendee.place != Place.INVITED and not is_move:
        _replace_note(attendee, note)
        return attendee
    was = attendee.place
    seats = personal.change_mode(session, meeting, attendee, mode) if mode and is_move else None
    outcome = _take_place(session, meeting, attendee, now=now)
    if was not in (Place.INVITED, attendee.place):  # the move decided
        outcome = Outcome.GIVEN if attendee.place == Place.CONFIRMED else Outcome.QUEUED
    seating.answered(attendee, meeting, said, by="web", now=now, note=note or "")
    attendee.changed_at = now
    _record(session, meeting, attendee, outcome, by="web", now=now, actor=actor)
    if seats is not None:
        seating.record_full(session, meeting, seats, now=now, actor=actor)
    _tell(session, meeting, attendee, outcome, now=now)
    if seats is not None and was == Place.CONFIRMED:
        seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
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
    was_invited = attendee.place == Place.INVITED
    outcome = _take_place(session, meeting, attendee, now=now)
    seating.answered(attendee, meeting, said, by="reply", now=now, note=note)
    attendee.changed_at = now
    _record(session, meeting, attendee, outcome, by="reply", now=now, actor=history.ATTENDEE)
    if outcome == Outcome.QUEUED:
        _tell(session, meeting, attendee, outcome, now=now, auto="replied")
    elif outcome == Outcome.GIVEN:
        _complete_entry(session, meeting, attendee, was_invited=was_invited, now=now)
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
        letters.write(
            session,
            Kind.RELEASED,
            meeting,
            attendee,
            now=now,
            calendar=Calendar.CANCEL,
            may_register=rules.closed_because(meeting, now=now) is None,
        )
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


def _replace_note(attendee: Attendee, note: str | None) -> None:
    """Another word with an answer that stays; whoever was taken off the list by an organiser has none."""
    if note is not None and attendee.place != Place.CANCELLED and attendee.erased_at is None:
        attendee.answer_note = note[: seating.LONGEST_NOTE]


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
    seats = seating.count_seats(session, meeting)
    seating.seat_or_queue(attendee, seats)
    seating.record_full(session, meeting, seats, now=now, actor=history.ATTENDEE)
    if attendee.place == Place.CONFIRMED:
        option_places.settle(session, meeting.id, [attendee])
        return Outcome.GIVEN
    attendee.revision += 1  # the entry leaves the calendar until a seat is free
    attendee.changed_at = now
    return Outcome.QUEUED


def _complete_entry(
    session: Session, meeting: Meeting, attendee: Attendee, *, was_invited: bool, now: datetime
) -> None:
    """Write to somebody with a new seat whose calendar lacks something: the online link, or the entry itself."""
    if outbox_queries.last_calendar(session, attendee.id) != Calendar.REQUEST:
        attendee.revision += 1
    elif not (was_invited and attendee.mode == Mode.ONLINE):
        return
    _tell(session, meeting, attendee, Outcome.GIVEN, now=now, auto="replied")


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
