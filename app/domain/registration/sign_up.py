"""Registering: one submission, one to six people, one transaction."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, tuple_

from app.base.text import czech_key, fold, fold_email, name_sort_key
from app.base.tokens import new_mail_token, new_token
from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind, Letter
from app.domain.questions import queries as questions_of
from app.domain.registration import handed_over, letters, option_places, rules, seating
from app.domain.registration.commands import Needs, Person
from app.domain.registration.models import LIVE, Answer, Attendee, Mode, Party, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.directory.models import Organisation
    from app.domain.meetings.models import Meeting
    from app.domain.outbox.service import NewLetter
    from app.domain.registration.commands import SignUp

REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST_KEY = 400
PersonKey = tuple[str | None, str]


def sign_up(session: Session, meeting_id: int, command: SignUp, *, now: datetime, mail_domain: str) -> Party:
    """Register a party; the caller has begun a write and commits.

    The same form key with the same content gives the party that it gave before. Somebody who is registered
    already gets the "already registered" letter. What the party shows is what it would have got if all of its
    people were new, so that nobody can tell who was known.
    Raises `RegistrationClosed`, `PartyTooLarge`, `SamePersonTwice`, `ModeNotOffered`, `OptionFull`, `FileGone`,
    `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    digest = content_hash(meeting_id, command)
    if before := _same_submission(session, command.form_key, digest):
        return before
    rules.check_open(meeting, now=now)
    keys = [person_key(person) for person in command.people]
    rules.check_party(keys, (person.mode for person in command.people), rules.offered_modes(meeting))
    seats = seating.count_seats(session, meeting)
    known = live_attendees(session, meeting.id, keys)
    organisations = directory.organisations_by_key(
        session, (person.organisation for person in command.people)
    )

    party = _new_party(meeting, command, digest, now=now)
    party.typed = {"people": _as_if_all_new(meeting, command.people, seats.copy())}
    form = _Filled(session, meeting, party, command)
    session.add(party)
    newcomers: list[Attendee] = []
    already: list[Attendee] = []
    for position, person in enumerate(command.people):
        attendee = known.get(keys[position])
        if attendee is not None and attendee.place != Place.INVITED:
            already.append(attendee)
            continue
        if attendee is None:
            attendee = new_attendee(
                meeting, person, organisations, language=command.language, now=now, domain=mail_domain
            )
            seating.seat_newcomer(meeting, attendee, seats)
        else:
            _accept_invitation(attendee, person, organisations, seats, language=command.language, now=now)
        attendee.party, attendee.position = party, position
        seating.answered(attendee, meeting, Answer.YES, by="web", now=now)
        newcomers.append(attendee)
    session.add_all(newcomers)
    session.flush()
    form.store(newcomers)
    _write_letters(session, meeting, party, newcomers, already, command, now=now)
    _record(session, newcomers, now=now)
    for one in newcomers:
        handed_over.record(session, one, form.said[one.position], now=now, actor=history.PUBLIC)
    seating.record_full(session, meeting, seats, now=now, actor=history.PUBLIC)
    return party


class _Filled:
    """What a party said to the questions of the meeting; nothing is asked of the database where nobody did.

    A full option refuses the submission before anything is known about its people: raises `OptionFull`.
    """

    def __init__(self, session: Session, meeting: Meeting, party: Party, command: SignUp) -> None:
        self.session, self.meeting = session, meeting
        self.said = [person.answers for person in command.people]
        self.questions = questions_of.asked_at(session, meeting) if any(self.said) else []
        self.gone = option_places.taken(session, meeting.id, option_places.limits_of(self.questions))
        places = [one["place"] for one in party.typed["people"]]
        option_places.check_party(self.said, places, self.questions, self.gone)

    def store(self, people: Sequence[Attendee]) -> None:
        """Write what these people said. Whoever was invited may have said something before."""
        were_invited = [one for one in people if one.invited_at is not None]
        option_places.forget(self.session, [one.id for one in were_invited if self.said[one.position]])
        said = [(one, self.said[one.position]) for one in people]
        option_places.store(self.session, said, self.questions, self.gone)
        option_places.settle(self.session, self.meeting.id, were_invited)


def _accept_invitation(
    attendee: Attendee,
    person: Person,
    organisations: dict[str, Organisation],
    seats: rules.Seats,
    *,
    language: str,
    now: datetime,
) -> None:
    """Whoever was invited and fills in the form has answered: what they typed goes over what was known."""
    attendee.mode, attendee.language, attendee.changed_at = person.mode, language, now
    set_person(attendee, person.name, person.organisation, person.organisation_kind, organisations)
    set_needs(attendee, person.needs, now=now)
    set_handout_consent(attendee, person.handout_consent, now=now)
    seating.seat_or_queue(attendee, seats)


def _as_if_all_new(meeting: Meeting, people: Sequence[Person], seats: rules.Seats) -> list[dict[str, Any]]:
    """What the done page shows; takes the seats of the copy that it is given."""
    typed = []
    for person in people:
        place = Place.PENDING if meeting.approval else seats.seat_newcomer(person.mode)
        typed.append(_typed(person, place, seats.waiting[person.mode] if place == Place.WAITING else None))
    return typed


def _record(session: Session, newcomers: Sequence[Attendee], *, now: datetime) -> None:
    for attendee in newcomers:
        history.record(
            session,
            "attendee:register",
            subject_id=attendee.id,
            meeting_id=attendee.meeting_id,
            actor=history.PUBLIC,
            now=now,
            place=attendee.place,
        )


def _new_party(meeting: Meeting, command: SignUp, digest: str, *, now: datetime) -> Party:
    return Party(
        meeting_id=meeting.id,
        token=new_token(),
        reference="".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(6)),
        form_key=command.form_key,
        content_hash=digest,
        language=command.language,
        typed={},
        created_at=now,
    )


def _write_letters(
    session: Session,
    meeting: Meeting,
    party: Party,
    newcomers: Sequence[Attendee],
    already: Sequence[Attendee],
    command: SignUp,
    *,
    now: datetime,
) -> None:
    """All letters of a submission in one statement."""
    due = {key: now + timedelta(hours=hours) for key, hours in command.delays.items() if hours}
    by = command.people[0].name
    new = [
        _welcome(meeting, one, by=by if one.position else "", due_at=due.get(one.email_key or ""))
        for one in newcomers
    ]
    new += [
        letters.prepared(Kind.ALREADY_REGISTERED, meeting, one, once=str(party.id))
        for one in already
        if (one.email_key or "") not in due
    ]
    if len(command.people) > 1:
        new.append(_summary(meeting, party, [*newcomers, *already], command, due))
    if rows := [outbox.letter_row(one, now=now) for one in new if one is not None]:
        session.execute(insert(Letter).execution_options(render_nulls=True), rows)


def _welcome(meeting: Meeting, attendee: Attendee, *, by: str, due_at: datetime | None) -> NewLetter | None:
    return letters.prepared(
        letters.welcome_kind(attendee),
        meeting,
        attendee,
        calendar=letters.request_if_due(attendee),
        due_at=due_at,
        registered_by=by,
    )


def _summary(
    meeting: Meeting, party: Party, rows: Sequence[Attendee], command: SignUp, due: dict[str, datetime]
) -> NewLetter | None:
    """The registrant's summary, with what was typed. It goes to the row of the registrant, new or known."""
    first = person_key(command.people[0])
    registrant = next(row for row in rows if (row.email_key, row.name_key) == first)
    return letters.prepared(
        Kind.PARTY_SUMMARY,
        meeting,
        registrant,
        once=str(party.id),
        due_at=due.get(registrant.email_key or ""),
        reference=party.reference,
        people=party.typed["people"],
    )


def new_attendee(
    meeting: Meeting,
    person: Person,
    organisations: dict[str, Organisation],
    *,
    language: str,
    now: datetime,
    domain: str,
) -> Attendee:
    """A row for `person`, without a place yet. UID, ORGANIZER and links are made here and never change."""
    attendee = Attendee(
        meeting_id=meeting.id,
        position=0,
        language=language,
        note="",
        mode=person.mode,
        answer=Answer.NONE,
        token=new_token(),
        checkin_token=new_token(),
        uid=f"r-{uuid.uuid4()}@{domain}",
        organizer_token=new_mail_token(),
        revision=0,
        registered_at=now,
        changed_at=now,
    )
    set_email(attendee, person.email)
    set_person(attendee, person.name, person.organisation, person.organisation_kind, organisations)
    set_needs(attendee, person.needs, now=now)
    set_handout_consent(attendee, person.handout_consent, now=now)
    return attendee


def set_email(attendee: Attendee, email: str | None) -> None:
    """Set the address and its key."""
    attendee.email = email or None
    attendee.email_key = fold_email(email) if email else None


def set_person(
    attendee: Attendee, name: str, organisation: str, kind: str | None, organisations: dict[str, Organisation]
) -> None:
    """Set name and organisation with the keys to search and sort by; a known organisation is linked.

    The sort key of an unchanged name stays: an organiser may have corrected it.
    """
    known = organisations.get(fold(organisation)) if organisation else None
    if attendee.name != name:
        attendee.sort_key = name_sort_key(name)
    attendee.name = name
    attendee.name_key = name_key(name)
    attendee.organisation_name = organisation
    attendee.organisation_sort_key = czech_key(organisation)[:LONGEST_KEY]
    attendee.organisation_id = known.id if known else None
    attendee.organisation_kind = kind or (known.kind if known else None)
    attendee.search_key = search_key(name, attendee.email, organisation)


def search_key(name: str, email: str | None, organisation: str) -> str:
    """The folded text that the attendee list is searched in."""
    return fold(f"{name} {email or ''} {organisation}")


def set_needs(attendee: Attendee, needs: Needs, *, now: datetime) -> None:
    """Store needs with the consent they stand on; without consent they are emptied."""
    given = bool(needs.consent_text) and any((needs.interpreter, needs.access, needs.diet, needs.note))
    attendee.needs_interpreter = needs.interpreter if given else ""
    attendee.needs_access = needs.access if given else ""
    attendee.needs_diet = needs.diet if given else ""
    attendee.needs_note = needs.note if given else ""
    attendee.needs_consent_at = now if given else None
    attendee.needs_consent_text = needs.consent_text if given else ""


def set_handout_consent(attendee: Attendee, wording: str, *, now: datetime) -> None:
    """Store whether the name may be on the list that participants get; the same words again keep their time."""
    if wording == (attendee.handout_consent_text or ""):
        return
    attendee.handout_consent_text = wording
    attendee.handout_consent_at = now if wording else None


def as_person(attendee: Attendee, email: str) -> Person:
    """What an attendee had typed, with another address."""
    return Person(
        name=attendee.name,
        email=email,
        organisation=attendee.organisation_name,
        organisation_kind=attendee.organisation_kind,
        mode=Mode(attendee.mode),
        needs=needs_of(attendee),
    )


def needs_of(attendee: Attendee) -> Needs:
    """The needs that are stored, with the wording of their consent."""
    return Needs(
        interpreter=attendee.needs_interpreter,
        access=attendee.needs_access,
        diet=attendee.needs_diet,
        note=attendee.needs_note,
        consent_text=attendee.needs_consent_text,
    )


def person_key(person: Person) -> PersonKey:
    """What makes two people the same at one meeting: normalised address and name together."""
    return (fold_email(person.email) if person.email else None, name_key(person.name))


def name_key(name: str) -> str:
    """The folded name, as long as its column: one character may fold into eighteen (U+FDFA)."""
    return fold(name)[:LONGEST_KEY]


def live_attendees(session: Session, meeting_id: int, keys: Sequence[PersonKey]) -> dict[PersonKey, Attendee]:
    """Live rows of these people at the meeting."""
    wanted = [key for key in keys if key[0] is not None]
    if not wanted:
        return {}
    query = select(Attendee).where(
        Attendee.meeting_id == meeting_id,
        Attendee.place.in_(LIVE),
        tuple_(Attendee.email_key, Attendee.name_key).in_(wanted),
    )
    return {(row.email_key, row.name_key): row for row in session.scalars(query)}


def content_hash(meeting_id: int, command: SignUp) -> str:
    """A fingerprint of what was typed for which meeting; delays and the key itself do not count.

    A file counts by its content: each time that the same form comes, it waits under another name.
    """
    typed: list[Any] = [meeting_id, *(asdict(person) for person in command.people)]
    for person in typed[1:]:
        for given in person["answers"].values():
            del given["file"]
    return hashlib.sha256(json.dumps(typed, sort_keys=True).encode()).hexdigest()


def _same_submission(session: Session, form_key: str, digest: str) -> Party | None:
    query = select(Party).where(Party.form_key == form_key, Party.content_hash == digest)
    return session.scalar(query)


def _typed(person: Person, place: str, queue: int | None) -> dict[str, Any]:
    """What the done page shows; `queue` is the position in the queue at that moment, for whoever waits."""
    return {
        "name": person.name,
        "email": person.email,
        "organisation": person.organisation,
        "organisation_kind": person.organisation_kind,
        "mode": person.mode,
        "place": place,
        "queue": queue,
    }
