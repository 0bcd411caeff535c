"""Verbs that touch a published meeting and so concern its attendees: reschedule, call off, restore, capacity.

Letters of many people are written in one bulk statement. The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, insert, select, update

from app.base.errors import Conflict
from app.base.text import in_language
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Calendar, Kind, Letter
from app.domain.registration import letters, rules, seating
from app.domain.registration.models import LIVE, Answer, Attendee, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor

# What attendees are told about when it changes. Titles count, typing errors in other texts do not.
ANNOUNCED = ("starts_at", "ends_at", "timezone", "format", "title", "venue", "address", "online_url")
TIMES = ("starts_at", "ends_at", "timezone")


@dataclass(frozen=True, slots=True)
class Before:
    """The announced values of a meeting before an edit; `since` (ISO 8601) when people were told them last."""

    values: dict[str, Any]
    since: str = ""


def snapshot(meeting: Meeting) -> Before:
    """Remember the announced values, to be compared by `announce` after the edit."""
    return Before({name: _plain(getattr(meeting, name)) for name in ANNOUNCED})


def changed_fields(meeting: Meeting, before: Before) -> list[str]:
    """Names of announced values that differ now."""
    return [name for name in ANNOUNCED if _plain(getattr(meeting, name)) != before.values[name]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the organiser decided about telling: nobody yet (`hold`), or with answers kept after a move of time."""

    hold: bool = False
    keep_answers: bool = False


TELL = Plan()


def count_told(session: Session, meeting_id: int, changed: Collection[str] = ()) -> int:
    """How many people with an address would be told, of `changed` values or of calling off and restoring."""
    query = select(func.count()).where(*_concerned(meeting_id, changed), Attendee.email.is_not(None))
    return session.scalar(query) or 0


def _concerned(meeting_id: int, changed: Collection[str] = ()) -> list[ColumnElement[bool]]:
    """Everybody who comes, waits or is asked; a new online link alone concerns those who may have it."""
    found = [Attendee.meeting_id == meeting_id, Attendee.place.in_(LIVE)]
    if set(changed) == {"online_url"}:
        found += [Attendee.mode == Mode.ONLINE, Attendee.place == Place.CONFIRMED]
    return found


def announce(
    session: Session, meeting: Meeting, before: Before, *, now: datetime, actor: Actor, plan: Plan = TELL
) -> int:
    """After an edit under the lock: raise the revision and tell everybody who comes, waits or is asked.

    When the time moved, answers are asked anew and seats are kept, unless the plan keeps the answers too. A
    change that is held is told by `tell_held`, or with the next one. While the meeting is called off nobody is
    told; restoring tells them. Of a meeting that is over nobody is told either. Returns how many letters were
    written.
    """
    changed = changed_fields(meeting, before)
    if not changed or meeting.ends_at <= now:
        return 0
    if meeting.state != MeetingState.PUBLISHED:
        _ask_anew_if_moved(session, meeting, changed, plan)
        return 0
    meeting.revision += 1
    if plan.hold:
        _hold(session, meeting, before, now=now, actor=actor)
        return 0
    return _tell_change(session, meeting, _last_told(meeting) or before, now=now, actor=actor, plan=plan)


