"""What an organiser does with attendees: add, correct, move up, add a chair, note, send again.

The caller has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.text import fold_email
from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.meetings.models import MeetingState
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind, State
from app.domain.outbox.queries import get_letter
from app.domain.questions import queries as questions_of
from app.domain.registration import (
    corrections,
    handed_over,
    letters,
    option_places,
    rules,
    seating,
    sign_up,
)
from app.domain.registration.models import Attendee, Place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.outbox.models import Letter
    from app.domain.registration.commands import Person


def add_by_hand(
    session: Session,
    meeting_id: int,
    person: Person,
    *,
    language: str,
    note: str,
    now: datetime,
    actor: Actor,
    mail_domain: str,
) -> Attendee:
    """Put a person on the list, also after the deadline; without an address no letter goes.

    Seats are given by the rule for newcomers. Raises `AlreadyRegistered`, `ModeNotOffered`, `OptionFull`,
    `FileGone`, `ChangeRefused` (called off), `RegistrationClosed` (a draft: letters would lead to a page that is
    not there).
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.state == MeetingState.DRAFT:
        raise rules.RegistrationClosed("draft")
    if meeting.called_off_at is not None:
        raise rules.ChangeRefused("called_off")
    rules.check_party([sign_up.person_key(person)], [person.mode], rules.offered_modes(meeting))
    if sign_up.live_attendees(session, meeting.id, [sign_up.person_key(person)]):
        raise rules.AlreadyRegistered
    organisations = directory.organisations_by_key(session, [person.organisation])
    attendee = sign_up.new_attendee(
        meeting, person, organisations, language=language, now=now, domain=mail_domain
    )
    attendee.note = note
    seats = seating.count_seats(session, meeting)
    seating.seat_or_queue(attendee, seats)
    session.add(attendee)
    session.flush()
    if person.answers:
        asked = questions_of.asked_at(session, meeting)
        option_places.replace(session, attendee, {}, person.answers, asked)
    history.record(
        session,
        "attendee:add",
        subject_id=attendee.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        place=attendee.place,
    )
    handed_over.record(session, attendee, person.answers, now=now, actor=actor)
    seating.record_full(session, meeting, seats, now=now, actor=actor)
    if now < meeting.starts_at:
        letters.write(
            session, Kind.ADDED, meeting, attendee, now=now, calendar=letters.request_if_due(attendee)
        )
    return attendee


def move_up(session: Session, attendee_id: int, *, add_chair: bool, now: datetime, actor: Actor) -> Attendee:
    """Confirm a waiting person out of turn. Without a free seat only by openly adding a chair.

    Raises `NoSeatFree`, `ChangeRefused`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    rules.check_changeable(meeting, attendee, now=now)
    if attendee.place != Place.WAITING:
        return attendee
    if not seating.count_seats(session, meeting).has_room(attendee.mode):
        if not add_chair:
            raise rules.NoSeatFree
        one_more(meeting, attendee.mode)
        record_chair(session, meeting, attendee.mode, now=now, actor=actor)
    seating.confirm_waiting(session, meeting, attendee, now=now, actor=actor)
    option_places.settle(session, meeting.id, [attendee])
    return attendee


def add_chair(session: Session, meeting_id: int, mode: str, *, now: datetime, actor: Actor) -> list[Attendee]:
    """One seat more than planned; whoever waits longest moves up. Returns those who did.

    Raises `ChangeRefused` (past, called off).
    """
    meeting = seating.lock_meeting(session, meeting_id)
    rules.check_ahead(meeting, now=now)
    one_more(meeting, mode)
    record_chair(session, meeting, mode, now=now, actor=actor)
    return seating.move_up(session, meeting, now=now, actor=actor)


def one_more(meeting: Meeting, mode: str) -> None:
    """Raise the capacity by a seat; no limit stays none."""
    if mode == "online" and meeting.online_capacity is not None:
        meeting.online_capacity += 1
    elif mode == "room" and meeting.capacity is not None:
        meeting.capacity += 1
    meeting.version += 1


def record_chair(session: Session, meeting: Meeting, mode: str, *, now: datetime, actor: Actor) -> None:
    """Note that a chair was added."""
    capacity = meeting.online_capacity if mode == "online" else meeting.capacity
    history.record(
        session,
        "meeting:add_chair",
        subject_id=meeting.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        mode=mode,
        capacity=capacity,
    )


def correct_address(
    session: Session, attendee_id: int, email: str, *, now: datetime, actor: Actor, mail_domain: str
) -> Attendee:
    """Give a person another address: the old invite is closed, a new row inherits seat, queue, history.

    The old address gets a CANCEL if an invite may have reached it; the new one gets the letter of a newcomer.
    Raises `AlreadyRegistered`, `ChangeRefused`.
    """
    meeting, old = seating.lock_attendee(session, attendee_id)
    rules.check_changeable(meeting, old, now=now)
    if old.email_key == fold_email(email):
        return old
    correction = corrections.Correction(email=email, now=now, actor=actor, mail_domain=mail_domain)
    return corrections.move_to_address(session, meeting, old, correction)


def set_note(session: Session, attendee_id: int, note: str, *, now: datetime, actor: Actor) -> Attendee:
    """Keep the organiser's own note about an attendee."""
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    attendee.note = note
    attendee.changed_at = now
    history.record(
        session, "attendee:note", subject_id=attendee.id, meeting_id=meeting.id, actor=actor, now=now
    )
    return attendee


def set_sort_name(
    session: Session, attendee_id: int, sort_key: str, *, now: datetime, actor: Actor
) -> Attendee:
    """Correct the derived key by which a person is sorted."""
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    attendee.sort_key = sort_key
    history.record(
        session, "attendee:sort_name", subject_id=attendee.id, meeting_id=meeting.id, actor=actor, now=now
    )
    return attendee


def send_again(session: Session, letter_id: int, *, now: datetime, actor: Actor) -> Letter:
    """Send a letter again, as a new row that carries the present state of meeting, person and invite.

    Raises `ChangeRefused` for a letter that is under way, was emptied, or is no longer true (`overtaken`), and
    for one that asks something about a meeting which is over or called off.
    """
    old = get_letter(session, letter_id)
    if old.state in (State.QUEUED, State.SENDING):
        raise rules.ChangeRefused("under_way")
    if not old.recipient or not old.facts or old.attendee_id is None:
        raise rules.ChangeRefused("emptied")
    meeting, attendee = seating.lock_attendee(session, old.attendee_id)
    rules.check_still_true(meeting, attendee, old.facts, kind=old.kind, now=now)
    fresh = letters.prepared(old.kind, meeting, attendee, calendar=old.calendar)
    if fresh is None:
        raise rules.ChangeRefused("emptied")
    letter = outbox.enqueue_again(session, old, now=now)
    facts = {**old.facts, **fresh.facts}
    facts.pop("auto", None)  # this time it answers no mail
    letter.facts = facts
    letter.sequence, letter.recipient, letter.language = fresh.sequence, fresh.recipient, fresh.language
    history.record(
        session,
        "letter:send_again",
        subject_id=old.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        kind=old.kind,
    )
    return letter
