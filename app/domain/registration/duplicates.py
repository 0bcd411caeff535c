"""Finding people who may be on the list twice."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.registration.models import LIVE, Attendee, Place
from app.domain.registration.queries import visible

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_PAIRS = 50
MOST_ALIKE = 6  # more names under one address are an office, not one person
BEST_FIRST = (Place.CONFIRMED, Place.WAITING, Place.PENDING, Place.INVITED)


def pairs(session: Session, meeting_id: int) -> list[tuple[Attendee, Attendee]]:
    """Who may be on the list twice: same name and another address, or same address and another name.

    The row to keep by default comes first. People of one party, who share an address on purpose, are no pair.
    """
    query = select(Attendee.id, Attendee.name_key, Attendee.email_key, Attendee.party_id).where(
        Attendee.meeting_id == meeting_id, Attendee.place.in_(LIVE), visible()
    )
    named, addressed, parties = defaultdict(list), defaultdict(list), {}
    for number, name, email, party in session.execute(query.order_by(Attendee.id)):
        named[name].append(number)
        addressed[email].append(number)
        parties[number] = party
    addressed.pop(None, None)
    found = [pair for alike in named.values() for pair in combinations(alike[:MOST_ALIKE], 2)]
    for alike in addressed.values():
        if len(alike) <= MOST_ALIKE:
            found += [
                (a, b) for a, b in combinations(alike, 2) if parties[a] is None or parties[a] != parties[b]
            ]
    shown = list(dict.fromkeys(found))[:MOST_PAIRS]
    people = select(Attendee).where(Attendee.id.in_({one for pair in shown for one in pair}))
    rows = {one.id: one for one in session.scalars(people)} if shown else {}
    return [_better_first(rows[a], rows[b]) for a, b in shown]


def _better_first(one: Attendee, other: Attendee) -> tuple[Attendee, Attendee]:
    """The row with an address, then the one with the better place, then the earlier one."""
    first, second = sorted(
        (one, other),
        key=lambda row: (row.email is None, BEST_FIRST.index(Place(row.place)), row.registered_at, row.id),
    )
    return first, second
