"""Every act on people of the list is done and taken back in a real browser, with scripts and without.

What the lists hold is compared with what they held before. Taking back a check-in, a draft that was deleted and an
import are parts of the journeys of the door, of the first use and of the import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import next_meeting
from app.domain.registration.models import LIVE, Attendee, AttendeeLabel
from tests.journeys.conftest import Site
from tests.journeys.visits import press, signed_in

pytestmark = [pytest.mark.browser]
NOTICE, UNDO = ".note.success", ".note.success form button"
Held = tuple[set[tuple[int, str, str | None, str]], int]


@pytest.mark.parametrize(("kind", "scripts"), [("sqlite", True), ("postgresql", False)])
def test_each_act_on_people_is_taken_back(
    kind: str, scripts: bool, start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site(kind)
    cookies = signed_in(site, browser, "organiser")
    context = browser.new_context(storage_state=cookies, java_script_enabled=scripts, locale="en-GB")
    page = context.new_page()
    with database(site) as session:
        meeting = next_meeting(session, now=clock.now())
        assert isinstance(meeting, Meeting)
        address = f"{site.address}/workspace/meetings/{meeting.id}/attendees/"
    for act in (cancel, label, move):
        before = held(site)
        page.goto(f"{address}?tab=confirmed&lang=en")
        choose_two(page)
        act(page)
        assert held(site) != before, act.__name__
        press(page, UNDO)
        expect(page.locator(NOTICE)).to_be_visible()
        assert held(site) == before, act.__name__
    join_rows(site, page, address)
    context.close()
    assert site.flask("check") == ""


def choose_two(page: Page) -> None:
    """Tick the first two people of the list."""
    boxes = page.locator("tbody input[name=person]")
    for number in range(2):
        boxes.nth(number).check()


def cancel(page: Page) -> None:
    """Their places are cancelled."""
    press(page, "button[formaction*='/many/cancel']:not([name])")


def label(page: Page) -> None:
    """They get a label."""
    page.locator("details.more", has=page.locator("#label")).locator("summary").click()
    page.locator("#label").fill("Mluvčí")
    press(page, "button[formaction*='/many/label']:not([name])")


def move(page: Page) -> None:
    """They go to the next meeting that is offered."""
    press(page, "button[formaction*='/move']:not([name])")
    page.locator("main input[name=to]").first.check()
    press(page, "main form[method=post] button.button")


def join_rows(site: Site, page: Page, address: str) -> None:
    """Somebody is on the list under two addresses, becomes one, and two again."""
    for email in ("jana@spolek.example", "jana.novotna@praha.example"):
        page.goto(f"{address}add/")
        page.locator("[name=name]").fill("Jana Novotná")
        page.locator("[name=email]").fill(email)
        page.locator("[name=mode]").first.check()
        press(page, "form#add button.button")
    before = held(site)
    page.goto(address)
    press(page, "main a[href$='/duplicates/']")
    press(page, "main form[action$='/merge'] button")
    assert held(site) != before
    press(page, UNDO)
    expect(page.locator(NOTICE)).to_be_visible()
    assert held(site) == before


def held(site: Site) -> Held:
    """Who has, or waits for, which place at which meeting, and how many labels there are."""
    with database(site) as session:
        columns = Attendee.meeting_id, Attendee.name, Attendee.email, Attendee.place
        rows = session.execute(select(*columns).where(Attendee.place.in_(LIVE)))
        people = {(meeting_id, name, email, place) for meeting_id, name, email, place in rows}
        return people, len(session.execute(select(AttendeeLabel.label_id)).all())


@contextmanager
def database(site: Site) -> Iterator[Session]:
    """A session on the database of a running site, for reading."""
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        yield session
    engine.dispose()
