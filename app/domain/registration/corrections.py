"""Correcting an address: by an organiser, or for half an hour by whoever typed it.

The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.base.errors import NotFound
from app.base.text import fold_email
from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import labels, letters, option_places, rules, seating, sign_up
from app.domain.registration.commands import Person
from app.domain.registration.models import Answer, Attendee, Mode, Party, Place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting

INHERITED = (
    *(
        "party_id",
        "position",
        "place",
        "queue_number",
        "mode",
        "registered_at",
        "revision",
        "note",
        "sort_key",
    ),
    *(
        "answer",
        "answer_at",
        "answer_by",
        "answer_revision",
        "answer_note",
        "invited_at",
        "substitute_for_id",
    ),
    *("organisation_id", "organisation_kind", "needs_consent_at", "needs_consent_text"),
    *("handout_consent_at", "handout_consent_text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The right address, and what else the acts below need to know.

    `registered_by` is named in the letter to a companion; `delay_hours` holds that letter back.
    """

    email: str
    now: datetime
    actor: Actor
    mail_domain: str
    registered_by: str = ""
    delay_hours: int = 0


def correct_typed_address(
    session: Session,
    party_token: str,
    position: int,
    email: str,
    *,
    now: datetime,
    mail_domain: str,
    delay_hours: int = 0,
) -> Party:
    """Give the person typed at `position` (from 0) of a submission another address.

    Whoever had been registered before has no row in this submission; then the typed person signs up as a
    newcomer, and the done page cannot tell the two apart. `delay_hours` holds back the letter to the new one.
    Raises `NotFound`, `CorrectionTooLate`, `SamePersonTwice`, `ChangeRefused` (past, called off).
    """
    meeting, party = _lock_party(session, party_token)
    people = list(party.typed.get("people", []))
    if not 0 <= position < len(people) or people[position] is None:
        raise NotFound
    if not rules.may_correct(party.created_at, now=now):
        raise rules.CorrectionTooLate
    rules.check_ahead(meeting, now=now)
    if fold_email(people[position]["email"]) == fold_email(email):
        return party
    people[position] = {**people[position], "email": email}
    _check_different(people, position)
    correction = Correction(
        email=email,
        now=now,
        actor=history.PUBLIC,
        mail_domain=mail_domain,
        registered_by=people[0]["name"] if position and people[0] else "",
        delay_hours=delay_hours,
    )
    row = _live_row(session, party, position)
    if row is None:
        _sign_up_late(session, meeting, party, position, _person(people[position]), correction)
    else:
        _move_or_close(session, meeting, row, correction)
    party.typed = {**party.typed, "people": people}
    return party


def move_to_address(session: Session, meeting: Meeting, old: Attendee, correction: Correction) -> Attendee:
    """Close the row `old` and open one with the new address, which inherits seat, queue number, history and answers.

    The old address gets a CANCEL if an invite may have reached it; the new one the letter of a newcomer. The
    caller holds the meeting's lock. Raises `AlreadyRegistered`, then nothing has changed.
    """
    now = correction.now
    if sign_up.live_attendees(session, meeting.id, [(fold_email(correction.email), old.name_key)]):
        raise rules.AlreadyRegistered
    person = sign_up.as_person(old, correction.email)
    new = sign_up.new_attendee(
        meeting, person, {}, language=old.language, now=now, domain=correction.mail_domain
    )
    for column in INHERITED:
        setattr(new, column, getattr(old, column))
    new.previous_id = old.id
    close_address(session, meeting, old, now=now)
    session.add(new)
    session.flush()
    option_places.hand_over(session, old.id, new.id)
    labels.hand_over(session, old.id, new.id)
    history.record(
        session,
        "attendee:correct_address",
        subject_id=new.id,
        meeting_id=meeting.id,
        actor=correction.actor,
        now=now,
        previous_id=old.id,
    )
    _welcome(session, meeting, new, correction)
    return new


