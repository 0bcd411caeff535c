"""Feedback in every state, for `visits.py`: as people give it, and as organisers see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.feedback import service
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting
from app.domain.questions.commands import Given, Owner
from app.domain.questions.models import Purpose, QuestionKind
from app.domain.questions.service import retire
from app.domain.registration.models import Attendee
from tests import factories
from tests.questionnaires import ask, ids

LONG_WORD = "Nejneobhospodařovávatelnějšími" * 3
NAMES = ("Alžběta Anderlová", "Bruno Beránek", "Ctibor Čáp", "Dobromila Dušková", "Emil Ešner")
TEXTS = (
    "Ukázky z praxe.\n\nA taky káva: <b>výborná</b>.",
    "Konečně jsme se potkali osobně s lidmi z městských částí.",
    LONG_WORD,
    "Материали українською",
)

Seen = tuple[str, str, Callable[[Page], None] | None]  # name, path, what to do there
Desk = tuple[str, Callable[[Page], None] | None, str]  # path, what to do there, role


def feedback_pages(session: Session) -> tuple[list[Seen], list[Desk]]:
    """Make meetings that ask with names, without, and too early; gives the pages of people and of organisers."""
    tallied, people = asking_meeting(session, anonymous=True)
    named, others = asking_meeting(session, anonymous=False)
    few, _two = asking_meeting(session, anonymous=True, answers=2)
    early = factories.make_meeting(session, starts_at=clock.now() + timedelta(days=301))
    ask(session, after(early), QuestionKind.LONG, "Co chybělo?")
    (guest,) = factories.register(session, early, "Filip Fiala")
    nothing = ended(session)
    session.commit()
    public: list[Seen] = [
        ("feedback without names", at(people[4]), None),
        ("feedback without names, with errors", at(people[4]), send_nothing),
        ("feedback without names, given", at(people[0]), None),
        ("feedback with names", at(others[4]), None),
        ("feedback with names, given", at(others[0], "?done=given"), None),
        ("feedback too early", at(guest), None),
        ("personal, feedback is asked", at(people[4]).replace("feedback/", ""), None),
    ]
    desk: list[Desk] = [(page(one), None, "administrator") for one in (tallied, named, few, early, nothing)]
    desk += [
        (page(tallied, "settings"), None, "administrator"),
        (page(tallied, "settings"), choose_names, "administrator"),
        (page(tallied, "questions/"), None, "administrator"),
        (page(nothing, "questions/"), None, "administrator"),
        (page(tallied, "questions/new/"), None, "administrator"),
        (page(tallied, "questions/new/?kind=one"), None, "administrator"),
        (page(named), None, "viewer"),
        (page(nothing), None, "viewer"),
    ]
    return public, desk


def page(meeting: Meeting, more: str = "") -> str:
    """The address of the organiser's page."""
    return f"/workspace/meetings/{meeting.id}/feedback/{more}"


def asking_meeting(session: Session, *, anonymous: bool, answers: int = 4) -> tuple[Meeting, list[Attendee]]:
    """A meeting that has just ended, with a question of most kinds, and what the first people said."""
    meeting = factories.make_meeting(session)
    people = [factories.register(session, meeting, name)[0] for name in NAMES]
    overall = ask(
        session, after(meeting), QuestionKind.ONE, "Jak hodnotíte setkání?", "velmi dobře", "dobře", LONG_WORD
    )
    again = ask(session, after(meeting), QuestionKind.YES_NO, "Přijdete příště znovu?", required=True)
    topics = ask(session, after(meeting), QuestionKind.MANY, "O čem příště?", "Bydlení", "Škola", "Práce")
    helped = ask(session, after(meeting), QuestionKind.LONG, "Co Vám pomohlo?")
    ask(session, after(meeting), QuestionKind.EMAIL, "Můžeme Vám napsat?", hint={"cs": "Jen když chcete."})
    old = ask(session, after(meeting), label="Stará otázka")
    service.choose(session, meeting.id, anonymous=anonymous, days=30, now=clock.now(), actor=SYSTEM)
    move_back(meeting)
    session.flush()
    for number, who in enumerate(people[:answers]):
        said = {
            overall.id: Given(options=(ids(overall)[number % 3],)),
            again.id: Given(text="no" if number == 1 else "yes"),
            topics.id: Given(options=tuple(ids(topics)[: number % 3 + 1])),
            helped.id: Given(text=TEXTS[number]),
        }
        service.give(session, who.id, said, now=clock.now())
    retire(session, old.id, now=clock.now(), actor=SYSTEM)
    return meeting, people


def ended(session: Session) -> Meeting:
    """A meeting that has just ended and asks nothing."""
    meeting = factories.make_meeting(session)
    factories.register(session, meeting, "Gita Gregorová")
    move_back(meeting)
    return meeting


def move_back(meeting: Meeting) -> None:
    """As if the meeting had been yesterday."""
    meeting.starts_at = clock.now() - timedelta(days=1)
    meeting.ends_at = meeting.starts_at + timedelta(hours=3)


def after(meeting: Meeting) -> Owner:
    """Whose questions after the meeting are."""
    return Owner(meeting_id=meeting.id, purpose=Purpose.FEEDBACK)


def at(row: Attendee, more: str = "") -> str:
    """The address of somebody's feedback."""
    return f"/{{lang}}/my/{row.token}/feedback/{more}"


def send_nothing(seen: Page) -> None:
    """Send the form as it is."""
    with seen.expect_navigation():
        seen.locator("form#feedback button.button").click()


def choose_names(seen: Page) -> None:
    """Ask for names after somebody answered without."""
    seen.locator("[name=mode][value=named]").check()
    with seen.expect_navigation():
        seen.locator("form#feedback-settings button.button").click()
