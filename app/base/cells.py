"""A text as a table: what parts its cells, and the cells of each line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.base.tables import MOST_COLUMNS, best_delimiter, split_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Only where a word begins: to try anew at each letter of a long one would take minutes.
ADDRESS = re.compile(r"""(?<![^\s<>()\[\],;:"'])[^\s<>()\[\],;:"']+@[^\s<>()\[\],;"']+""")
Lines = tuple[tuple[int, tuple[str, ...]], ...]


def cells_in(text: str, is_heading: Callable[[Sequence[str]], bool]) -> Lines:
    """Numbered lines of equally many cells, without those that hold nothing; empty when the lines are free.

    Tabs part cells wherever they stand; semicolons and commas only where it is surely a table.
    """
    numbered = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    delimiter = _delimiter([line for _number, line in numbered], is_heading)
    if not delimiter:
        return ()
    every = [(number, _cells(line, delimiter)) for number, line in numbered]
    rows = [(number, cells) for number, cells in every if any(cells)]
    width = max((len(cells) for _number, cells in rows), default=0)
    return tuple((number, (*cells, *[""] * (width - len(cells)))) for number, cells in rows)


def _delimiter(lines: list[str], is_heading: Callable[[Sequence[str]], bool]) -> str:
    if any("\t" in line.strip() for line in lines):
        return "\t"
    for delimiter in (";", ","):
        if lines and is_heading(_cells(lines[0], delimiter)):
            return delimiter
    several = any(len(ADDRESS.findall(line)) > 1 for line in lines)
    return ";" if not several and best_delimiter(lines) == ";" else ""


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    """The cells of a line, at most as many as a table may have."""
    if delimiter == "\t":
        cells = [_bare(cell) for cell in line.split("\t", MOST_COLUMNS)]
    else:
        cells = split_line(line, delimiter)
    return tuple(" ".join(cell.split()) for cell in cells[:MOST_COLUMNS])


def _bare(cell: str) -> str:
    """A cell as a spreadsheet puts it on the clipboard, without the quotes around it."""
    text = cell.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text
