"""Verbs of the door. All go through the meeting's lock, so that several doors cannot cross.

The caller has begun a write and commits.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.base.errors import NotFound, Refusal
from app.domain.attendance import queries, rules, walk_ins
from app.domain.attendance.commands import Came, Door, Scan, WalkIn
from app.domain.attendance.models import Act, DoorEvent, Verdict, Way
from app.domain.history import service as history
from app.domain.registration import at_door, seating
from app.domain.registration.models import Attendee

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.meetings.models import Meeting


@dataclass(slots=True)
class _Batch:
    """What a batch needs to know, read once. `codes` are read when the first one is asked for."""

    meeting: Meeting
    door: Door
    sent_at: datetime
    now: datetime
    codes: dict[str, int] | None = None
    people: dict[int, Attendee] = field(default_factory=dict)


def check_in(
    session: Session,
    meeting_id: int,
    attendee_id: int,
    *,
    way: Way,
    now: datetime,
    door: Door,
    let_in: bool = False,
) -> DoorEvent:
    """Note that somebody came; whoever has no seat only with `let_in`, which gives them one, openly.

    Raises `CheckInRefused`, `NotFound`; with `let_in` also `AlreadyRegistered` and `ChangeRefused`.
    """
    act = Act.LET_IN if let_in else Act.IN
    scan = Scan(client_id=new_client_id(), act=act, at=now, way=way, attendee_id=attendee_id)
    batch = _begin(session, meeting_id, [scan], sent_at=now, now=now, door=door)
    if attendee_id not in batch.people:
        raise NotFound
    return _kept_or_refused(_take(session, batch, scan))


def check_in_code(
    session: Session, meeting_id: int, code: str, *, way: Way, now: datetime, door: Door
) -> DoorEvent:
    """Note that whoever holds this code (its hash) came. Raises `CheckInRefused`, also for an unknown code."""
    scan = Scan(client_id=new_client_id(), act=Act.IN, at=now, way=way, code=code)
    return _kept_or_refused(
        _take(session, _begin(session, meeting_id, [scan], sent_at=now, now=now, door=door), scan)
    )


def undo(session: Session, meeting_id: int, attendee_id: int, *, now: datetime, door: Door) -> DoorEvent:
    """Take every check-in of somebody back that has reached us; nothing to take back changes nothing.

    Raises `NotFound`.
    """
    scan = Scan(client_id=new_client_id(), act=Act.UNDO, at=now, way=Way.LIST, attendee_id=attendee_id)
    batch = _begin(session, meeting_id, [scan], sent_at=now, now=now, door=door)
    if attendee_id not in batch.people:
        raise NotFound
    return _take(session, batch, scan)


def add_walk_in(
    session: Session,
    meeting_id: int,
    walk_in: WalkIn,
    *,
    now: datetime,
    door: Door,
    mail_domain: str,
) -> DoorEvent:
    """Put somebody who just came on the list and check them in; the same `client_id` adds nobody twice.

    Nor is anybody added whose act was taken back before it reached us.
    Raises `CheckInRefused` (draft, called off, too early), `AlreadyRegistered`, `ModeNotOffered`, `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    before = queries.by_client_ids(session, meeting_id, [walk_in.client_id]).get(walk_in.client_id)
    if before is not None:
        return before
    if closed := rules.closed_because(meeting, now=now):
        raise rules.CheckInRefused(closed)
    attendee = at_door.add(
        session,
        meeting_id,
        walk_in.person,
        language=walk_in.language,
        now=now,
        actor=door.actor,
        mail_domain=mail_domain,
    )
    came = walk_in.came or Came(at=now, sent_at=now)
    scan = Scan(
        client_id=walk_in.client_id,
        act=Act.IN,
        at=came.at,
        way=Way.WALK_IN,
        attendee_id=attendee.id,
        queued=came.queued,
    )
    batch = _begin(session, meeting_id, [scan], sent_at=came.sent_at, now=now, door=door)
    return _take(session, batch, scan)


def take_scans(
    session: Session,
    meeting_id: int,
    scans: Sequence[Scan],
    *,
    sent_at: datetime,
    now: datetime,
    door: Door,
) -> list[DoorEvent]:
    """Take what a phone has kept, in its order. What has arrived before is answered as it was then.

    Nothing is dropped: what is refused is kept with the reason. `sent_at` is the phone's own time, by which its
    clock is put right. Raises `TooManyScans`, `NotFound`.
    """
    if len(scans) > rules.MOST_SCANS:
        raise rules.TooManyScans
    if any(scan.walk_in for scan in scans):
        seating.lock_meeting(session, meeting_id)
        scans = walk_ins.with_numbers(session, meeting_id, scans)
    batch = _begin(session, meeting_id, scans, sent_at=sent_at, now=now, door=door)
    known = queries.by_client_ids(session, meeting_id, [scan.client_id for scan in scans])
    taken = []
    for scan in scans:
        event = known.get(scan.client_id)
        if event is None:
            event = known[scan.client_id] = _take(session, batch, scan)
        taken.append(event)
    return taken


def new_client_id() -> str:
    """A name for an act that is done on a page of ours, without a script."""
    return str(uuid.uuid4())


def _begin(
    session: Session,
    meeting_id: int,
    scans: Sequence[Scan],
    *,
    sent_at: datetime,
    now: datetime,
    door: Door,
) -> _Batch:
    meeting = seating.lock_meeting(session, meeting_id)
    batch = _Batch(meeting=meeting, door=door, sent_at=sent_at, now=now)
    codes = {scan.code for scan in scans if scan.attendee_id is None}
    if codes:
        batch.codes = queries.codes(session, meeting_id)
    wanted = {scan.attendee_id for scan in scans} | {(batch.codes or {}).get(code) for code in codes}
    query = select(Attendee).where(
        Attendee.meeting_id == meeting_id, Attendee.id.in_(wanted - {None}), Attendee.erased_at.is_(None)
    )
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    batch.people = {attendee.id: attendee for attendee in found}
    return batch


def _take(session: Session, batch: _Batch, scan: Scan) -> DoorEvent:
    at = rules.happened_at(batch.meeting, scan.at, sent_at=batch.sent_at, now=batch.now)
    number = scan.attendee_id or (batch.codes or {}).get(scan.code)
    attendee = batch.people.get(number) if number is not None else None
    event = DoorEvent(
        meeting_id=batch.meeting.id,
        attendee_id=attendee.id if attendee else None,
        client_id=scan.client_id,
        act=scan.act,
        way=scan.way,
        at=at,
        taken_at=batch.now,
        queued=scan.queued,
        account_id=batch.door.actor.account_id,
        door=batch.door.name,
        code="" if attendee else scan.code,
    )
    if attendee is None:
        event.verdict = _of_nobody(session, batch, scan)
    elif scan.act == Act.UNDO:
        event.verdict = _undo(session, batch, attendee, at)
    else:
        event.verdict = _arrive(session, batch, attendee, scan, at)
    session.add(event)
    session.flush()
    if attendee is None and scan.walk_in:
        walk_ins.bar(session, scan.walk_in, event)
    return event


def _of_nobody(session: Session, batch: _Batch, scan: Scan) -> Verdict:
    if scan.walk_in:
        return Verdict.NOTHING
    elsewhere = bool(scan.code) and queries.is_elsewhere(session, batch.meeting.id, scan.code, now=batch.now)
    return Verdict.ELSEWHERE if elsewhere else Verdict.UNKNOWN


def _arrive(session: Session, batch: _Batch, attendee: Attendee, scan: Scan, at: datetime) -> Verdict:
    refused = rules.refusal(batch.meeting, attendee, at=at, now=batch.now)
    if refused in rules.MAY_BE_LET_IN and scan.act == Act.LET_IN:
        refused = _let_in(session, batch, attendee, scan, refused)
    if refused:
        return refused
    if queries.standing(session, attendee.id):
        return Verdict.AGAIN
    _record(session, batch, "attendee:check_in", attendee, **({"by": "queued"} if scan.queued else {}))
    return Verdict.IN


def _let_in(
    session: Session, batch: _Batch, attendee: Attendee, scan: Scan, refused: Verdict
) -> Verdict | None:
    """Give a seat; a scan that waited on a phone is kept with the old reason where that cannot be."""
    try:
        at_door.let_in(session, batch.meeting, attendee, now=batch.now, actor=batch.door.actor)
    except Refusal:
        if scan.queued:
            return refused
        raise
    return None


def _undo(session: Session, batch: _Batch, attendee: Attendee, at: datetime) -> Verdict:
    """Take back what stands and happened before; a scan that reaches us later was made by somebody who saw them."""
    standing = [event for event in queries.standing(session, attendee.id) if event.at <= at]
    for event in standing:
        event.undone_at = at
    if not standing:
        return Verdict.NOTHING
    _record(session, batch, "attendee:undo_check_in", attendee)
    return Verdict.UNDONE


def _record(session: Session, batch: _Batch, act: str, attendee: Attendee, **details: str) -> None:
    history.record(
        session,
        act,
        subject_id=attendee.id,
        meeting_id=batch.meeting.id,
        actor=batch.door.actor,
        now=batch.now,
        **details,
    )


def _kept_or_refused(event: DoorEvent) -> DoorEvent:
    if event.verdict not in rules.ARRIVED:
        raise rules.CheckInRefused(Verdict(event.verdict))
    return event
