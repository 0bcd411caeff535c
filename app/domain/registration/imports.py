"""Many people whom an organiser puts on the list at once.

The number of statements does not grow with the number of people, but for what is written in portions.
The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.directory import queries as directory
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Kind
from app.domain.questions import queries as questions_of
from app.domain.registration import letters, option_places, rules, seating, sign_up
from app.domain.registration.listed import Known, known_at
from app.domain.registration.models import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question
    from app.domain.questions.rules import OptionFull
    from app.domain.registration.commands import Person
    from app.domain.registration.models import Attendee

IMPORT = "import"  # says in history that somebody came with many others, or went with them
DONE = "meeting:import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody from a file: the person, the language of their letters, the organiser's own note."""

    person: Person
    language: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Whom to add, in the order of the file, and whether letters tell them. `key` is new for each form shown.

    `shown` is how many people the form said; whoever of them is no longer among `people` counts as left out.
    """

    people: tuple[Newcomer, ...]
    shown: int = 0
    tell: bool
    key: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it: how many are on the list now, wait, got a letter, were left out; `at` is its instant."""

    at: datetime
    added: int
    waiting: int
    told: int
    left: int


def check_may_add(meeting: Meeting) -> None:
    """Refuse a draft (letters would lead to a page that is not there) and a meeting that is called off.

    Raises `RegistrationClosed`, `ChangeRefused`.
    """
    if meeting.state == MeetingState.DRAFT:
        raise rules.RegistrationClosed("draft")
    if meeting.called_off_at is not None:
        raise rules.ChangeRefused("called_off")


def done_before(session: Session, meeting_id: int, key: str) -> Imported | None:
    """What came of the form of this key when it was sent before; None when it was not."""
    query = select(Entry).where(Entry.meeting_id == meeting_id, Entry.act == DONE)
    for entry in session.scalars(query):
        kept = entry.details
        if kept.get("key") == key:
            return Imported(entry.at, kept["number"], kept["waiting"], kept["told"], kept["left"])
    return None


def without_place(
    session: Session, meeting: Meeting, people: Sequence[Person], asked: Sequence[Question]
) -> dict[int, OptionFull]:
    """Whose chosen option is full when these people are seated in their order, by position."""
    if not any(person.answers for person in people):
        return {}
    gone = option_places.taken(session, meeting.id, option_places.limits_of(asked))
    return _full(people, seating.count_seats(session, meeting), asked, gone)


def add_all(
    session: Session,
    meeting_id: int,
    command: Import,
    *,
    now: datetime,
    actor: Actor,
    mail_domain: str,
) -> Imported:
    """Put people on the list, also after the deadline; seats are given by the rule for newcomers.

    Whoever is on the list already, is named twice, or chose an option that is full is left out. The same form
    sent again gives what it gave before. Raises as `check_may_add` does, and `ModeNotOffered`, `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if before := done_before(session, meeting.id, command.key):
        return before
    check_may_add(meeting)
    if not {one.person.mode for one in command.people} <= set(rules.offered_modes(meeting)):
        raise rules.ModeNotOffered
    seats = seating.count_seats(session, meeting)
    added = _seated(session, meeting, command, seats, now=now, mail_domain=mail_domain)
    told = _welcome(session, meeting, added, now=now) if command.tell and now < meeting.starts_at else 0
    done = Imported(
        at=now,
        added=len(added),
        waiting=sum(one.place == Place.WAITING for one in added),
        told=told,
        left=max(command.shown, len(command.people)) - len(added),
    )
    _record(session, meeting, added, done, command.key, now=now, actor=actor)
    seating.record_full(session, meeting, seats, now=now, actor=actor)
    return done


def _seated(
    session: Session,
    meeting: Meeting,
    command: Import,
    seats: rules.Seats,
    *,
    now: datetime,
    mail_domain: str,
) -> list[Attendee]:
    """The new rows, stored with what was said to the questions."""
    fresh = _newcomers(session, meeting, command.people)
    has_answers = any(one.person.answers for one in fresh)
    asked = questions_of.asked_at(session, meeting) if has_answers else []
    gone = option_places.taken(session, meeting.id, option_places.limits_of(asked))
    full = _full([one.person for one in fresh], seats, asked, gone)
    organisations = directory.organisations_by_key(session, (one.person.organisation for one in fresh))
    said = []
    for position, one in enumerate(fresh):
        if position in full:
            continue
        attendee = sign_up.new_attendee(
            meeting, one.person, organisations, language=one.language, now=now, domain=mail_domain
        )
        attendee.note = one.note
        seating.seat_or_queue(attendee, seats)
        said.append((attendee, one.person.answers))
    session.add_all([attendee for attendee, _answers in said])
    session.flush()
    option_places.store(session, said, asked, gone)
    return [attendee for attendee, _answers in said]


def _newcomers(session: Session, meeting: Meeting, people: Iterable[Newcomer]) -> list[Newcomer]:
    """Those who are not on the list yet, each once, in their order."""
    known, seen = known_at(session, meeting.id), Known[bool]()
    fresh = []
    for one in people:
        if known.find(one.person) is None and seen.find(one.person) is None:
            seen.add(sign_up.person_key(one.person), one.person.organisation, True)  # noqa: FBT003 - a value
            fresh.append(one)
    return fresh


def _full(
    people: Sequence[Person], seats: rules.Seats, asked: Sequence[Question], gone: option_places.Taken
) -> dict[int, OptionFull]:
    """Tried out on copies: who is refused takes neither a seat nor another option."""
    seats, gone, limits, found = seats.copy(), gone.copy(), option_places.limits_of(asked), {}
    for position, person in enumerate(people):
        if refusal := option_places.first_full(person.answers, asked, limits, gone):
            found[position] = refusal
            continue
        if seats.seat_newcomer(person.mode) == Place.CONFIRMED:
            gone.update(one for given in person.answers.values() for one in given.options if one in limits)
    return found


def _welcome(session: Session, meeting: Meeting, added: Iterable[Attendee], *, now: datetime) -> int:
    prepared = [
        letters.prepared(Kind.ADDED, meeting, one, calendar=letters.request_if_due(one)) for one in added
    ]
    return letters.write_all(session, prepared, now=now)


def _record(
    session: Session,
    meeting: Meeting,
    added: Collection[Attendee],
    done: Imported,
    key: str,
    *,
    now: datetime,
    actor: Actor,
) -> None:
    for one in added:
        history.record(
            session,
            "attendee:add",
            subject_id=one.id,
            meeting_id=meeting.id,
            actor=actor,
            now=now,
            place=one.place,
            by=IMPORT,
        )
    counts = {"waiting": done.waiting, "told": done.told, "left": done.left}
    record_meeting(session, DONE, meeting, now=now, actor=actor, number=done.added, key=key, **counts)


def record_meeting(
    session: Session, act: str, meeting: Meeting, *, now: datetime, actor: Actor, **details: int | str
) -> None:
    """Note what was done to many as one act of the meeting."""
    history.record(
        session, act, subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now, **details
    )
