"""A list that is to leave the house, in plain values: made at once, or kept until a worker makes it.

What was searched for may be a name, so it is sealed while it is kept.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import text

from app.domain.registration.queries import ListView
from app.domain.reports.queries import export_rows
from app.domain.reports.rows import Asked, Words, columns, headings
from app.domain.reports.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from sqlalchemy.orm import Session

    from app.base.sealing import Sealer
    from app.domain.reports.rows import Cell

AT_A_TIME = 250  # rows between two words about how far it is
SEARCH = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrder:
    """People of a meeting as a table: whom, in which words, with answers to what, in which zone."""

    meeting_id: int
    zone: str
    sheet: str
    view: ListView
    words: Words
    asked: tuple[Asked, ...]
    needs: bool
    labels: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return columns(needs=self.needs, asked=self.asked, labels=self.labels)

    @property
    def headings(self) -> list[str]:
        """The first row."""
        return headings(self.words, needs=self.needs, asked=self.asked, labels=self.labels)

    def rows(self, session: Session) -> Generator[list[Cell]]:
        """The rows. A slow reader may take its time: on PostgreSQL an idle transaction would be ended."""
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10min'"))
        yield from export_rows(
            session,
            self.meeting_id,
            self.view,
            self.words,
            asked=self.asked,
            needs=self.needs,
            labels=self.labels,
        )

    def write(self, session: Session, file: IO[bytes], *, told: Callable[[int], None] | None = None) -> None:
        """The workbook; `told` hears now and then how many rows are written, and what it raises ends it."""
        rows = self.rows(session)
        write_workbook(
            file,
            self.columns,
            self.headings,
            _telling(rows, told) if told else rows,
            zone=self.zone,
            sheet=self.sheet,
        )


def stored(order: ListOrder, sealer: Sealer) -> dict[str, Any]:
    """The order as JSON has it."""
    return plain(asdict(order) | {"view": stored_view(order.view, sealer)})


def restored(values: dict[str, Any], sealer: Sealer) -> ListOrder:
    """The order again; raises `ValueError` where it cannot be read any more."""
    return ListOrder(
        **values
        | {
            "view": restored_view(values["view"], sealer),
            "words": Words(**values["words"]),
            "asked": tuple(Asked(**one) for one in values["asked"]),
        }
    )


def stored_view(view: ListView, sealer: Sealer) -> dict[str, Any]:
    """A view as JSON has it."""
    values = asdict(view)
    return values | {SEARCH: sealer.seal(view.search) if view.search else ""}


def restored_view(values: dict[str, Any], sealer: Sealer) -> ListView:
    """A view again; raises `ValueError` when what was searched for cannot be read any more."""
    search = sealer.open(values[SEARCH]) if values[SEARCH] else ""
    if search is None:
        raise ValueError("sealed under another key")
    return ListView(**tuples(values) | {SEARCH: search})


def tuples(values: dict[str, Any]) -> dict[str, Any]:
    """The same with tuples, which JSON does not have, in the place of lists."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """As they come out of the database again: lists for tuples, words for names."""
    found: dict[str, Any] = json.loads(json.dumps(values))
    return found


def _telling(rows: Iterable[list[Cell]], told: Callable[[int], None]) -> Iterator[list[Cell]]:
    number = 0
    for number, row in enumerate(rows, start=1):
        yield row
        if number % AT_A_TIME == 0:
            told(number)
    told(number)
