"""A mail that came back, already read: an answer of Outlook to the present invite, sure to be the attendee's."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from app.domain.calendars.reply import CalendarAnswer, Method, Said
from app.domain.registration.models import Attendee
from app.domain.replies.commands import Arrival, Trust

NUMBERS = count(1)


def answer_of(attendee: Attendee, /, said: Said = Said.ACCEPTED, **values: Any) -> CalendarAnswer:
    """What the calendar of `attendee` says; keywords replace fields."""
    basis: dict[str, Any] = {
        "method": Method.REPLY,
        "uid": attendee.uid,
        "attendee": attendee.email_key,
        "said": said,
        "delegated_to": None,
        "sequence": 0,
        "dtstamp": None,
        "comment": "",
        "guests": 0,
        "proposed_start": None,
        "proposed_end": None,
        "proposed_day": None,
    }
    return CalendarAnswer(**(basis | values))


def arrival_of(attendee: Attendee, answer: CalendarAnswer | None, /, **values: Any) -> Arrival:
    """The mail around it; keywords replace fields."""
    number = next(NUMBERS)
    basis: dict[str, Any] = {
        "via": "imap",
        "digest": f"{number:064d}",
        "message_id": f"<{number}@mail.example>",
        "sent_at": None,
        "sender": attendee.email_key,
        "tokens": (attendee.organizer_token,),
        "bounce_token": None,
        "trust": Trust.STRONG,
        "answer": answer,
        "unreadable": "",
        "returned": None,
        "is_own": False,
        "is_automatic": False,
        "raw": b"From: olena@example.com\r\n\r\nAhoj",
    }
    return Arrival(**(basis | values))


def at(hour: int, day: int = 1) -> datetime:
    """An hour of March 2027, UTC."""
    return datetime(2027, 3, day, hour, tzinfo=UTC)
