"""The list of attendees in a browser: names first on a phone, acts on many where they are needed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.journeys.conftest import Site
from tests.journeys.label_visits import label_pages
from tests.journeys.visits import ask_everything, signed_in, upcoming

pytestmark = [pytest.mark.browser]
PHONE, TABLET, DESKTOP = ({"width": w, "height": h} for w, h in ((320, 640), (768, 1024), (1280, 900)))
WRITE, ACTS = "button[formaction*='/many/write']:not([name])", ".bulk > details > summary"


def test_names_come_first_and_acts_on_many_are_near(
    start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site("sqlite")
    cookies = signed_in(site, browser, "organiser")
    with Session(create_engine(site.environ["DATABASE_URL"])) as session:
        meeting = upcoming(session)[0]
        ask_everything(session)
        pages = label_pages(session, meeting)  # labels, and saved views with long names
        base = f"{site.address}/workspace/meetings/{meeting.id}/"
        views = [
            "attendees/",
            pages[0][0],
            "attendees/?tab=confirmed&kind=district&answer=yes&sort=registered",
        ]
    for scripts in (True, False):
        for size in (PHONE, TABLET, DESKTOP):
            context = browser.new_context(
                storage_state=cookies, java_script_enabled=scripts, locale="en-GB", viewport=size
            )
            with closing(context):
                page = context.new_page()
                for language in ("en", "cs") if scripts else ("cs",):
                    page.goto(f"{site.address}/workspace/me/?lang={language}")
                    for view in views:
                        page.goto(base + view)
                        looks(page, size)
                page.goto(f"{base}attendees/?lang=en")
                (at_a_desk if size is DESKTOP else on_a_phone)(page, scripts)


def looks(page: Page, size: dict[str, int]) -> None:
    """The first name stands on the first screen of a phone or a tablet; nothing is wider than the screen."""
    name = page.locator("#attendees tbody th bdi").first.bounding_box()
    assert name, page.url
    if size is not DESKTOP:
        assert name["y"] + name["height"] <= size["height"], (page.url, name)
        assert page.locator(".slide [aria-current]").bounding_box()["x"] < size["width"], page.url
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"], page.url


def at_a_desk(page: Page, scripts: bool) -> None:
    """Everything is there at once, with nothing to unfold."""
    for seen in (WRITE, "#kind", "main a[href$='/attendees/add/']"):
        expect(page.locator(seen)).to_be_visible()
    for summary in page.locator(".wide-open > summary").all():
        expect(summary).to_be_hidden()
    expect(page.locator(".find button:visible:not([form])")).to_have_count(1)
    box = page.locator("tbody input[name=person]").first
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    box.check()
    assert box.bounding_box() == place, "the names stay where they are"
    expect(page.locator(".picked")).to_have_text("Selected: 1" if scripts else "")


def on_a_phone(page: Page, scripts: bool) -> None:
    """Acts are one press away, by the keyboard too; with scripts a bar at the bottom comes with the selection."""
    for hidden in (WRITE, "#kind", "main a[href$='/attendees/add/']"):
        expect(page.locator(hidden)).to_be_hidden()
    boxes = page.locator("tbody input[name=person]")
    top = boxes.first.bounding_box()
    for box in boxes.all()[:2]:
        box.focus()
        page.keyboard.press("Space")
    bar, height = page.locator(".bulk").bounding_box(), page.evaluate("innerHeight")
    assert bar
    if scripts:
        expect(page.locator(".picked")).to_have_text("Selected: 2")
        assert round(bar["y"] + bar["height"]) == height, "the bar is at the bottom"
        page.evaluate("scrollTo(0, 0)")
        assert boxes.first.bounding_box() == top, "the names stay where they are"
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        foot = page.locator("footer").bounding_box()
        assert foot
        assert foot["y"] + foot["height"] <= page.locator(".bulk").bounding_box()["y"], (
            "nothing lies below it"
        )
    page.locator(ACTS).focus()
    page.keyboard.press("Enter")
    expect(page.locator(WRITE)).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("write => document.activeElement.matches(write)", WRITE)
    page.keyboard.press("Enter")
    page.wait_for_url("**/letters/*/write")
