"""Personal invitations: an organiser asks people to come. Who is invited holds no seat until they answer.

The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Calendar, Kind, Letter
from app.domain.registration import letters, rules, seating, sign_up
from app.domain.registration.models import LIVE, Answer, Attendee, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.outbox.service import NewLetter
    from app.domain.registration.commands import Person

AT_A_TIME = 200  # people per look-up: SQLite takes a limited number of values in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who is to be invited: people with an address each, the language of their letters, a word to go with it."""

    people: tuple[Person, ...]
    language: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    """What came of it: the new rows, and how many people were left out as they are on the list already."""

    attendees: list[Attendee]
    known: int


def invite(
    session: Session,
    meeting_id: int,
    invitation: Invitation,
    *,
    now: datetime,
    actor: Actor,
    mail_domain: str,
) -> Invited:
    """Invite people; whoever is on the list already, has said no, or is named twice, is left as they are.

    Each gets a letter with a REQUEST that asks for an answer. Raises `RegistrationClosed` (a draft: the letter
    would lead to a page that is not there), `ChangeRefused` (past, called off), `ModeNotOffered`, `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.state == MeetingState.DRAFT:
        raise rules.RegistrationClosed("draft")
    rules.check_ahead(meeting, now=now)
    if not {person.mode for person in invitation.people} <= set(rules.offered_modes(meeting)):
        raise rules.ModeNotOffered
    organisations = directory.organisations_by_key(
        session, (person.organisation for person in invitation.people)
    )
    added = [
        _invited(
            sign_up.new_attendee(
                meeting, person, organisations, language=invitation.language, now=now, domain=mail_domain
            ),
            now=now,
        )
        for person in newcomers(session, meeting.id, invitation.people)
    ]
    session.add_all(added)
    session.flush()
    _write_letters(session, meeting, added, invitation.words, now=now)
    for attendee in added:
        _record(session, "attendee:invite", attendee, now=now, actor=actor)
    return Invited(added, len(invitation.people) - len(added))


def newcomers(session: Session, meeting_id: int, people: Sequence[Person]) -> list[Person]:
    """Those of `people` who are not on the list of the meeting yet, each once, in the order given."""
    fresh = {sign_up.person_key(person): person for person in reversed(people)}
    for known in listed_at(session, meeting_id, [key for key, _name in fresh if key]):
        fresh.pop((known.email_key, known.name_key), None)
    return list(reversed(fresh.values()))


def listed_at(session: Session, meeting_id: int, email_keys: Sequence[str]) -> list[Attendee]:
    """Who is on the list with one of these addresses, whatever the name: also who said no, not who was taken off."""
    found: list[Attendee] = []
    for start in range(0, len(email_keys), AT_A_TIME):
        query = select(Attendee).where(
            Attendee.meeting_id == meeting_id,
            Attendee.place.in_((*LIVE, Place.DECLINED)),
            Attendee.email_key.in_(email_keys[start : start + AT_A_TIME]),
        )
        found += session.scalars(query.order_by(Attendee.id))
    return found


def remind_silent(session: Session, meeting_id: int, *, now: datetime, actor: Actor) -> int:
    """Ask everybody once more who was invited and has not answered, at most once a day each.

    Returns how many letters were written. Raises `ChangeRefused` (past, called off), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    rules.check_ahead(meeting, now=now)
    number = letters.write_all(session, _reminders(session, meeting, now=now), now=now)
    if number:
        history.record(
            session,
            "meeting:remind",
            subject_id=meeting.id,
            meeting_id=meeting.id,
            actor=actor,
            now=now,
            number=number,
        )
    return number


def count_to_remind(session: Session, meeting: Meeting, *, now: datetime) -> int:
    """How many letters `remind_silent` would write now."""
    return len(_reminders(session, meeting, now=now))


def _reminders(session: Session, meeting: Meeting, *, now: datetime) -> list[NewLetter]:
    """A letter for everybody who was invited, is silent, and was not reminded by hand today."""
    silent = session.scalars(
        select(Attendee).where(
            Attendee.meeting_id == meeting.id,
            Attendee.place == Place.INVITED,
            Attendee.answer == Answer.NONE,
            Attendee.email.is_not(None),
        )
    ).all()
    once = f"asked-{now:%Y-%m-%d}"
    prepared = [letters.prepared(Kind.REMINDER, meeting, one, once=once, rule="asked") for one in silent]
    keys = set(
        session.scalars(
            select(Letter.key).where(Letter.meeting_id == meeting.id, Letter.kind == Kind.REMINDER)
        )
    )
    return [new for new in prepared if new is not None and new.key not in keys]


def _invited(attendee: Attendee, *, now: datetime) -> Attendee:
    attendee.place = Place.INVITED
    attendee.invited_at = now
    return attendee


def _write_letters(
    session: Session, meeting: Meeting, added: Sequence[Attendee], words: str, *, now: datetime
) -> None:
    prepared = [
        letters.prepared(Kind.INVITED, meeting, one, calendar=Calendar.REQUEST, words=words) for one in added
    ]
    letters.write_all(session, prepared, now=now)


def _record(session: Session, act: str, attendee: Attendee, *, now: datetime, actor: Actor) -> None:
    history.record(session, act, subject_id=attendee.id, meeting_id=attendee.meeting_id, actor=actor, now=now)
