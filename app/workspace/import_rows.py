"""What each row of an imported list comes to: somebody to add, or sentences that say what to mend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.domain.registration.commands import Person
from app.domain.registration.imports import Newcomer, without_place
from app.domain.registration.listed import Known, known_at
from app.domain.registration.sign_up import person_key
from app.web.addresses import suggest_email
from app.web.question_trouble import full_words
from app.workspace.import_cells import Cells, Words
from app.workspace.invitation_rows import LISTED, NEW, TWICE, WRONG, on_the_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from app.base.people_lines import Table
    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question
    from app.domain.registration.listed import Listed
    from app.domain.registration.models import Mode

STATES = (NEW, LISTED, TWICE, WRONG)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file: `state` says what becomes of it, `remarks` why or what to look at."""

    number: int
    cells: tuple[str, ...]
    name: str
    email: str
    organisation: str
    state: str
    remarks: tuple[str, ...] = ()
    newcomer: Newcomer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What holds where a row says nothing else; `consent_text` is empty where needs must not be kept."""

    mode: Mode
    language: str
    consent_text: str


def judged(
    session: Session, meeting: Meeting, table: Table, questions: Sequence[Question], usual: Usual
) -> list[Row]:
    """The rows in their order, compared with each other and with the list of the meeting."""
    words = Words(meeting)
    rows = [
        _of_cells(number, cells, table.roles, words, questions, usual)
        for number, cells in table.body
        if any(cells)
    ]
    rows = _without_known(rows, known_at(session, meeting.id))
    return _without_full(session, meeting, rows, questions)


def newcomers_of(rows: Iterable[Row]) -> tuple[Newcomer, ...]:
    """Those who are to be added."""
    return tuple(row.newcomer for row in rows if row.state == NEW and row.newcomer is not None)


def _of_cells(
    number: int,
    cells: tuple[str, ...],
    roles: Sequence[str],
    words: Words,
    questions: Sequence[Question],
    usual: Usual,
) -> Row:
    """The row by itself; everything that is wrong with it is said at once."""
    read = Cells(number, cells, roles)
    email = read.email()
    person = Person(
        email=email or None,
        name=read.name(email),
        organisation=read.organisation(),
        organisation_kind=words.kind(read),
        mode=words.mode(read, usual.mode),
        needs=read.needs(usual.consent_text),
        answers=read.answers(questions),
    )
    newcomer = Newcomer(person=person, language=words.language(read, usual.language), note=read.note())
    entry = read.entry
    if read.wrong:
        return Row(number, cells, entry.name, entry.email, entry.organisation, WRONG, tuple(read.wrong))
    if not email:
        read.remarks.append(_("Without an address no letters go to this person."))
    if meant := suggest_email(email):
        read.remarks.append(_("Did you mean %(address)s?", address=meant))
    return Row(
        number, cells, person.name, email, person.organisation, NEW, tuple(map(str, read.remarks)), newcomer
    )


def _without_known(rows: Sequence[Row], known: Known[Listed]) -> list[Row]:
    """Whoever is on the list, or stands further up in the file, is left out."""
    seen, found = Known[int](), []
    for row in rows:
        if row.newcomer is None:
            found.append(row)
            continue
        person = row.newcomer.person
        if listed := known.find(person):
            found.append(_left_out(row, LISTED, on_the_list(listed)))
        elif number := seen.find(person):
            found.append(
                _left_out(row, TWICE, str(_("The same person as in line %(number)d.", number=number)))
            )
        else:
            seen.add(person_key(person), person.organisation, row.number)
            found.append(_with_namesakes(row, known))
    return found


def _with_namesakes(row: Row, known: Known[Listed]) -> Row:
    """Somebody else with this address may be the same person, written in another way."""
    others = [one.name for one in known.names_at(row.email)] if row.email else []
    if not others:
        return row
    sentence = _("This address is on the list for %(name)s.", name=", ".join(others[:3]))
    return replace(row, remarks=(*row.remarks, str(sentence)))


def _without_full(
    session: Session, meeting: Meeting, rows: Sequence[Row], questions: Sequence[Question]
) -> list[Row]:
    """Whoever chose an option whose places do not suffice has to choose another one."""
    good = [position for position, row in enumerate(rows) if row.newcomer]
    people = [row.newcomer.person for row in rows if row.newcomer]
    found = list(rows)
    for index, refusal in without_place(session, meeting, people, questions).items():
        position = good[index]
        found[position] = _left_out(rows[position], WRONG, full_words(questions, refusal.option_id))
    return found


def _left_out(row: Row, state: str, why: str) -> Row:
    return replace(row, state=state, remarks=(why,), newcomer=None)
