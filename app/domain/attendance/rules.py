"""Who may be checked in, and when something happened. Pure; the session is elsewhere."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from app.base.errors import Refusal
from app.domain.accounts.rules import DOOR_TIME
from app.domain.attendance.models import Mark, Verdict
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


class Standing(StrEnum):
    """What the attendance list says of somebody.

    `UNKNOWN` had a seat, but nobody noted who came; `APART` had no seat to come to and did not come.
    """

    PRESENT = "present"
    EXCUSED = "excused"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    APART = "apart"


class NoAttendanceYet(Refusal):
    """Before a meeting begins, or when it does not take place, nobody came or failed to come."""


def check_begun(meeting: Meeting, *, now: datetime) -> None:
    """Raises `NoAttendanceYet` unless the meeting is published and has begun."""
    if not has_begun(meeting, now=now):
        raise NoAttendanceYet


def has_begun(meeting: Meeting, *, now: datetime) -> bool:
    """Whether there is an attendance list."""
    return meeting.state == MeetingState.PUBLISHED and now >= meeting.starts_at


def standing_of(
    place: str, *, mark: str | None, arrived: bool, kept: bool, by_door: bool = True, excused: bool = True
) -> Standing:
    """What is true of one person: the correction, else the door, else the place.

    `kept`: somebody at all was noted as present. `by_door`: the person would have passed the door, which does not
    see who takes part online. `excused`: who gave a place up, unlike those from whom the organiser took it.
    """
    if mark is not None:
        return Standing(mark)
    if arrived:
        return Standing.PRESENT
    if place == Place.CONFIRMED:
        return Standing.ABSENT if kept and by_door else Standing.UNKNOWN
    gave_up = place == Place.DECLINED or (place == Place.CANCELLED and excused)
    return Standing.EXCUSED if gave_up else Standing.APART


def is_present(*, mark: str | None, arrived: bool) -> bool:
    """Whether somebody was noted as present, by hand or by the door."""
    return mark == Mark.PRESENT or (mark is None and arrived)


def passes_door(mode: str, format_: str) -> bool:
    """Whether somebody is seen by the door: not who takes part online in a meeting that has a room."""
    return mode == Mode.ROOM or format_ == Format.ONLINE


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
    return None if passes_door(attendee.mode, meeting.format) else Verdict.ONLINE


def happened_at(meeting: Meeting, at: datetime, *, sent_at: datetime, now: datetime) -> datetime:
    """When it happened by our clock: the phone tells its own time at sending. Never in the future, never before
    the door was open.
    """  # noqa: D205 - one sentence
    mended = at + (now - sent_at)
    return max(min(mended, now), min(meeting.starts_at - DOOR_TIME, now))
