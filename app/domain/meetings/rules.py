"""What makes a meeting publishable, and in which state strangers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.errors import Refusal
from app.domain.meetings.models import Format, Meeting, MeetingState

if TYPE_CHECKING:
    from datetime import datetime


class NotPublishable(Refusal):
    """Something is missing; `missing` names the fields."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class NotDeletable(Refusal):
    """Only a draft can be thrown away; a published meeting is called off."""


def missing_for_publishing(meeting: Meeting) -> list[str]:
    """Fields that a published meeting needs and this one lacks."""
    missing = []
    if not any(meeting.title.values()):
        missing.append("title")
    if meeting.format != Format.ONLINE and not any(meeting.venue.values()):
        missing.append("venue")
    if not all(item.is_break or any(item.title.values()) for item in meeting.programme):
        missing.append("programme")
    return missing


def check_publishable(meeting: Meeting) -> None:
    """Raise `NotPublishable` unless a draft has all it needs."""
    if missing := missing_for_publishing(meeting):
        raise NotPublishable(missing)


def is_past(meeting: Meeting, *, now: datetime) -> bool:
    """Whether the meeting has ended."""
    return now >= meeting.ends_at


def is_public(meeting: Meeting) -> bool:
    """Whether strangers may see it: drafts do not exist for them."""
    return meeting.state != MeetingState.DRAFT
