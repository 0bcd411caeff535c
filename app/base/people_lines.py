"""People as somebody types or pastes them: one to a line, or a table whose columns mean something.

Knows what a line can look like, not what makes a name or an address right: that is judged elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.base.cells import ADDRESS, cells_in
from app.base.text import fold, split_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAME, FIRST, LAST, EMAIL, ORGANISATION, KIND, NOTHING = (
    "name", "first", "last", "email", "organisation", "kind", "",
)  # fmt: skip
ROLES = (NAME, FIRST, LAST, EMAIL, ORGANISATION, KIND, NOTHING)
# Headings as spreadsheets have them, folded, in the languages that our people write in.
HEADINGS = {
    NAME: "jmeno a prijmeni, prijmeni a jmeno, cele jmeno, name, full name, ucastnik, osoba, kontaktni osoba, person",
    FIRST: "krestni jmeno, first name, given name, forename",
    LAST: "prijmeni, surname, last name, family name",
    EMAIL: "e-mail, email, mail, e-mailova adresa, emailova adresa, adresa e-mail, e-mail address, email address",
    ORGANISATION: "organizace, instituce, nazev organizace, spolek, organisation, organization, institution",
    KIND: "typ organizace, druh organizace, kind of organisation, type of organisation, type of organization",
}
_ROLE_OF = {word.strip(): role for role, words in HEADINGS.items() for word in words.split(",")}
_ANGLED = re.compile(r"<([^<>@]*@[^<>]*)>")
GUESSED_COLUMNS = 3  # a table without headings that is wider than this is not guessed at


@dataclass(frozen=True, slots=True)
class Entry:
    """One person as written; each text may be empty or wrong. `number` is the line, from 1."""

    number: int
    name: str
    email: str
    organisation: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of cells with what each column holds (`roles`).

    `is_sure` when the headings said so, or there was little to mistake; else a person is to look first.
    """

    lines: tuple[tuple[int, tuple[str, ...]], ...]
    roles: tuple[str, ...]
    is_sure: bool
    has_heading: bool

    @property
    def heading(self) -> tuple[str, ...]:
        """The cells of the headings; empty when there are none."""
        return self.lines[0][1] if self.has_heading else ()

    @property
    def body(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """The lines below the headings."""
        return self.lines[1:] if self.has_heading else self.lines

    def with_roles(self, roles: tuple[str, ...]) -> Table:
        """The same, with what somebody said that the columns hold."""
        return replace(self, roles=roles)


def read_people(text: str, roles: Sequence[str] = ()) -> list[Entry]:
    """Everybody in a text, in its order. `roles` say what the columns of a table hold, where a person said so."""
    table = table_in(text)
    if table is None:
        return list(_free_lines(text))
    chosen = tuple(roles) if len(roles) == len(table.roles) else table.roles
    return [entry_of(number, cells, chosen) for number, cells in table.body]


def table_in(text: str) -> Table | None:
    """The table that a text is, or None when its lines are free."""
    lines = cells_in(text, lambda cells: bool(_by_heading(cells)))
    if not lines:
        return None
    width = len(lines[0][1])
    roles = _by_heading(lines[0][1])
    if roles:
        is_sure = bool({NAME, FIRST, LAST} & set(roles)) or NOTHING not in roles
        return Table(lines, roles, is_sure=is_sure, has_heading=True)
    return Table(lines, roles_by_content(lines), is_sure=width <= GUESSED_COLUMNS, has_heading=False)


def only_used(table: Table) -> list[list[str]]:
    """The columns that hold something for us, as rows in the order of the text, empty lines kept."""
    used = [index for index, role in enumerate(table.roles) if role != NOTHING]
    cells_of = dict(table.lines)
    last = table.lines[-1][0]
    return [
        [cells_of[number][index] for index in used] if number in cells_of else []
        for number in range(1, last + 1)
    ]


def guessed_name(email: str) -> str:
    """A name made of an address: `jana.novakova@…` gives `Jana Novakova`; empty for `info@…` or `x25@…`."""
    words = [word for word in re.split(r"[._+-]+|\d+", email.partition("@")[0]) if word]
    if len(words) < 2 or not all(len(word) > 1 and word.isalpha() for word in words):  # noqa: PLR2004 - two names
        return ""
    return " ".join(word.capitalize() for word in words)


def _by_heading(cells: Sequence[str]) -> tuple[str, ...]:
    """What the headings say, or nothing when these are no headings: one of them has to name the address."""
    roles = roles_by_heading(cells)
    if EMAIL not in roles or len(cells) < 2:  # noqa: PLR2004 - one column is no table
        return ()
    return roles


def roles_by_heading(cells: Sequence[str]) -> tuple[str, ...]:
    """What each heading says, each meaning once; a lone `Jméno` is the whole name, beside `Příjmení` the first one."""
    folded = [folded_heading(cell) for cell in cells]
    roles = [_ROLE_OF.get(word, NOTHING) for word in folded]
    for index, word in enumerate(folded):
        if word == "jmeno":
            roles[index] = FIRST if LAST in roles else NAME
        elif word == "prijmeni a jmeno" and "jmeno" in folded:  # as our own lists have both
            roles[index] = NOTHING
    return tuple(role if role not in roles[:index] else NOTHING for index, role in enumerate(roles))


def folded_heading(cell: str) -> str:
    """A heading as it is compared."""
    return fold(cell).strip(" .:*")


def roles_by_content(lines: Sequence[tuple[int, tuple[str, ...]]]) -> tuple[str, ...]:
    """The column with most addresses; of others that hold letters the first is the name, the next the organisation."""
    width = len(lines[0][1])
    hits = [sum(bool(ADDRESS.search(cells[index])) for _number, cells in lines) for index in range(width)]
    roles = [NOTHING] * width
    if any(hits):
        roles[hits.index(max(hits))] = EMAIL
    others = [
        index
        for index, role in enumerate(roles)
        if role == NOTHING and any(char.isalpha() for _number, cells in lines for char in cells[index])
    ]
    for index, role in zip(others, (NAME, ORGANISATION), strict=False):
        roles[index] = role
    return tuple(roles)


def entry_of(number: int, cells: Sequence[str], roles: Sequence[str]) -> Entry:
    """The person of a line of a table."""
    held = {role: cell for role, cell in zip(roles, cells, strict=False) if role}
    whole = held.get(NAME, "")
    name = whole or " ".join(part for part in (held.get(FIRST, ""), held.get(LAST, "")) if part)
    email = held.get(EMAIL, "")
    if angled := _ANGLED.search(email):
        name, email = name or _unquoted(email[: angled.start()]), angled[1].strip()
    return Entry(number, in_order(name), email, held.get(ORGANISATION, ""), held.get(KIND, ""))


def _free_lines(text: str) -> Iterator[Entry]:
    """`Jana Nováková <jana@…>, Praha 7`, bare addresses, and lists as mail programs write them."""
    for number, line in enumerate(text.split("\n"), start=1):
        is_heading = _ROLE_OF.get(folded_heading(line)) == EMAIL
        if not line.strip(" \t\r,;") or is_heading:
            continue
        for part in _persons(line):
            yield _of_part(number, part)


def _persons(line: str) -> list[str]:
    """The parts of a line with one address each. What stands before the first comma may be a surname."""
    if len(ADDRESS.findall(line)) < 2:  # noqa: PLR2004 - one person
        return [line]
    pieces = re.split(";" if ";" in line else ",", line)
    if pieces == [line]:
        pieces = re.split(r"\s+", line)
    found: list[str] = []
    before: list[str] = []
    for piece in filter(None, map(str.strip, pieces)):
        before.append(piece)
        addresses = ADDRESS.findall(piece)
        if addresses:
            found += [", ".join(before)] if len(addresses) == 1 else addresses
            before = []
    if before and found:
        found[-1] = ", ".join([found[-1], *before])
    return found


def _of_part(number: int, written: str) -> Entry:
    part = written.replace("mailto:", "")
    match = _ANGLED.search(part) or ADDRESS.search(part)
    if match is None:
        return Entry(number, _unquoted(part), "")
    email = match[1].strip() if match.re is _ANGLED else match[0]
    before, after = _unquoted(part[: match.start()]), _unquoted(part[match.end() :])
    if not before and after and "," in after:
        before, _comma, after = (piece.strip() for piece in after.partition(","))
    return Entry(number, in_order(before), email, after)


def _unquoted(text: str) -> str:
    return " ".join(text.strip(" \t\r,;:-–<>()\"'„“”").split())


def in_order(name: str) -> str:
    """`Nováková, Jana` as `Jana Nováková`; a comma before a degree stays."""
    head, comma, tail = name.partition(",")
    surname, rest = split_name(name)
    if comma and surname == head.strip() and rest == tail.strip():
        return f"{rest} {surname}"
    return name