def close_address(session: Session, meeting: Meeting, old: Attendee, *, now: datetime) -> None:
    """End the old row; the letter says that this address is no longer used, without naming the new one."""
    was, old.place = old.place, Place.CANCELLED
    old.queue_number = None
    old.ended_at = old.changed_at = now
    old.revision += 1
    session.flush()
    letters.write(
        session,
        Kind.CANCELLED,
        meeting,
        old,
        now=now,
        calendar=Calendar.CANCEL,
        by="address",
        was=was,
        reason="",
    )


def _lock_party(session: Session, token: str) -> tuple[Meeting, Party]:
    meeting_id = session.scalar(select(Party.meeting_id).where(Party.token == token))
    if meeting_id is None:
        raise NotFound
    meeting = seating.lock_meeting(session, meeting_id)
    query = select(Party).where(Party.token == token).with_for_update()
    return meeting, session.scalars(query.execution_options(populate_existing=True)).one()


def _live_row(session: Session, party: Party, position: int) -> Attendee | None:
    query = select(Attendee).where(Attendee.party_id == party.id, Attendee.position == position)
    row = session.scalar(query.order_by(Attendee.id.desc()).limit(1))
    return row if row is not None and row.is_live else None


def _person(typed: dict[str, Any]) -> Person:
    """The person as typed; needs are not kept in a submission."""
    return Person(
        name=typed["name"],
        email=typed["email"],
        organisation=typed.get("organisation", ""),
        organisation_kind=typed.get("organisation_kind"),
        mode=Mode(typed["mode"]),
    )


def _check_different(people: list[dict[str, Any] | None], position: int) -> None:
    keys = [sign_up.person_key(_person(one)) if one else None for one in people]
    if keys.count(keys[position]) > 1:
        raise rules.SamePersonTwice(position)


def _move_or_close(session: Session, meeting: Meeting, row: Attendee, correction: Correction) -> None:
    try:
        move_to_address(session, meeting, row, correction)
    except rules.AlreadyRegistered:
        key = (fold_email(correction.email), row.name_key)
        _remind(session, meeting, sign_up.live_attendees(session, meeting.id, [key])[key], correction)
        had_seat = row.place == Place.CONFIRMED
        close_address(session, meeting, row, now=correction.now)
        history.record(
            session,
            "attendee:cancel",
            subject_id=row.id,
            meeting_id=meeting.id,
            actor=correction.actor,
            now=correction.now,
            seat=had_seat,
        )
        if had_seat:
            seating.move_up(session, meeting, now=correction.now, actor=history.SYSTEM)


def _sign_up_late(
    session: Session, meeting: Meeting, party: Party, position: int, person: Person, correction: Correction
) -> None:
    now, key = correction.now, sign_up.person_key(person)
    if known := sign_up.live_attendees(session, meeting.id, [key]):
        _remind(session, meeting, known[key], correction)
        return
    organisations = directory.organisations_by_key(session, [person.organisation])
    attendee = sign_up.new_attendee(
        meeting, person, organisations, language=party.language, now=now, domain=correction.mail_domain
    )
    attendee.party, attendee.position = party, position
    seating.seat_newcomer(meeting, attendee, seating.count_seats(session, meeting))
    seating.answered(attendee, meeting, Answer.YES, by="web", now=now)
    session.add(attendee)
    session.flush()
    history.record(
        session,
        "attendee:register",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=correction.actor,
        now=now,
        place=attendee.place,
    )
    _welcome(session, meeting, attendee, correction)


def _welcome(session: Session, meeting: Meeting, attendee: Attendee, correction: Correction) -> None:
    letters.write(
        session,
        letters.welcome_kind(attendee),
        meeting,
        attendee,
        now=correction.now,
        calendar=letters.request_if_due(attendee),
        delay_hours=correction.delay_hours,
        registered_by=correction.registered_by,
    )


def _remind(session: Session, meeting: Meeting, attendee: Attendee, correction: Correction) -> None:
    """Somebody who is registered already gets the own link, unless strangers have caused too many letters."""
    if not correction.delay_hours:
        once = f"{correction.now.timestamp():.6f}"
        letters.write(session, Kind.ALREADY_REGISTERED, meeting, attendee, now=correction.now, once=once)
