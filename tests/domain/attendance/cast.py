"""A meeting with its door open, and people who come."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base.tokens import hash_token
from app.domain.accounts.models import Account, Role
from app.domain.attendance import service
from app.domain.attendance.commands import Door, Scan
from app.domain.attendance.models import Act, DoorEvent
from app.domain.history.service import organiser
from app.domain.meetings.models import Meeting
from app.domain.registration.models import Attendee
from tests.domain.registration.cast import NOW, START
from tests.factories import make_account, make_meeting, register

OPEN = START - timedelta(minutes=30)
NUMBERS = count(1)
A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"


def clock(minutes: float) -> datetime:
    """`minutes` after the door was opened."""
    return OPEN + timedelta(minutes=minutes)


def platform(session: Session, *names: str, **values: Any) -> tuple[Meeting, list[Attendee]]:
    """A meeting at `START` and people registered for it long before."""
    meeting = make_meeting(session, starts_at=START, **({"capacity": 10} | values))
    people = [register(session, meeting, name, now=NOW)[0] for name in names or (A, B, C)]
    return meeting, people


def door(session: Session, name: str = "") -> Door:
    """A door with an account of its own role."""
    account = session.scalar(select(Account).where(Account.role == Role.DOOR))
    account = account or make_account(session, Role.DOOR)
    return Door(actor=organiser(account.id), name=name)


def scan(who: Attendee | str | int, minutes: float = 0, act: Act = Act.IN, **more: Any) -> Scan:
    """A scan of somebody's code, or (by id) a press in the list."""
    client_id = more.pop("client_id", f"scan-{next(NUMBERS)}")
    if isinstance(who, int):
        return Scan(client_id=client_id, act=act, at=clock(minutes), attendee_id=who, **more)
    token = who if isinstance(who, str) else who.checkin_token
    return Scan(client_id=client_id, act=act, at=clock(minutes), code=hash_token(token), **more)


def take(
    session: Session, meeting: Meeting, *scans: Scan, now: float = 60, skew: float = 0, name: str = ""
) -> list[str]:
    """Send scans `now` minutes after the opening, from a phone whose clock is `skew` minutes fast; the verdicts."""
    taken = service.take_scans(
        session,
        meeting.id,
        list(scans),
        sent_at=clock(now + skew),
        now=clock(now),
        door=door(session, name),
    )
    return [event.verdict for event in taken]


def events(session: Session, attendee: Attendee | None = None) -> list[DoorEvent]:
    """Everything that is kept, or all about one person."""
    query = select(DoorEvent).order_by(DoorEvent.id)
    if attendee is not None:
        query = query.where(DoorEvent.attendee_id == attendee.id)
    return list(session.scalars(query))
