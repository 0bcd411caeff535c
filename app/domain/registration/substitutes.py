"""A substitute: "I can't come, my colleague will". The seat goes on, each has the right calendar.

The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import letters, rules, seating, sign_up
from app.domain.registration.models import Answer, Attendee, Place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.registration.commands import Person

INHERITED = ("place", "queue_number", "mode", "invited_at", "registered_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """Who comes instead, in which language they read, one's own word of apology.

    `delay_hours` holds the colleague's letter back, where a stranger caused too many already.
    """

    person: Person
    language: str
    note: str = ""
    delay_hours: int = 0


def substitute(
    session: Session,
    attendee_id: int,
    command: Substitution,
    *,
    now: datetime,
    actor: Actor,
    mail_domain: str,
) -> Attendee:
    """Let a colleague come instead; returns their row, which inherits seat, number in the queue and invitation.

    One's own place ends and the calendar entry with it; the colleague gets an invite that asks for an answer.
    Without an organisation of their own the colleague speaks for the same one.
    Raises `ChangeRefused`, `AlreadyRegistered` (the colleague is on the list, also as oneself), `NotFound`.
    """
    meeting, old = seating.lock_attendee(session, attendee_id)
    rules.check_changeable(meeting, old, now=now)
    person = command.person
    if sign_up.live_attendees(session, meeting.id, [sign_up.person_key(person)]):
        raise rules.AlreadyRegistered
    organisations = directory.organisations_by_key(session, [person.organisation])
    new = sign_up.new_attendee(
        meeting, person, organisations, language=command.language, now=now, domain=mail_domain
    )
    for column in INHERITED:
        setattr(new, column, getattr(old, column))
    if not person.organisation:
        _speak_for_the_same(new, old)
    new.substitute_for_id = old.id
    _end(session, meeting, old, note=command.note, now=now, actor=actor)
    session.add(new)
    session.flush()
    history.record(
        session,
        "attendee:substitute",
        subject_id=new.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        place=new.place,
        substitute_for=old.id,
    )
    letters.write(
        session,
        Kind.SUBSTITUTE,
        meeting,
        new,
        now=now,
        calendar=letters.request_if_due(new),
        delay_hours=command.delay_hours,
        registered_by=old.name,
    )
    return new


def substitute_of(session: Session, attendee: Attendee) -> Attendee | None:
    """Who comes instead of this attendee, or None."""
    query = select(Attendee).where(Attendee.substitute_for_id == attendee.id)
    return session.scalar(query.order_by(Attendee.id.desc()).limit(1))


def was_substituted(session: Session, attendee: Attendee) -> bool:
    """Whether somebody else was named to come instead of this attendee."""
    return bool(session.scalar(select(exists().where(Attendee.substitute_for_id == attendee.id))))


def _speak_for_the_same(new: Attendee, old: Attendee) -> None:
    new.organisation_name = old.organisation_name
    new.organisation_sort_key = old.organisation_sort_key
    new.organisation_id, new.organisation_kind = old.organisation_id, old.organisation_kind
    new.search_key = sign_up.search_key(new.name, new.email, new.organisation_name)


def _end(
    session: Session, meeting: Meeting, old: Attendee, *, note: str, now: datetime, actor: Actor
) -> None:
    """The seat is inherited, so nobody moves up."""
    seating.end_place(session, meeting, old, Place.CANCELLED, now=now, actor=actor, by="substitute")
    seating.answered(old, meeting, Answer.NO, by="web", now=now, note=note)
    old.revision += 1
    session.flush()
    letters.write(session, Kind.REPLACED, meeting, old, now=now, calendar=Calendar.CANCEL)
