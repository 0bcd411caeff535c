"""What history keeps of moves between meetings: there is no table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.history.models import Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.registration.models import Attendee

MOVE = "move"  # by what a place ended, in history; its entry names the other meeting and the row there
MOVED_IN = "attendee:moved_in"
# What may happen to a moved row without its person: none of it keeps an undo from taking the row back.
HARMLESS = frozenset({MOVED_IN, "attendee:move_up", "attendee:note", "attendee:sort_name"})


def destination(session: Session, meeting_id: int, moved_at: datetime) -> int | None:
    """The meeting to which a move took people from this one at that instant; None where there was no move."""
    return next((meeting for meeting, _row in moved_from(session, meeting_id, moved_at).values()), None)


def other_row(attendee: Attendee, entries: Sequence[Entry]) -> tuple[int, int] | None:
    """Meeting and row where somebody is now, or for who has a place: came from; of their history, newest first."""
    act = MOVED_IN if attendee.is_live else "attendee:cancel"
    last = next((one.details for one in entries if one.act == act and one.subject_id == attendee.id), {})
    if act != MOVED_IN and last.get("by") != MOVE:
        return None
    return (last["other_meeting"], last["other"]) if last else None


def moved_from(session: Session, meeting_id: int, moved_at: datetime) -> dict[int, tuple[int, int]]:
    """Whom a move took from this meeting at that instant: row here, then meeting and row there."""
    query = select(Entry.subject_id, Entry.details).where(
        Entry.meeting_id == meeting_id, Entry.act == "attendee:cancel", Entry.at == moved_at
    )
    rows = session.execute(query.order_by(Entry.id)).all()
    return {
        number: (details["other_meeting"], details["other"])
        for number, details in rows
        if details.get("by") == MOVE
    }


def busy_since(session: Session, attendee_ids: Collection[int], moved_at: datetime) -> set[int]:
    """To whom something else happened at the new meeting since."""
    query = select(Entry.subject_id).where(
        Entry.subject == "attendee",
        Entry.subject_id.in_(attendee_ids),
        Entry.at >= moved_at,
        Entry.act.not_in(HARMLESS),
    )
    return set(session.scalars(query))
