"""A file that takes long: order it, leave, come back, take it; stop another one. With scripts and without."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.domain.history.models import Entry
from app.domain.meetings.models import Meeting
from app.domain.registration.models import Attendee
from tests.conftest import need
from tests.journeys.conftest import PATIENCE, Site
from tests.journeys.visits import signed_in, upcoming
from tests.many_people import seat_many
from tests.paper.papers import text_of

pytestmark = [pytest.mark.browser]

MORE = 300
DOWNLOAD = "main a[href$='/file']"
STATE = "#state a[href^='/workspace/jobs/']:not([href$='/file'])"


def test_badges_for_hundreds(start_site: Callable[[str], Site], browser: Browser, tmp_path: Path) -> None:
    need(shutil.which("pdftotext"), "pdftotext (poppler-utils)")
    site = start_site("sqlite")
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        meeting: Meeting = upcoming(session)[0]
        seat_many(session, meeting.id, MORE)
        session.commit()
        meeting_id = meeting.id
    cookies = signed_in(site, browser, "organiser")
    for scripts, step in ((False, step_by_link), (True, step_by_itself)):
        page = open_page(browser, cookies, scripts=scripts)
        order(page, site, meeting_id, "badges-seated")
        address = page.url
        assert page.locator("progress").count() == 1
        page.goto(f"{site.address}/workspace/")  # leave
        assert page.locator(f"main a[href='{address.removeprefix(site.address)}']").count() == 1
        page.goto(f"{site.address}/workspace/meetings/{meeting_id}/export/")  # and come back
        page.locator(f"main a[href='{address.removeprefix(site.address)}']").click()
        step(page)
        assert text_of(taken(page, tmp_path), tmp_path).count("Číslo") == MORE
        assert page.locator("progress").count() == 0

        order(page, site, meeting_id, "labels-seated")
        page.locator("#state form button").click()
        page.wait_for_load_state()
        assert page.locator("#state progress, #state form").count() == 0
        assert page.locator(DOWNLOAD).count() == 0
        page.context.close()
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Entry).where(Entry.act == "list:print")) == 4
        assert session.scalar(select(func.count()).select_from(Attendee)) > MORE
    engine.dispose()


def open_page(browser: Browser, cookies: StorageState, *, scripts: bool) -> Page:
    """A small phone."""
    return browser.new_page(
        java_script_enabled=scripts, viewport={"width": 320, "height": 640}, storage_state=cookies
    )


def order(page: Page, site: Site, meeting_id: int, what: str) -> None:
    """Press a button that prints; it leads to the page of the job."""
    page.goto(f"{site.address}/workspace/meetings/{meeting_id}/export/")
    page.locator(f"button[value='{what}']").click()
    page.wait_for_url("**/workspace/jobs/*/")


def step_by_link(page: Page) -> None:
    """Ask for the current state until the file is there."""
    end = time.monotonic() + PATIENCE
    while not page.locator(DOWNLOAD).count():
        assert time.monotonic() < end, "the file does not come"
        link = page.locator(STATE)
        if link.count():
            link.click()
            page.wait_for_load_state()


def step_by_itself(page: Page) -> None:
    """Do nothing: the page follows."""
    page.locator(DOWNLOAD).wait_for(timeout=PATIENCE * 1000)


def taken(page: Page, folder: Path) -> bytes:
    """Take the file."""
    with page.expect_download() as download:
        page.locator(DOWNLOAD).click()
    file = folder / "taken.pdf"
    download.value.save_as(file)
    return file.read_bytes()
