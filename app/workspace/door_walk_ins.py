"""Somebody who just comes, added by the form of a page or by the script of the door: one way for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base import clock
from app.base.db import begin_write
from app.domain.attendance import service
from app.domain.attendance.rules import CheckInRefused
from app.extensions import db, settings
from app.workspace.attendee_words import refusal_sentence
from app.workspace.door_page import door_of
from app.workspace.door_words import REFUSED

if TYPE_CHECKING:
    from app.base.errors import Refusal
    from app.domain.attendance.commands import Came
    from app.domain.attendance.models import DoorEvent
    from app.workspace.forms.door import WalkInForm


def walked_in(meeting_id: int, form: WalkInForm, *, came: Came | None = None, name: str = "") -> DoorEvent:
    """Add whom a valid form tells of, and commit; `name` is what a phone calls itself. Raises as the verb does."""
    session, walk_in = db.session(), form.to_walk_in(came)
    begin_write(session)
    event = service.add_walk_in(
        session,
        meeting_id,
        walk_in,
        now=clock.now(),
        door=door_of(name),
        mail_domain=settings().mail_domain,
    )
    session.commit()
    return event


def why_not(refusal: Refusal) -> str:
    """The sentence for a refusal, at the door."""
    said = REFUSED.get(refusal.verdict) if isinstance(refusal, CheckInRefused) else None
    return str(said or refusal_sentence(refusal))
