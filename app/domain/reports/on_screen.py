"""What the organiser's list shows of people beside their own rows, in one statement for a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, null, select
from sqlalchemy.orm import aliased

from app.domain.attendance.models import DoorEvent
from app.domain.attendance.queries import stands
from app.domain.outbox.models import Letter
from app.domain.registration.models import Attendee
from app.domain.registration.queries import waiting_places

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class OnScreen:
    """By attendee, where there is something.

    The state of the newest letter; since when somebody is in; the name of who registered them along; the position
    in the queue.
    """

    mail: dict[int, str] = field(default_factory=dict)
    came: dict[int, datetime] = field(default_factory=dict)
    registered_by: dict[int, str] = field(default_factory=dict)
    queue: dict[int, int] = field(default_factory=dict)


def on_screen(
    session: Session, meeting_id: int, attendee_ids: Collection[int], *, somebody_waits: bool
) -> OnScreen:
    """What stands beside these people of a meeting; the queue is looked at only where `somebody_waits`."""
    found = OnScreen()
    if not attendee_ids:
        return found
    registrant = aliased(Attendee)
    newest = select(Letter.state).where(Letter.attendee_id == Attendee.id).order_by(Letter.id.desc()).limit(1)
    since = select(func.min(DoorEvent.at)).where(DoorEvent.attendee_id == Attendee.id, stands())
    name = select(registrant.name).where(
        registrant.party_id == Attendee.party_id,
        registrant.position == 0,
        registrant.meeting_id == Attendee.meeting_id,
        registrant.erased_at.is_(None),
        Attendee.position > 0,
    )
    waiting = waiting_places(meeting_id).subquery()
    query = select(
        Attendee.id,
        newest.scalar_subquery(),
        since.scalar_subquery(),
        name.order_by(registrant.id.desc()).limit(1).scalar_subquery(),
        waiting.c.place_in_queue if somebody_waits else null(),
    ).where(Attendee.id.in_(attendee_ids))
    if somebody_waits:
        query = query.outerjoin(waiting, waiting.c.id == Attendee.id)
    for attendee_id, mail, came, registered_by, place in session.execute(query):
        if mail is not None:
            found.mail[attendee_id] = mail
        if came is not None:
            found.came[attendee_id] = came
        if registered_by is not None:
            found.registered_by[attendee_id] = registered_by
        if place is not None:
            found.queue[attendee_id] = place
    return found
