"""Who may be checked in, and when something happened. Pure; the session is elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.errors import Refusal
from app.domain.accounts.rules import DOOR_TIME
from app.domain.attendance.models import Verdict
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.domain.registration.models import Attendee, Mode, Place

if TYPE_CHECKING:
    from datetime import datetime

MOST_SCANS = 200  # in one batch
ARRIVED = (Verdict.IN, Verdict.AGAIN)
MAY_BE_LET_IN = frozenset(
    {Verdict.ONLINE, Verdict.INVITED, Verdict.PENDING, Verdict.WAITING, Verdict.DECLINED}
)
WITHOUT_SEAT = {
    Place.INVITED: Verdict.INVITED,
    Place.PENDING: Verdict.PENDING,
    Place.WAITING: Verdict.WAITING,
    Place.DECLINED: Verdict.DECLINED,
    Place.CANCELLED: Verdict.CANCELLED,
}


class CheckInRefused(Refusal):
    """The person cannot be checked in; `verdict` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict


class TooManyScans(Refusal):
    """A batch is too large to be taken at once."""


def closed_because(meeting: Meeting, *, now: datetime) -> Verdict | None:
    """Why nobody at all can be checked in, or None. After the meeting the list may still be put right."""
    if meeting.state == MeetingState.DRAFT:
        return Verdict.DRAFT
    if meeting.state == MeetingState.CALLED_OFF:
        return Verdict.CALLED_OFF
    return Verdict.EARLY if now < meeting.starts_at - DOOR_TIME else None


def refusal(meeting: Meeting, attendee: Attendee, *, at: datetime, now: datetime) -> Verdict | None:
    """Why this person cannot be checked in for `at`, or None.

    Who came before the place was taken away had one: such a scan only reached us late.
    """
    if closed := closed_because(meeting, now=now):
        return closed
    if attendee.ended_at is not None and at < attendee.ended_at:
        return None
    if attendee.place != Place.CONFIRMED:
        return WITHOUT_SEAT[Place(attendee.place)]
    elsewhere = attendee.mode == Mode.ONLINE and meeting.format != Format.ONLINE
    return Verdict.ONLINE if elsewhere else None


def happened_at(meeting: Meeting, at: datetime, *, sent_at: datetime, now: datetime) -> datetime:
    """When it happened by our clock: the phone tells its own time at sending. Never in the future, never before
    the door was open.
    """  # noqa: D205 - one sentence
    mended = at + (now - sent_at)
    return max(min(mended, now), min(meeting.starts_at - DOOR_TIME, now))
