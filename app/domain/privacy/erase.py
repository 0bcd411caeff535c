"""Erasing one person: the row stays as a count, everything that says who it was goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from app.domain.history import service as history
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Calendar, Letter, State
from app.domain.registration import personal, seating
from app.domain.registration.models import Attendee, Party, Place

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor

NEEDS_EMPTY: dict[str, Any] = {
    "needs_interpreter": "",
    "needs_access": "",
    "needs_diet": "",
    "needs_note": "",
    "needs_consent_at": None,
    "needs_consent_text": "",
}
PERSON_EMPTY: dict[str, Any] = {
    "name": "",
    "name_key": "",
    "sort_key": "",
    "search_key": "",
    "email": None,
    "email_key": None,
    "organisation_name": "",
    "organisation_sort_key": "",
    "note": "",
    **NEEDS_EMPTY,
}


def erase_attendee(session: Session, attendee_id: int, *, now: datetime, actor: Actor) -> None:
    """Erase a person from a meeting: frees the seat, ends the calendar entry, empties rows and letters.

    One last letter takes the entry out of the calendar and forgets its recipient once it is sent. Rows that an
    earlier address left behind go too. Repeating it changes nothing. Raises `NotFound`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if attendee.erased_at is not None:
        return
    if attendee.is_live and meeting.state == MeetingState.PUBLISHED and now < meeting.starts_at:
        personal.cancel(session, attendee.id, now=now, actor=history.ATTENDEE, forget=True)
    if attendee.is_live and now < meeting.ends_at:
        attendee.place, attendee.queue_number = Place.DECLINED, None
    session.flush()
    rows = _with_earlier_addresses(session, attendee)
    names = {row.name for row in rows}
    for row in rows:
        empty_attendee(row, now=now)
    session.flush()
    _empty_letters(session, [row.id for row in rows])
    if attendee.party_id is not None:
        _forget_in_party(session, attendee, names)
    history.record(
        session, "attendee:erase", subject_id=attendee.id, meeting_id=meeting.id, actor=actor, now=now
    )


def empty_attendee(attendee: Attendee, *, now: datetime) -> None:
    """Take everything personal out of one row; whoever still had a place has it no longer."""
    for column, value in PERSON_EMPTY.items():
        setattr(attendee, column, value)
    attendee.erased_at = attendee.changed_at = now


def _with_earlier_addresses(session: Session, attendee: Attendee) -> list[Attendee]:
    rows = [attendee]
    while rows[-1].previous_id is not None:
        rows.append(session.get_one(Attendee, rows[-1].previous_id))
    return rows


def _empty_letters(session: Session, attendee_ids: Collection[int]) -> None:
    """Empty all letters but those that still have to take entries out of calendars; unsent others never go."""
    own = Letter.attendee_id.in_(attendee_ids)
    last = (Letter.calendar == Calendar.CANCEL) & Letter.state.in_((State.QUEUED, State.SENDING))
    session.execute(
        update(Letter).where(own, last).values(forget=True).execution_options(synchronize_session="fetch")
    )
    session.execute(
        update(Letter)
        .where(own, ~last, Letter.state == State.QUEUED)
        .values(state=State.SUPERSEDED)
        .execution_options(synchronize_session="fetch")
    )
    session.execute(
        update(Letter)
        .where(own, ~last)
        .values(recipient=None, facts={}, last_error=None, forget=True)
        .execution_options(synchronize_session="fetch")
    )


def _forget_in_party(session: Session, attendee: Attendee, names: Collection[str]) -> None:
    """Take the person out of the submission and out of the letters of those who came with them."""
    party = session.get_one(Party, attendee.party_id)
    people = list(party.typed.get("people", []))
    if attendee.position < len(people):
        people[attendee.position] = None
    party.typed = {**party.typed, "people": people}
    others = select(Attendee.id).where(Attendee.party_id == party.id, Attendee.id != attendee.id)
    for letter in session.scalars(select(Letter).where(Letter.attendee_id.in_(others))):
        letter.facts = _without(letter.facts, attendee, names)


def _without(facts: dict[str, Any], attendee: Attendee, names: Collection[str]) -> dict[str, Any]:
    kept = dict(facts)
    if attendee.position == 0 and kept.get("registered_by"):
        kept["registered_by"] = ""
    if kept.get("people"):
        kept["people"] = [
            None if position == attendee.position or (one and one["name"] in names) else one
            for position, one in enumerate(kept["people"])
        ]
    return kept
