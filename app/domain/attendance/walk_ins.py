"""Acts about a walk-in of whom the phone knows no number yet: told by the name of the act that adds them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.attendance import queries
from app.domain.attendance.models import Act, DoorEvent, Verdict, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from app.domain.attendance.commands import Scan

SAME = ("meeting_id", "at", "taken_at", "queued", "account_id", "door")


def with_numbers(session: Session, meeting_id: int, scans: Sequence[Scan]) -> list[Scan]:
    """The acts with the number of each walk-in who was added meanwhile. The meeting is locked."""
    added = queries.by_client_ids(session, meeting_id, [scan.walk_in for scan in scans if scan.walk_in])
    return [
        replace(scan, attendee_id=added[scan.walk_in].attendee_id) if scan.walk_in in added else scan
        for scan in scans
    ]


def bar(session: Session, walk_in: str, undo: DoorEvent) -> None:
    """Note that a walk-in was taken back before it reached us: should it come after all, it adds nobody."""
    if walk_in in queries.by_client_ids(session, undo.meeting_id, [walk_in]):
        return
    same = {name: getattr(undo, name) for name in SAME}
    session.add(
        DoorEvent(client_id=walk_in, act=Act.UNDO, verdict=Verdict.NOTHING, way=Way.WALK_IN, code="", **same)
    )
