"""People of earlier meetings, to be invited again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from app.base.text import fold
from app.domain.registration.models import Attendee, Place

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

MOST = 1500


@dataclass(frozen=True, slots=True)
class FormerPerson:
    """Somebody who was on the list of an earlier meeting, as they were the last time."""

    attendee_id: int
    name: str
    email: str
    organisation: str
    kind: str | None


def former_people(
    session: Session, meeting_ids: Collection[int], *, kind: str = "", organisations: str = ""
) -> list[FormerPerson]:
    """Everybody of these meetings, each once (by address and name, the newest row), by organisation and surname.

    Left out are those without an address, erased, or taken off the list by an organiser; whoever named a
    substitute stays. `organisations` are parts of names with commas between, of which one has to fit. At most
    `MOST`.
    """
    wanted = [word for word in map(fold, organisations.split(",")) if word]
    newest: dict[tuple[str, str], Attendee] = {}
    for row in session.scalars(_on_lists(meeting_ids)):
        newest.setdefault((row.email_key or "", row.name_key), row)
    kept = [
        row
        for row in newest.values()
        if (not kind or row.organisation_kind == kind)
        and (not wanted or any(word in fold(row.organisation_name) for word in wanted))
    ]
    kept.sort(key=lambda row: (not row.organisation_name, row.organisation_sort_key, row.sort_key, row.id))
    return [_person(row) for row in kept[:MOST]]


def chosen_people(
    session: Session, meeting_ids: Collection[int], attendee_ids: Collection[int]
) -> list[FormerPerson]:
    """Those of these attendees who are former people of these meetings, by organisation and surname."""
    query = _on_lists(meeting_ids).where(Attendee.id.in_(attendee_ids))
    rows = sorted(session.scalars(query), key=lambda row: (row.organisation_sort_key, row.sort_key, row.id))
    return [_person(row) for row in rows]


def _on_lists(meeting_ids: Collection[int]) -> Select[Attendee]:
    newer, other = aliased(Attendee), aliased(Attendee)
    return (
        select(Attendee)
        .where(
            Attendee.meeting_id.in_(meeting_ids),
            Attendee.email.is_not(None),
            Attendee.erased_at.is_(None),
            ~exists().where(newer.previous_id == Attendee.id),
            or_(
                Attendee.place != Place.CANCELLED,
                exists().where(other.substitute_for_id == Attendee.id),
            ),
        )
        .order_by(Attendee.id.desc())
    )


def _person(row: Attendee) -> FormerPerson:
    return FormerPerson(row.id, row.name, row.email or "", row.organisation_name, row.organisation_kind)