def tell_held(
    session: Session, meeting_id: int, *, version: int, plan: Plan = TELL, now: datetime, actor: Actor
) -> int:
    """Tell people of the changes that were held back; returns how many letters were written.

    Raises `Conflict` when somebody saved the meeting meanwhile, `ChangeRefused` (past, called off), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.version != version:
        raise Conflict
    rules.check_ahead(meeting, now=now)
    before = _last_told(meeting)
    if before is None:
        return 0
    meeting.version += 1
    return _tell_change(session, meeting, before, now=now, actor=actor, plan=plan)


def moved_since_listed(session: Session, attendee: Attendee) -> bool:
    """Whether people were told of another time of the meeting after this attendee came on the list."""
    listed = select(func.min(Entry.id)).where(Entry.subject == "attendee", Entry.subject_id == attendee.id)
    told = select(Entry.details).where(
        Entry.meeting_id == attendee.meeting_id,
        Entry.act == "meeting:reschedule",
        Entry.id > listed.scalar_subquery(),
    )
    return any(set(TIMES) & set(details.get("changed", ())) for details in session.scalars(told))


def _hold(session: Session, meeting: Meeting, before: Before, *, now: datetime, actor: Actor) -> None:
    """Keep what people were told last. Who comes on the list from now on is told the present values at once."""
    held = meeting.untold or {"values": before.values, "since": now.isoformat()}
    changed = changed_fields(meeting, Before(held["values"]))
    meeting.untold = held if changed else None
    history.record(
        session,
        "meeting:hold_change",
        subject_id=meeting.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        changed=changed,
    )


def _last_told(meeting: Meeting) -> Before | None:
    """What people were told last, while a change is held back."""
    return Before(meeting.untold["values"], since=meeting.untold["since"]) if meeting.untold else None


def _tell_change(
    session: Session, meeting: Meeting, before: Before, *, now: datetime, actor: Actor, plan: Plan
) -> int:
    changed = changed_fields(meeting, before)
    meeting.untold = None
    if not changed:
        return 0
    _ask_anew_if_moved(session, meeting, changed, plan)
    history.record(
        session,
        "meeting:reschedule",
        subject_id=meeting.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        changed=changed,
    )
    return _tell_everybody(
        session, meeting, Kind.RESCHEDULED, Calendar.REQUEST, now=now, before=before, changed=changed
    )


def call_off(
    session: Session, meeting_id: int, *, reason: dict[str, str], now: datetime, actor: Actor
) -> Meeting:
    """Call a published meeting off. No attendee's row changes; each calendar entry is cancelled.

    Raises `ChangeRefused`: it is not on, or over.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.state != MeetingState.PUBLISHED:
        raise rules.ChangeRefused("called_off")
    if now >= meeting.ends_at:
        raise rules.ChangeRefused("past")
    meeting.state = MeetingState.CALLED_OFF
    meeting.called_off_at = now
    meeting.called_off_reason = reason
    meeting.untold = None
    _raise_revision(meeting, now)
    history.record(
        session, "meeting:call_off", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )
    _tell_everybody(session, meeting, Kind.CALLED_OFF, Calendar.CANCEL, now=now, reason=reason)
    return meeting


def restore(session: Session, meeting_id: int, *, now: datetime, actor: Actor) -> Meeting:
    """Bring a called-off meeting back; everybody gets the invite again under the same UID.

    Whoever waits moves up to seats that became free meanwhile.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    if meeting.state != MeetingState.CALLED_OFF:
        raise rules.ChangeRefused("not_ended")
    if now >= meeting.starts_at:
        raise rules.ChangeRefused("past")
    meeting.state = MeetingState.PUBLISHED
    meeting.called_off_at = None
    meeting.called_off_reason = {}
    _raise_revision(meeting, now)
    history.record(
        session, "meeting:restore", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )
    _tell_everybody(session, meeting, Kind.RESTORED, Calendar.REQUEST, now=now)
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


def _ask_anew_if_moved(session: Session, meeting: Meeting, changed: Collection[str], plan: Plan) -> None:
    if plan.keep_answers or not set(changed) & set(TIMES):
        return
    session.execute(
        update(Attendee)
        .where(Attendee.meeting_id == meeting.id, Attendee.place.in_(LIVE))
        .values(answer=Answer.NONE, answer_at=None, answer_by=None, answer_revision=None, answer_note="")
        .execution_options(synchronize_session="fetch")
    )


def _raise_revision(meeting: Meeting, now: datetime) -> None:
    meeting.revision += 1
    meeting.version += 1
    meeting.changed_at = now


def _tell_everybody(
    session: Session,
    meeting: Meeting,
    kind: Kind,
    calendar: Calendar,
    *,
    now: datetime,
    before: Before | None = None,
    changed: list[str] | None = None,
    reason: dict[str, str] | None = None,
) -> int:
    """One letter to each whom it concerns; only those with a seat or an invitation get the calendar part."""
    session.flush()
    rows = []
    query = select(Attendee).where(*_concerned(meeting.id, changed or ()))
    if before is not None and before.since:
        query = query.where(Attendee.registered_at <= datetime.fromisoformat(before.since))
    for attendee in session.scalars(query.execution_options(yield_per=1000)):
        more: dict[str, Any] = {}
        if before is not None:
            more = {"before": _before_facts(before, attendee.language), "changed": changed}
        if reason is not None:
            more["reason"] = in_language(reason, attendee.language)[0]
        part = calendar if letters.request_if_due(attendee) else None
        if new := letters.prepared(kind, meeting, attendee, calendar=part, **more):
            rows.append(outbox.letter_row(new, now=now))
    if rows:
        session.execute(insert(Letter), rows)
    return len(rows)


def _before_facts(before: Before, language: str) -> dict[str, Any]:
    facts = dict(before.values)
    del facts["online_url"]
    for name in ("title", "venue"):
        facts[name] = in_language(facts[name], language)[0]
    return facts


def _plain(value: Any) -> Any:
    """A copy that JSON can hold and that a later edit does not touch."""
    if isinstance(value, dict):
        return dict(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
