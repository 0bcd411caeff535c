"""Acts of an organiser on many people of one meeting at once, and taking one back.

The number of statements does not grow with the number of people, but for what is written in portions.
The caller has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import letters, option_places, rules, seating, sign_up
from app.domain.registration.models import LIVE, Answer, Attendee, Place
from app.domain.registration.queries import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting

MANY = "many"  # says in history that the act was one on many, which can be taken back as a whole


def cancel_all(
    session: Session,
    meeting_id: int,
    attendee_ids: Collection[int],
    *,
    reason: str,
    now: datetime,
    actor: Actor,
) -> list[Attendee]:
    """Take the places of those of these people who have, wait for or are invited to one; then the queue moves up.

    Nobody of them moves up in between. Each is told, with the reason. Raises `ChangeRefused` (past, called off),
    `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    rules.check_ahead(meeting, now=now)
    ended = _locked(session, meeting, Attendee.id.in_(attendee_ids), Attendee.place.in_(LIVE))
    told = []
    for attendee in ended:
        was = attendee.place
        seating.end_place(session, meeting, attendee, Place.CANCELLED, now=now, actor=actor)
        attendee.revision += 1
        told.append(
            letters.prepared(
                Kind.CANCELLED,
                meeting,
                attendee,
                calendar=Calendar.CANCEL,
                by="organiser",
                was=was,
                reason=reason,
            )
        )
    letters.write_all(session, told, now=now)
    if ended:
        seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return ended


def confirm_all(
    session: Session, meeting_id: int, attendee_ids: Collection[int], *, now: datetime, actor: Actor
) -> list[Attendee]:
    """Give seats to those of these people who wait, in the order of the queue, while seats last.

    Returns all of them: whoever found no seat waits still. Raises `ChangeRefused` (past, called off), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    rules.check_ahead(meeting, now=now)
    asked = _locked(session, meeting, Attendee.id.in_(attendee_ids), Attendee.place == Place.WAITING)
    seats, moved = seating.count_seats(session, meeting), []
    for attendee in sorted(asked, key=_in_queue):
        if seats.has_room(attendee.mode):
            seats.take(attendee.mode)
            number = attendee.queue_number
            seating.confirm_waiting(session, meeting, attendee, now=now, actor=actor, by=MANY, queue=number)
            moved.append(attendee)
    seating.record_full(session, meeting, seats, now=now, actor=actor)
    option_places.settle(session, meeting.id, moved)
    return asked


def bring_back(
    session: Session,
    meeting_id: int,
    ended_at: datetime,
    *,
    now: datetime,
    actor: Actor,
    among: Collection[int] | None = None,
) -> list[Attendee]:
    """Take back what ended places of many: everybody whose place was ended by an organiser at that instant.

    With `among` only these of them. Each comes back as by `personal.undo_cancel`; seats go first to who had one,
    then by registering. Whoever has registered anew meanwhile is left as they are. Raises `ChangeRefused` (past,
    called off), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    rules.check_ahead(meeting, now=now)
    ended = _locked(
        session, meeting, Attendee.place == Place.CANCELLED, Attendee.ended_at == ended_at, visible()
    )
    anew = _live_keys(session, meeting) if ended else set()
    ended = [one for one in ended if among is None or one.id in among]
    back = [one for one in ended if one.email_key is None or (one.email_key, one.name_key) not in anew]
    if not back:
        return []
    seats = seating.count_seats(session, meeting)
    _give_back(back, _places_before(session, [one.id for one in back]), seats)
    told = []
    for attendee in back:
        attendee.revision += 1
        attendee.ended_at, attendee.changed_at = None, now
        if attendee.answer == Answer.NO:  # somebody else brings them back: ask, and send no DECLINED invite
            seating.ask_anew(attendee)
        _record(session, "attendee:undo_cancel", attendee, now=now, actor=actor)
        kind, calendar = letters.welcome_kind(attendee), letters.request_if_due(attendee)
        told.append(letters.prepared(kind, meeting, attendee, calendar=calendar, registered_by=""))
    letters.write_all(session, told, now=now)
    seating.record_full(session, meeting, seats, now=now, actor=actor)
    option_places.settle(session, meeting.id, back)
    return back


def _give_back(back: Sequence[Attendee], before: dict[int, str], seats: rules.Seats) -> None:
    """A seat as long as there is one, then the head of the queue, in which who registered first stands first.

    An undo must not stand for an approval, nor for another person's yes.
    """
    queue = []
    for attendee in sorted(back, key=lambda one: before.get(one.id) == Place.WAITING):
        was = before.get(attendee.id)
        if was in (Place.PENDING, Place.INVITED):
            attendee.place, attendee.queue_number = was, None
        elif seats.has_room(attendee.mode):
            seating.seat_or_queue(attendee, seats, in_front=True)
        else:
            queue.append(attendee)
    for attendee in reversed(queue):
        seating.seat_or_queue(attendee, seats, in_front=True)


def let_wait_again(
    session: Session, meeting_id: int, moved_at: datetime, *, now: datetime, actor: Actor
) -> list[Attendee]:
    """Take back what gave seats to many at that instant: each waits again, at the old place in the queue.

    Whoever has changed something since keeps the seat. Raises `ChangeRefused` (past, called off), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    rules.check_ahead(meeting, now=now)
    numbers = _moved_up(session, meeting, moved_at)
    back = _locked(
        session,
        meeting,
        Attendee.id.in_(numbers),
        Attendee.place == Place.CONFIRMED,
        Attendee.changed_at == moved_at,
    )
    if not back:
        return []
    _queue_again(session, meeting, back, numbers, moved_at)
    told = []
    for attendee in back:
        attendee.revision += 1
        attendee.changed_at = now
        _record(session, "attendee:undo_move_up", attendee, now=now, actor=actor)
        once = f"{now.timestamp():.6f}"
        told.append(letters.prepared(Kind.CHANGED, meeting, attendee, calendar=Calendar.CANCEL, once=once))
    letters.write_all(session, told, now=now)
    seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return back


def _queue_again(
    session: Session, meeting: Meeting, back: Sequence[Attendee], numbers: dict[int, int], moved_at: datetime
) -> None:
    """Old numbers; where newcomers may have got them meanwhile, the whole queue is numbered anew, those behind."""
    waiting = _locked(session, meeting, Attendee.place == Place.WAITING)
    taken = {one.queue_number for one in waiting}
    for attendee in back:
        attendee.place, attendee.queue_number = Place.WAITING, numbers[attendee.id]
    if taken.isdisjoint(numbers[one.id] for one in back):
        return
    queue = sorted([*back, *waiting], key=lambda one: (one.registered_at > moved_at, *_in_queue(one)))
    for number, attendee in enumerate(queue, start=1):
        attendee.queue_number = number


def _moved_up(session: Session, meeting: Meeting, moved_at: datetime) -> dict[int, int]:
    query = select(Entry.subject_id, Entry.details).where(
        Entry.meeting_id == meeting.id, Entry.act == "attendee:move_up", Entry.at == moved_at
    )
    rows = session.execute(query).all()
    return {one: details["queue"] for one, details in rows if details.get("by") == MANY}


def _places_before(session: Session, attendee_ids: Collection[int]) -> dict[int, str]:
    """The place of each that ended last, by history."""
    query = select(Entry.subject_id, Entry.details).where(
        Entry.subject == "attendee", Entry.subject_id.in_(attendee_ids), Entry.act == "attendee:cancel"
    )
    rows = session.execute(query.order_by(Entry.id)).all()
    return {subject_id: details.get("was") for subject_id, details in rows}


def _live_keys(session: Session, meeting: Meeting) -> set[sign_up.PersonKey]:
    query = select(Attendee.email_key, Attendee.name_key).where(
        Attendee.meeting_id == meeting.id, Attendee.place.in_(LIVE)
    )
    return {(email, name) for email, name in session.execute(query)}


def _locked(session: Session, meeting: Meeting, *conditions: ColumnElement[bool]) -> list[Attendee]:
    """Those of the meeting for whom all this holds, fresh, in the order in which they registered."""
    query = select(Attendee).where(Attendee.meeting_id == meeting.id, *conditions)
    query = query.order_by(Attendee.registered_at, Attendee.id).with_for_update(of=Attendee)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _in_queue(attendee: Attendee) -> tuple[int, int]:
    return attendee.queue_number or 0, attendee.id


def _record(session: Session, act: str, attendee: Attendee, *, now: datetime, actor: Actor) -> None:
    history.record(
        session,
        act,
        subject_id=attendee.id,
        meeting_id=attendee.meeting_id,
        actor=actor,
        now=now,
        place=attendee.place,
    )
