"""The door in a real browser: the line is cut, people come all the same, the line returns, and nobody is lost."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import segno
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, delete, select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.accounts.models import Account, AccountMeeting, AccountSession
from app.domain.attendance import queries
from app.domain.attendance.models import DoorEvent
from app.domain.meetings.models import Meeting, MeetingState
from tests.factories import register
from tests.journeys.conftest import CHROMIUM, QUIET, Site
from tests.journeys.test_pages_in_browser import RUN_AXE, STANDARDS, TOO_WIDE

pytestmark = [pytest.mark.browser]
PATIENCE = 20_000
STORED = """async () => {
  const found = {};
  for (const {name} of await indexedDB.databases()) {
    const base = await new Promise(take => { indexedDB.open(name).onsuccess = event => take(event.target.result); });
    for (const store of base.objectStoreNames) {
      const request = base.transaction(store).objectStore(store).getAll();
      found[name] = await new Promise(take => { request.onsuccess = () => take(request.result); });
    }
    base.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (request.url.endsWith('/offline/')) found.page = await (await cache.match(request)).text();
    }
  }
  return found;
}"""


@contextmanager
def database(site: Site) -> Iterator[Session]:
    """A session of the test's own on the site's database."""
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        yield session
    engine.dispose()


def open_the_door(site: Site) -> tuple[int, list[tuple[int, str, str]]]:
    """The next meeting begins in half an hour, somebody may work at its door, and these people come."""
    site.flask("accounts", "create", "door@example.org", "--role", "door")
    with database(site) as session:
        ahead = select(Meeting).where(
            Meeting.state == MeetingState.PUBLISHED, Meeting.starts_at > clock.now()
        )
        meeting = session.scalars(ahead.order_by(Meeting.starts_at)).unique().first()
        assert meeting
        meeting.starts_at = clock.now() + timedelta(minutes=30)
        meeting.ends_at = meeting.starts_at + timedelta(hours=3)
        account = session.scalars(select(Account).where(Account.email == "door@example.org")).one()
        session.add(AccountMeeting(account_id=account.id, meeting_id=meeting.id))
        people = [
            (one.id, one.name, one.checkin_token)
            for letter in "ABCDEFGHIJKLMNOPQRSTUVWX"
            for one in register(session, meeting, f"Žaneta {letter}ábová")
        ]
        number = meeting.id
        session.commit()
    return number, people


def phone_at_the_door(site: Site, browser: Browser, meeting: int, **options: Any) -> Page:
    """A phone that is signed in at the door, has the list, and could do without the line from now on."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale="en-GB", **options)
    page = context.new_page()
    sign_in(site, page)
    page.goto(f"{site.address}/workspace/meetings/{meeting}/door/?lang=en")
    wait_until(page, "navigator.serviceWorker.controller !== null")
    wait_until(page, "localStorage.getItem('door-until') !== null")
    return page


