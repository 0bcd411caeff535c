"""10,000 attendees of one meeting are moved by an hour: how soon the change is stored.

Figure to hold: less than 2 s from the lock to the commit. Runs on SQLite; where `DATABASE_URL` is set, on that
(empty) database as well.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import fields
from datetime import timedelta

from flask_migrate import upgrade
from sqlalchemy import func, select

from app.base import clock
from app.base.db import begin_write
from app.base.tokens import new_token
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting
from app.domain.meetings.service import MeetingText
from app.domain.outbox.models import Letter
from app.domain.registration import changes, edit_meeting
from app.extensions import db
from app.factory import create_app
from benchmarks._crowd import meeting_of
from config import load

PEOPLE = 10_000
LONGEST = 2.0  # seconds
Environ = dict[str, str]


def main() -> bool:
    held = True
    given = os.environ.get("DATABASE_URL")
    for url in [None, given] if given else [None]:
        with tempfile.TemporaryDirectory() as folder:
            environ = {"SECRET_KEY": new_token() * 2, "INSTANCE_PATH": folder}
            held = _store(environ | ({"DATABASE_URL": url} if url else {})) and held
    return held


def _store(environ: Environ) -> bool:
    with create_app(load(environ)).app_context():
        upgrade()
        meeting_id = meeting_of(db.session(), PEOPLE, capacity=PEOPLE * 3 // 4)
        db.session.commit()
        took = [_move(meeting_id, hours) for hours in (1, 2)]
        stored = db.session.scalar(select(func.count()).select_from(Letter))
        said = ", then ".join(f"{one:.2f} s" for one in took)
        print(f"{db.engine.dialect.name}: a change for {PEOPLE} people stored in {said}")
        db.session.remove()
        db.engine.dispose()
    return max(took) < LONGEST and stored == 2 * PEOPLE


def _move(meeting_id: int, hours: int) -> float:
    """Move the meeting; gives the seconds from the lock to the commit."""
    session = db.session()
    meeting = session.get_one(Meeting, meeting_id)
    values = {field.name: getattr(meeting, field.name) for field in fields(MeetingText)}
    values |= {name: values[name] + timedelta(hours=hours) for name in ("starts_at", "ends_at")}
    version = meeting.version
    begun = time.perf_counter()
    begin_write(session)
    edit_meeting.edit(
        session,
        meeting_id,
        MeetingText(**values),
        [],
        version=version,
        now=clock.now(),
        actor=SYSTEM,
        plan=changes.TELL,
    )
    session.commit()
    return time.perf_counter() - begun


if __name__ == "__main__":
    raise SystemExit(not main())
