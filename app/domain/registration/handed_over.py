"""That somebody gave a file is history; which file, and what is in it, is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.history import service as history

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.questions.commands import Answers
    from app.domain.registration.models import Attendee


def record(session: Session, attendee: Attendee, answers: Answers, *, now: datetime, actor: Actor) -> None:
    """Note how many files came with these answers; nothing where none did."""
    if number := sum(1 for given in answers.values() if given.file):
        history.record(
            session,
            "attendee:give_file",
            subject_id=attendee.id,
            meeting_id=attendee.meeting_id,
            actor=actor,
            now=now,
            number=number,
        )
