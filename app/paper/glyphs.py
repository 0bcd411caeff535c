"""What our typefaces can show. A letter without a glyph would stop the whole sheet: PDF/UA-1 forbids it.

Read from the character maps of the files in `fonts/` (OpenType, `cmap` formats 4 and 12), once per process.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from struct import unpack_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FONTS = Path(__file__).parent / "fonts"
MISSING = "\ufffd"
JOINERS = frozenset("\u200c\u200d")  # Persian and Arabic write with them
BREAK_HERE = "\u200b"
MOST_MARKS = 4  # on one letter; more of them would be painted over the neighbours
LONGEST_WORD = 22  # letters of ours that a column always holds
LAST = 0xFFFF  # ends a table, and is no letter
SEGMENTS, GROUPS = 4, 12  # formats of the table
WINDOWS = 3


def printable(text: str) -> str:
    """`text` as it can be set: one line, no control of direction, what no typeface has as U+FFFD.

    Words that no column could hold may break anywhere; nothing is left out but marks heaped on one letter.
    """
    line = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    shown = "".join(_shown(cluster) for cluster in _clusters(line))
    return " ".join(_breakable(word) for word in shown.split(" "))


def is_printable(text: str) -> bool:
    """Whether every letter of `text` has a glyph."""
    return MISSING not in printable(text)


@lru_cache(maxsize=1)
def families() -> tuple[frozenset[str], ...]:
    """The characters of each family; only what both its weights have."""
    files = sorted(FONTS.glob("*.ttf"))
    found = []
    for _name, weights in groupby(files, key=lambda path: path.stem.partition("-")[0]):
        maps = [frozenset(map(chr, code_points(path.read_bytes()))) for path in weights]
        found.append(frozenset.intersection(*maps))
    return tuple(found)


def code_points(font: bytes) -> set[int]:
    """The code points that a TrueType file has glyphs for."""
    table = _table(font, b"cmap")
    (count,) = unpack_from(">H", font, table + 2)
    found: set[int] = set()
    for record in range(count):
        platform, _encoding, offset = unpack_from(">HHI", font, table + 4 + 8 * record)
        (kind,) = unpack_from(">H", font, table + offset)
        if platform in {0, WINDOWS} and kind == SEGMENTS:
            found |= _in_segments(font, table + offset)
        elif platform in {0, WINDOWS} and kind == GROUPS:
            found |= _in_groups(font, table + offset)
    return found


def _clusters(line: str) -> Iterator[str]:
    """A letter with the marks on it, as one."""
    cluster = ""
    for char in line:
        if cluster and unicodedata.category(char) in {"Mn", "Me"}:
            cluster += char
            continue
        if cluster:
            yield cluster
        cluster = char
    if cluster:
        yield cluster


def _shown(cluster: str) -> str:
    """The cluster in one typeface, without its marks where only these are missing."""
    letter, marks = cluster[0], cluster[1 : MOST_MARKS + 1]
    if letter in JOINERS:
        return letter
    if unicodedata.category(letter) == "Cf":
        return ""
    able = [family for family in families() if letter in family]
    if not able:
        return MISSING
    return letter + max((_of(family, marks) for family in able), key=len)


def _of(family: frozenset[str], marks: Iterable[str]) -> str:
    return "".join(mark for mark in marks if mark in family)


def _breakable(word: str) -> str:
    return BREAK_HERE.join(_clusters(word)) if len(word) > LONGEST_WORD else word


def _table(font: bytes, tag: bytes) -> int:
    (count,) = unpack_from(">H", font, 4)
    for record in range(count):
        name, _checksum, offset, _length = unpack_from(">4sIII", font, 12 + 16 * record)
        if name == tag:
            return int(offset)
    raise ValueError("not a typeface of ours")


def _in_segments(font: bytes, at: int) -> set[int]:
    (double,) = unpack_from(">H", font, at + 6)
    ends = unpack_from(f">{double // 2}H", font, at + 14)
    starts = unpack_from(f">{double // 2}H", font, at + 16 + double)
    deltas = unpack_from(f">{double // 2}h", font, at + 16 + 2 * double)
    offsets_at = at + 16 + 3 * double
    found = set()
    for number, (start, end, delta) in enumerate(zip(starts, ends, deltas, strict=True)):
        (offset,) = unpack_from(">H", font, offsets_at + 2 * number)
        for code in range(start, end + 1):
            if offset:
                place = offsets_at + 2 * number + offset + 2 * (code - start)
                (glyph,) = unpack_from(">H", font, place)
            else:
                glyph = (code + delta) % 65536
            if glyph and code != LAST:
                found.add(code)
    return found


def _in_groups(font: bytes, at: int) -> set[int]:
    (count,) = unpack_from(">I", font, at + 12)
    found: set[int] = set()
    for number in range(count):
        start, end, _glyph = unpack_from(">III", font, at + 16 + 12 * number)
        found.update(range(start, end + 1))
    return found
