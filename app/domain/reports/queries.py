"""Reads for lists that are taken out of the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.domain.registration import queries as registration
from app.domain.registration.models import Attendee
from app.domain.reports.rows import attendee_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from app.domain.registration.queries import ListView
    from app.domain.reports.rows import Cell, Words


def export_rows(
    session: Session, meeting_id: int, view: ListView, words: Words, *, needs: bool
) -> Iterator[list[Cell]]:
    """The rows of a view in its order, read a few hundred at a time while they are asked for."""
    yield from attendee_rows(
        registration.stream(session, meeting_id, view),
        words,
        positions=registration.queue_positions(session, meeting_id),
        registrants=registrants(session, meeting_id),
        needs=needs,
    )


def registrants(session: Session, meeting_id: int) -> dict[int, str]:
    """Names of those who registered others too, by party."""
    other = aliased(Attendee)
    query = (
        select(Attendee.party_id, Attendee.name)
        .where(
            Attendee.meeting_id == meeting_id,
            Attendee.position == 0,
            Attendee.erased_at.is_(None),
            exists().where(other.party_id == Attendee.party_id, other.position > 0),
        )
        .order_by(Attendee.id)
    )
    return {party_id: name for party_id, name in session.execute(query) if party_id is not None}
