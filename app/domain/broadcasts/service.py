"""What organisers do with a letter to many: write it, let it go, take it back, stop it. The caller commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from app.base.errors import Conflict, NotFound
from app.domain.broadcasts import queries, rules
from app.domain.broadcasts.models import Broadcast, BroadcastFile, BroadcastState, Stop
from app.domain.broadcasts.rules import BroadcastRefused, Draft, Segment
from app.domain.history import service as history
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox.models import Letter, State

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor


def create(
    session: Session, meeting_id: int, *, now: datetime, actor: Actor, segment: Segment | None = None
) -> Broadcast:
    """Begin a draft, to whoever comes unless `segment` says otherwise."""
    broadcast = Broadcast(
        meeting_id=meeting_id,
        author_id=actor.account_id,
        subject={},
        body={},
        segment=(segment or Segment()).stored(),
        created_at=now,
        changed_at=now,
    )
    session.add(broadcast)
    session.flush()
    return broadcast


def save(
    session: Session,
    broadcast_id: int,
    draft: Draft,
    *,
    version: int | None,
    now: datetime,
    actor: Actor,
) -> int:
    """Keep what was typed, whole or not; returns the new version.

    Raises `BroadcastRefused` unless it is a draft, and `Conflict` when somebody else saved since `version`
    (None: whatever is there). What one saved oneself is no conflict: drafts save themselves while one types.
    """
    broadcast = lock(session, broadcast_id)
    rules.check_draft(broadcast)
    if version not in (None, broadcast.version) and actor.account_id != broadcast.author_id:
        raise Conflict
    wanted = (draft.subject, draft.body, draft.purpose.value, draft.segment.stored())
    if wanted == (broadcast.subject, broadcast.body, broadcast.purpose, broadcast.segment):
        return broadcast.version
    broadcast.subject, broadcast.body, broadcast.purpose, broadcast.segment = wanted
    broadcast.author_id = actor.account_id or broadcast.author_id
    broadcast.changed_at = now
    broadcast.version += 1
    return broadcast.version


def delete(session: Session, broadcast_id: int, *, now: datetime, actor: Actor) -> None:
    """Put a draft away; `restore` brings it back. Raises `BroadcastRefused` unless it is a draft."""
    broadcast = lock(session, broadcast_id)
    rules.check_draft(broadcast)
    broadcast.deleted_at = now
    _record(session, "broadcast:delete", broadcast, now=now, actor=actor)


def restore(session: Session, broadcast_id: int, *, now: datetime, actor: Actor) -> None:
    """Bring a deleted draft back. Repeating it changes nothing."""
    broadcast = lock(session, broadcast_id)
    if broadcast.deleted_at is not None:
        broadcast.deleted_at = None
        _record(session, "broadcast:restore", broadcast, now=now, actor=actor)


def add_file(
    session: Session, broadcast_id: int, *, name: str, content_type: str, data: bytes, now: datetime
) -> None:
    """Add a file to a draft. Raises `BroadcastRefused`; what a file may be is judged before."""
    broadcast = lock(session, broadcast_id)
    rules.check_draft(broadcast)
    rules.check_files((one.size for one in queries.files_of(session, broadcast.id)), len(data))
    session.add(
        BroadcastFile(
            broadcast_id=broadcast.id,
            name=name,
            content_type=content_type,
            size=len(data),
            data=data,
            created_at=now,
        )
    )


def drop_file(session: Session, broadcast_id: int, file_id: int) -> None:
    """Take a file away from a draft. Raises `BroadcastRefused` and `NotFound`."""
    rules.check_draft(lock(session, broadcast_id))
    session.delete(queries.get_file(session, broadcast_id, file_id))


def schedule(
    session: Session,
    broadcast_id: int,
    *,
    at: datetime | None,
    at_night: bool = False,
    now: datetime,
    actor: Actor,
) -> Broadcast:
    """Let a letter go at `at`, or now (None): then it starts after a short grace. Raises `BroadcastRefused`."""
    broadcast = lock(session, broadcast_id)
    rules.check_draft(broadcast)
    if rules.problems(broadcast.subject, broadcast.body, queries.absent(session, broadcast, now=now)):
        raise BroadcastRefused("incomplete")
    meeting = session.get_one(Meeting, broadcast.meeting_id)
    if meeting.state == MeetingState.DRAFT:
        raise BroadcastRefused("meeting_draft")
    rules.check_time(at, timezone=meeting.timezone, at_night=at_night, now=now)
    segment = rules.segment_of(broadcast.segment)
    reach = queries.reach(session, broadcast.meeting_id, segment, broadcast.purpose)
    if not reach.who:
        raise BroadcastRefused("nobody")
    broadcast.state = BroadcastState.SCHEDULED
    broadcast.scheduled_at = at or now + rules.GRACE
    broadcast.at_night = at_night
    broadcast.released_at = broadcast.changed_at = now
    broadcast.version += 1
    _record(session, "broadcast:schedule", broadcast, now=now, actor=actor, number=reach.who)
    return broadcast


def take_back(session: Session, broadcast_id: int, *, now: datetime, actor: Actor) -> None:
    """Make a scheduled letter a draft again, as long as it has not started. Raises `BroadcastRefused`."""
    broadcast = lock(session, broadcast_id)
    if broadcast.state != BroadcastState.SCHEDULED:
        raise BroadcastRefused("not_scheduled")
    broadcast.state, broadcast.scheduled_at, broadcast.released_at = BroadcastState.DRAFT, None, None
    broadcast.changed_at = now
    broadcast.version += 1
    _record(session, "broadcast:take_back", broadcast, now=now, actor=actor)


def stop(session: Session, broadcast_id: int, *, now: datetime, actor: Actor) -> None:
    """Send no more of it: what has not left is overtaken. Raises `BroadcastRefused` unless it is being sent."""
    broadcast = lock(session, broadcast_id)
    if broadcast.state != BroadcastState.SENDING:
        raise BroadcastRefused("not_running")
    broadcast.state, broadcast.stopped_by, broadcast.ended_at = (
        BroadcastState.STOPPED,
        Stop.ORGANISER,
        now,
    )
    _move_letters(session, broadcast.id, State.QUEUED, State.SUPERSEDED)
    _record(session, "broadcast:stop", broadcast, now=now, actor=actor)


def go_on(session: Session, broadcast_id: int, *, now: datetime, actor: Actor) -> None:
    """Send the rest of what an organiser stopped: the undo of it. Raises `BroadcastRefused`."""
    broadcast = lock(session, broadcast_id)
    if broadcast.state != BroadcastState.STOPPED or broadcast.stopped_by != Stop.ORGANISER:
        raise BroadcastRefused("not_stopped")
    broadcast.state, broadcast.stopped_by, broadcast.ended_at = BroadcastState.SENDING, None, None
    _move_letters(session, broadcast.id, State.SUPERSEDED, State.QUEUED, due_at=now)
    _record(session, "broadcast:go_on", broadcast, now=now, actor=actor)


def lock(session: Session, broadcast_id: int) -> Broadcast:
    """The letter, locked and read anew; raises `NotFound`."""
    query = select(Broadcast).where(Broadcast.id == broadcast_id).with_for_update()
    broadcast = session.scalar(query.execution_options(populate_existing=True))
    if broadcast is None:
        raise NotFound
    return broadcast


def _move_letters(
    session: Session, broadcast_id: int, old: State, new: State, *, due_at: datetime | None = None
) -> None:
    values = {"state": new} if due_at is None else {"state": new, "due_at": due_at}
    session.execute(
        update(Letter)
        .where(Letter.broadcast_id == broadcast_id, Letter.state == old, Letter.recipient.is_not(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _record(
    session: Session, act: str, broadcast: Broadcast, *, now: datetime, actor: Actor, **details: int
) -> None:
    history.record(
        session,
        act,
        subject_id=broadcast.id,
        meeting_id=broadcast.meeting_id,
        actor=actor,
        now=now,
        **details,
    )
