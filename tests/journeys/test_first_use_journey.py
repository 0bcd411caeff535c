"""From an empty house to a published meeting: what a person has to press and to type, with scripts and without."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Meeting, MeetingState
from tests.journeys.conftest import PATIENCE, Site

pytestmark = [pytest.mark.browser]
# The keystroke-level model (Card, Moran and Newell): thinking, pointing, pressing, and a key of an average typist.
THINK, POINT, PRESS, KEY = 1.35, 1.1, 0.2, 0.28
WAIT = 1.0  # for each page that comes
THREE_MINUTES = 180.0
TOPIC = {"cs": "Bydlení po ubytovnách", "en": "Housing after hostels"}
VENUE = {"cs": "Sál architektů", "en": "Architects' Hall"}


@dataclass
class Hand:
    """A person's hand on a page: does things and counts them."""

    page: Page
    clicks: int = 0
    fields: int = 0
    keys: int = 0
    pages: int = 0

    def press(self, selector: str) -> None:
        """Press something that leads to another page."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        self.clicks += 1
        self.pages += 1

    def tick(self, selector: str) -> None:
        """Choose one of several."""
        self.page.locator(selector).check()
        self.clicks += 1

    def type(self, name: str, text: str) -> None:
        """Go to a field and fill it."""
        self.page.locator(f"[name={name}]").fill(text)
        self.fields += 1
        self.keys += len(text)

    @property
    def seconds(self) -> float:
        """How long this takes a person who has not done it before."""
        acts = self.clicks + self.fields
        return acts * (THINK + POINT + PRESS) + self.keys * KEY + self.pages * WAIT

    def say(self, what: str) -> None:
        """Say what was counted; `pytest -s` shows it."""
        counted = f"{self.clicks} clicks, {self.fields} fields, {self.keys} keys, {self.pages} pages"
        sys.stdout.write(f"\n{what}: {counted}, about {self.seconds:.0f} s\n")


@pytest.mark.parametrize(("kind", "scripts"), [("sqlite", True), ("postgresql", False)])
def test_an_empty_house_has_a_published_meeting_within_three_minutes(
    kind: str, scripts: bool, start_site: Callable[..., Site], browser: Browser
) -> None:
    site = start_site(kind, example=False)
    made = site.flask("accounts", "create", "prvni@example.org", "--role", "administrator")
    context = browser.new_context(java_script_enabled=scripts, locale="en-GB")
    hand = Hand(context.new_page())
    hand.page.goto(made.split()[-1])
    sign_in(hand, site)
    fill_in_the_form(hand)
    assert stored(site).state == MeetingState.DRAFT
    if scripts:
        it_saves_itself(hand, site)
    look_as_an_attendee(hand, site)
    hand.press("form[action$='/publish/'] button")
    expect(hand.page.locator(".note.success")).to_be_visible()
    assert stored(site).state == MeetingState.PUBLISHED
    hand.say(f"From the link to a published meeting, scripts {'on' if scripts else 'off'}")
    assert hand.clicks <= 14
    assert hand.fields <= 14
    assert hand.seconds < THREE_MINUTES
    strangers_see_it(site, browser)
    make_another(hand, site)
    throw_away_and_bring_back(hand, site)
    context.close()
    assert site.flask("check") == ""


def sign_in(hand: Hand, site: Site) -> None:
    """By the one-time link; whoever comes for the first time chooses a password and lands on the one form."""
    hand.press("main form button")
    hand.type("password", "čtyři žluté lopaty")
    hand.press("form#set-password button.button")
    expect(hand.page).to_have_url(f"{site.address}/workspace/meetings/new/")


def fill_in_the_form(hand: Hand) -> None:
    """One form; all else in it may stay as it is."""
    day = clock.now().date() + timedelta(days=40)
    hand.type("series_name_cs", "Platforma")
    hand.tick("[name=format][value=in_person]")
    for code in ("cs", "en"):
        hand.type(f"title_{code}", TOPIC[code])
        hand.type(f"venue_{code}", VENUE[code])
    hand.type("day", day.isoformat())
    hand.type("starts", "13:00")
    hand.type("ends", "16:00")
    hand.press("form#meeting button[data-busy]")
    expect(hand.page.locator("main form[action$='/publish/'] button")).to_be_visible()


def it_saves_itself(hand: Hand, site: Site) -> None:
    """What is typed into a draft reaches the database without a button, and is there after a reload."""
    hand.press("main a[href$='/edit/']")
    hand.type("summary_en", "From hostels to homes.")
    expect(hand.page.locator("#saved")).to_have_text(re.compile(r"\d{1,2}:\d\d"), timeout=PATIENCE * 1000)
    assert stored(site).summary == {"en": "From hostels to homes."}
    hand.page.reload()
    expect(hand.page.locator("[name=summary_en]")).to_have_value("From hostels to homes.")
    hand.press("main .acts a[href^='/workspace/meetings/']")


def look_as_an_attendee(hand: Hand, site: Site) -> None:
    """The page that people will see, in each language."""
    back = hand.page.url
    for code in ("cs", "en"):
        hand.press(f"main a[href$='/preview/{code}/']")
        expect(hand.page.locator("html")).to_have_attribute("lang", code)
        expect(hand.page.locator("h1")).to_have_text(TOPIC[code])
        hand.page.goto(back)
        hand.clicks += 1  # the browser's way back
        hand.pages += 1
    assert stored(site).state == MeetingState.DRAFT


def strangers_see_it(site: Site, browser: Browser) -> None:
    """Without signing in, in each language, with the way to register."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for code in ("cs", "en"):
        answer = page.goto(f"{site.address}/{code}/meetings/{stored(site).slug}/")
        assert answer
        assert answer.status == 200
        expect(page.locator("h1")).to_have_text(TOPIC[code])
        expect(page.locator("aside a.button").first).to_be_visible()
    context.close()


def make_another(hand: Hand, site: Site) -> None:
    """A copy, and the next date of the series, each by one click from the meeting's page."""
    show = f"{site.address}/workspace/meetings/{stored(site).id}/"
    for action in ("duplicate", "prepare-next"):
        hand.page.goto(show)
        hand.press(f"form[action$='/{action}/'] button")
        expect(hand.page).to_have_url(f"{site.address}/workspace/meetings/{newest(site).id}/edit/")
        assert newest(site).state == MeetingState.DRAFT
        assert newest(site).venue == VENUE


def throw_away_and_bring_back(hand: Hand, site: Site) -> None:
    """A draft is deleted by one click and comes back by another."""
    draft = newest(site).id
    hand.page.goto(f"{site.address}/workspace/meetings/{draft}/")
    hand.press("form[action$='/delete/'] button")
    assert newest(site).deleted_at
    hand.press(".note.success form button")
    assert newest(site).id == draft
    assert newest(site).deleted_at is None


def stored(site: Site) -> Meeting:
    """The first meeting, as the database has it now."""
    return _one(site, newest_first=False)


def newest(site: Site) -> Meeting:
    """The meeting that was made last."""
    return _one(site, newest_first=True)


def _one(site: Site, *, newest_first: bool) -> Meeting:
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        order = Meeting.id.desc() if newest_first else Meeting.id
        meeting = session.scalars(select(Meeting).order_by(order).limit(1)).unique().one()
        session.expunge_all()
    engine.dispose()
    return meeting
