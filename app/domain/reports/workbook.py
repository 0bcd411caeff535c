"""Rows as an Excel workbook, written row by row so that its size costs no memory."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO, TYPE_CHECKING
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it publishes no types

from app.domain.reports.rows import LABELS, NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xlsxwriter.format import Format  # type: ignore[import-untyped]  # as above
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # as above

    from app.domain.reports.rows import Cell

MOMENT = "d.m.yyyy h:mm"
DAY = "d.m.yyyy"
WIDTH_OF_AN_ANSWER = 30
WIDEST_SHEET_NAME = 31
FORBIDDEN_IN_SHEET_NAME = "[]:*?/\\"
# In characters. Rows are gone when the width is set (constant memory), so it cannot follow the content.
WIDTHS = {
    "number": 6,
    "sort_name": 26,
    "name": 28,
    "email": 32,
    "organisation": 36,
    "kind": 24,
    "state": 14,
    "position": 10,
    "mode": 12,
    "language": 12,
    "registered": 17,
    "answer": 12,
    "answered": 17,
    "answered_by": 20,
    "apology": 40,
    "invited": 17,
    "undeliverable": 17,
    "checked_in": 17,
    "substitute_for": 26,
    "registered_by": 26,
    "note": 40,
    LABELS: 26,
} | dict.fromkeys(NEEDS, 30)
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def write_workbook(
    file: IO[bytes],
    columns: tuple[str, ...],
    headings: list[str],
    rows: Iterable[list[Cell]],
    *,
    zone: str,
    sheet: str,
) -> None:
    """Write an `.xlsx` into `file`: frozen bold headings with a filter, instants as dates in `zone`.

    `columns` name the columns, `sheet` is the name of the tab. Text is always text, also `=1+1`.
    """
    with Workbook(file, OPTIONS) as book:
        page = book.add_worksheet(sheet_name(sheet))
        formats = book.add_format({"num_format": MOMENT}), book.add_format({"num_format": DAY})
        for index, column in enumerate(columns):
            page.set_column(index, index, WIDTHS.get(column, WIDTH_OF_AN_ANSWER))
        page.freeze_panes(1, 0)
        page.write_row(0, 0, headings, book.add_format({"bold": True}))
        last = 0
        for last, row in enumerate(rows, start=1):
            _write_row(page, last, row, formats, ZoneInfo(zone))
        page.autofilter(0, 0, last, len(headings) - 1)


def sheet_name(text: str) -> str:
    """`text` as Excel takes it for the name of a tab."""
    kept = "".join(" " if char in FORBIDDEN_IN_SHEET_NAME else char for char in text).strip("' ")
    return kept[:WIDEST_SHEET_NAME] or "1"


def _write_row(
    page: Worksheet, number: int, row: list[Cell], formats: tuple[Format, Format], zone: ZoneInfo
) -> None:
    moment, day = formats
    for index, cell in enumerate(row):
        if isinstance(cell, datetime):
            # A cell has no zone, only what the clock on the wall says.
            page.write_datetime(number, index, cell.astimezone(zone).replace(tzinfo=None), moment)
        elif isinstance(cell, date):
            page.write_datetime(number, index, cell, day)
        elif isinstance(cell, int | float):
            page.write_number(number, index, cell)
        elif cell:
            page.write_string(number, index, cell)
