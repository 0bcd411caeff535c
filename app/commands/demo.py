"""`flask demo`: the example platform. Everything goes through the ordinary verbs; no letter is queued."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext
from sqlalchemy import delete, func, select, update

from app.base import clock
from app.base.db import begin_write
from app.base.text import czech_key, fold
from app.base.tokens import new_token
from app.commands import demo_data as data
from app.domain.directory.models import Contact, Organisation
from app.domain.history.service import PUBLIC, SYSTEM, organiser
from app.domain.meetings import service as meetings
from app.domain.meetings.models import Meeting, Series
from app.domain.meetings.service import REMINDER_DAYS, MeetingText, Slot
from app.domain.outbox.models import Letter
from app.domain.registration import changes, personal
from app.domain.registration.commands import Needs, Person, SignUp
from app.domain.registration.models import Attendee, Mode, Party
from app.domain.registration.sign_up import sign_up
from app.extensions import db, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

ZONE = "Europe/Prague"
NEEDS_WORDS = "Souhlasím, aby pořadatelé použili tyto údaje k přípravě setkání."
HANDOUT_WORDS = "Moje jméno a organizace smí být na seznamu, který dostanou všichni na setkání."
EXAMPLE_ORGANISER = organiser(0)


@click.command("demo")
@with_appcontext
def demo() -> None:
    """Load the example platform into a database that has no series yet."""
    if load_if_empty(db.session(), now=clock.now()):
        click.echo("The example platform is loaded.")
    else:
        click.echo("The database has meetings already; nothing was changed.")


def load_if_empty(session: Session, *, now: datetime) -> bool:
    """Load the example platform unless there is a series already; commits. Returns whether it did."""
    begin_write(session)
    if session.scalar(select(func.count()).select_from(Series)):
        session.rollback()
        return False
    load(session, now=now, mail_domain=settings().mail_domain)
    session.commit()
    return True


def load(session: Session, *, now: datetime, mail_domain: str) -> None:
    """Write series, contacts, organisations, meetings and sixty made-up people."""
    series = [
        Series(slug=slug, name=name, about=about, position=position)
        for position, (slug, name, about) in enumerate(data.SERIES)
    ]
    contacts = [
        Contact(role=role, about=about, email=email, position=position)
        for position, (role, about, email) in enumerate(data.CONTACTS)
    ]
    organisations = [
        Organisation(name=name, name_key=fold(name), sort_key=czech_key(name)[:400], kind=kind)
        for name, kind in data.ORGANISATIONS
    ]
    session.add_all([*series, *contacts, *organisations])
    session.flush()
    people = _people()
    made = [
        _meeting(session, entry, series, contacts, now=now, mail_domain=mail_domain)
        for entry in data.MEETINGS
    ]
    _fill_first(session, made[0], people, now=now, mail_domain=mail_domain)
    _fill_second(session, made[1], people, now=now, mail_domain=mail_domain)
    for meeting, number in ((made[3], 4), (made[5], 10), (made[6], 6), (made[7], 4)):
        before = min(meeting.starts_at - timedelta(days=10), now - timedelta(days=1))
        _register(session, meeting, people, number, now=before, mail_domain=mail_domain)
    changes.call_off(
        session,
        made[3].id,
        reason={"cs": "Setkání se přesouvá na podzim.", "en": "The meeting moves to autumn."},
        now=now,
        actor=SYSTEM,
    )
    _forget_letters(session)


def _meeting(
    session: Session,
    entry: tuple[Any, ...],
    series: list[Series],
    contacts: list[Contact],
    *,
    now: datetime,
    mail_domain: str,
) -> Meeting:
    days, line, number, title, summary, more = entry
    special = dict(more)
    later, draft = special.pop("later", None), special.pop("draft", False)
    special.pop("off", None)
    start = _thursday_afternoon(now, days)
    values: dict[str, Any] = {
        "series_id": series[line].id,
        "contact_id": contacts[min(line, 1)].id,
        "number": number,
        "title": title,
        "summary": summary,
        "description": {},
        "starts_at": start,
        "ends_at": start + timedelta(hours=3),
        "timezone": ZONE,
        "venue": {},
        "address": "",
        "access_notes": {},
        "latitude": None,
        "longitude": None,
        "online_url": "https://meet.example.org/platforma" if special["format"] == "hybrid" else "",
        "languages_note": data.NOTE,
        "capacity": None,
        "online_capacity": None,
        "opens_at": now + timedelta(days=later) if later else None,
        "deadline": (start - timedelta(days=2)).date() if days > 0 else None,
        "promote_hours": 12,
        "show_places": True,
        "invitation_only": False,
        "approval": False,
        "reminder_days": list(REMINDER_DAYS),
    }
    meeting = meetings.create(
        session, MeetingText(**(values | special)), _slots(), now=now, actor=SYSTEM, mail_domain=mail_domain
    )
    if not draft:
        meetings.publish(session, meeting.id, now=min(now, start - timedelta(days=40)), actor=SYSTEM)
    return meeting


def _thursday_afternoon(now: datetime, days: int) -> datetime:
    """13:00 in Prague on the first Thursday that is at least `days` away, as UTC."""
    day = now.astimezone(ZoneInfo(ZONE)).date() + timedelta(days=days)
    day += timedelta(days=(3 - day.weekday()) % 7)
    return datetime.combine(day, time(13), tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def _slots() -> list[Slot]:
    return [
        Slot(
            offset_minutes=offset,
            duration_minutes=minutes,
            title=title,
            speakers=speakers or {},
            is_break=speakers is None,
        )
        for offset, minutes, title, speakers in data.PROGRAMME
    ]


def _people() -> Iterator[Person]:
    """Made-up people at example.org, each once, from known organisations in turn."""
    for number in count():
        first = data.FIRST_NAMES[number % len(data.FIRST_NAMES)]
        last = data.LAST_NAMES[(number * 7) % len(data.LAST_NAMES)]
        organisation, kind = data.ORGANISATIONS[(number * 5) % len(data.ORGANISATIONS)]
        yield Person(
            name=f"{first} {last}",
            email=f"{fold(first)}.{fold(last)}{number + 1}@example.org",
            organisation=organisation,
            organisation_kind=kind,
        )


def _register(
    session: Session,
    meeting: Meeting,
    people: Iterator[Person],
    number: int,
    *,
    now: datetime,
    mail_domain: str,
    **changes_: Any,
) -> list[Attendee]:
    """Register `number` people one after the other, some minutes apart, every fifth in English."""
    found: list[Attendee] = []
    for index in range(number):
        typed = next(people)
        person = Person(
            name=typed.name,
            email=typed.email,
            organisation=typed.organisation,
            organisation_kind=typed.organisation_kind,
            handout_consent=HANDOUT_WORDS if index % 3 else "",
            **({"mode": Mode.ONLINE if meeting.format == "online" else Mode.ROOM} | changes_),
        )
        command = SignUp(
            people=(person,), language="en" if (index + 1) % 5 == 0 else "cs", form_key=new_token()
        )
        party = sign_up(
            session, meeting.id, command, now=now + timedelta(minutes=7 * index), mail_domain=mail_domain
        )
        session.flush()
        found += session.scalars(select(Attendee).where(Attendee.party_id == party.id))
    return found


def _fill_first(
    session: Session, meeting: Meeting, people: Iterator[Person], *, now: datetime, mail_domain: str
) -> None:
    """The next meeting: some in the room, some online, one with needs, some who cannot come."""
    began = now - timedelta(days=3)
    here = _register(session, meeting, people, 10, now=began, mail_domain=mail_domain)
    _register(session, meeting, people, 5, now=began, mail_domain=mail_domain, mode=Mode.ONLINE)
    needs = Needs(interpreter="ukrajinština", access="místo u dveří", consent_text=NEEDS_WORDS)
    _register(session, meeting, people, 1, now=began, mail_domain=mail_domain, needs=needs)
    personal.cancel(session, here[3].id, now=now - timedelta(days=1), actor=PUBLIC)
    personal.cancel(session, here[6].id, now=now - timedelta(hours=20), actor=PUBLIC)
    personal.cancel(session, here[8].id, now=now - timedelta(hours=4), actor=EXAMPLE_ORGANISER)


def _fill_second(
    session: Session, meeting: Meeting, people: Iterator[Person], *, now: datetime, mail_domain: str
) -> None:
    """A full meeting: fourteen seats taken, five people waiting, one seat that changed hands."""
    came = _register(session, meeting, people, 20, now=now - timedelta(days=2), mail_domain=mail_domain)
    personal.cancel(session, came[2].id, now=now - timedelta(hours=3), actor=PUBLIC)


def _forget_letters(session: Session) -> None:
    """An example writes to nobody: the letters go, and the submissions that they belonged to."""
    session.flush()
    session.execute(delete(Letter))
    session.execute(update(Attendee).values(party_id=None))
    session.execute(delete(Party))