def wait_until(page: Page, what: str) -> None:
    """Ask again and again, from outside: the page allows no evaluation of texts."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(what):
        assert time.monotonic() < end, what
        time.sleep(0.1)


def sign_in(site: Site, page: Page) -> None:
    """By a link, as there is no password."""
    page.goto(site.flask("accounts", "create", "door@example.org", "--role", "door").split()[-1])
    with page.expect_navigation():
        page.locator("main form button").last.click()


def scan(page: Page, site: Site, token: str) -> None:
    """What a scanner does that acts as a keyboard."""
    if not page.locator("#code").is_visible():
        page.locator("details.more summary").click()
    page.locator("#code").fill(f"{site.address}/c/{token}")
    page.keyboard.press("Enter")


def came_in(page: Page, name: str) -> None:
    """The card of the result says so."""
    expect(page.locator("#result .result.in .name")).to_contain_text(
        name.rsplit(maxsplit=1)[-1], timeout=PATIENCE
    )


def waits(page: Page, number: int) -> None:
    """The page says how many check-ins are not sent yet."""
    expect(page.locator("#line")).to_have_attribute("data-waiting", str(number), timeout=PATIENCE)


def arrived(site: Site) -> list[DoorEvent]:
    """What the server has."""
    with database(site) as session:
        found = session.scalars(select(DoorEvent).order_by(DoorEvent.at, DoorEvent.id)).all()
        session.expunge_all()
        return list(found)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_line_is_cut_and_nobody_is_lost(  # noqa: PLR0915 - one story
    kind: str, start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site(kind)
    meeting, people = open_the_door(site)
    north = phone_at_the_door(site, browser, meeting)
    south = phone_at_the_door(site, browser, meeting)
    expect(north.locator("[data-count=present]")).to_have_text("0")
    both, rest = people[:3], people[3:]

    north.context.set_offline(True)
    south.context.set_offline(True)
    begun = clock.now()
    for _number, name, token in [*both, *rest[:17]]:
        scan(north, site, token)
        came_in(north, name)
    waits(north, 20)
    expect(north.locator("#line")).to_contain_text("20 check-ins wait for a connection")
    for _number, name, token in both:
        scan(south, site, token)
        came_in(south, name)
    scan(south, site, both[0][2])
    expect(south.locator("#result .result.again")).to_contain_text("Already in since")
    scan(south, site, "A" * 22)
    expect(south.locator("#result .result.no")).to_contain_text("not on the list")
    waits(south, 5)

    north.reload()
    waits(north, 20)
    expect(north.locator("[data-count=present]")).to_have_text("20")
    surname = rest[17][1].split()[-1]
    north.locator("#q").fill(surname[:3])
    row = north.locator("#guests li", has_text=surname).first
    row.get_by_role("button", name="Check in").click()
    came_in(north, surname)
    waits(north, 21)
    look_at_what_is_kept(north, site, people)
    look_with_axe(north)

    before = clock.now()
    north.context.set_offline(False)
    south.context.set_offline(False)
    waits(north, 0)
    waits(south, 0)
    expect(south.locator("[data-count=present]")).to_have_text("21", timeout=PATIENCE)

    events = arrived(site)
    assert len(events) == 26
    assert len({event.client_id for event in events}) == 26
    assert all(event.queued for event in events)
    assert all(begun - timedelta(seconds=1) <= event.at <= before for event in events)
    assert all(event.taken_at >= before for event in events)
    assert len({event.door for event in events}) == 2
    assert sorted(event.verdict for event in events if event.verdict != "in") == [*["again"] * 4, "unknown"]
    with database(site) as session:
        since = queries.arrivals(session, meeting)
    assert set(since) == {number for number, _name, _token in [*both, *rest[:18]]}
    first = [min(event.at for event in events if event.attendee_id == number) for number, *_ in both]
    assert [since[number] for number, *_rest in both] == first
    assert site.flask("check") == ""
    north.context.close()
    south.context.close()


def look_with_axe(page: Page) -> None:
    """The page without a connection is as good as the others, in both schemes on a small phone."""
    page.evaluate(AXE_SCRIPT)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert page.evaluate(RUN_AXE, [*STANDARDS, "best-practice"]) == [], scheme
        assert not page.evaluate(TOO_WIDE), scheme


def look_at_what_is_kept(page: Page, site: Site, people: list[tuple[int, str, str]]) -> None:
    """On the phone: names, organisations, hashes, flags. No code, no address, and no name in queue or page."""
    found = page.evaluate(STORED)
    everything = json.dumps(found)
    assert set(found) == {"door-lists", "door-queue", "page"}
    assert all(token not in everything for _number, _name, token in people)
    assert "@" not in json.dumps([found["door-lists"], found["door-queue"]])
    kept = {key for one in found["door-lists"][0]["people"] for key in one}
    assert kept == {"id", "since", "no", "let_in", "name", "full", "organisation", "needs", "code", "key"}
    assert "csrf" not in found["page"]
    for _number, name, _token in people:
        assert name.split()[-1] not in json.dumps(found["door-queue"])
        assert name not in found["page"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_who_is_signed_out_keeps_the_scans_and_loses_the_list(
    kind: str, start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site(kind)
    meeting, people = open_the_door(site)
    page = phone_at_the_door(site, browser, meeting)
    page.context.set_offline(True)
    for _number, name, token in people[:3]:
        scan(page, site, token)
        came_in(page, name)
    with database(site) as session:
        session.execute(delete(AccountSession))
        session.commit()
    page.context.set_offline(False)
    expect(page.locator("#line")).to_contain_text("Sign in again", timeout=PATIENCE)
    waits(page, 3)
    assert arrived(site) == []

    page.locator("#line a").click()
    page.wait_for_url("**/sign-in/**")
    wait_until(page, "indexedDB.databases().then(all => !all.some(one => one.name === 'door-lists'))")
    assert len(page.evaluate(STORED)["door-queue"]) == 3

    sign_in(site, page)
    page.goto(f"{site.address}/workspace/meetings/{meeting}/door/")
    expect(page.locator("[data-count=present]")).to_have_text("3", timeout=PATIENCE)
    waits(page, 0)
    assert [event.verdict for event in arrived(site)] == ["in"] * 3
    page.context.close()


def test_without_scripts_the_door_works_on_the_line(
    start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site("sqlite")
    meeting, people = open_the_door(site)
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 320, "height": 640}, locale="en-GB"
    )
    page = context.new_page()
    sign_in(site, page)
    page.goto(f"{site.address}/c/{people[0][2]}")
    page.locator(".huge").click()
    expect(page.locator(".result.in .state")).to_contain_text(re.compile(r"\d:\d\d"))
    page.locator(".result.in form button").click()
    expect(page.locator(".huge")).to_be_visible()
    page.goto(f"{site.address}/workspace/meetings/{meeting}/door/")
    page.locator("#q").fill(people[1][1].split()[-1][:3].lower())
    page.locator("#find button").click()
    page.locator("#guests li", has_text=people[1][1].split()[-1]).first.locator("button").click()
    expect(page.locator(".result.in .name")).to_have_text(people[1][1])
    expect(page.locator("[data-count=present]")).to_have_text("1")
    context.close()


def film_of(text: str, file: Path) -> None:
    """A film (YUV4MPEG2, grey) that shows the code of a text, as a camera would."""
    wide, high, scale = 640, 480, 8
    rows = [list(row) for row in segno.make(text, error="m").matrix_iter(border=4)]
    left, top = (wide - len(rows) * scale) // 2, (high - len(rows) * scale) // 2
    picture = bytearray(b"\xc8" * wide * high)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            for line in range(scale):
                begin = (top + y * scale + line) * wide + left + x * scale
                picture[begin : begin + scale] = (b"\x10" if dark else b"\xeb") * scale
    frame = b"FRAME\n" + bytes(picture) + b"\x80" * (wide * high // 2)
    file.write_bytes(f"YUV4MPEG2 W{wide} H{high} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 20)


def test_the_camera_reads_the_code_of_a_ticket(
    start_site: Callable[[str], Site], browser: Browser, tmp_path: Path
) -> None:
    site = start_site("sqlite")
    meeting, people = open_the_door(site)
    number, name, token = people[0]
    film_of(f"{site.address}/c/{token}", tmp_path / "ticket.y4m")
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'ticket.y4m'}",
    )
    seeing = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*QUIET, *camera])
    complaints: list[str] = []
    page = phone_at_the_door(site, seeing, meeting, permissions=["camera"])
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.locator("#camera-open").click()
    came_in(page, name)
    page.locator("#camera-close").click()
    expect(page.locator("#camera")).to_be_hidden()
    waits(page, 0)
    assert complaints == []
    first = arrived(site)[0]
    assert (first.attendee_id, first.way, first.queued) == (number, "qr", False)
    seeing.close()
