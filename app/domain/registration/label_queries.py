"""Reads of labels, by the Czech alphabet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased

from app.base.text import czech_key
from app.domain.registration.models import AttendeeLabel, Label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.orm import Session

    from app.domain.history.models import Entry

PUT, OFF = "attendee:label", "attendee:unlabel"  # in history


@dataclass(frozen=True, slots=True)
class Shown:
    """The labels of a meeting as its list shows them.

    `names` of all by id; those that somebody has are `used`; `by_attendee` are the names that some people have.
    """

    names: dict[int, str]
    used: dict[int, str]
    by_attendee: dict[int, list[str]]


def key_of(name: str) -> str:
    """What makes two labels the same: case does not matter."""
    return name.casefold()


def shown(session: Session, meeting_id: int, attendee_ids: Collection[int]) -> Shown:
    """The labels of a meeting, and who of these people has which, in one statement."""
    anybody = aliased(AttendeeLabel)
    used = exists().where(anybody.label_id == Label.id)
    own = and_(AttendeeLabel.label_id == Label.id, AttendeeLabel.attendee_id.in_(attendee_ids))
    query = (
        select(Label.id, Label.name, used, AttendeeLabel.attendee_id)
        .outerjoin(AttendeeLabel, own)
        .where(Label.meeting_id == meeting_id)
    )
    rows = sorted(session.execute(query).all(), key=lambda row: czech_key(row[1]))
    found: dict[int, list[str]] = defaultdict(list)
    for _id, name, _used, attendee_id in rows:
        if attendee_id is not None:
            found[attendee_id].append(name)
    return Shown({row[0]: row[1] for row in rows}, {row[0]: row[1] for row in rows if row[2]}, found)


def by_attendee(session: Session, meeting_id: int) -> dict[int, list[str]]:
    """The names of the labels of everybody at a meeting who has any."""
    query = (
        select(AttendeeLabel.attendee_id, Label.name)
        .join(Label, Label.id == AttendeeLabel.label_id)
        .where(Label.meeting_id == meeting_id)
    )
    rows = session.execute(query).all()
    keys = {name: czech_key(name) for name in {row[1] for row in rows}}
    found: dict[int, list[str]] = defaultdict(list)
    for attendee_id, name in sorted(rows, key=lambda row: keys[row[1]]):
        found[attendee_id].append(name)
    return found


def any_used(session: Session, meeting_id: int) -> bool:
    """Whether anybody at a meeting has a label."""
    query = exists().where(AttendeeLabel.label_id == Label.id, Label.meeting_id == meeting_id)
    return bool(session.scalar(select(query)))


def names_in(session: Session, entries: Iterable[Entry]) -> dict[int, str]:
    """Names of the labels that these entries of history speak of, as far as they are still there."""
    ids = {entry.details["label"] for entry in entries if entry.act in (PUT, OFF)}
    query = select(Label.id, Label.name).where(Label.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query)} if ids else {}


def is_label(session: Session, meeting_id: int, label_id: int) -> bool:
    """Whether the meeting has this label, also when nobody has it now."""
    return bool(session.scalar(select(exists().where(Label.id == label_id, Label.meeting_id == meeting_id))))


def label_name(session: Session, label_id: int) -> str:
    """How a label is written; empty where it is gone."""
    return session.scalar(select(Label.name).where(Label.id == label_id)) or ""


def find(session: Session, meeting_id: int, name: str) -> int | None:
    """The id of the label of a meeting that is called so."""
    query = select(Label.id).where(Label.meeting_id == meeting_id, Label.name_key == key_of(name))
    return session.scalar(query)
