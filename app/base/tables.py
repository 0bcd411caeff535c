"""Tables that people upload: CSV in whatever form their program wrote it, or an Excel workbook.

What a file is, is told by its content and never by its name. Reading is bounded: by bytes, by the size a workbook
unpacks to, by rows and by columns.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook

from app.base.archives import check_size

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_BYTES = 1024 * 1024
MOST_UNPACKED = 8 * 1024 * 1024  # a sheet of 2,000 people with twenty columns has about 3 MiB
MOST_PARTS = 200  # files inside a workbook
MOST_ROWS = 2000
MOST_COLUMNS = 40
LONGEST_CELL = 500
FARTHEST_ROW = 20_000  # rows may lie far apart in a sheet; what is below is not looked for
DELIMITERS = (";", "\t", ",")
SAMPLE = 20  # records by which the delimiter is told

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class BadTable(ValueError):  # noqa: N818 - what is bad is the file, not the program
    """A file that cannot be used.

    `reason` is `empty`, `too_large` (also once unpacked), `too_many` (rows), `old_excel` (.xls), `not_text` (neither
    text nor a workbook) or `unreadable` (a broken workbook).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_table(data: bytes) -> list[list[str]]:
    """The rows of a file in order, empty ones too, so that the number of a row is its number in the file.

    Cells are one line of text each, as shown; of a workbook only the first sheet counts, and of a formula what it
    came to. Raises `BadTable`.
    """
    if len(data) > MOST_BYTES:
        raise BadTable("too_large")
    if data.startswith(_OLD_EXCEL):
        raise BadTable("old_excel")
    rows = _workbook_rows(data) if data.startswith(_ZIP) else _csv_rows(_decoded(data))
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise BadTable("empty")
    return _without_empty_columns(rows)


def as_text(rows: Iterable[Iterable[str]]) -> str:
    """A table as a person would paste it: cells parted by tabs, one row to a line."""
    return "\n".join("\t".join(row).rstrip("\t") for row in rows)


def best_delimiter(lines: list[str]) -> str:
    """The delimiter that takes most of these lines apart into equally many cells; empty when none does."""
    found = max(DELIMITERS, key=lambda delimiter: _agreement(lines, delimiter))
    return found if _agreement(lines, found) else ""


def split_line(line: str, delimiter: str) -> list[str]:
    """The cells of one line, quotes understood; a line that is no CSV is one cell."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return [line]


def _agreement(lines: list[str], delimiter: str) -> int:
    widths = [len(split_line(line, delimiter)) for line in lines[:SAMPLE] if line.strip()]
    wide = [width for width in widths if width > 1]
    return max((wide.count(width) for width in set(wide)), default=0)


def _decoded(data: bytes) -> str:
    """Text in UTF-8 or UTF-16 by its mark, in UTF-8 without one, else as Czech Windows writes it."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            text = data.decode(name, errors="replace")
            break
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1250", errors="replace")
    if "\0" in text:
        raise BadTable("not_text")
    return text


def _csv_rows(text: str) -> list[list[str]]:
    lines = text.splitlines()
    if sum(1 for line in lines if line.strip()) > MOST_ROWS + 1:
        raise BadTable("too_many")
    delimiter = best_delimiter([line for line in lines if line.strip()])
    if not delimiter:
        return [[_cell(line)] for line in lines]
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        return [[_cell(cell) for cell in row[:MOST_COLUMNS]] for row in reader]
    except csv.Error:  # a quote that never ends: then each line for itself
        return [[_cell(cell) for cell in split_line(line, delimiter)[:MOST_COLUMNS]] for line in lines]


def _workbook_rows(data: bytes) -> list[list[str]]:
    _check_unpacked(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about parts of the workbook that are not read here
            return _first_sheet(data)
    except BadTable:
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise on a broken file
        raise BadTable("unreadable") from error


def _check_unpacked(data: bytes) -> None:
    """Look at the sizes that the archive states, and whether they are true."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            is_small = len(parts) <= MOST_PARTS and sum(part.file_size for part in parts) <= MOST_UNPACKED
            for part in parts if is_small else ():
                check_size(archive, part)
    except (zipfile.BadZipFile, ValueError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise BadTable("unreadable") from error
    if not is_small:
        raise BadTable("too_large")


def _first_sheet(data: bytes) -> list[list[str]]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        if not book.worksheets:
            raise BadTable("empty")
        rows, filled = [], 0
        page = book.worksheets[0].iter_rows(max_row=FARTHEST_ROW, max_col=MOST_COLUMNS, values_only=True)
        for values in page:
            row = [_cell(_shown(value)) for value in values]
            filled += any(row)
            if filled > MOST_ROWS + 1:  # one of them may be the headings
                raise BadTable("too_many")
            rows.append(row)
        return rows
    finally:
        book.close()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _cell(text: str) -> str:
    """One line without tabs and controls, of bounded length."""
    kept = "".join(char if char.isprintable() else " " for char in text[: 2 * LONGEST_CELL])
    return " ".join(kept.split())[:LONGEST_CELL]


def _without_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    width = max(len(row) for row in rows)
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    kept = [index for index in range(width) if any(row[index] for row in full)]
    return [[row[index] for index in kept] for row in full]
