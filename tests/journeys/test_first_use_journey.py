"""From the first sign-in at an empty site to a published meeting; and a draft that saves itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from app.base import clock
from tests.journeys.conftest import Site

pytestmark = [pytest.mark.browser]
MOST_CLICKS = 5  # sign in, save the password, make the first meeting, save it, publish it
SOON = 60_000.0  # milliseconds; a busy machine is slow


@dataclass
class Hand:
    """Clicks, and counts them."""

    page: Page
    clicks: int = 0

    def press(self, words: str) -> None:
        """Press the one button or link that says so."""
        self.page.locator("main").locator("a, button").get_by_text(words, exact=True).first.click()
        self.clicks += 1


@pytest.mark.parametrize(("kind", "scripts"), [("sqlite", False), ("postgresql", True)])
def test_somebody_new_publishes_a_meeting_in_five_clicks(
    kind: str, scripts: bool, start_site: Callable[..., Site], browser: Browser
) -> None:
    site = start_site(kind, demo=False)
    link = site.flask("accounts", "create", "first@example.org", "--role", "administrator").split()[-1]
    context = browser.new_context(
        java_script_enabled=scripts, viewport={"width": 320, "height": 640}, locale="en-GB"
    )
    page = context.new_page()
    page.goto(f"{site.address}/en/")
    page.goto(link)
    hand = Hand(page)
    page.locator("main form button").first.click()
    hand.clicks += 1
    page.goto(f"{page.url}?lang=en")
    page.locator("[name=password]").fill("correct horse battery staple 7")
    hand.press("Save the password")
    expect(page.locator("h1")).to_have_text("Meetings")
    hand.press("Make the first meeting")
    day = clock.now().date() + timedelta(days=40)
    fill(page, series_name_cs="Poradní platforma", title_cs="Bydlení", venue_cs="Sál", capacity="30")
    fill(page, day=day.isoformat(), starts="13:00", ends="16:00")
    hand.press("Save the draft")
    expect(page.locator("main")).to_contain_text("Only organisers see it.")
    if scripts:
        saves_itself(page)
    hand.press("Publish the meeting")
    expect(page.locator("main")).to_contain_text("The meeting is published.")
    assert hand.clicks == MOST_CLICKS
    page.goto(f"{site.address}/en/meetings/")
    expect(page.locator("main")).to_contain_text("Bydlení")
    context.close()
    assert site.flask("check") == ""


def fill(page: Page, **values: str) -> None:
    """Type into the form."""
    for name, value in values.items():
        page.locator(f"#meeting [name={name}]").fill(value)


def saves_itself(page: Page) -> None:
    """What is typed into a draft is there after a reload; what is wrong is said and is not."""
    shown = page.url
    page.goto(f"{shown}edit/")
    page.locator("[name=summary_cs]").fill("Krátce")
    expect(page.locator("#saved")).to_contain_text("Saved at", timeout=SOON)
    page.locator("[name=ends]").fill("12:00")
    expect(page.locator("#saved")).to_contain_text("The end must be after the start.", timeout=SOON)
    page.reload()
    expect(page.locator("[name=summary_cs]")).to_have_value("Krátce")
    expect(page.locator("[name=ends]")).to_have_value("16:00")
    page.goto(shown)
