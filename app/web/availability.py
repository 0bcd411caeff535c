"""How full a meeting is and whether one can register: what the public pages say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.registration import rules, seating

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.meetings.models import Meeting
    from app.domain.registration.rules import Seats


@dataclass(frozen=True, slots=True)
class Left:
    """Seats of one mode; `capacity` and `free` are None without a limit."""

    mode: str
    capacity: int | None
    taken: int
    waiting: int
    free: int | None

    @property
    def shown(self) -> int | None:
        """The number to print: exact under ten, else rounded down; None without a limit."""
        return None if self.free is None else rules.places_shown(self.free)

    @property
    def exact(self) -> bool:
        """Whether the printed number is exact."""
        return self.free is None or self.free == self.shown

    @property
    def full(self) -> bool:
        """Whether a newcomer would wait."""
        return self.free == 0 or self.waiting > 0


@dataclass(frozen=True, slots=True)
class Availability:
    """`closed` says why the form is closed (`rules.closed_because`), None while it is open."""

    closed: str | None
    modes: tuple[Left, ...]

    @property
    def full(self) -> bool:
        """Whether every way to take part has a queue."""
        return all(left.full for left in self.modes)


def availability(session: Session, meeting: Meeting, *, now: datetime) -> Availability:
    """Count the seats of a meeting; one statement."""
    return of_seats(meeting, seating.count_seats(session, meeting), now=now)


def of_seats(meeting: Meeting, seats: Seats, *, now: datetime) -> Availability:
    """The same of seats that are counted already."""
    modes = tuple(
        Left(mode, seats.capacity[mode], seats.taken[mode], seats.waiting[mode], seats.free(mode))
        for mode in rules.offered_modes(meeting)
    )
    return Availability(rules.closed_because(meeting, now=now), modes)
