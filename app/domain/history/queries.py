"""Reading history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.history.models import Entry

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


def of_subject(session: Session, subject: str, subject_id: int) -> list[Entry]:
    """What happened to one thing, newest first."""
    query = select(Entry).where(Entry.subject == subject, Entry.subject_id == subject_id)
    return list(session.scalars(query.order_by(Entry.at.desc(), Entry.id.desc())))


def of_meeting(session: Session, meeting_id: int, *, limit: int = 200) -> list[Entry]:
    """The newest entries about a meeting and its attendees."""
    query = select(Entry).where(Entry.meeting_id == meeting_id).order_by(Entry.at.desc(), Entry.id.desc())
    return list(session.scalars(query.limit(limit)))


def of_acts(session: Session, meeting_id: int, acts: Collection[str], *, limit: int) -> list[Entry]:
    """The newest entries about a meeting that are one of these acts."""
    query = select(Entry).where(Entry.meeting_id == meeting_id, Entry.act.in_(acts))
    return list(session.scalars(query.order_by(Entry.id.desc()).limit(limit)))
