"""What an attendee does through the personal link: change, cancel, undo, replace the link, cancel for the party.

Each change is told to the registered address. The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.base.errors import NotFound
from app.base.tokens import new_token
from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.outbox.models import Calendar, Kind
from app.domain.questions import queries as questions_of
from app.domain.registration import (
    handed_over,
    letters,
    option_places,
    rules,
    seating,
    sign_up,
    substitutes,
)
from app.domain.registration.commands import Change
from app.domain.registration.models import LIVE, Answer, Attendee, Mode, Party, Place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.registration.rules import Seats


def change(session: Session, attendee_id: int, command: Change, *, now: datetime, actor: Actor) -> Attendee:
    """Change name, organisation, mode, language, needs or answers to questions; the same again does nothing.

    Changing the mode is a move to another seat: it may mean waiting, and frees the old seat.
    Raises `ChangeRefused` (`deadline`: answers stay as they are after it), `ModeNotOffered`, `OptionFull`, `FileGone`,
    `AlreadyRegistered` (the new name is taken at this address).
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    rules.check_changeable(meeting, attendee, now=now)
    rules.check_mode(meeting, command.mode)
    said_else = _say_else(session, meeting, attendee, command, now=now)
    if replace(command, answers=None) == _present(attendee) and not said_else:
        return attendee
    _check_name_free(session, attendee, command.name)
    old_mode, had_seat = attendee.mode, attendee.place == Place.CONFIRMED
    attendee.language = command.language
    organisations = directory.organisations_by_key(session, [command.organisation])
    sign_up.set_person(attendee, command.name, command.organisation, command.organisation_kind, organisations)
    if command.needs != sign_up.needs_of(attendee):  # else the consent keeps its time
        sign_up.set_needs(attendee, command.needs, now=now)
    sign_up.set_handout_consent(attendee, command.handout_consent, now=now)
    attendee.changed_at = now
    seats = change_mode(session, meeting, attendee, command.mode) if command.mode != old_mode else None
    freed = had_seat and seats is not None
    history.record(
        session,
        "attendee:change",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        mode=attendee.mode,
        place=attendee.place,
        moved=command.mode != old_mode,
    )
    handed_over.record(session, attendee, command.answers or {}, now=now, actor=actor)
    if seats:
        seating.record_full(session, meeting, seats, now=now, actor=actor)
    _tell_changed(session, meeting, attendee, lost_seat=freed and attendee.place != Place.CONFIRMED, now=now)
    if freed:
        seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return attendee


def _say_else(
    session: Session, meeting: Meeting, attendee: Attendee, command: Change, *, now: datetime
) -> bool:
    """Store other answers to questions; True when something changed."""
    if command.answers is None:
        return False
    asked = questions_of.asked_at(session, meeting)
    before = questions_of.given_by(session, [attendee.id]).get(attendee.id, {})
    is_changed = option_places.replace(session, attendee, before, command.answers, asked)
    if is_changed and not rules.may_say_else(meeting, now=now):
        raise rules.ChangeRefused("deadline")
    return is_changed


def _present(attendee: Attendee) -> Change:
    """What an attendee has now, as a command that would change nothing."""
    return Change(
        name=attendee.name,
        organisation=attendee.organisation_name,
        organisation_kind=attendee.organisation_kind,
        mode=Mode(attendee.mode),
        language=attendee.language,
        needs=sign_up.needs_of(attendee),
        handout_consent=attendee.handout_consent_text,
    )


def _check_name_free(session: Session, attendee: Attendee, name: str) -> None:
    key = sign_up.name_key(name)
    if key == attendee.name_key or attendee.email_key is None:
        return
    same = sign_up.live_attendees(session, attendee.meeting_id, [(attendee.email_key, key)])
    if same:
        raise rules.AlreadyRegistered


def change_mode(session: Session, meeting: Meeting, attendee: Attendee, mode: str) -> Seats | None:
    """Move to a seat of `mode`, which may free one; gives the count. Who has none yet only changes the wish."""
    if attendee.place in (Place.INVITED, Place.PENDING):
        attendee.mode = mode
        attendee.revision += 1
        return None
    attendee.place = Place.WAITING  # counts nowhere that matters while the seats are counted
    session.flush()
    seats = seating.count_seats(session, meeting)
    seats.waiting[attendee.mode] -= 1
    attendee.mode = mode
    seating.seat_or_queue(attendee, seats)
    option_places.settle(session, meeting.id, [attendee])
    attendee.revision += 1
    return seats


def _tell_changed(
    session: Session, meeting: Meeting, attendee: Attendee, *, lost_seat: bool, now: datetime
) -> None:
    """A change tells the registered address; a lost seat ends the calendar entry, also one still on its way."""
    calendar = Calendar.CANCEL if lost_seat else letters.request_if_due(attendee)
    letters.write(
        session, Kind.CHANGED, meeting, attendee, now=now, calendar=calendar, once=f"{now.timestamp():.6f}"
    )


