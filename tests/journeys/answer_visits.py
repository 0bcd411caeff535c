"""The pages of invitations and answers in every state, for `visits.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Format, Meeting
from app.domain.registration import edit_meeting
from app.domain.registration.models import Attendee
from tests import factories
from tests.public.personal_pages import BOSS, bring_to, invite

LONG_NOTE = "Omlouvám se, " * 30
STATES = (
    *("invited", "pending", "maybe", "asked", "declined", "declined invitation"),
    *("substituted", "released", "not approved"),
)

Seen = tuple[str, str, Callable[[Page], None] | None]  # name, path, what to do there


def answer_pages(session: Session) -> list[Seen]:
    """Make people in every state at a meeting far ahead; gives name, path and act of each page."""
    meeting = far_meeting(session, deadline=(clock.now() + timedelta(days=200)).date())
    hybrid = far_meeting(
        session, format=Format.HYBRID, capacity=0, online_capacity=5, online_url="https://meet.example.org/x"
    )
    full = far_meeting(session, capacity=0)
    people = {state: bring_to(session, meeting, state, f"Osoba {state}") for state in STATES}
    people["invited"].answer_note = LONG_NOTE[:500]
    (chooses,) = invite(session, hybrid, "Osoba, která volí")
    (late,) = invite(session, full, "Osoba bez místa")
    moved = moved_person(session)
    approves = far_meeting(session, approval=True)
    closed = far_meeting(session, invitation_only=True)
    session.commit()
    asked = people["invited"]
    return [
        *((f"personal, {state}", at(row), None) for state, row in people.items()),
        ("personal, moved", at(moved), None),
        ("personal, chooses the way", at(chooses), None),
        ("personal, invited to a full room", at(late), None),
        ("personal, answer noted", at(people["maybe"], "?done=answered"), None),
        ("personal, no noted", at(people["declined"], "?done=freed"), None),
        ("answer", at(asked, "answer/?answer=maybe"), None),
        ("answer, chooses the way", at(chooses, "answer/?answer=no"), None),
        ("answer, to a full room", at(late, "answer/"), None),
        ("answer, too long a word", at(asked, "answer/"), write_too_much),
        ("substitute", at(asked, "substitute/"), None),
        ("substitute, of a seat", at(people["asked"], "substitute/"), None),
        ("substitute, with errors", at(asked, "substitute/"), name_nobody),
        ("substitute, with a slip", at(asked, "substitute/"), slip),
        *of_meeting("to be approved", approves),
        *of_meeting("by invitation", closed),
        ("done, to be approved", f"/{{lang}}/meetings/{approves.slug}/register", send),
    ]


def far_meeting(session: Session, **values: object) -> Meeting:
    """A meeting so far ahead that the home page shows another one."""
    start = (clock.now() + timedelta(days=300)).replace(minute=0, second=0, microsecond=0)
    contact = factories.make_contact(session)
    return factories.make_meeting(session, **({"starts_at": start, "contact_id": contact.id} | values))


def moved_person(session: Session) -> Attendee:
    """Somebody whose meeting was moved after they had registered."""
    meeting = far_meeting(session)
    row = bring_to(session, meeting, "confirmed")
    later = meeting.starts_at + timedelta(days=7)
    text = factories.meeting_text(session, starts_at=later, contact_id=meeting.contact_id)
    edit_meeting.edit(session, meeting.id, text, [], version=meeting.version, now=clock.now(), actor=BOSS)
    return row


def at(attendee: Attendee, page: str = "") -> str:
    """The path of a page behind somebody's link; `{lang}` stands for the language."""
    return f"/{{lang}}/my/{attendee.token}/{page}"


def of_meeting(name: str, meeting: Meeting) -> list[Seen]:
    """The page of a meeting and its form."""
    path = f"/{{lang}}/meetings/{meeting.slug}/"
    return [(f"meeting, {name}", path, None), (f"register, {name}", f"{path}register", None)]


def press(page: Page, selector: str) -> None:
    """Press a button that leads to a new page, and wait for that."""
    with page.expect_navigation():
        page.locator(selector).first.click()


def write_too_much(page: Page) -> None:
    """Send more words than fit."""
    page.locator("#note").evaluate("node => { node.maxLength = 9000; node.value = 'slovo '.repeat(200); }")
    press(page, "#answer-form [name=answer]")


def name_nobody(page: Page) -> None:
    """Send the form as it is."""
    press(page, "#substitute .button")


def slip(page: Page) -> None:
    """Name somebody whose address looks mistyped."""
    page.locator("#name").fill("Petr Říha")
    page.locator("#email").fill("petr@gmial.com")
    press(page, "#substitute .button")


def send(page: Page) -> None:
    """Register."""
    page.locator("[name='people-0-name']").fill("Olena Ševčenková")
    page.locator("[name='people-0-email']").fill("olena@example.org")
    press(page, "#registration .button")
