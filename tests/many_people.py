"""Many people at a meeting, quickly."""

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.base import clock
from app.base.text import fold, name_sort_key
from app.base.tokens import new_token
from app.domain.registration.models import Attendee


def seat_many(session: Session, meeting_id: int, number: int) -> None:
    """`number` people in the room, without letters: `Osoba Číslo000` and so on. The caller commits."""
    now, names = clock.now(), [f"Osoba Číslo{one:03}" for one in range(number)]
    rows = [
        {
            "meeting_id": meeting_id, "place": "confirmed", "position": 0, "note": "", "language": "cs", "name": name,
            "name_key": fold(name), "sort_key": name_sort_key(name), "search_key": "", "email": None,
            "organisation_name": "Městská část Praha 5", "organisation_sort_key": "x", "token": new_token(),
            "checkin_token": new_token(), "uid": f"{name}@x", "organizer_token": new_token(),
            "registered_at": now, "changed_at": now,
        }
        for name in names
    ]  # fmt: skip
    session.execute(insert(Attendee), rows)
