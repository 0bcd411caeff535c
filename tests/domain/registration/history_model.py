"""A small model of one meeting: seats, queue, answers and calendar entries, as plain lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.domain.registration.cast import NOW, START

LIVE = ("invited", "pending", "confirmed", "waiting")
PROMOTE_UNTIL = timedelta(hours=12)


@dataclass
class Row:
    """What the model knows of one attendee."""

    id: int
    name: str
    email: str | None
    mode: str
    place: str = ""
    was: str = ""  # the place before it ended
    answer: str = "none"
    entry: str | None = None
    gone: bool = False  # erased, or replaced by a corrected address
    named: int | None = None  # who comes instead
    wish: str = ""  # the option chosen
    has: bool = False  # whether its place was left when they got the seat
    knows_time: bool = True  # whether they came, or were told, after the meeting was last moved

    @property
    def key(self) -> tuple[str | None, str]:
        """Who it is."""
        return self.email, self.name

    @property
    def is_live(self) -> bool:
        """Whether they have, or wait for, a place."""
        return self.place in LIVE

    def end(self, place: str) -> None:
        """Have no place any more; an undo asks for the last one."""
        self.was, self.place = self.place, place

    def tell(self, entry: str) -> None:
        """The entry in the calendar of whoever has an address."""
        if self.email:
            self.entry = entry


class Model:
    """Seats and queues as lists; knows nothing of tables."""

    def __init__(self, room: int | None, online: int | None) -> None:
        self.capacity: dict[str, int | None] = {"room": room, "online": online}
        self.rows: dict[int, Row] = {}
        self.queue: dict[str, list[int]] = {"room": [], "online": []}
        self.now, self.start, self.is_on = NOW, START, True
        self.approves = False
        self.options: dict[str, int | None] = {"A": 1, "B": 2, "C": None}

    @property
    def ahead(self) -> bool:
        """Whether places may change."""
        return self.is_on and self.now < self.start

    def has_room(self, mode: str) -> bool:
        """Whether a seat of this mode is free."""
        taken = sum(row.place == "confirmed" and row.mode == mode for row in self.rows.values())
        limit = self.capacity[mode]
        return limit is None or taken < limit

    def is_left(self, wish: str) -> bool:
        """Whether a place of this option is free; only those with a seat hold one."""
        held = sum(row.place == "confirmed" and row.wish == wish and row.has for row in self.rows.values())
        limit = self.options.get(wish)
        return limit is None or held < limit

    def choose(self, row: Row, wish: str) -> None:
        """Choose an option, or try once more."""
        if row.wish != wish or not row.has or row.place != "confirmed":
            row.wish, row.has = wish, False
            self.settle(row)

    def settle(self, row: Row) -> None:
        """Whoever has just got a seat gets the place of the option, if one is left."""
        row.has = False
        row.has = row.place == "confirmed" and self.is_left(row.wish)

    def known(self, key: tuple[str | None, str]) -> Row | None:
        """The live row of a person with an address."""
        return next((row for row in self.rows.values() if row.is_live and key[0] and row.key == key), None)

    def seat(self, row: Row) -> None:
        """A seat if one is free and nobody waits, else the end of the queue. No letter."""
        if self.has_room(row.mode) and not self.queue[row.mode]:
            row.place = "confirmed"
            self.settle(row)
        else:
            row.place = "waiting"
            self.queue[row.mode].append(row.id)

    def arrive(self, row: Row) -> None:
        """A newcomer, with the letter of one."""
        self.seat(row)
        if row.place == "confirmed":
            row.tell("REQUEST")

    def confirm(self, row: Row) -> None:
        """A seat with an invite."""
        row.place = "confirmed"
        self.settle(row)
        row.tell("REQUEST")

    def leave(self, row: Row, place: str, *, silently: bool = False) -> None:
        """Out of seat and queue, with a CANCEL unless the calendar knows."""
        had_seat = row.place == "confirmed"
        if row.place == "waiting":
            self.queue[row.mode].remove(row.id)
        row.end(place)
        if not silently:
            row.tell("CANCEL")
        if had_seat:
            self.promote()

    def hand_over(self, row: Row, colleague: Row) -> None:
        """A colleague inherits all; one on the list takes a seat or an earlier number, and keeps anything better."""
        is_new, queue = not colleague.place, self.queue[row.mode]
        if is_new:
            colleague.knows_time = row.knows_time
        waits = row.place == "waiting"
        if waits and (is_new or (colleague.place == "waiting" and colleague.mode == row.mode)):
            if not is_new and queue.index(colleague.id) < queue.index(row.id):
                self.leave(row, "cancelled")
                return
            if not is_new:
                queue.remove(colleague.id)
            queue[queue.index(row.id)] = colleague.id
            colleague.place, colleague.mode = row.place, row.mode
        elif is_new or (row.place == "confirmed" and colleague.place != "confirmed"):
            if colleague.place == "waiting":
                self.queue[colleague.mode].remove(colleague.id)
            colleague.place, colleague.mode = row.place, row.mode
            if row.place != "pending":
                colleague.tell("REQUEST")
        else:
            self.leave(row, "cancelled")
            return
        row.end("cancelled")
        row.tell("CANCEL")
        self.settle(colleague)

    def come_back(self, row: Row, *, by_organiser: bool = False) -> None:
        """An undo: pending or invited again, else any free seat, or the head of the queue."""
        row.named = None
        if row.was == "pending":
            row.place = "pending"
        elif row.was == "invited" and by_organiser:
            row.place = "invited"
            row.tell("REQUEST")
        elif self.has_room(row.mode):
            self.confirm(row)
        else:
            row.place = "waiting"
            self.queue[row.mode].insert(0, row.id)

    def promote(self) -> None:
        """Whoever waits moves up while there is time."""
        if not self.is_on or self.now >= self.start - PROMOTE_UNTIL:
            return
        for mode, queue in self.queue.items():
            while queue and self.has_room(mode):
                self.confirm(self.rows[queue.pop(0)])

    def set_entries(self, entry: str) -> None:
        """Everybody with a seat or an invitation is told."""
        for row in self.rows.values():
            if row.place in ("confirmed", "invited"):
                row.tell(entry)

    def ask_anew(self) -> None:
        """The time moved, for whoever does not know it yet: they have not answered for the new one."""
        for row in self.rows.values():
            if row.is_live and not row.knows_time:
                row.answer = "none"

    def move(self, start: datetime) -> None:
        """The meeting begins at another time, which nobody knows yet."""
        self.start = start
        for row in self.rows.values():
            row.knows_time = False

    def tell_time(self) -> None:
        """Everybody knows when the meeting is."""
        for row in self.rows.values():
            row.knows_time = True
