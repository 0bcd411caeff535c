"""One canonical form for everything that people type, and keys to find and sort it by.

The keys are made in Python and stored, so that SQLite and PostgreSQL agree.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LINE_BREAKS = "\u2028\u2029\u0085\u000b\u000c"
# Written without dots; "Ph.D." and "PhD" are the same word here.
_DEGREES = """
    bc bca mgr mga ing arch mudr mddr mvdr judr phdr rndr pharmdr thdr thlic paeddr rsdr ak akad doc prof dr
    phd thd csc drsc dis mba msc ma ba llm dsc artd
"""
DEGREES = frozenset(_DEGREES.split())
ALSO_SURNAMES = frozenset({"ma", "ba"})  # degrees only as MA, M.A. or ma.
# Letters that are not a plain one with a mark, so that Unicode does not take them apart.
_SMALL = {"ß": "ss", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe"}
PLAIN = str.maketrans(_SMALL | {"Ł": "l", "Đ": "d", "Ø": "o", "Æ": "ae", "Œ": "oe"})
CZECH_AFTER = {"č": "c", "ř": "r", "š": "s", "ž": "z"}
_POSTCODE = re.compile(r"\b(\d{3}) (\d{2})\b")
_SEPARATORS = re.compile(r"[\s,]+")


class BadText(ValueError):  # noqa: N818 - what is bad is the text, not the program
    """Text that cannot be stored; `reason` is `control`, `surrogate` or `too_long`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_line(value: str, *, max_length: int) -> str:
    """One line in NFC, stripped, inner white space as single spaces.

    Raises `BadText` for control characters (line breaks included), lone surrogates, and too many characters.
    """
    text = _canonical(value.strip())
    if any(unicodedata.category(c) == "Cc" or c in LINE_BREAKS for c in text):
        raise BadText("control")
    text = re.sub(r" +", " ", text)
    if len(text) > max_length:
        raise BadText("too_long")
    return text


def clean_text(value: str, *, max_length: int) -> str:
    r"""Several lines in NFC with `\n` between them; tabs stay. Raises `BadText` as `clean_line` does."""
    text = _canonical(value.replace("\r\n", "\n").replace("\r", "\n").strip())
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in text):
        raise BadText("control")
    if len(text) > max_length:
        raise BadText("too_long")
    return text


def _canonical(value: str) -> str:
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise BadText("surrogate")
    return unicodedata.normalize("NFC", value)


def fold(value: str) -> str:
    """The form that is searched and compared: no diacritics, no case, single spaces."""
    plain = unicodedata.normalize("NFKD", value.translate(PLAIN))
    kept = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(kept.casefold().split())


def fold_email(value: str) -> str:
    """The form under which two addresses are the same."""
    return unicodedata.normalize("NFKC", value.strip()).casefold()


def like(value: str) -> str:
    r"""A LIKE pattern (escape character `\`) that finds `value` anywhere in a folded column."""
    escaped = fold(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def czech_key(value: str) -> str:
    """A string that sorts by code point as `value` sorts in the Czech alphabet.

    č, ř, š, ž are letters after c, r, s, z, and ch comes after h; other diacritics only decide between equals
    (ČSN 97 6030). Case only decides last.
    """
    lowered = unicodedata.normalize("NFC", value).lower()
    letters: list[str] = []
    index = 0
    while index < len(lowered):
        char = lowered[index]
        if lowered.startswith("ch", index):
            letters.append("h~")
            index += 2
            continue
        letters.append(f"{CZECH_AFTER[char]}~" if char in CZECH_AFTER else fold(char) if char != " " else " ")
        index += 1
    return f"{''.join(letters)}\t{lowered}"


def split_name(name: str) -> tuple[str, str]:
    """(surname, the rest) of a typed name: the last word after degrees are taken off.

    A name with the surname before a comma ("Nováková, Jana") is understood too.
    """
    head, _, tail = name.partition(",")
    first, following = _without_degrees(head), _without_degrees(tail)
    if len(first) == 1 and following:
        return first[0], " ".join(following)
    words = first + following or name.split() or [name]
    return words[-1], " ".join(words[:-1])


def _without_degrees(part: str) -> list[str]:
    return [word for word in _SEPARATORS.split(part) if word and not _is_degree(word)]


def _is_degree(word: str) -> bool:
    bare = word.rstrip(".")
    known = bare.casefold().replace(".", "") in DEGREES
    return known and (bare.casefold() not in ALSO_SURNAMES or bare.isupper() or bare != word)


def name_sort_key(name: str) -> str:
    """Sort key of a person: surname first, by the Czech alphabet."""
    surname, rest = split_name(name)
    return f"{czech_key(surname)}\t{czech_key(rest)}"[:400]


def one_line_for_header(value: str) -> str:
    """User text made safe for a mail header: no control characters, no encoded word of the user's own.

    Python before 3.11.10 decodes `=?utf-8?q?…?=` in what it is given, line breaks included.
    """
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in value)
    return " ".join(kept.replace("=?", "= ?").split())


def in_language(texts: dict[str, str], language: str, order: Iterable[str] = ()) -> tuple[str, str]:
    """(text, its language): in `language`, else the first of `order` written, else any, else empty."""
    for code in (language, *order, *texts):
        if texts.get(code):
            return texts[code], code
    return "", language


def postal_address(value: str) -> str:
    """A postal address whose postcode stays in one piece: `110\u00a000`."""
    return _POSTCODE.sub("\\1\u00a0\\2", value)


def slugify(value: str, *, max_length: int = 80) -> str:
    """An address part: ASCII letters, digits and hyphens; may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", fold(value)).strip("-")[:max_length].strip("-")
