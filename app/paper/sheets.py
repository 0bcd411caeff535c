"""Three kinds of paper for a meeting: the sign-in sheet, the list for participants, badges."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import segno

from app.paper.glyphs import printable
from app.paper.press import press

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.paper.press import Watch

MASK = 3  # choosing the best of eight takes four times as long, and any of them can be read


class Layout(StrEnum):
    """How badges lie on the paper."""

    A4 = "a4"
    LABEL = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above a list, in one language.

    `eyebrow` is the small line above the title, `subject` the topic of the meeting, `facts` are when and where,
    `notes` purpose and legal basis, `foot` is said at the end of each page.
    """

    language: str
    site: str
    title: str
    eyebrow: str
    subject: str
    facts: tuple[str, ...]
    notes: tuple[str, ...]
    foot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person. `name` is in three parts: before the word that sorts, that word, and after it.

    `check_in` is the address that the code on a badge leads to; without one there is no code.
    """

    name: tuple[str, str, str]
    organisation: str
    check_in: str = ""


def sign_in_sheet(
    head: Head, words: Mapping[str, str], lines: Sequence[Line], *, blank: int, watch: Watch | None = None
) -> bytes:
    """A list to sign, with `blank` lines after it; `watch` as for `press`. Raises `PressBusy`, `PressFailed`."""
    return press("sign_in_sheet", _data(head, words, lines) | {"blank": blank}, watch=watch)


def participants(
    head: Head, words: Mapping[str, str], lines: Sequence[Line], *, watch: Watch | None = None
) -> bytes:
    """A list to hand out. Raises `PressBusy`, `PressFailed`."""
    return press("participants", _data(head, words, lines), watch=watch)


def badges(
    head: Head, words: Mapping[str, str], lines: Sequence[Line], *, layout: Layout, watch: Watch | None = None
) -> bytes:
    """Badges of 90 × 55 mm, with a code to check in where `Line.check_in` says so.

    Raises `PressBusy`, `PressFailed`.
    """
    data = _data(head, words, lines) | {"layout": layout}
    for row, line in zip(data["rows"], lines, strict=True):
        row["code"] = _code(line.check_in) if line.check_in else None
    return press("badges", data, watch=watch)


def _data(head: Head, words: Mapping[str, str], lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "lang": head.language,
        "site": printable(head.site),
        "document": printable(f"{head.title} – {head.subject}"),
        "title": printable(head.title),
        "eyebrow": printable(head.eyebrow),
        "subject": printable(head.subject),
        "facts": [printable(fact) for fact in head.facts],
        "notes": [printable(note) for note in head.notes],
        "foot": printable(head.foot),
        "words": {name: printable(word) for name, word in words.items()},
        "rows": [
            {
                "number": number,
                "name": [printable(part) for part in line.name],
                "organisation": printable(line.organisation),
            }
            for number, line in enumerate(lines, start=1)
        ],
    }


def _code(address: str) -> str:
    """The address as a QR code, as SVG."""
    file = io.BytesIO()
    segno.make_qr(address, error="m", mask=MASK).save(file, kind="svg", border=0, xmldecl=False)
    return file.getvalue().decode()
