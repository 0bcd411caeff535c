"""Editing a meeting, published or not: one verb, so that no face can forget whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from app.domain.history import service as history
from app.domain.meetings import rules as meeting_rules
from app.domain.meetings import service as meetings
from app.domain.meetings.models import MeetingState
from app.domain.registration import changes, news, rules, seating
from app.domain.registration.models import Attendee, Place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.meetings.service import MeetingText, Slot


def edit(
    session: Session,
    meeting_id: int,
    text: MeetingText,
    slots: list[Slot],
    *,
    version: int,
    now: datetime,
    actor: Actor,
    plan: changes.Plan = changes.TELL,
) -> tuple[Meeting, int]:
    """Save new texts; attendees of a published meeting are told of what changed by `plan`, and queues move up.

    Returns the meeting and how many letters were written. Raises `Conflict` when somebody saved meanwhile,
    `ModeInUse` when the new format has no place for people who come, `NotPublishable`, `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    before = news.snapshot(meeting)
    capacities = (meeting.capacity, meeting.online_capacity)
    meetings.edit(meeting, text, slots, version=version, now=now)
    history.record(
        session, "meeting:edit", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )
    if meeting.state == MeetingState.DRAFT:
        return meeting, 0
    check(session, meeting)
    _follow_format(session, meeting)
    session.flush()
    session.expire(meeting, ["series", "contact"])  # letters name those that the edit chose
    told = changes.announce(session, meeting, before, now=now, actor=actor, plan=plan)
    if capacities != (meeting.capacity, meeting.online_capacity):
        changes.record_capacity(session, meeting, capacities, now=now, actor=actor)
    # More seats, a later start or other hours of promotion: each may let somebody in.
    seating.move_up(session, meeting, now=now, actor=actor)
    return meeting, told


def check(session: Session, meeting: Meeting) -> None:
    """Refuse texts that a published meeting cannot have; raises `NotPublishable`, `ModeInUse`."""
    meeting_rules.check_publishable(meeting)
    seats = seating.count_seats(session, meeting)
    offered = set(rules.offered_modes(meeting))
    used = {mode for mode in (*seats.taken, *seats.waiting) if seats.taken[mode] or seats.waiting[mode]}
    if not used <= offered:
        raise rules.ModeInUse


def _follow_format(session: Session, meeting: Meeting) -> None:
    """Whoever has no seat yet, or may come back to one, takes part in the way that is left."""
    offered = rules.offered_modes(meeting)
    if len(offered) == 1:
        without_seat = Attendee.place.not_in((Place.CONFIRMED, Place.WAITING))
        session.execute(
            update(Attendee)
            .where(Attendee.meeting_id == meeting.id, without_seat, Attendee.mode != offered[0])
            .values(mode=offered[0])
            .execution_options(synchronize_session="fetch")
        )
