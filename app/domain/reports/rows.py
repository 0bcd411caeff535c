"""An attendee as a row of a list that leaves the house: in Excel, on paper. Words come translated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.registration.models import Answer, Attendee, Place
from app.domain.reports.names import surname_first

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

Cell = str | int | datetime | None

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
NEEDS = ("needs_interpreter", "needs_access", "needs_diet", "needs_note")


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


def columns(*, needs: bool) -> tuple[str, ...]:
    """Names of the columns in their order."""
    return COLUMNS + NEEDS if needs else COLUMNS


def headings(words: Words, *, needs: bool) -> list[str]:
    """The first row."""
    return [words.headings[name] for name in columns(needs=needs)]


def state_of(attendee: Attendee) -> str:
    """The state as pages say it: `maybe` for a seat that is held by a maybe, else the place."""
    held_by_maybe = attendee.place == Place.CONFIRMED and attendee.answer == Answer.MAYBE
    return "maybe" if held_by_maybe else attendee.place


def attendee_rows(
    attendees: Iterable[Attendee],
    words: Words,
    *,
    positions: Mapping[int, int],
    registrants: Mapping[int, str],
    added: Collection[int] = (),
    substituted: Mapping[int, str] | None = None,
    arrivals: Mapping[int, datetime] | None = None,
    needs: bool,
) -> Iterator[list[Cell]]:
    """One row per attendee, numbered from 1, with the columns of `columns(needs=needs)`.

    `positions` are places in the queue by attendee, `registrants` are names of those who registered others,
    by party; `added` are attendees whom an organiser added, `substituted` names of those for whom somebody else
    comes, by attendee, `arrivals` since when people are in. Instants stay instants (UTC): each kind of file
    writes them in its own way.
    """
    for number, attendee in enumerate(attendees, start=1):
        row: list[Cell] = [
            number,
            surname_first(attendee.name, attendee.sort_key),
            attendee.name,
            attendee.email,
            attendee.organisation_name,
            words.kinds.get(attendee.organisation_kind or "", attendee.organisation_kind),
            words.states.get(state_of(attendee), attendee.place),
            positions.get(attendee.id),
            words.modes.get(attendee.mode, attendee.mode),
            words.languages.get(attendee.language, attendee.language),
            attendee.registered_at,
            words.answers.get(attendee.answer, attendee.answer),
            attendee.answer_at,
            words.ways.get(attendee.answer_by or "", attendee.answer_by),
            attendee.answer_note,
            attendee.invited_at,
            attendee.bounced_at,
            (arrivals or {}).get(attendee.id),
            (substituted or {}).get(attendee.substitute_for_id or 0),
            words.added_by_organiser if attendee.id in added else _registrant(attendee, registrants),
            attendee.note,
        ]
        yield row + _needs(attendee) if needs else row


def _registrant(attendee: Attendee, registrants: Mapping[int, str]) -> str | None:
    """Who registered this person; None for who did it alone."""
    if attendee.party_id is None or not attendee.position:
        return None
    return registrants.get(attendee.party_id)


def _needs(attendee: Attendee) -> list[Cell]:
    return [getattr(attendee, column) for column in NEEDS]
