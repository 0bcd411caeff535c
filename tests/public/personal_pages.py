"""What tests of the pages behind a personal link share: people in each state, and pressing buttons."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.base import clock
from app.domain.history.service import ATTENDEE, organiser
from app.domain.meetings.models import Meeting
from app.domain.registration import answers, approval, invitations, personal, substitutes
from app.domain.registration.models import Answer, Attendee, Mode
from tests.factories import DOMAIN, person, register
from tests.pages import InspectingClient
from tests.public.registration_pages import form_fields

BOSS = organiser(1)


def page_url(row: Attendee, act: str = "", lang: str = "en") -> str:
    """The address of the personal page, or of one behind it."""
    return f"/{lang}/my/{row.token}/{act}"


def invite(session: Session, meeting: Meeting, *names: str, mode: Mode = Mode.ROOM) -> list[Attendee]:
    """Invite people of these names, in English."""
    people = tuple(person(name, mode=mode) for name in names)
    command = invitations.Invitation(people=people, language="en")
    return invitations.invite(
        session, meeting.id, command, now=clock.now(), actor=BOSS, mail_domain=DOMAIN
    ).attendees


def bring_to(session: Session, meeting: Meeting, state: str, name: str = "Olena Ševčenková") -> Attendee:
    """Somebody who came to this state by the verbs; `meeting` has a capacity. Flushes only."""
    if state in ("invited", "declined invitation"):
        (row,) = invite(session, meeting, name)
    else:
        if state == "waiting":
            register(session, meeting, *(f"Host {number}" for number in range(meeting.capacity or 0)))
        meeting.approval = state in ("pending", "not approved")
        (row,) = register(session, meeting, name)
        row.language = "en"
        session.flush()
    if state in NEXT:
        NEXT[state](session, row)
    return row


def _answer(said: Answer, note: str = "") -> Callable[[Session, Attendee], object]:
    return lambda session, row: answers.answer(
        session, row.id, said, note=note, now=clock.now(), actor=ATTENDEE
    )


def _ask_anew(_session: Session, row: Attendee) -> None:
    row.answer = Answer.NONE


def _name_colleague(session: Session, row: Attendee) -> None:
    command = substitutes.Substitution(person=person("Petr Říha"), language="en")
    substitutes.substitute(session, row.id, command, now=clock.now(), actor=ATTENDEE, mail_domain=DOMAIN)


def _release(session: Session, row: Attendee) -> None:
    _answer(Answer.MAYBE)(session, row)
    answers.release(session, row.meeting_id, [row.id], now=clock.now(), actor=BOSS)


def _disapprove(session: Session, row: Attendee) -> None:
    approval.disapprove(session, row.id, reason="Plno.", now=clock.now(), actor=BOSS)


def _cancel(session: Session, row: Attendee) -> None:
    personal.cancel(session, row.id, now=clock.now(), actor=BOSS)


NEXT: dict[str, Callable[[Session, Attendee], object]] = {
    "declined invitation": _answer(Answer.NO, "Jsem na cestách."),
    "maybe": _answer(Answer.MAYBE),
    "asked": _ask_anew,
    "declined": _answer(Answer.NO, "Jsem nemocná."),
    "substituted": _name_colleague,
    "released": _release,
    "not approved": _disapprove,
    "cancelled": _cancel,
}


def say(
    client: InspectingClient, row: Attendee, said: str, *, at: str = "answer/", lang: str = "en", **more: str
) -> TestResponse:
    """Open the page with the three buttons, fill in, press one of them."""
    fields = form_fields(client.get(page_url(row, at, lang)), "answer-form")
    return client.post(page_url(row, "answer/", lang), data=fields | {"answer": said} | more)


def send_instead(client: InspectingClient, row: Attendee, name: str, email: str, **more: str) -> TestResponse:
    """Open the page for naming a colleague, fill it in, send it."""
    url = page_url(row, "substitute/")
    fields = form_fields(client.get(url), "substitute")
    return client.post(url, data=fields | {"name": name, "email": email} | more)
