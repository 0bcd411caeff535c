"""An attendee as a row of a list that leaves the house: in Excel, on paper. Words come translated."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from app.domain.questions.models import QuestionKind
from app.domain.registration.models import Answer, Place
from app.domain.reports.names import surname_first

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Row

    from app.domain.questions.commands import Answers, Given
    from app.domain.registration.listed import Listed
    from app.domain.registration.models import Attendee

Cell = str | int | float | date | datetime | None
# An attendee, or a row with the columns of `READ`, which costs half.
Read: TypeAlias = "Attendee | Row[Any]"

COLUMNS = (
    "number",
    "sort_name",
    "name",
    "email",
    "organisation",
    "kind",
    "state",
    "position",
    "mode",
    "language",
    "registered",
    "answer",
    "answered",
    "answered_by",
    "apology",
    "invited",
    "undeliverable",
    "checked_in",
    "substitute_for",
    "registered_by",
    "note",
)
LABELS = "labels"  # a column of meetings where somebody has one
NEEDS = ("needs_interpreter", "needs_access", "needs_diet", "needs_note")
READ = (  # what is read of an attendee for a row
    "id",
    "name",
    "sort_key",
    "email",
    "organisation_name",
    "organisation_kind",
    "place",
    "answer",
    "mode",
    "language",
    "registered_at",
    "answer_at",
    "answer_by",
    "answer_note",
    "invited_at",
    "bounced_at",
    "substitute_for_id",
    "party_id",
    "position",
    "note",
    *NEEDS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language: headings by column, and what stored values are called.

    A value that has no word stands as it is stored.
    """

    headings: Mapping[str, str]
    kinds: Mapping[str, str]
    states: Mapping[str, str]
    modes: Mapping[str, str]
    languages: Mapping[str, str]
    answers: Mapping[str, str]
    ways: Mapping[str, str]
    added_by_organiser: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a column: its heading, and what the values that can be chosen are called."""

    id: int
    kind: str
    heading: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """The questions that have a column, and what people `said`, by attendee."""

    asked: Sequence[Asked] = ()
    said: dict[int, Answers] = field(default_factory=dict)


NO_ANSWERS = AnswerColumns()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is known of the people of a list beside their own rows, by attendee unless it says otherwise.

    `positions` in the queue; `registrants`: names of those who registered others, by party; `added`: whom an
    organiser added; `substituted`: names of those for whom somebody else comes; `arrivals`: since when people
    are in; `answers` to questions; `labels` of each, None where there is no column for them.
    """

    positions: Mapping[int, int]
    registrants: Mapping[int, str]
    added: Collection[int] = ()
    substituted: Mapping[int, str] = field(default_factory=dict)
    arrivals: Mapping[int, datetime] = field(default_factory=dict)
    answers: AnswerColumns = NO_ANSWERS
    labels: Mapping[int, Sequence[str]] | None = None


def columns(*, needs: bool, asked: Sequence[Asked] = (), labels: bool = False) -> tuple[str, ...]:
    """Names of the columns in their order: labels and what was said to questions stand before the needs."""
    own = (LABELS,) if labels else ()
    return (*COLUMNS, *own, *(f"q{one.id}" for one in asked), *(NEEDS if needs else ()))


def headings(words: Words, *, needs: bool, asked: Sequence[Asked] = (), labels: bool = False) -> list[str]:
    """The first row."""
    own = {f"q{one.id}": one.heading for one in asked}
    names = columns(needs=needs, asked=asked, labels=labels)
    return [own.get(name) or words.headings[name] for name in names]


def answer_cell(asked: Asked, given: Given | None) -> Cell:
    """What was said as a cell: numbers and days stay what they are, options stand in their words."""
    if given is None:
        return None
    if given.options:
        if len(given.options) == 1:
            return asked.words.get(str(given.options[0]), "")
        return "; ".join(asked.words.get(str(one), "") for one in given.options)
    if asked.kind == QuestionKind.NUMBER:
        return float(given.text) if "." in given.text else int(given.text)
    if asked.kind == QuestionKind.DATE:
        return date.fromisoformat(given.text)
    return asked.words.get(given.text, given.text)


def state_of(attendee: Read | Listed) -> str:
    """The state as pages say it: `maybe` for a seat that is held by a maybe, else the place."""
    held_by_maybe = attendee.place == Place.CONFIRMED and attendee.answer == Answer.MAYBE
    return "maybe" if held_by_maybe else attendee.place


def attendee_rows(
    attendees: Iterable[Read], words: Words, beside: Beside, *, needs: bool
) -> Iterator[list[Cell]]:
    """One row per attendee, numbered from 1, with the columns of `columns(needs=needs, asked=…, labels=…)`.

    Instants stay instants (UTC): each kind of file writes them in its own way.
    """
    answers = beside.answers
    for number, attendee in enumerate(attendees, start=1):
        row: list[Cell] = [
            number,
            surname_first(attendee.name, attendee.sort_key),
            attendee.name,
            attendee.email,
            attendee.organisation_name,
            words.kinds.get(attendee.organisation_kind or "", attendee.organisation_kind),
            words.states.get(state_of(attendee), attendee.place),
            beside.positions.get(attendee.id),
            words.modes.get(attendee.mode, attendee.mode),
            words.languages.get(attendee.language, attendee.language),
            attendee.registered_at,
            words.answers.get(attendee.answer, attendee.answer),
            attendee.answer_at,
            words.ways.get(attendee.answer_by or "", attendee.answer_by),
            attendee.answer_note,
            attendee.invited_at,
            attendee.bounced_at,
            beside.arrivals.get(attendee.id),
            beside.substituted.get(attendee.substitute_for_id or 0),
            words.added_by_organiser
            if attendee.id in beside.added
            else _registrant(attendee, beside.registrants),
            attendee.note,
        ]
        if beside.labels is not None:
            row.append("; ".join(beside.labels.get(attendee.id, ())))
        if answers.asked:
            given = answers.said.get(attendee.id, {})
            row += [answer_cell(one, given.get(one.id)) for one in answers.asked]
        yield row + _needs(attendee) if needs else row


def _registrant(attendee: Read, registrants: Mapping[int, str]) -> str | None:
    """Who registered this person; None for who did it alone."""
    if attendee.party_id is None or not attendee.position:
        return None
    return registrants.get(attendee.party_id)


def _needs(attendee: Read) -> list[Cell]:
    return [getattr(attendee, column) for column in NEEDS]
