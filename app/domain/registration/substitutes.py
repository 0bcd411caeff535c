"""A substitute: "I can't come, my colleague will". The seat goes on, each has the right calendar.

The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import letters, option_places, queries, rules, seating, sign_up
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
    Without an organisation of their own the colleague speaks for the same one. A colleague who is on the list
    already keeps their row: nothing that one sees tells this, and the better of the two places remains theirs.
    The same colleague again changes nothing.
    Raises `ChangeRefused`, `AlreadyRegistered` (the colleague is oneself), `NotFound`.
    """
    meeting, old = seating.lock_attendee(session, attendee_id)
    key = sign_up.person_key(command.person)
    if (named := _named_before(session, old)) and key == (named.email_key, named.name_key):
        return named
    rules.check_changeable(meeting, old, now=now)
    if key == (old.email_key, old.name_key):
        raise rules.AlreadyRegistered
    had = {column: getattr(old, column) for column in INHERITED}
    known = sign_up.live_attendees(session, meeting.id, [key]).get(key)
    if known is None:
        colleague = _newcomer(session, meeting, old, command, now=now, domain=mail_domain)
    else:
        colleague = known
        colleague.substitute_for_id = colleague.substitute_for_id or old.id
    _end(session, meeting, old, note=command.note, now=now, actor=actor)
    session.add(colleague)
    session.flush()
    is_better = known is None or _take_better(known, had, now=now)
    if known is not None and is_better:
        option_places.settle(session, meeting.id, [colleague])
    history.record(
        session,
        "attendee:substitute",
        subject_id=colleague.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        place=colleague.place,
        substitute_for=old.id,
    )
    _tell_colleague(session, meeting, colleague, old, command, is_better=is_better, now=now)
    if had["place"] == Place.CONFIRMED and not is_better:
        seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return colleague


def substitute_of(session: Session, attendee: Attendee) -> Attendee | None:
    """Who comes instead of this attendee, or None."""
    query = select(Attendee).where(Attendee.substitute_for_id == attendee.id)
    return session.scalar(query.order_by(Attendee.id.desc()).limit(1))


def was_substituted(session: Session, attendee: Attendee) -> bool:
    """Whether this attendee's place ended because somebody else was named to come instead."""
    return attendee.place == Place.CANCELLED and queries.ended_by(session, attendee.id) == "substitute"


def _named_before(session: Session, old: Attendee) -> Attendee | None:
    """The colleague for whom this attendee has left, by history: they may have been on the list before."""
    if not was_substituted(session, old):
        return None
    query = select(Entry).where(Entry.meeting_id == old.meeting_id, Entry.act == "attendee:substitute")
    for entry in session.scalars(query.order_by(Entry.id.desc())):
        if entry.details.get("substitute_for") == old.id:
            return session.get(Attendee, entry.subject_id)
    return None


def _newcomer(
    session: Session, meeting: Meeting, old: Attendee, command: Substitution, *, now: datetime, domain: str
) -> Attendee:
    person = command.person
    organisations = directory.organisations_by_key(session, [person.organisation])
    new = sign_up.new_attendee(
        meeting, person, organisations, language=command.language, now=now, domain=domain
    )
    for column in INHERITED:
        setattr(new, column, getattr(old, column))
    if not person.organisation:
        _speak_for_the_same(new, old)
    new.substitute_for_id = old.id
    return new


def _take_better(known: Attendee, had: dict[str, Any], *, now: datetime) -> bool:
    """Give somebody who is on the list the seat of who goes, or the earlier number in the same queue.

    True when they got a seat that they had not. Their row keeps its answer, its language and its links.
    """
    if known.place == Place.CONFIRMED:
        return False
    if had["place"] == Place.CONFIRMED:
        known.place, known.mode, known.queue_number = Place.CONFIRMED, had["mode"], None
        known.revision += 1
        known.changed_at = now
        return True
    if known.place == had["place"] == Place.WAITING and known.mode == had["mode"]:
        known.queue_number = min(known.queue_number, had["queue_number"])
    return False


def _tell_colleague(
    session: Session,
    meeting: Meeting,
    colleague: Attendee,
    old: Attendee,
    command: Substitution,
    *,
    is_better: bool,
    now: datetime,
) -> None:
    """The invite, or the own link for somebody who was on the list, unless strangers caused too many letters."""
    if is_better:
        letters.write(
            session,
            Kind.SUBSTITUTE,
            meeting,
            colleague,
            now=now,
            calendar=letters.request_if_due(colleague),
            delay_hours=command.delay_hours,
            registered_by=old.name,
        )
    elif not command.delay_hours:
        once = f"substitute-{old.id}"
        letters.write(session, Kind.ALREADY_REGISTERED, meeting, colleague, now=now, once=once)


def _speak_for_the_same(new: Attendee, old: Attendee) -> None:
    new.organisation_name = old.organisation_name
    new.organisation_sort_key = old.organisation_sort_key
    new.organisation_id, new.organisation_kind = old.organisation_id, old.organisation_kind
    new.search_key = sign_up.search_key(new.name, new.email, new.organisation_name)


def _end(
    session: Session, meeting: Meeting, old: Attendee, *, note: str, now: datetime, actor: Actor
) -> None:
    """The seat is inherited, so that nobody moves up yet."""
    seating.end_place(session, meeting, old, Place.CANCELLED, now=now, actor=actor, by="substitute")
    seating.answered(old, meeting, Answer.NO, by="web", now=now, note=note)
    old.revision += 1
    session.flush()
    letters.write(session, Kind.REPLACED, meeting, old, now=now, calendar=Calendar.CANCEL)
