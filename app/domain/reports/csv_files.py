"""Rows as CSV: for Excel with Czech settings, and plain for all else. Nothing in it is ever a formula."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.domain.reports.rows import Cell

BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets begin a formula with these (OWASP, CSV injection); some take the wide forms for the plain ones.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
ROWS_AT_ONCE = 100


def defuse(cell: str) -> str:
    """`cell` with an apostrophe before it where a spreadsheet would calculate instead of show."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def as_meant(cell: str) -> str:
    """What `defuse` was given: a file of ours that comes back has no apostrophes that nobody typed."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(DANGEROUS) else cell


def excel_csv(headings: list[str], rows: Iterable[list[Cell]], zone: str) -> Iterator[bytes]:
    """For Excel with Czech settings: UTF-8 with a byte order mark, semicolons, CRLF.

    Instants read `4.4.2023 13:00` by the clocks of `zone`.
    """
    yield BYTE_ORDER_MARK.encode()
    yield from _written(headings, rows, ";", _czech(ZoneInfo(zone)), ",")


def plain_csv(headings: list[str], rows: Iterable[list[Cell]], zone: str) -> Iterator[bytes]:
    """By RFC 4180: UTF-8, commas, CRLF, instants as `2023-04-04T13:00:00+02:00` in `zone`."""
    yield from _written(headings, rows, ",", _iso(ZoneInfo(zone)))


def _written(
    headings: list[str],
    rows: Iterable[list[Cell]],
    delimiter: str,
    shown: Callable[[date], str],
    point: str = ".",
) -> Iterator[bytes]:
    """The headings at once, so that a download begins at once, then some rows at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([defuse(heading) for heading in headings])
    yield _taken(buffer)
    for number, row in enumerate(rows, start=1):
        writer.writerow([_text(cell, shown, point) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    if buffer.tell():
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _text(cell: Cell, shown: Callable[[date], str], point: str) -> str:
    if isinstance(cell, str):
        return defuse(cell)
    if cell is None:
        return ""
    if isinstance(cell, date):  # an instant too
        return shown(cell)
    if isinstance(cell, float):
        return str(cell).replace(".", point)
    return str(cell)


def _czech(zone: ZoneInfo) -> Callable[[date], str]:
    def shown(when: date) -> str:
        if not isinstance(when, datetime):
            return f"{when.day}.{when.month}.{when.year}"
        local = when.astimezone(zone)
        return f"{local.day}.{local.month}.{local.year} {local.hour}:{local.minute:02}"

    return shown


def _iso(zone: ZoneInfo) -> Callable[[date], str]:
    def shown(when: date) -> str:
        return (
            when.astimezone(zone).isoformat(timespec="seconds")
            if isinstance(when, datetime)
            else when.isoformat()
        )

    return shown
