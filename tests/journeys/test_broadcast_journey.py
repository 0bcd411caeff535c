"""A letter to many from the first word to the last mail, in a real browser, with scripts and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.domain.broadcasts.models import Broadcast
from tests.journeys.conftest import Site
from tests.journeys.visits import press, signed_in

pytestmark = [pytest.mark.browser]
SUBJECT = "Podklady: %meeting%"
SOON = 90_000.0  # milliseconds: half a minute of grace, and a busy machine


@pytest.mark.parametrize(("kind", "scripts"), [("sqlite", True), ("postgresql", False)])
def test_a_letter_is_written_looked_at_tested_and_sent(
    kind: str, scripts: bool, start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site(kind)
    cookies = signed_in(site, browser, "organiser")
    phone = ViewportSize(width=320, height=640)
    context = browser.new_context(
        storage_state=cookies, java_script_enabled=scripts, viewport=phone, locale="en-GB"
    )
    page = context.new_page()
    write(site, page, scripts=scripts)
    look_and_test(site, page)
    number = send(page)
    watch_it_go(page, number, scripts=scripts)
    mails = [mail for mail in site.mailbox.mails if str(mail["Subject"]).startswith("Podklady: ")]
    assert len(mails) == number
    assert len({str(mail["To"]) for mail in mails}) == number
    context.close()
    assert site.flask("check") == ""


def write(site: Site, page: Page, *, scripts: bool) -> None:
    """Begin a draft on the meeting's page; with scripts it saves itself and survives a reload."""
    page.goto(f"{site.address}/workspace/meetings/1/?lang=en")
    page.locator("main a", has_text="Letters to many").click()
    press(page, "main form button.button")
    page.locator("[name=subject_cs]").fill(SUBJECT)
    page.locator("[name=body_cs]").fill("Dobrá zpráva, **%name%**: %personal_link%")
    if scripts:
        expect(page.locator("#saved")).to_have_text("Saved.")
        assert stored(site).subject == {"cs": SUBJECT}
        page.reload()
        expect(page.locator("[name=subject_cs]")).to_have_value(SUBJECT)
        page.locator("[name=body_cs]").press("End")
        page.locator("[name=body_cs]").type(" Brzy.")
    press(page, "button[value=look]")


def look_and_test(site: Site, page: Page) -> None:
    """The preview is a frame of its own; the test comes to the organiser alone."""
    expect(page.frame_locator("iframe").locator("h1")).to_contain_text("Podklady: ")
    before = len(site.mailbox.mails)
    press(page, "main form.post button")
    (mail,) = site.mailbox.wait_for(1, "organiser@example.org")
    assert str(mail["Subject"]).startswith("Test: Podklady: ")
    assert len(site.mailbox.mails) == before + 1


def send(page: Page) -> int:
    """Go on to sending; gives to how many people the page says that it goes."""
    page.locator("main .acts a.button", has_text="Go on to sending").click()
    heading = page.locator("h1").inner_text()
    number = int("".join(char for char in heading if char.isdigit()))
    page.locator("[name=at_night]").check()
    button = page.locator("form#send button.button")
    assert str(number) in button.inner_text()
    press(page, "form#send button.button")
    expect(page.locator("main")).to_contain_text("Take it back")
    return number


def watch_it_go(page: Page, number: int, *, scripts: bool) -> None:
    """With scripts the page follows by itself; without them its link shows the present state."""
    done = page.locator("#so-far", has_text=f"{number} of {number} sent")
    if scripts:
        expect(done).to_be_visible(timeout=SOON)
        expect(page.locator("[data-watch]")).to_have_count(0, timeout=SOON)
        return
    for _ in range(int(SOON / 1000)):
        if done.count() and not page.locator("text=Show the current state").count():
            return
        page.wait_for_timeout(1000)
        page.goto(page.url)
    raise AssertionError(page.locator("#state").inner_text())


def stored(site: Site) -> Broadcast:
    """The only letter to many."""
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        found = session.scalars(select(Broadcast)).one()
        session.expunge(found)
    engine.dispose()
    return found
