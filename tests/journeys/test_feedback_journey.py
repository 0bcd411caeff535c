"""After the meeting: questions are made, people thanked, what they say comes back; without scripts, by real mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.meetings.queries import next_meeting
from app.domain.questions.models import FeedbackForm, QuestionAnswer
from app.domain.registration.models import Attendee, Place
from tests.factories import register
from tests.journeys.conftest import Site
from tests.journeys.visits import press, signed_in

pytestmark = [pytest.mark.browser]
NAMES = ("Jana Nováková", "Petr Říha", "Olena Ševčenková")
WORDS = ("the talks", "the coffee", "meeting colleagues")
PHONE = ViewportSize(width=320, height=640)


@pytest.fixture
def over(start_site: Callable[[str], Site]) -> tuple[Site, int]:
    """A site with a meeting that has just ended, at which three people had a seat, and its number."""
    site = start_site("sqlite")
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        following = next_meeting(session, now=clock.now())
        assert following
        copy = {column.key: getattr(following, column.key) for column in Meeting.__table__.columns}
        del copy["id"]
        meeting = Meeting(**copy | {"slug": "just-over", "uid": "just-over@example.org"})
        meeting.state, meeting.deadline, meeting.capacity = MeetingState.PUBLISHED, None, None
        meeting.approval = meeting.invitation_only = False
        session.add(meeting)
        session.flush()
        for name in NAMES:
            (attendee,) = register(session, meeting, name)
            assert attendee.place == Place.CONFIRMED
            attendee.language = "en"
        meeting.starts_at = clock.now() - timedelta(hours=4)
        meeting.ends_at = clock.now() - timedelta(hours=1)
        number = meeting.id
        session.commit()
    engine.dispose()
    return site, number


def test_thanks_lead_to_questions_and_the_answers_to_results(
    over: tuple[Site, int], phone: Page, browser: Browser
) -> None:
    site, number = over
    cookies = signed_in(site, browser, "organiser")
    context = browser.new_context(
        storage_state=cookies, java_script_enabled=False, viewport=PHONE, locale="en-GB"
    )
    desk = context.new_page()
    make_questions(site, desk, number)
    thank(site, desk)
    mails = thanks_to_each(site)
    for mail, words in zip(mails, WORDS, strict=True):
        desk.goto(f"{site.address}/workspace/meetings/{number}/feedback/")
        expect(desk.locator("#results")).to_have_count(0)
        answer(phone, link_in(mail), words)
    read_results(site, desk, number)
    context.close()
    nothing_leads_back(site)
    assert site.flask("check") == ""


def make_questions(site: Site, desk: Page, number: int) -> None:
    """From Today to four questions, of which nothing need be written."""
    desk.goto(f"{site.address}/workspace/?lang=en")
    section = desk.locator("section[aria-labelledby='over']")
    assert section.locator("a").first.get_attribute("href") == f"/workspace/meetings/{number}/"
    section.get_by_role("link", name="Feedback").click()
    press(desk, "main form.post button:has-text('Begin with four ready-made questions')")
    expect(desk.locator("ol.questions > li")).to_have_count(4)


def thank(site: Site, desk: Page) -> None:
    """Write a thank-you, add the minutes, send it."""
    desk.goto(f"{site.address}/workspace/")
    press(desk, "section[aria-labelledby='over'] form.post button:has-text('Write a thank-you')")
    expect(desk.locator("#reach")).to_have_text("3 people get this letter.")
    expect(desk.locator("main")).to_contain_text("%documents% stands for nothing")
    minutes = {"name": "minutes.txt", "mimeType": "text/plain", "buffer": b"What was said."}
    desk.locator("[name=file]").set_input_files([minutes])  # type: ignore[list-item]  # as Playwright documents it
    press(desk, "button[value=attach]")
    expect(desk.locator("main")).not_to_contain_text("stands for nothing")
    press(desk, "button[value=send]")
    desk.locator("[name=at_night]").check()
    press(desk, "form#send button.button")
    expect(desk.locator("main")).to_contain_text("Take it back")


def thanks_to_each(site: Site) -> list[EmailMessage]:
    """The letters of thanks, in the order of `NAMES`."""
    found = []
    for name in NAMES:
        address = register_address(name)
        mails = site.mailbox.wait_for(2, address)  # the first one confirmed the registration
        found += [mail for mail in mails if str(mail["Subject"]).startswith("Thank you for coming: ")]
    assert len(found) == len(NAMES)
    return found


def register_address(name: str) -> str:
    """The address that the factory makes from a name."""
    return {"Jana Nováková": "jana.novakova", "Petr Říha": "petr.riha"}.get(name, "olena.sevcenkova")


def link_in(mail: EmailMessage) -> str:
    """The address of the questions; the text names the file that goes along."""
    part = mail.get_body(("plain",))
    assert part is not None
    text = part.get_content()
    assert "minutes.txt" in text
    assert [one.get_filename() for one in mail.iter_attachments()] == ["minutes.txt"]
    found = re.search(r"http://\S+/en/my/\S+/feedback/", text)
    assert found, text
    return found[0]


def answer(phone: Page, link: str, words: str) -> None:
    """Read what becomes of the answers, give them, and come back to a page that knows no more of them."""
    phone.goto(link)
    expect(phone.locator(".note.info")).to_contain_text("Your answers are anonymous.")
    press(phone, "form#feedback button.button")
    expect(phone.locator("#errors")).to_contain_text("Answer at least one question.")
    phone.locator("form#feedback input[type=radio]").first.check()
    phone.locator("form#feedback textarea").first.fill(words)
    press(phone, "form#feedback button.button")
    expect(phone.locator("main")).to_contain_text("Thank you for your answers.")
    phone.goto(link)
    expect(phone.locator("form#feedback")).to_have_count(0)
    expect(phone.locator("main")).to_contain_text("Nobody knows which answers are yours")


def read_results(site: Site, desk: Page, number: int) -> None:
    """Three answers are enough to be shown, in charts, in words and as a file."""
    desk.goto(f"{site.address}/workspace/meetings/{number}/feedback/")
    expect(desk.locator("main")).to_contain_text("3 of 3 people asked")
    first = desk.locator(".chart tbody tr").first
    expect(first.locator("td.number")).to_have_text("3")
    for words in WORDS:
        expect(desk.locator(".written").first).to_contain_text(words)
    with desk.expect_download() as download:
        desk.locator("main form.post button", has_text="Download the results").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert all(words in text for words in WORDS)
    assert not any(name in text for name in NAMES)


def nothing_leads_back(site: Site) -> None:
    """No row of an answer, and the order of the texts is not kept."""
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        assert session.scalars(select(QuestionAnswer)).all() == []
        form = session.scalars(select(FeedbackForm)).one()
        assert form.number == len(WORDS)
        assert session.scalars(select(Attendee).where(Attendee.name.in_(NAMES))).all()
    engine.dispose()
