"""Answers from the calendar over real servers: letters leave by SMTP, replies come back by mail and are read by IMAP.

Twelve people have the twelve seats of a meeting, four wait. From each of four calendar programs one person answers
yes, one maybe, one no; each no gives the seat to whoever waits longest.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.base.db import begin_write, prepare_engine
from app.domain.outbox.models import Letter, State
from app.domain.registration.models import Attendee
from app.domain.replies.models import Reply
from tests.calendar_checks import read_the_same
from tests.delivery.post_office import AUTHSERV_ID, PostOffice
from tests.delivery.reply_mails import CLIENTS, reply_mail
from tests.factories import make_meeting
from tests.journeys.conftest import PATIENCE, Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("post")]
ANSWERS = {"ACCEPTED": "yes", "TENTATIVE": "maybe", "DECLINED": "no"}
SAID = {f"{client}-{said}": (client, partstat) for client in CLIENTS for partstat, said in ANSWERS.items()}
WAITING = [f"waits-{number}" for number in range(4)]
MAIN_BUTTON = "form#registration button.button:not(.second)"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_answers_of_every_calendar_change_the_list(
    kind: str, start_site: Callable[..., Site], post_office: PostOffice, phone: Page, browser: Browser
) -> None:
    site = start_site(
        kind,
        MAIL_PORT=str(post_office.smtp_port),
        IMAP_URL=post_office.imap_url("rsvp"),
        MAIL_AUTHSERV_ID=AUTHSERV_ID,
    )
    slug = make_full_meeting(site)
    for six in (list(SAID)[:6], list(SAID)[6:], WAITING):
        register(site, phone, slug, six)
    wait_until_all_letters_left(site)
    for who, (client, partstat) in SAID.items():
        answer(site, post_office, who, client, partstat)
    check_everybody(site)
    check_who_moved_up(post_office)
    check_that_no_answer_got_a_letter(post_office)
    ask_back_a_forged_no(site, post_office, phone)
    read_the_log(site, browser)
    assert site.flask("check") == ""


def make_full_meeting(site: Site) -> str:
    """A meeting with as many seats as there are people who answer."""
    with database(site) as session:
        begin_write(session)  # the site is at work on the same file
        meeting = make_meeting(session, capacity=len(SAID), number=99, show_places=True)
        slug = meeting.slug
        session.commit()
    return slug


def register(site: Site, phone: Page, slug: str, people: list[str]) -> None:
    """One submission of the public form for all of them."""
    phone.goto(f"{site.address}/cs/meetings/{slug}/register")
    for number, who in enumerate(people):
        if number:
            phone.locator("button[name='add']").click()
        phone.locator(f"[name='people-{number}-name']").fill(f"Olena {who}")
        phone.locator(f"[name='people-{number}-email']").fill(address(who))
    phone.locator(MAIN_BUTTON).last.click()
    expect(phone.locator("main")).to_have_attribute("data-place", re.compile("confirmed|waiting"))


def address(who: str) -> str:
    """Everybody has a mailbox at a domain that our own mail server vouches for."""
    return f"{who.lower()}@example.com"


def wait_until_all_letters_left(site: Site) -> None:
    """The worker has handed everything to the mail server."""
    until(
        site, lambda session: not session.scalars(select(Letter.id).where(Letter.state != State.SENT)).first()
    )


def answer(site: Site, post_office: PostOffice, who: str, client: str, partstat: str) -> None:
    """What the calendar program of this person makes of the invite that came by mail."""
    invite = read_the_same(calendar_of(post_office.wait_for(who.lower(), 1)[0]))
    raw = reply_mail(
        client,
        uid=invite.uid,
        attendee=address(who),
        organizer=invite.organizer,
        partstat=partstat,
        sequence=invite.sequence,
        dtstamp=datetime.now(UTC),
        comment="Omlouvám se, jsem nemocná." if partstat == "DECLINED" else "",
        envelope_to="",
    )
    post_office.send(raw, address(who), invite.organizer)


def check_everybody(site: Site) -> None:
    """Each answer is on the list, as given by the calendar."""

    def all_read(session: Session) -> bool:
        query = select(Reply.id).where(Reply.decision.in_(("applied", "noted")))
        return len(session.scalars(query).all()) == len(SAID)

    until(site, all_read)
    with database(site) as session:
        for who, (_client, partstat) in SAID.items():
            person = session.scalars(select(Attendee).where(Attendee.email == address(who))).one()
            place = "declined" if partstat == "DECLINED" else "confirmed"
            found = (person.answer, person.place, person.answer_by)
            assert found == (ANSWERS[partstat], place, "reply"), who
            if partstat == "DECLINED":
                assert person.answer_note == "Omlouvám se, jsem nemocná."
        for who in WAITING:
            person = session.scalars(select(Attendee).where(Attendee.email == address(who))).one()
            assert person.place == "confirmed"


def check_who_moved_up(post_office: PostOffice) -> None:
    """Whoever waited had a plain letter, and now the first REQUEST."""
    for who in WAITING:
        mails = [mail for mail in post_office.wait_for(who, 2) if "waits" in str(mail["To"])]
        calendars = [calendar_of(mail) for mail in mails if calendar_of(mail)]
        assert [read_the_same(one).method for one in calendars] == ["REQUEST"], who


def check_that_no_answer_got_a_letter(post_office: PostOffice) -> None:
    """Whoever answered sees in the calendar what came of it, and gets no mail about it."""
    for who in SAID:
        subjects = [str(mail["Subject"]) for mail in post_office.mails(who.lower()) if calendar_of(mail)]
        assert len(subjects) == 1, (who, subjects)


def ask_back_a_forged_no(site: Site, post_office: PostOffice, phone: Page) -> None:
    """A no whose sender nobody vouches for gets a link to the registered address; the button there does it."""
    who = WAITING[0]
    invite = read_the_same(next(calendar_of(one) for one in post_office.mails(who) if calendar_of(one)))
    before = len(post_office.mails(who))
    raw = reply_mail(
        "outlook",
        uid=invite.uid,
        attendee=address(who),
        organizer=invite.organizer,
        partstat="DECLINED",
        sequence=invite.sequence,
        dtstamp=datetime.now(UTC),
        envelope_to="",
        sender="somebody@unsigned.example.net",
    )
    post_office.send(raw, "somebody@unsigned.example.net", invite.organizer)
    letter = post_office.wait_for(who, before + 1)[-1]
    assert letter["Auto-Submitted"] == "auto-replied"
    text = letter.get_body(("plain",))
    assert text is not None
    link = re.search(r"http://\S+/my/[\w-]+/answer/\S*", text.get_content())
    assert link
    phone.goto(link[0])
    expect(phone.locator("main")).to_have_attribute("data-place", "confirmed")
    phone.locator("form button[name='answer'][value='no']").click()
    expect(phone.locator("main")).to_have_attribute("data-place", "declined")


def read_the_log(site: Site, browser: Browser) -> None:
    """The organiser sees every reply with what was decided."""
    link = site.flask("accounts", "create", "organiser@example.org", "--role", "organiser").split()[-1]
    page = browser.new_page(java_script_enabled=False, locale="en-GB")
    page.goto(link)
    page.locator("main form button").first.click()
    page.goto(f"{site.address}/workspace/replies/?tab=")
    expect(page.locator("table#replies tbody tr")).to_have_count(len(SAID) + 1)
    page.context.close()


def until(site: Site, holds: Callable[[Session], bool]) -> None:
    """Return as soon as it holds; fails after a while."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with database(site) as session:
            if holds(session):
                return
        time.sleep(0.2)
    raise AssertionError("it did not come so")


@contextmanager
def database(site: Site) -> Iterator[Session]:
    """A session on the database of a running site."""
    engine = create_engine(site.environ["DATABASE_URL"])
    prepare_engine(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def calendar_of(mail: EmailMessage) -> bytes:
    """The calendar part of a mail; empty without one."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            body = part.get_payload(decode=True)
            assert isinstance(body, bytes)
            return body
    return b""
