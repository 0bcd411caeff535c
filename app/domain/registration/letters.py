"""What the letters to attendees say: facts as they were decided, in the attendee's language. No secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Row

from app.base.text import in_language
from app.domain.meetings.models import Format, Meeting
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Calendar, Kind
from app.domain.outbox.service import NewLetter
from app.domain.registration.models import Answer, Attendee, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

PARTSTAT = {
    Answer.NONE: "NEEDS-ACTION",
    Answer.YES: "ACCEPTED",
    Answer.MAYBE: "TENTATIVE",
    Answer.NO: "DECLINED",
}

# What a letter needs of an attendee. Verbs that write to very many read only this.
RECIPIENT = (
    Attendee.id,
    Attendee.email,
    Attendee.language,
    Attendee.name,
    Attendee.organisation_name,
    Attendee.mode,
    Attendee.place,
    Attendee.answer,
    Attendee.uid,
    Attendee.organizer_token,
    Attendee.revision,
    Attendee.changed_at,
)
Recipient: TypeAlias = Attendee | Row[Any]


def write(  # noqa: PLR0913 - a letter has that many facets
    session: Session,
    kind: str,
    meeting: Meeting,
    attendee: Attendee,
    *,
    now: datetime,
    calendar: str | None = None,
    once: str = "",
    delay_hours: int = 0,
    forget: bool = False,
    **more: Any,
) -> None:
    """Put a letter to `attendee` into the outbox; nothing happens for somebody without an address.

    The letter's key is its kind, attendee and SEQUENCE, so that one cause makes one letter; `once` tells apart
    letters of the same kind that do not raise SEQUENCE.
    """
    new = prepared(
        kind,
        meeting,
        attendee,
        calendar=calendar,
        once=once,
        due_at=now + timedelta(hours=delay_hours) if delay_hours else None,
        forget=forget,
        **more,
    )
    if new is not None:
        outbox.enqueue(session, new, now=now)


def prepared(  # noqa: PLR0913 - a letter has that many facets
    kind: str,
    meeting: Meeting,
    attendee: Recipient,
    *,
    calendar: str | None = None,
    once: str = "",
    due_at: datetime | None = None,
    forget: bool = False,
    about: dict[str, Any] | None = None,
    as_answered: Answer | None = None,
    **more: Any,
) -> NewLetter | None:
    """The letter as `write` would enqueue it, for verbs that write many at once; None without an address.

    `about` are the facts of the meeting where they are made already, `as_answered` stands in for the answer.
    """
    if not attendee.email:
        return None
    sequence = meeting.revision + attendee.revision
    return NewLetter(
        kind=kind,
        recipient=attendee.email,
        language=attendee.language,
        key=f"{kind}:{attendee.id}:{sequence}{':' if once else ''}{once}",
        facts={
            "meeting": meeting_facts(meeting, attendee) if about is None else about,
            "attendee": attendee_facts(attendee),
            "invite": invite_facts(attendee, sequence, as_answered) if calendar else None,
            **more,
        },
        attendee_id=attendee.id,
        meeting_id=meeting.id,
        calendar=calendar,
        sequence=sequence if calendar else None,
        due_at=due_at,
        forget=forget,
    )


def write_all(session: Session, told: Iterable[NewLetter | None], *, now: datetime) -> int:
    """Write letters made by `prepared` in one statement; gives how many. None stands for who has no address."""
    rows = [outbox.letter_row(new, now=now) for new in told if new is not None]
    if rows:
        outbox.enqueue_rows(session, rows)
    return len(rows)


def meeting_facts(meeting: Meeting, attendee: Recipient) -> dict[str, Any]:
    """The meeting as this attendee may know it: the online link only when confirmed online."""
    language = attendee.language
    online = attendee.mode == Mode.ONLINE and meeting.format != Format.IN_PERSON
    contact = meeting.contact
    return {
        "slug": meeting.slug,
        "title": in_language(meeting.title, language)[0],
        "summary": in_language(meeting.summary, language)[0],
        "series": in_language(meeting.series.name, language)[0],
        "number": meeting.number,
        "format": meeting.format,
        "starts_at": meeting.starts_at.isoformat(),
        "ends_at": meeting.ends_at.isoformat(),
        "timezone": meeting.timezone,
        "deadline": meeting.deadline.isoformat() if meeting.deadline else None,
        "venue": "" if online else in_language(meeting.venue, language)[0],
        "address": "" if online else meeting.address,
        "access_notes": "" if online else in_language(meeting.access_notes, language)[0],
        "geo": None if online or meeting.latitude is None else [meeting.latitude, meeting.longitude],
        "online_url": meeting.online_url if online and attendee.place == Place.CONFIRMED else "",
        "contact": in_language(contact.role, language)[0] if contact else "",
        "contact_email": contact.email if contact else "",
    }


def attendee_facts(attendee: Recipient) -> dict[str, Any]:
    """The attendee as the letter names them."""
    return {
        "name": attendee.name,
        "organisation": attendee.organisation_name,
        "mode": attendee.mode,
        "place": attendee.place,
        "answer": attendee.answer,
    }


def invite_facts(attendee: Recipient, sequence: int, as_answered: Answer | None = None) -> dict[str, Any]:
    """What the calendar part needs; `as_answered` stands in for the answer.

    The organiser's address is a mailbox of the service, not a secret link.
    """
    return {
        "uid": attendee.uid,
        "organizer_token": attendee.organizer_token,
        "sequence": sequence,
        "partstat": PARTSTAT[as_answered or Answer(attendee.answer)],
        "last_modified": attendee.changed_at.isoformat(),
    }


def request_if_due(attendee: Recipient) -> str | None:
    """REQUEST for whoever has a seat or is invited to one; others get plain mail."""
    return Calendar.REQUEST if attendee.place in (Place.CONFIRMED, Place.INVITED) else None


def welcome_kind(attendee: Attendee) -> Kind:
    """The letter that tells somebody the place they have."""
    return {
        Place.CONFIRMED: Kind.CONFIRMED,
        Place.WAITING: Kind.WAITING,
        Place.PENDING: Kind.PENDING,
        Place.INVITED: Kind.INVITED,
    }[Place(attendee.place)]
