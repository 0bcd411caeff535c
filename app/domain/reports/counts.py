"""Counts over many meetings at once, for the organiser's list."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.domain.meetings.models import Meeting
from app.domain.registration.models import Attendee, Place

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(slots=True)
class MeetingCounts:
    """How many come and how many wait, by mode."""

    coming: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)


def of_meetings(session: Session, meeting_ids: Collection[int]) -> dict[int, MeetingCounts]:
    """The counts of each of these meetings, in one statement; none for nobody."""
    found = {meeting_id: MeetingCounts() for meeting_id in meeting_ids}
    if not found:
        return found
    query = (
        select(Attendee.meeting_id, Attendee.place, Attendee.mode, func.count())
        .where(Attendee.meeting_id.in_(meeting_ids), Attendee.place.in_((Place.CONFIRMED, Place.WAITING)))
        .group_by(Attendee.meeting_id, Attendee.place, Attendee.mode)
    )
    for meeting_id, place, mode, number in session.execute(query):
        counts = found[meeting_id]
        (counts.coming if place == Place.CONFIRMED else counts.waiting)[mode] += number
    return found


def meetings_ahead_by_contact(session: Session, *, now: datetime) -> dict[int, int]:
    """How many meetings that have not ended name each contact, drafts included."""
    query = (
        select(Meeting.contact_id, func.count())
        .where(Meeting.contact_id.is_not(None), Meeting.ends_at > now)
        .group_by(Meeting.contact_id)
    )
    return {contact_id: number for contact_id, number in session.execute(query) if contact_id is not None}
