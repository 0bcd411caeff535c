"""What the faces hand to the verbs of the door: clean, typed, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.attendance.models import Act, Way

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.history.service import Actor
    from app.domain.registration.commands import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One act as a phone kept it: whom by id, else by the hash of a check-in code. `at` is the phone's own time.

    `walk_in` is the name of the act that adds the person, where the phone had no id for them yet: only for an undo.
    """

    client_id: str
    act: Act
    at: datetime
    way: Way = Way.QR
    attendee_id: int | None = None
    code: str = ""
    queued: bool = False
    walk_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """When somebody came whom a phone added: `at` and `sent_at` are its own time, `queued` if it had to wait."""

    at: datetime
    sent_at: datetime
    queued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkIn:
    """Somebody who comes without having registered. `client_id` names the act; `came` is empty for "now"."""

    client_id: str
    person: Person
    language: str
    came: Came | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who stands at the door: the account, and a name that its phone made up for itself."""

    actor: Actor
    name: str = ""
