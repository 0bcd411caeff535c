"""Erasing one person: the row stays as a count, everything that says who it was goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, update

from app.base.errors import NotFound
from app.base.text import fold_email
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.jobs import service as jobs
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Calendar, Kind, Letter, State
from app.domain.registration import (
    feeds,
    labels,
    move_traces,
    option_places,
    personal,
    queries,
    seating,
    sign_up,
)
from app.domain.registration.models import Attendee, Party, Place
from app.domain.replies.models import Reply

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.registration.sign_up import PersonKey

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
    "answer_note": "",
    "bounce_words": "",
    "handout_consent_at": None,
    "handout_consent_text": "",
    **NEEDS_EMPTY,
}
REPLY_EMPTY: dict[str, Any] = {"sender": None, "words": "", "message_id": "", "raw": None}


def erase_attendee(session: Session, attendee_id: int, *, now: datetime, actor: Actor) -> None:
    """Erase a person from a meeting: frees the seat, ends the calendar entry, empties rows and letters.

    One last letter takes the entry out of the calendar and forgets its recipient once it is sent. Rows that an
    earlier address, or a move from another meeting, left behind go too, and files that a worker made of the lists.
    Repeating it changes nothing. Raises `NotFound`.
    """
    left = _left_by_moves(session, attendee_id)
    for meeting_id in sorted(
        set(left.values())
    ):  # as moves lock them; of two opposite ones none waits for ever
        seating.lock_meeting(session, meeting_id)
    _erase(session, attendee_id, now=now, actor=actor)
    for number in left:
        if number != attendee_id and queries.ended_by(session, number) == move_traces.MOVE:
            _erase(session, number, now=now, actor=actor)


def _erase(session: Session, attendee_id: int, *, now: datetime, actor: Actor) -> None:
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if attendee.erased_at is not None:
        return
    if attendee.is_live and meeting.state == MeetingState.PUBLISHED and now < meeting.starts_at:
        personal.cancel(session, attendee.id, now=now, actor=history.ATTENDEE, forget=True)
    if attendee.is_live and now < meeting.ends_at:
        attendee.place, attendee.queue_number = Place.DECLINED, None
    session.flush()
    rows = _with_earlier_addresses(session, attendee)
    keys = {(row.email_key, row.name_key) for row in rows}
    for row in rows:
        empty_attendee(row, now=now)
    session.flush()
    option_places.forget(session, [row.id for row in rows])
    labels.forget(session, meeting.id, [row.id for row in rows])
    _empty_letters(session, [row.id for row in rows])
    _empty_replies(session, [row.id for row in rows])
    _forget_typed(session, attendee, keys)
    _end_feeds(session, {email_key for email_key, _ in keys if email_key}, now=now)
    jobs.forget_meetings(session, [meeting.id], now=now)
    history.record(
        session, "attendee:erase", subject_id=attendee.id, meeting_id=meeting.id, actor=actor, now=now
    )


def empty_attendee(attendee: Attendee, *, now: datetime) -> None:
    """Take everything personal out of one row; whoever still had a place has it no longer."""
    for column, value in PERSON_EMPTY.items():
        setattr(attendee, column, value)
    attendee.erased_at = attendee.changed_at = now


def _left_by_moves(session: Session, attendee_id: int) -> dict[int, int]:
    """The row, and the ended ones of the same person between which moves led, each with its meeting."""
    row = session.get(Attendee, attendee_id)
    if row is None:
        raise NotFound
    found = fresh = {one.id for one in _with_earlier_addresses(session, row)}
    while fresh:
        query = select(Entry.act, Entry.details).where(
            Entry.subject == "attendee",
            Entry.subject_id.in_(fresh),
            Entry.act.in_((move_traces.MOVED_IN, "attendee:cancel")),
        )
        linked = {
            details["other"]
            for act, details in session.execute(query)
            if act == move_traces.MOVED_IN or details.get("by") == move_traces.MOVE
        }
        fresh = linked - found
        found = found | linked
    ended = and_(Attendee.id.in_(found), Attendee.place == Place.CANCELLED, Attendee.erased_at.is_(None))
    rows = select(Attendee.id, Attendee.meeting_id).where(or_(Attendee.id == attendee_id, ended))
    return {row.id: row.meeting_id for row in session.execute(rows.order_by(Attendee.id))}


def _with_earlier_addresses(session: Session, attendee: Attendee) -> list[Attendee]:
    rows = [attendee]
    while rows[-1].previous_id is not None:
        rows.append(session.get_one(Attendee, rows[-1].previous_id))
    return rows


def _empty_letters(session: Session, attendee_ids: Collection[int]) -> None:
    """Empty all letters but those that still have to take entries out of calendars; unsent others never go."""
    own = Letter.attendee_id.in_(attendee_ids)
    is_cancel = func.coalesce(Letter.calendar, "") == Calendar.CANCEL  # of NULL even "not" would be unknown
    last = is_cancel & Letter.state.in_((State.QUEUED, State.SENDING))
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


def _empty_replies(session: Session, attendee_ids: Collection[int]) -> None:
    session.execute(
        update(Reply)
        .where(Reply.attendee_id.in_(attendee_ids))
        .values(**REPLY_EMPTY)
        .execution_options(synchronize_session="fetch")
    )


def _end_feeds(session: Session, email_keys: Collection[str], *, now: datetime) -> None:
    """End the calendar of each address of which nothing is left; others lose only this meeting."""
    for email_key in email_keys:
        if session.scalar(select(Attendee.id).where(Attendee.email_key == email_key).limit(1)) is None:
            feeds.end(session, email_key, now=now)


def _forget_typed(session: Session, attendee: Attendee, keys: Collection[PersonKey]) -> None:
    """Take the person out of each submission that names them, also of people who could not know them registered."""
    query = select(Party).where(Party.meeting_id == attendee.meeting_id, Party.reference != "")
    for party in session.scalars(query).all():
        own = attendee.position if party.id == attendee.party_id else None
        people = party.typed.get("people", [])
        gone = [at for at, one in enumerate(people) if at == own or (one and _key(one) in keys)]
        if gone:
            party.typed = {**party.typed, "people": _without(people, gone)}
            party.content_hash = party.token  # a hash of what was typed could be guessed; this tells nothing
            _forget_in_letters(session, party, gone)


def _forget_in_letters(session: Session, party: Party, gone: Collection[int]) -> None:
    """Take people out of the letters of those who came with them; a summary may lie at an older row."""
    members = select(Attendee.id).where(Attendee.party_id == party.id)
    named = or_(Letter.attendee_id.in_(members), Letter.kind == Kind.PARTY_SUMMARY)
    for letter in session.scalars(select(Letter).where(Letter.meeting_id == party.meeting_id, named)).all():
        facts = dict(letter.facts)
        if 0 in gone and facts.get("registered_by"):
            facts["registered_by"] = ""
        if facts.get("reference") == party.reference:
            facts["people"] = _without(facts["people"], gone)
        if facts != letter.facts:
            letter.facts = facts


def _without(people: Sequence[Any], gone: Collection[int]) -> list[Any]:
    return [None if at in gone else one for at, one in enumerate(people)]


def _key(typed: dict[str, Any]) -> PersonKey:
    return fold_email(typed["email"] or "") or None, sign_up.name_key(typed["name"])
