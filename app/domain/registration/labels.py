"""Labels that organisers give to attendees of one meeting: put on one or many, take off, take either back.

The number of statements does not grow with the number of people, but for what is written in portions.
The caller of a verb has begun a write and commits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, insert, select, update

from app.base.errors import NotFound, Refusal
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.registration import seating
from app.domain.registration.label_queries import OFF, PUT, find, key_of
from app.domain.registration.models import Attendee, AttendeeLabel, Label
from app.domain.registration.queries import on_list

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor

LONGEST_LABEL = 40
MOST_PER_PERSON = 10
MOST_PER_MEETING = 100


class LabelRefused(Refusal):
    """A label cannot be put on; `reason` is `per_person` or `per_meeting`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Labelled:
    """What an act did: the label as it is written, who got or lost it, and how many have too many labels for it."""

    name: str
    people: list[int]
    full: int = 0


def put_on(
    session: Session,
    meeting_id: int,
    attendee_ids: Collection[int],
    name: str,
    *,
    now: datetime,
    actor: Actor,
) -> Labelled:
    """Give a label to those of these people who do not have it; a new name makes a new label.

    Whoever has `MOST_PER_PERSON` already is left out and counted; when that is everybody, or the meeting has too
    many labels, it raises `LabelRefused`. Raises `NotFound`.
    """
    seating.lock_meeting(session, meeting_id)
    people = _people(session, meeting_id, attendee_ids)
    label = session.get(Label, find(session, meeting_id, name) or 0)
    holders = _holders(session, label.id, people) if label else set()
    lacking = [one for one in people if one not in holders]
    if not lacking:
        return Labelled(label.name if label else name, [])
    counts = _counts(session, lacking)
    given = [one for one in lacking if counts[one] < MOST_PER_PERSON]
    if not given:
        raise LabelRefused("per_person")
    label = label or _new(session, meeting_id, name)
    _give(session, label.id, given)
    _record(session, PUT, meeting_id, given, label.id, now=now, actor=actor)
    return Labelled(label.name, given, len(lacking) - len(given))


def take_off(
    session: Session,
    meeting_id: int,
    attendee_ids: Collection[int],
    label_id: int,
    *,
    now: datetime,
    actor: Actor,
) -> Labelled:
    """Take a label off those of these people who have it. Raises `NotFound`."""
    seating.lock_meeting(session, meeting_id)
    label = session.get(Label, label_id)
    if label is None or label.meeting_id != meeting_id:
        raise NotFound
    holders = _holders(session, label_id, attendee_ids)
    having = [one for one in _people(session, meeting_id, attendee_ids) if one in holders]
    _take(session, label_id, having)
    _record(session, OFF, meeting_id, having, label_id, now=now, actor=actor)
    return Labelled(label.name, having)


def take_back(
    session: Session, meeting_id: int, done_at: datetime, *, now: datetime, actor: Actor
) -> list[int]:
    """Take back what was put on or taken off at that instant, but for people whose label changed since.

    Gives those to whom it was done. Raises `NotFound`.
    """
    seating.lock_meeting(session, meeting_id)
    was: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (attendee_id, label_id), (act, at) in _last_acts(session, meeting_id, done_at).items():
        if at == done_at:
            was[act, label_id].append(attendee_id)
    changed: list[int] = []
    for (act, label_id), attendee_ids in was.items():
        if session.get(Label, label_id) is None:
            continue
        holders = _holders(session, label_id, attendee_ids)
        there = set(_people(session, meeting_id, attendee_ids))
        due = [one for one in attendee_ids if one in there and (one in holders) == (act == PUT)]
        (_take if act == PUT else _give)(session, label_id, due)
        _record(session, OFF if act == PUT else PUT, meeting_id, due, label_id, now=now, actor=actor)
        changed += due
    return changed


def hand_over(session: Session, old_id: int, new_id: int) -> None:
    """Let the row that takes over when an address is corrected keep the labels."""
    moved = update(AttendeeLabel).where(AttendeeLabel.attendee_id == old_id).values(attendee_id=new_id)
    session.execute(moved.execution_options(synchronize_session=False))


def forget(session: Session, meeting_id: int, attendee_ids: Collection[int]) -> None:
    """Take all labels off people who are erased, and forget each that nobody has any more: it may name somebody."""
    rows = delete(AttendeeLabel).where(AttendeeLabel.attendee_id.in_(attendee_ids))
    session.execute(rows.execution_options(synchronize_session=False))
    unused = ~exists().where(AttendeeLabel.label_id == Label.id)
    left = delete(Label).where(Label.meeting_id == meeting_id, unused)
    session.execute(left.execution_options(synchronize_session=False))


def _new(session: Session, meeting_id: int, name: str) -> Label:
    number = session.scalar(select(func.count()).select_from(Label).where(Label.meeting_id == meeting_id))
    if (number or 0) >= MOST_PER_MEETING:
        raise LabelRefused("per_meeting")
    label = Label(meeting_id=meeting_id, name=name, name_key=key_of(name))
    session.add(label)
    session.flush()
    return label


def _people(session: Session, meeting_id: int, attendee_ids: Collection[int]) -> list[int]:
    query = select(Attendee.id).where(*on_list(meeting_id), Attendee.id.in_(attendee_ids))
    return list(session.scalars(query.order_by(Attendee.id)))


def _holders(session: Session, label_id: int, attendee_ids: Collection[int]) -> set[int]:
    query = select(AttendeeLabel.attendee_id).where(
        AttendeeLabel.label_id == label_id, AttendeeLabel.attendee_id.in_(attendee_ids)
    )
    return set(session.scalars(query))


def _counts(session: Session, attendee_ids: Collection[int]) -> Counter[int]:
    query = select(AttendeeLabel.attendee_id).where(AttendeeLabel.attendee_id.in_(attendee_ids))
    return Counter(session.scalars(query))


def _give(session: Session, label_id: int, attendee_ids: Collection[int]) -> None:
    if attendee_ids:
        rows = [{"attendee_id": one, "label_id": label_id} for one in attendee_ids]
        session.execute(insert(AttendeeLabel), rows)


def _take(session: Session, label_id: int, attendee_ids: Collection[int]) -> None:
    gone = delete(AttendeeLabel).where(
        AttendeeLabel.label_id == label_id, AttendeeLabel.attendee_id.in_(attendee_ids)
    )
    session.execute(gone.execution_options(synchronize_session=False))


def _last_acts(
    session: Session, meeting_id: int, since: datetime
) -> dict[tuple[int, int], tuple[str, datetime]]:
    """What was done last with a label of a person, by both ids, of all that happened since."""
    query = select(Entry.subject_id, Entry.details, Entry.act, Entry.at).where(
        Entry.meeting_id == meeting_id, Entry.act.in_((PUT, OFF)), Entry.at >= since
    )
    rows = session.execute(query.order_by(Entry.id))
    return {(one, details["label"]): (act, at) for one, details, act, at in rows}


def _record(
    session: Session,
    act: str,
    meeting_id: int,
    attendee_ids: Iterable[int],
    label_id: int,
    *,
    now: datetime,
    actor: Actor,
) -> None:
    history.record_many(
        session, act, attendee_ids, meeting_id=meeting_id, actor=actor, now=now, label=label_id
    )
