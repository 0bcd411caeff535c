"""Verbs that touch a published meeting and so concern its attendees: reschedule, call off, restore, capacity.

The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.base.errors import Conflict
from app.domain.history import service as history
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import change_preview, news, rules, seating, telling
from app.domain.registration.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the organiser decided about telling: nobody yet (`hold`), or with answers kept after a move of time.

    `seen` is what a preview showed (`ChangePreview.seen`): whoever has seen one tells nothing else.
    """

    hold: bool = False
    keep_answers: bool = False
    seen: str | None = None


class NotAsSeen(Conflict):
    """Since the preview somebody came, went or answered: other people would be told than were shown."""


TELL = Plan()


def count_told(session: Session, meeting_id: int, changed: Collection[str] = ()) -> int:
    """How many people with an address would be told, of `changed` values or of calling off and restoring."""
    one = Telling(kind=Kind.RESCHEDULED, calendar=Calendar.REQUEST, changed=tuple(changed))
    return telling.count(session, meeting_id, [one])


def count_untold(session: Session, meeting: Meeting) -> int:
    """How many people `tell_held` would tell."""
    return telling.count(session, meeting.id, news.tellings_of_change(meeting, news.held(meeting)))


def announce(
    session: Session, meeting: Meeting, before: news.Before, *, now: datetime, actor: Actor, plan: Plan = TELL
) -> int:
    """After an edit under the lock: raise the revision and tell everybody who comes, waits or is asked.

    When the time moved, answers are asked anew and seats are kept, unless the plan keeps the answers too. A
    change that is held is told by `tell_held`, or with the next one. While the meeting is called off nobody is
    told; restoring tells them. Of a meeting that is over nobody is told either. Returns how many letters were
    written. Raises `NotAsSeen`.
    """
    changed = news.changed_fields(meeting, before)
    if not changed or meeting.ends_at <= now:
        return 0
    befores = [*news.held(meeting), before]
    if meeting.state != MeetingState.PUBLISHED:
        for one in news.tellings_of_change(meeting, [before], keep_answers=plan.keep_answers):
            if one.asks_anew:
                telling.ask_anew(session, meeting.id, one)
        return 0
    meeting.revision += 1
    if plan.hold:
        _hold(session, meeting, befores, now=now, actor=actor)
        return 0
    return _tell_change(session, meeting, befores, now=now, actor=actor, plan=plan)


def tell_held(
    session: Session, meeting_id: int, *, version: int, plan: Plan = TELL, now: datetime, actor: Actor
) -> int:
    """Tell people of the changes that were held back; returns how many letters were written.

    Raises `Conflict` when somebody saved the meeting meanwhile, `ChangeRefused` (past, called off), `NotAsSeen`,
    `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.version != version:
        raise Conflict
    rules.check_ahead(meeting, now=now)
    if not meeting.untold:
        return 0
    meeting.version += 1
    return _tell_change(session, meeting, news.held(meeting), now=now, actor=actor, plan=plan)


def _hold(
    session: Session, meeting: Meeting, befores: list[news.Before], *, now: datetime, actor: Actor
) -> None:
    """Keep what people were told last, while that differs for anybody from what is true now."""
    session.flush()
    first, *later = [{"values": one.values, "since": (one.until or now).isoformat()} for one in befores]
    tellings = news.tellings_of_change(meeting, befores)
    somebody = telling.count(session, meeting.id, tellings) > 0
    meeting.untold = {**first, "later": later} if somebody else None
    if somebody:
        _record(session, "meeting:hold_change", meeting, tellings, now=now, actor=actor)


def _tell_change(
    session: Session, meeting: Meeting, befores: list[news.Before], *, now: datetime, actor: Actor, plan: Plan
) -> int:
    meeting.untold = None
    tellings = news.tellings_of_change(meeting, befores, keep_answers=plan.keep_answers)
    _check_seen(session, meeting, tellings, plan.seen)
    if tellings:
        _record(session, "meeting:reschedule", meeting, tellings, now=now, actor=actor)
    return telling.tell(session, meeting, tellings, now=now)


def _check_seen(session: Session, meeting: Meeting, tellings: list[Telling], seen: str | None) -> None:
    if seen is None:
        return
    session.flush()
    if seen != change_preview.seen_by(session, meeting, tellings):
        raise NotAsSeen


def _record(
    session: Session, act: str, meeting: Meeting, tellings: list[Telling], *, now: datetime, actor: Actor
) -> None:
    """Note which values people are told about, or are not yet."""
    changed = {name for one in tellings for name in one.changed}
    history.record(
        session,
        act,
        subject_id=meeting.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        changed=[name for name in news.ANNOUNCED if name in changed],
    )


def call_off(
    session: Session,
    meeting_id: int,
    *,
    reason: dict[str, str],
    now: datetime,
    actor: Actor,
    seen: str | None = None,
) -> Meeting:
    """Call a published meeting off. No attendee's row changes; each calendar entry is cancelled.

    A change that is held stays untold until the meeting is restored. Raises `ChangeRefused`: it is not on,
    or over; `NotAsSeen` when the preview `seen` shows something else by now.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.state != MeetingState.PUBLISHED:
        raise rules.ChangeRefused("called_off")
    if now >= meeting.ends_at:
        raise rules.ChangeRefused("past")
    meeting.state = MeetingState.CALLED_OFF
    meeting.called_off_at = now
    meeting.called_off_reason = reason
    _raise_revision(meeting, now)
    history.record(
        session, "meeting:call_off", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )
    tellings = [news.telling_of_call_off(reason)]
    _check_seen(session, meeting, tellings, seen)
    telling.tell(session, meeting, tellings, now=now)
    return meeting


def why_not_restored(meeting: Meeting, *, now: datetime) -> str | None:
    """The reason for which `restore` would refuse now: `not_ended` or `past`."""
    if meeting.state != MeetingState.CALLED_OFF:
        return "not_ended"
    return "past" if now >= meeting.starts_at else None


def restore(
    session: Session, meeting_id: int, *, now: datetime, actor: Actor, seen: str | None = None
) -> Meeting:
    """Bring a called-off meeting back; everybody gets the invite again under the same UID.

    Whoever waits moves up to seats that became free meanwhile. Raises `ChangeRefused`, `NotAsSeen`, `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if refusal := why_not_restored(meeting, now=now):
        raise rules.ChangeRefused(refusal)
    meeting.state = MeetingState.PUBLISHED
    meeting.called_off_at = None
    meeting.called_off_reason = {}
    _raise_revision(meeting, now)
    history.record(
        session, "meeting:restore", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )
    tellings = news.tellings_of_restoring(meeting)
    meeting.untold = None
    _check_seen(session, meeting, tellings, seen)
    telling.tell(session, meeting, tellings, now=now)
    seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return meeting


def record_capacity(
    session: Session, meeting: Meeting, was: tuple[int | None, int | None], *, now: datetime, actor: Actor
) -> None:
    """Note new capacities with the old ones (room, online): nobody is moved down, so the old ones still explain."""
    history.record(
        session,
        "meeting:capacity",
        subject_id=meeting.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        capacity=meeting.capacity,
        online_capacity=meeting.online_capacity,
        capacity_was=was[0],
        online_capacity_was=was[1],
    )


def _raise_revision(meeting: Meeting, now: datetime) -> None:
    meeting.revision += 1
    meeting.version += 1
    meeting.changed_at = now
