"""The main job from end to end: home, registration of two, letters, invites, cancelling, moving up, the list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.domain.registration.models import Attendee, Place
from tests.calendar_checks import assert_well_formed, read_the_same
from tests.journeys.conftest import Site

pytestmark = [pytest.mark.browser]
MAIN_BUTTON = "form#registration button.button:not(.second)"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_people_register_one_cancels_and_a_waiting_one_moves_up(
    kind: str, start_site: Callable[[str], Site], phone: Page, browser: Browser
) -> None:
    site = start_site(kind)
    starts_at = register_two_from_home(site, phone)
    mails = site.mailbox.wait_for(3)
    check_three_mails(mails, starts_at)
    cancel_through_the_link(site, phone)
    move_up_on_the_full_meeting(site, phone)
    download_the_list(site, browser)
    assert site.flask("check") == ""


def register_two_from_home(site: Site, phone: Page) -> datetime:
    """From `/` to the done page by what is on the pages; gives back when the meeting starts."""
    phone.goto(site.address)
    expect(phone.locator("h1")).to_be_visible()
    phone.locator("section.next a:not(.button)").first.click()
    starts_at = datetime.fromisoformat(phone.locator("p.when time").first.get_attribute("datetime") or "")
    phone.locator("aside a.button").first.click()
    phone.locator("[name='people-0-name']").fill("Olena Ševčenková")
    phone.locator("[name='people-0-email']").fill("olena@example.org")
    phone.locator("[name='people-0-organisation']").fill("Spolek Ukrajinek v Praze")
    phone.locator("button[name='add']").click()
    expect(phone.locator("[name='people-0-name']")).to_have_value("Olena Ševčenková")
    phone.locator("[name='people-1-name']").fill("Petr Říha; „Péťa“")
    phone.locator("[name='people-1-email']").fill("petr@example.org")
    phone.locator(MAIN_BUTTON).last.click()
    expect(phone.locator("main")).to_have_attribute("data-place", "confirmed")
    assert not re.search(r"/my/[\w-]{20}", phone.content()), "the done page shows a personal link"
    return starts_at


def check_three_mails(mails: list[EmailMessage], starts_at: datetime) -> None:
    """Two confirmations with invites and one summary; other programs read the invites."""
    invites = {str(mail["To"]): calendar_of(mail) for mail in mails if calendar_of(mail)}
    assert len(mails) == 3
    assert len(invites) == 2
    for recipient, body in invites.items():
        assert_well_formed(body)
        event = read_the_same(body)
        assert event.starts_at == starts_at
        assert event.attendee
        assert event.attendee in recipient
        assert event.method == "REQUEST"


def cancel_through_the_link(site: Site, phone: Page) -> None:
    """The link in the mail opens the personal page; a button there cancels; a CANCEL arrives."""
    invite = next(mail for mail in site.mailbox.wait_for(1, "petr@example.org") if calendar_of(mail))
    uid = read_the_same(calendar_of(invite)).uid
    phone.goto(personal_link(invite))
    expect(phone.locator("main")).to_have_attribute("data-place", "confirmed")
    phone.locator("form[action$='/cancel'] button").click()
    expect(phone.locator("main")).to_have_attribute("data-place", "declined")
    cancel = read_the_same(calendar_of(site.mailbox.wait_for(2, "petr@example.org")[-1]))
    assert (cancel.method, cancel.uid) == ("CANCEL", uid)
    assert cancel.sequence > 0


def move_up_on_the_full_meeting(site: Site, phone: Page) -> None:
    """The second meeting of the example is full: a newcomer waits, and moves up when those ahead are gone."""
    phone.goto(f"{site.address}/cs/meetings/")
    phone.locator("main ul.rows").first.locator("li").nth(1).locator("a").click()
    phone.locator("aside a.button").first.click()
    phone.locator("[name='people-0-name']").fill("Čestmír Žák")
    phone.locator("[name='people-0-email']").fill("cestmir@example.org")
    phone.locator(MAIN_BUTTON).last.click()
    expect(phone.locator("main")).to_have_attribute("data-place", "waiting")
    waiting = site.mailbox.wait_for(1, "cestmir@example.org")[0]
    assert not calendar_of(waiting), "somebody who waits has nothing in the calendar"
    token, first_in_queue = somebody_confirmed_and_first_waiting(site)
    phone.goto(f"{site.address}/cs/my/{token}/")
    phone.locator("form[action$='/cancel'] button").click()
    expect(phone.locator("main")).to_have_attribute("data-place", "declined")
    event = read_the_same(calendar_of(site.mailbox.wait_for(1, first_in_queue)[0]))
    assert (event.method, event.attendee) == ("REQUEST", first_in_queue)


def somebody_confirmed_and_first_waiting(site: Site) -> tuple[str, str]:
    """From the database: the personal token of one with a seat at the full meeting, and who waits longest there."""
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        first = session.scalars(
            select(Attendee).where(Attendee.place == Place.WAITING).order_by(Attendee.queue_number).limit(1)
        ).one()
        query = select(Attendee.token).where(
            Attendee.meeting_id == first.meeting_id, Attendee.place == Place.CONFIRMED
        )
        token = session.scalars(query.limit(1)).one()
        assert first.email
        found = (token, first.email)
    engine.dispose()
    return found


def download_the_list(site: Site, browser: Browser) -> None:
    """The organiser signs in by a one-time link, finds the meeting's list and downloads it for Czech Excel."""
    link = site.flask("accounts", "create", "organiser@example.org", "--role", "organiser").split()[-1]
    page = browser.new_page(java_script_enabled=False, locale="cs-CZ", accept_downloads=True)
    page.goto(link)
    page.locator("main form button").first.click()
    page.goto(f"{site.address}/workspace/meetings/")
    page.locator("main a[href*='/attendees/']").first.click()
    expect(page.locator("main")).to_contain_text("Ševčenková")
    page.locator("main a[href*='/export/']").first.click()
    with page.expect_download() as download:
        page.locator("main form button[value='excel-csv']").first.click()
    body = download.value.path().read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert any("Olena Ševčenková" in row for row in rows)
    page.context.close()


def calendar_of(mail: EmailMessage) -> bytes:
    """The calendar part of a mail; empty without one."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            body = part.get_payload(decode=True)
            assert isinstance(body, bytes)
            return body
    return b""


def personal_link(mail: EmailMessage) -> str:
    """The personal link in the text part."""
    text = mail.get_body(("plain",))
    assert text is not None
    found = re.search(r"http://\S+/my/[\w-]+/?", text.get_content())
    assert found
    return found[0]
