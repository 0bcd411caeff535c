"""How far a telling has come: letters of one change, counted in the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.base.errors import NotFound
from app.domain.history import queries as history
from app.domain.history.models import Entry
from app.domain.outbox import queries as outbox
from app.domain.outbox.models import Kind, State

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Acts that tell everybody whom they concern, and the kind of their letters. These are written at the entry's time.
TOLD_BY = {
    "meeting:reschedule": Kind.RESCHEDULED,
    "meeting:call_off": Kind.CALLED_OFF,
    "meeting:restore": Kind.RESTORED,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """One telling: its entry of history, and how many of its letters are where."""

    entry: Entry
    sent: int
    failed: int
    overtaken: int
    waiting: int
    bounced: int

    @property
    def total(self) -> int:
        """How many letters were written."""
        return self.sent + self.failed + self.overtaken + self.waiting

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to send."""
        return self.waiting == 0


def of_entry(session: Session, meeting_id: int, entry_id: int) -> Progress:
    """The telling of one entry; raises `NotFound` where that is none of this meeting."""
    entry = session.get(Entry, entry_id)
    if entry is None or entry.meeting_id != meeting_id or entry.act not in TOLD_BY:
        raise NotFound
    return _count(session, meeting_id, entry)


def newest(session: Session, meeting_id: int) -> Progress | None:
    """The last telling of a meeting that wrote any letter, if there was one."""
    for entry in history.of_acts(session, meeting_id, TOLD_BY, limit=1):
        found = _count(session, meeting_id, entry)
        return found if found.total else None
    return None


def _count(session: Session, meeting_id: int, entry: Entry) -> Progress:
    """`bounced` letters were sent, and came back."""
    states = outbox.counts_of_batch(session, meeting_id, kind=TOLD_BY[entry.act], created_at=entry.at)
    return Progress(
        entry=entry,
        sent=states[State.SENT] + states[State.BOUNCED],
        failed=states[State.FAILED],
        overtaken=states[State.SUPERSEDED],
        waiting=states[State.QUEUED] + states[State.SENDING],
        bounced=states[State.BOUNCED],
    )
