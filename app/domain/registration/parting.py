"""Taking a merge back: one row becomes two again. What was said or changed since stays.

The caller has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.base.text import czech_key
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.outbox import queries as outbox_queries
from app.domain.outbox.models import Calendar, Kind
from app.domain.questions import queries as questions_of
from app.domain.registration import carrying, letters, option_places, rules, seating, sign_up
from app.domain.registration.merging import ANSWER, FILLED, is_ahead, locked_row, record
from app.domain.registration.models import Attendee, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting


def take_back(session: Session, meeting_id: int, kept_id: int, *, now: datetime, actor: Actor) -> Attendee:
    """Take back what joined another row with this one last; returns the row that is there again.

    It comes back with the same UID: with the seat that it had brought, else with one that is free, else first in
    the queue. What the kept row had taken from it goes. Raises `ChangeRefused`, `AlreadyRegistered`, `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    details = last_merge(session, kept_id)
    if details is None:
        raise rules.ChangeRefused("not_ended")
    kept, dropped = locked_row(session, meeting, kept_id), locked_row(session, meeting, details["other"])
    _check_parting(session, meeting, kept, dropped)
    query = select(Attendee).where(Attendee.previous_id == dropped.id)
    for later in session.scalars(query):
        later.previous_id = None
    _empty(kept, dropped, details["filled"])
    kept.changed_at = dropped.changed_at = now
    session.flush()
    _part(session, meeting, kept, dropped, details, now=now)
    _forget_taken(session, kept, dropped, details["said"])
    same = carrying.still_answered_by(session, kept.id, details["files"])  # not what was given since
    carrying.hand_files_over(session, kept.id, dropped.id, same, same)
    carrying.take_labels_off(session, kept.id, details["labels"])
    option_places.settle(session, meeting.id, [dropped])
    record(session, "attendee:undo_merge", kept, now=now, actor=actor, other=dropped.id)
    record(session, "attendee:undo_cancel", dropped, now=now, actor=actor, place=dropped.place)
    seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return dropped


def last_merge(session: Session, kept_id: int) -> dict[str, Any] | None:
    """What history keeps of the last merge into this row that was not taken back; None without one."""
    query = select(Entry).where(
        Entry.subject_id == kept_id, Entry.act.in_(("attendee:merge", "attendee:undo_merge"))
    )
    undone: set[int] = set()
    for entry in session.scalars(query.order_by(Entry.id.desc())):
        if entry.act == "attendee:undo_merge":
            undone.add(entry.details["other"])
        elif entry.details["other"] not in undone:
            return entry.details
        else:
            undone.discard(entry.details["other"])
    return None


def _check_parting(session: Session, meeting: Meeting, kept: Attendee, dropped: Attendee) -> None:
    replaced = session.scalar(select(Attendee.id).where(Attendee.previous_id == kept.id).limit(1))
    if replaced or kept.erased_at or dropped.erased_at or not kept.is_live or dropped.is_live:
        raise rules.ChangeRefused("not_ended")
    key = (dropped.email_key, dropped.name_key)
    if sign_up.live_attendees(session, meeting.id, [key]):
        raise rules.AlreadyRegistered


def _empty(kept: Attendee, dropped: Attendee, filled: Sequence[str]) -> None:
    """Take from the kept row what it got, unless it was changed since."""
    columns = dict(FILLED, answer=ANSWER)
    plain = {"organisation_id": None, "organisation_kind": None, "organisation_sort_key": czech_key("")}
    for name in filled:
        if any(getattr(kept, one) != getattr(dropped, one) for one in columns[name]):
            continue
        if name == "answer":
            seating.ask_anew(kept)
            continue
        for one in columns[name]:
            setattr(kept, one, None if one.endswith("_at") else plain.get(one, ""))
    kept.search_key = sign_up.search_key(kept.name, kept.email, kept.organisation_name)


def _forget_taken(session: Session, kept: Attendee, dropped: Attendee, said: Sequence[int]) -> None:
    """Take away the answers that came from the other row, unless something else was said since."""
    given = questions_of.given_by(session, [kept.id, dropped.id]) if said else {}
    own, other = given.get(kept.id, {}), given.get(dropped.id, {})
    same = [number for number in said if number in own and own[number] == other.get(number)]
    if same:
        option_places.forget(session, [kept.id], same)


def _part(
    session: Session,
    meeting: Meeting,
    kept: Attendee,
    dropped: Attendee,
    details: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Places for two again, with their letters."""
    seats = seating.count_seats(session, meeting)
    was = seating.place_before(session, dropped)
    swaps = details["took"] and kept.place == Place.CONFIRMED and not seats.has_room(dropped.mode)
    dropped.ended_at = None
    dropped.revision += 1
    if was in (Place.PENDING, Place.INVITED):
        dropped.place = was
    elif swaps:
        dropped.place = Place.CONFIRMED
        _give_up(kept, details, seats)
    else:
        seating.seat_or_queue(dropped, seats, in_front=True)
    session.flush()
    if not is_ahead(meeting, now=now):
        return
    if swaps:
        is_invited = kept.place == Place.INVITED
        kind, calendar = (Kind.INVITED, Calendar.REQUEST) if is_invited else (Kind.CHANGED, Calendar.CANCEL)
        once = f"{now.timestamp():.6f}"
        letters.write(session, kind, meeting, kept, now=now, calendar=calendar, once=once)
    if outbox_queries.last_calendar(session, dropped.id) == Calendar.CANCEL or letters.request_if_due(
        dropped
    ):
        due = letters.request_if_due(dropped)
        kind = letters.welcome_kind(dropped)
        letters.write(session, kind, meeting, dropped, now=now, calendar=due, registered_by="")


def _give_up(kept: Attendee, details: dict[str, Any], seats: rules.Seats) -> None:
    """The seat goes back to the row that had brought it."""
    kept.mode = details["kept_mode"]
    kept.revision += 1
    kept.place = details["kept_was"]
    if kept.place == Place.WAITING:
        kept.queue_number = seats.number_in_front()
