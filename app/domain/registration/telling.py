"""Telling many people at once what became of their meeting: whom it concerns, and what each letter says.

What is stored and what is shown beforehand (`change_preview.py`) comes from the same `Telling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, select, update

from app.base.text import in_language
from app.domain.outbox import service as outbox
from app.domain.registration import letters
from app.domain.registration.models import LIVE, Answer, Attendee, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.meetings.models import Meeting
    from app.domain.outbox.models import Calendar, Kind
    from app.domain.outbox.service import NewLetter
    from app.domain.registration.letters import Recipient

AT_ONCE = 1000  # rows of one statement: far from what a server takes, and memory stays small


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One thing to tell everybody whom it concerns.

    `changed` are names of announced values, `before` what they were; `asks_anew` forgets the answers. `after`
    and `until` choose people by when they came on the list: who came while a change was held knows more.
    """

    kind: Kind
    calendar: Calendar
    changed: tuple[str, ...] = ()
    before: Mapping[str, Any] | None = None
    reason: Mapping[str, str] | None = None
    asks_anew: bool = False
    after: datetime | None = None
    until: datetime | None = None


def concerned(
    meeting_id: int,
    changed: Collection[str] = (),
    *,
    after: datetime | None = None,
    until: datetime | None = None,
) -> list[ColumnElement[bool]]:
    """Everybody who comes, waits or is asked; a new online link alone concerns those who may have it."""
    found = [Attendee.meeting_id == meeting_id, Attendee.place.in_(LIVE)]
    if set(changed) == {"online_url"}:
        found += [Attendee.mode == Mode.ONLINE, Attendee.place == Place.CONFIRMED]
    if after is not None:
        found.append(Attendee.registered_at > after)
    if until is not None:
        found.append(Attendee.registered_at <= until)
    return found


def whom(meeting_id: int, telling: Telling) -> list[ColumnElement[bool]]:
    """Whom a telling concerns, with or without an address."""
    return concerned(meeting_id, telling.changed, after=telling.after, until=telling.until)


def count(session: Session, meeting_id: int, tellings: Iterable[Telling]) -> int:
    """How many letters `tell` would write."""
    queries = (
        select(func.count()).where(*whom(meeting_id, one), Attendee.email.is_not(None)) for one in tellings
    )
    return sum(session.scalar(query) or 0 for query in queries)


def tell(session: Session, meeting: Meeting, tellings: Iterable[Telling], *, now: datetime) -> int:
    """Write a letter to each whom a telling concerns, after the meeting's rows are changed; returns how many."""
    session.flush()
    return sum(_tell(session, meeting, one, now=now) for one in tellings)


def ask_anew(session: Session, meeting_id: int, telling: Telling) -> None:
    """Forget the answers of those whom a telling concerns: what they were about is no longer so."""
    session.execute(
        update(Attendee)
        .where(*whom(meeting_id, telling))
        .values(answer=Answer.NONE, answer_at=None, answer_by=None, answer_revision=None, answer_note="")
        .execution_options(synchronize_session="evaluate")
    )


def letters_of(meeting: Meeting, telling: Telling, people: Iterable[Recipient]) -> Iterator[NewLetter]:
    """The letters to these people; nobody without an address gets one.

    What is said about the meeting is the same for all of one language, mode and place, and is made once.
    """
    about: dict[tuple[str, str, str], dict[str, Any]] = {}
    for attendee in people:
        alike = (attendee.language, attendee.mode, attendee.place)
        if alike not in about:
            about[alike] = _facts(meeting, attendee, telling)
        new = letters.prepared(
            telling.kind,
            meeting,
            attendee,
            # Only those with a seat or an invitation have an entry in their calendar.
            calendar=telling.calendar if letters.request_if_due(attendee) else None,
            as_answered=Answer.NONE if telling.asks_anew else None,
            **about[alike],
        )
        if new is not None:
            yield new


def _tell(session: Session, meeting: Meeting, telling: Telling, *, now: datetime) -> int:
    if telling.asks_anew:
        ask_anew(session, meeting.id, telling)
    people = select(*letters.RECIPIENT).where(*whom(meeting.id, telling), Attendee.email.is_not(None))
    found: Iterable[Recipient] = session.execute(
        people.order_by(Attendee.id).execution_options(yield_per=AT_ONCE)
    )
    rows = (outbox.letter_row(new, now=now) for new in letters_of(meeting, telling, found))
    number = 0
    while portion := list(islice(rows, AT_ONCE)):
        outbox.enqueue_rows(session, portion)
        number += len(portion)
    return number


def _facts(meeting: Meeting, attendee: Recipient, telling: Telling) -> dict[str, Any]:
    facts: dict[str, Any] = {"about": letters.meeting_facts(meeting, attendee)}
    if telling.before is not None:
        facts["before"] = _before_facts(telling.before, attendee.language)
        facts["changed"] = list(telling.changed)
    if telling.reason is not None:
        facts["reason"] = in_language(dict(telling.reason), attendee.language)[0]
    return facts


def _before_facts(before: Mapping[str, Any], language: str) -> dict[str, Any]:
    facts = dict(before)
    del facts["online_url"]
    for name in ("title", "venue"):
        facts[name] = in_language(facts[name], language)[0]
    return facts
