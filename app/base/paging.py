"""One page of a long list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of page `number` (from 1) out of `total` rows."""

    rows: list[Row]
    number: int
    total: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        """How many pages there are; at least one, also when empty."""
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        """Position of the first row shown, from 1; 0 when there is none."""
        return (self.number - 1) * self.per_page + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Position of the last row shown."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether a page comes after."""
        return self.number < self.pages


def clamp_page(wanted: int, total: int, per_page: int = PER_PAGE) -> int:
    """The page that exists and is nearest to the one asked for."""
    return min(max(1, wanted), max(1, -(-total // per_page)))
