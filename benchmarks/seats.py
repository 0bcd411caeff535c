"""2,000 people for 100 seats, registered by four processes at once through the verbs of the domain.

Figures to hold: exactly 100 confirmed and 1,900 waiting in order, no error, 40 registrations a second. Runs on
SQLite; where `DATABASE_URL` is set, on that (empty) database as well.
"""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING

from flask_migrate import upgrade
from sqlalchemy import select

from app.base import clock
from app.base.db import begin_write
from app.base.tokens import new_token
from app.domain.history.service import SYSTEM
from app.domain.meetings import service as meetings
from app.domain.meetings.models import Format
from app.domain.meetings.service import MeetingText
from app.domain.registration.commands import Person, SignUp
from app.domain.registration.models import Attendee
from app.domain.registration.sign_up import sign_up
from app.domain.reports import invariants
from app.extensions import db
from app.factory import create_app
from config import load

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PEOPLE, SEATS, PROCESSES = 2_000, 100, 4
A_SECOND = 40.0  # registrations, also on two cores that do other things
DOMAIN = "example.org"
Environ = dict[str, str]


def main() -> bool:
    held = True
    given = os.environ.get("DATABASE_URL")
    for url in [None, given] if given else [None]:
        with tempfile.TemporaryDirectory() as folder:
            environ = {"SECRET_KEY": new_token() * 2, "INSTANCE_PATH": folder}
            held = _race(environ | ({"DATABASE_URL": url} if url else {})) and held
    return held


def _race(environ: Environ) -> bool:
    app = create_app(load(environ))
    with app.app_context():
        upgrade()
        meeting_id = _meeting(db.session())
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
            list(pool.map(_warm, [environ] * PROCESSES))
            began = time.monotonic()
            jobs = [pool.submit(_come, environ, number, meeting_id) for number in range(PROCESSES)]
            waits = sorted(wait for job in jobs for wait in job.result())
            took = time.monotonic() - began
        held = _exact(db.session())
        rate = PEOPLE / took
        print(f"{db.engine.dialect.name}: {PEOPLE} registrations in {took:.1f} s, {rate:.0f} a second")
        print(f"  one takes {waits[len(waits) // 2] * 1000:.0f} ms in the middle, ", end="")
        print(
            f"{waits[len(waits) * 95 // 100] * 1000:.0f} ms for 95 of 100, {waits[-1] * 1000:.0f} ms at most"
        )
        db.session.remove()
        db.engine.dispose()
    return held and rate >= A_SECOND


def _exact(session: Session) -> bool:
    rows = session.execute(select(Attendee.place, Attendee.queue_number).order_by(Attendee.id)).all()
    expected = [("confirmed", None)] * SEATS + [("waiting", number + 1) for number in range(PEOPLE - SEATS)]
    wrong = invariants.broken(session, now=clock.now())
    print(f"  {sum(place == 'confirmed' for place, _ in rows)} confirmed of {len(rows)}", *wrong)
    return [tuple(row) for row in rows] == expected and not wrong


def _meeting(session: Session) -> int:
    now = clock.now()
    start = now + timedelta(days=30)
    begin_write(session)
    series = meetings.create_series(session, {"en": "Race"}, {}, now=now, actor=SYSTEM)
    text = MeetingText(
        series_id=series.id,
        contact_id=None,
        number=1,
        format=Format.IN_PERSON,
        title={"en": "Race"},
        summary={},
        description={},
        starts_at=start,
        ends_at=start + timedelta(hours=3),
        timezone="Europe/Prague",
        venue={"en": "Hall"},
        address="",
        access_notes={},
        latitude=None,
        longitude=None,
        online_url="",
        languages_note={},
        capacity=SEATS,
        online_capacity=None,
        opens_at=None,
        deadline=None,
        promote_hours=12,
        show_places=True,
        invitation_only=False,
        approval=False,
        reminder_days=[],
    )
    meeting = meetings.create(session, text, [], now=now, actor=SYSTEM, mail_domain=DOMAIN)
    meetings.publish(session, meeting.id, now=now, actor=SYSTEM)
    meeting_id = meeting.id
    session.commit()
    return meeting_id


def _warm(environ: Environ) -> None:
    """Let every process import the program before the clock runs."""
    create_app(load(environ))


def _come(environ: Environ, number: int, meeting_id: int) -> list[float]:
    """Register this process's share of the people; gives the seconds that each took."""
    waits = []
    with create_app(load(environ)).app_context():
        session = db.session()
        for who in range(PEOPLE // PROCESSES):
            name = f"Host {number}-{who}"
            person = Person(name=name, email=f"host{number}-{who}@example.org", organisation="InBáze")
            command = SignUp(people=(person,), language="cs", form_key=new_token())
            began = time.monotonic()
            begin_write(session)
            sign_up(session, meeting_id, command, now=clock.now(), mail_domain=DOMAIN)
            session.commit()
            waits.append(time.monotonic() - began)
        db.engine.dispose()
    return waits


if __name__ == "__main__":
    raise SystemExit(not main())
