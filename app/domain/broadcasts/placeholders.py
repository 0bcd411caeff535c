"""`%name%` in organisers' texts: a look-up in a list, never a template."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING

from app.base.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALIKE = 0.55  # of 1; below that a guess would mislead
# Three small letters at least: addresses may hold `%c3%a9%`.
PATTERN = re.compile(r"%([a-z][a-z_]+[a-z])%")
_LOOSE = re.compile(r"%([^\W\d_][\w-]{2,30})%")


class Placeholder(StrEnum):
    """What a text may say of each recipient."""

    NAME = "name"
    ORGANISATION = "organisation"
    MEETING = "meeting"
    SERIES = "series"
    DATE = "date"
    TIME = "time"
    PLACE = "place"
    ADDRESS = "address"
    PERSONAL_LINK = "personal_link"
    MEETING_LINK = "meeting_link"
    FEEDBACK = "feedback"
    DOCUMENTS = "documents"


LINKS = frozenset({Placeholder.PERSONAL_LINK, Placeholder.MEETING_LINK, Placeholder.FEEDBACK})


def unknown(text: str) -> list[tuple[str, str]]:
    """Names between percent signs that stand for nothing, each once, with the nearest that is there, perhaps none."""
    found = dict.fromkeys(_LOOSE.findall(text))
    return [(name, nearest(name)) for name in found if name not in set(Placeholder)]


def is_named(name: Placeholder, texts: Iterable[str]) -> bool:
    """Whether one of the texts has this placeholder."""
    return any(f"%{name}%" in text for text in texts)


def nearest(name: str) -> str:
    """The placeholder that looks most like `name`; empty when none looks like it at all."""
    likeness = {one.value: SequenceMatcher(None, fold(name), one).ratio() for one in Placeholder}
    best = max(likeness, key=lambda one: likeness[one])
    return best if likeness[best] >= ALIKE else ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with the values in place; a name without a value stays as it is."""
    return PATTERN.sub(lambda match: values.get(match[1], match[0]), text)
