"""The table that somebody imports: what its columns may hold, and what their headings say in any language of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from app.base.cells import cells_in
from app.base.people_lines import (
    EMAIL,
    FIRST,
    KIND,
    LAST,
    NAME,
    NOTHING,
    ORGANISATION,
    Table,
    folded_heading,
    read_people,
    roles_by_content,
    roles_by_heading,
)
from app.base.text import fold
from app.domain.reports.rows import NEEDS
from app.extensions import settings
from app.web.question_fields import field_name, said
from app.workspace.attendee_words import HEADINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.questions.models import Question

MODE, LANGUAGE, NOTE = "mode", "language", "note"
NAMES = (NAME, FIRST, LAST)
LABELS: dict[str, Any] = {
    NOTHING: _l("not used"),
    NAME: _l("Name"),
    FIRST: _l("First name"),
    LAST: _l("Surname"),
    EMAIL: _l("E-mail"),
    **{role: HEADINGS[role] for role in (ORGANISATION, KIND, MODE)},
    LANGUAGE: _l("Language of letters"),
    NOTE: _l("Note"),
    **{role: HEADINGS[role] for role in NEEDS},
}
# Beside those of `people_lines`, and beside the headings of our own lists.
ALSO = {
    MODE: "zpusob ucasti, forma ucasti, ucast, mode, attendance",
    LANGUAGE: "jazyk, jazyk dopisu, jazyk komunikace, language",
    NOTE: "poznamka, poznamky, interni poznamka, poznamka poradatele, note, notes, internal note, comment",
    "needs_interpreter": "tlumocnik, tlumoceni, interpreter",
    "needs_access": "pristupnost, bezbarierovost, access, accessibility",
    "needs_diet": "strava, stravovani, dieta, diet, food",
    "needs_note": "potreby, zvlastni potreby, needs, special needs",
}
LEAST = 2  # headings that we know; one alone may be a person


def labels_of(questions: Sequence[Question]) -> dict[str, Any]:
    """What a column may hold, for people: the meeting's questions come last."""
    return LABELS | {field_name(one.id): said(one.label) for one in questions}


def table_of(text: str, questions: Sequence[Question]) -> Table:
    """The table that a text is. It `is_sure` where the lines are free and we took them apart by ourselves."""
    known = _known_headings(questions)
    lines = cells_in(text, lambda cells: _is_heading(guess(cells, known)))
    if not lines:
        return _free_lines(text)
    roles = guess(lines[0][1], known)
    if _is_heading(roles):
        return Table(lines, roles, is_sure=False, has_heading=True)
    return Table(lines, roles_by_content(lines), is_sure=False, has_heading=False)


def guess(cells: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    """What each heading says, each meaning once."""
    roles = list(roles_by_heading(cells))
    for index, cell in enumerate(cells):
        role = known.get(folded_heading(cell), NOTHING)
        if roles[index] == NOTHING and role not in roles:
            roles[index] = role
    return tuple(roles)


def by_word(words: Mapping[Any, Any]) -> dict[str, str]:
    """What people may write for each stored value, folded: its word in every language of the site, and itself."""
    found = {fold(value): str(value) for value in words}
    for code in settings().languages:
        with force_locale(code):
            found |= {fold(str(text)): str(value) for value, text in words.items() if value}
    return found


def _known_headings(questions: Sequence[Question]) -> dict[str, str]:
    own = {
        folded_heading(text): field_name(one.id) for one in reversed(questions) for text in one.label.values()
    }
    ours = {folded_heading(word): role for word, role in by_word(LABELS).items()}
    also = {word.strip(): role for role, words in ALSO.items() for word in words.split(",")}
    return own | ours | also


def _is_heading(roles: Sequence[str]) -> bool:
    return sum(role != NOTHING for role in roles) >= LEAST and bool({*NAMES, EMAIL} & set(roles))


def _free_lines(text: str) -> Table:
    """People one to a line, names alone too; a heading above them is nobody."""
    entries = [one for one in read_people(text) if one.name or one.email]
    if entries and not entries[0].email and NAME in roles_by_heading([entries[0].name]):
        entries = entries[1:]
    lines = tuple((one.number, (one.name, one.email, one.organisation)) for one in entries)
    return Table(lines, (NAME, EMAIL, ORGANISATION), is_sure=True, has_heading=False)
