"""A letter to many before it is sent, as one of its recipients will read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.delivery.letters import Gathered, Preview, preview_of
from app.delivery.said import said_of
from app.domain.broadcasts.sending import facts_for, stand_in
from app.domain.outbox.models import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.broadcasts.models import Broadcast
    from app.domain.meetings.models import Meeting
    from app.domain.registration.models import Attendee


def preview_for(
    session: Session,
    broadcast: Broadcast,
    meeting: Meeting,
    person: Attendee | None,
    *,
    name: str,
    language: str,
    now: datetime,
) -> Preview | None:
    """What `person` would read in `language`; without one a person of this `name`. None while it is not whole."""
    said = said_of(session, broadcast, language, files=False)
    if said is None:
        return None
    reader = stand_in(person, name=name, language=language)
    return preview_of(
        Gathered(
            letter_id=None,
            kind=Kind.MESSAGE,
            recipient="",
            language=language,
            facts=facts_for(meeting, reader),
            message_id="",
            bounce_token="",
            created_at=now,
            said=said,
        )
    )