def cancel(
    session: Session,
    attendee_id: int,
    *,
    now: datetime,
    actor: Actor,
    forget: bool = False,
    told: str = "",
    note: str = "",
) -> Attendee:
    """Give up the place: declined when the person did it, cancelled when an organiser did.

    Until the start the seat goes to whoever waits. Repeating it changes nothing. `told` is the organiser's
    reason, `note` the person's word of apology; `forget` empties the letter after it is sent (erasing).
    Raises `ChangeRefused`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if not attendee.is_live:
        return attendee
    rules.check_changeable(meeting, attendee, now=now)
    by_organiser = actor.kind == "organiser"
    place = Place.CANCELLED if by_organiser else Place.DECLINED
    was = attendee.place
    had_seat = seating.end_place(session, meeting, attendee, place, now=now, actor=actor)
    attendee.revision += 1
    if not by_organiser:
        seating.answered(attendee, meeting, Answer.NO, by="web", now=now, note=note)
    letters.write(
        session,
        Kind.CANCELLED,
        meeting,
        attendee,
        now=now,
        calendar=Calendar.CANCEL,
        forget=forget,
        by="organiser" if by_organiser else "attendee",
        was=was,
        reason=told,
    )
    if had_seat:
        seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return attendee


def undo_cancel(
    session: Session,
    attendee_id: int,
    *,
    now: datetime,
    actor: Actor,
    said: Answer = Answer.YES,
    note: str = "",
    mode: Mode | None = None,
) -> Attendee:
    """Bring a cancelled row back with the same UID: confirmed if a seat is free, else first in the queue.

    Whose registration was still to be approved is so again, and whom an organiser brings back without their
    having answered an invitation is invited again. `said` is the answer that an attendee gives with it, `note`
    its word and `mode` the way to take part.
    Raises `ChangeRefused`, or `AlreadyRegistered` when the person has registered anew meanwhile.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if attendee.is_live:
        return attendee
    by_organiser = actor.kind == "organiser"
    _check_undo(session, meeting, attendee, now=now, by_organiser=by_organiser)
    attendee.mode = mode or attendee.mode
    seats = seating.count_seats(session, meeting)
    _give_back(session, attendee, seats, by_organiser=by_organiser)
    option_places.settle(session, meeting.id, [attendee])
    attendee.revision += 1
    attendee.ended_at = None
    attendee.changed_at = now
    if not by_organiser:
        seating.answered(attendee, meeting, said, by="web", now=now, note=note)
    elif attendee.answer == Answer.NO:  # somebody else brings them back: ask, and send no DECLINED invite
        seating.ask_anew(attendee)
    history.record(
        session,
        "attendee:undo_cancel",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        place=attendee.place,
    )
    seating.record_full(session, meeting, seats, now=now, actor=actor)
    letters.write(
        session,
        letters.welcome_kind(attendee),
        meeting,
        attendee,
        now=now,
        calendar=letters.request_if_due(attendee),
        registered_by="",
    )
    return attendee


def _check_undo(
    session: Session, meeting: Meeting, attendee: Attendee, *, now: datetime, by_organiser: bool
) -> None:
    """Nobody may be on the list instead: a substitute, the row of a corrected address, a new registration."""
    if not by_organiser and substitutes.was_substituted(session, attendee):
        raise rules.ChangeRefused("substituted")
    rules.check_undoable(meeting, attendee, now=now, by_organiser=by_organiser)
    if session.scalar(select(Attendee.id).where(Attendee.previous_id == attendee.id).limit(1)):
        raise rules.ChangeRefused("replaced")
    key = (attendee.email_key, attendee.name_key)
    if attendee.email_key and sign_up.live_attendees(session, meeting.id, [key]):
        raise rules.AlreadyRegistered


def _give_back(session: Session, attendee: Attendee, seats: rules.Seats, *, by_organiser: bool) -> None:
    """The place that an undo gives. An undo must not stand for an approval, nor for another person's yes."""
    was = seating.place_before(session, attendee)
    if was == Place.PENDING or (was == Place.INVITED and by_organiser):
        attendee.place, attendee.queue_number = was, None
    else:
        seating.seat_or_queue(attendee, seats, in_front=True)


def replace_link(session: Session, attendee_id: int, *, now: datetime, actor: Actor) -> Attendee:
    """Make the old personal link useless and send the new one to the registered address."""
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    attendee.token = new_token()
    attendee.changed_at = now
    history.record(
        session, "attendee:replace_link", subject_id=attendee.id, meeting_id=meeting.id, actor=actor, now=now
    )
    letters.write(
        session, Kind.LINK_AGAIN, meeting, attendee, now=now, once=f"{now.timestamp():.6f}", replaced=True
    )
    return attendee


def cancel_other(session: Session, registrant_id: int, position: int, *, now: datetime) -> None:
    """The registrant of a party cancels the person typed at `position` (from 1).

    Somebody who had been registered before belongs to another party: nothing happens to their place, and the
    registrant sees what one would see otherwise. Raises `NotFound`, `ChangeRefused`.
    """
    meeting, registrant = seating.lock_attendee(session, registrant_id)
    party = (
        session.get(Party, registrant.party_id) if registrant.party_id and registrant.position == 0 else None
    )
    people = list(party.typed.get("people", [])) if party else []
    if party is None or not 1 <= position < len(people) or people[position] is None:
        raise NotFound
    rules.check_ahead(meeting, now=now)
    query = select(Attendee.id).where(Attendee.party_id == party.id, Attendee.position == position)
    other_id = session.scalar(query.order_by(Attendee.id.desc()).limit(1))
    if other_id is not None:
        cancel(session, other_id, now=now, actor=history.ATTENDEE)
        return
    people[position] = {**people[position], "cancelled": True}
    party.typed = {**party.typed, "people": people}


def send_links(session: Session, email_key: str, *, now: datetime) -> int:
    """Write a "your link" letter for each live row of this address at a meeting ahead; returns how many."""
    query = (
        select(Attendee)
        .where(Attendee.email_key == email_key, Attendee.place.in_(LIVE))
        .order_by(Attendee.id.desc())
        .limit(20)
    )
    sent = 0
    for attendee in session.scalars(query).all():
        meeting = seating.meeting_of(session, attendee)
        if meeting.ends_at > now:
            letters.write(
                session,
                Kind.LINK_AGAIN,
                meeting,
                attendee,
                now=now,
                once=f"{now.timestamp():.6f}",
                replaced=False,
            )
            sent += 1
    return sent
