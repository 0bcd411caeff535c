"""A small cast for tests. Everything goes through the domain's own verbs where there is one; the caller commits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base import clock
from app.base.text import fold, fold_email
from app.base.tokens import new_token
from app.domain.accounts.models import Account, AccountSeries, Role
from app.domain.directory.models import Contact
from app.domain.history.service import SYSTEM
from app.domain.meetings import service as meetings
from app.domain.meetings.models import Format, Meeting, MeetingState, Series
from app.domain.meetings.service import REMINDER_DAYS, MeetingText, Slot
from app.domain.registration.commands import Person, SignUp
from app.domain.registration.models import Attendee, Party
from app.domain.registration.sign_up import sign_up

DOMAIN = "example.org"


def make_series(session: Session, name: str = "Regionální poradní platforma") -> Series:
    """A series; the same name gives the same series."""
    slug = fold(name).replace(" ", "-")
    found = session.scalar(select(Series).where(Series.slug == slug))
    if found:
        return found
    series = Series(slug=slug, name={"cs": name, "en": "Regional Advisory Platform"}, about={}, position=0)
    session.add(series)
    session.flush()
    return series


def make_contact(session: Session) -> Contact:
    """Whom to write to."""
    contact = Contact(
        role={"cs": "metodička platformy", "en": "platform methodologist"},
        about={},
        email="platforma@example.org",
    )
    session.add(contact)
    session.flush()
    return contact


def meeting_text(session: Session, *, starts_at: datetime | None = None, **changes: Any) -> MeetingText:
    """The texts of an ordinary meeting in a month's time, 13:00–16:00 Prague; keywords replace fields."""
    start = starts_at or (clock.now() + timedelta(days=30)).replace(
        hour=12, minute=0, second=0, microsecond=0
    )
    values: dict[str, Any] = {
        "series_id": make_series(session).id,
        "contact_id": None,
        "number": 65,
        "format": Format.IN_PERSON,
        "title": {"cs": "Bydlení a přechod do nájmů", "en": "Housing and the move to renting"},
        "summary": {"cs": "Jak z ubytoven do nájmů.", "en": "From hostels to rented homes."},
        "description": {},
        "starts_at": start,
        "ends_at": start + timedelta(hours=3),
        "timezone": "Europe/Prague",
        "venue": {"cs": "Sál architektů, Staroměstská radnice", "en": "Architects' Hall, Old Town Hall"},
        "address": "Staroměstské nám. 1/3, 110 00 Praha 1",
        "access_notes": {"cs": "Bezbariérový vstup z náměstí.", "en": "Step-free entrance from the square."},
        "latitude": 50.0870,
        "longitude": 14.4208,
        "online_url": "",
        "languages_note": {"cs": "Jednací jazyk čeština.", "en": "Held in Czech."},
        "capacity": 110,
        "online_capacity": None,
        "opens_at": None,
        "deadline": None,
        "promote_hours": 12,
        "show_places": True,
        "invitation_only": False,
        "approval": False,
        "reminder_days": list(REMINDER_DAYS),
    }
    return MeetingText(**(values | changes))


SLOTS = [
    Slot(offset_minutes=0, duration_minutes=25, title={"cs": "Novinky", "en": "News"}, speakers={}),
    Slot(
        offset_minutes=25,
        duration_minutes=15,
        title={"cs": "Přestávka", "en": "Break"},
        speakers={},
        is_break=True,
    ),
]


def make_meeting(session: Session, *, state: str = MeetingState.PUBLISHED, **changes: Any) -> Meeting:
    """A meeting, published unless said otherwise. Keywords are fields of `MeetingText`."""
    text = meeting_text(session, **changes)
    meeting = meetings.create(session, text, SLOTS, now=clock.now(), actor=SYSTEM, mail_domain=DOMAIN)
    if state != MeetingState.DRAFT:
        meetings.publish(session, meeting.id, now=clock.now(), actor=SYSTEM)
    if state == MeetingState.CALLED_OFF:
        meeting.state = MeetingState.CALLED_OFF
        meeting.called_off_at = clock.now()
    session.flush()
    return meeting


def person(name: str = "Olena Ševčenková", email: str | None = None, **changes: Any) -> Person:
    """Somebody who comes; without an address one is made from the name."""
    address = email if email is not None else f"{fold(name).replace(' ', '.')}@example.org"
    return Person(name=name, email=address, **changes)


def register(
    session: Session, meeting: Meeting, *people: Person | str, now: datetime | None = None
) -> list[Attendee]:
    """Sign a party up through the public verb; gives back its attendees in order. Flushes, does not commit."""
    party = submit(session, meeting, *people, now=now)
    query = select(Attendee).where(Attendee.party_id == party.id)
    return list(session.scalars(query.order_by(Attendee.position)))


def submit(session: Session, meeting: Meeting, *people: Person | str, now: datetime | None = None) -> Party:
    """Sign a party up; gives back the submission."""
    typed = tuple(person(one) if isinstance(one, str) else one for one in people or (person(),))
    command = SignUp(people=typed, language="cs", form_key=new_token())
    party = sign_up(session, meeting.id, command, now=now or clock.now(), mail_domain=DOMAIN)
    session.flush()
    return party


def make_account(
    session: Session, role: Role = Role.ADMINISTRATOR, *, email: str = "", series: tuple[Series, ...] = ()
) -> Account:
    """Somebody who signs in, without a password."""
    address = email or f"{role}@example.org"
    account = Account(
        email=address,
        email_key=fold_email(address),
        name=str(role).title(),
        role=role,
        language="en",
        active=True,
        created_at=clock.now(),
    )
    account.bound_to = [AccountSeries(series_id=one.id) for one in series]
    session.add(account)
    session.flush()
    return account
