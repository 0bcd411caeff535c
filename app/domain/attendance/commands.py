"""What the faces hand to the verbs of the door: clean, typed, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.attendance.models import Act, Way

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.history.service import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One act as a phone kept it: whom by id, else by the hash of a check-in code. `at` is the phone's own time."""

    client_id: str
    act: Act
    at: datetime
    way: Way = Way.QR
    attendee_id: int | None = None
    code: str = ""
    queued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who stands at the door: the account, and a name that its phone made up for itself."""

    actor: Actor
    name: str = ""
