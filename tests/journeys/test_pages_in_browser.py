"""Every page in a real browser: axe, narrow screens, keyboard, weight, and nothing that the policy forbids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize

from tests.journeys.conftest import sites
from tests.journeys.visits import Stage, Visit, set_stage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=320, height=640)
MOST_BYTES = 60_000
MOST_REQUESTS = 8
MOST_SCRIPT = 8_000
ROLES = ["", "administrator", "organiser", "viewer"]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = """tags => axe.run({
  runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], iframes: false,
}).then(found => found.violations.flatMap(
  rule => rule.nodes.map(node => `${rule.id}: ${node.target} ${node.failureSummary.split('\\n').pop().trim()}`)))"""
TOO_WIDE = "document.documentElement.scrollWidth > window.innerWidth"
FOCUSED = """() => {
  const node = document.activeElement, box = node.getBoundingClientRect(), look = getComputedStyle(node);
  return {
    name: `${node.tagName} ${node.name || node.className || node.textContent.trim()}`,
    outline: look.outlineStyle === 'none' ? 0 : parseFloat(look.outlineWidth),
    seen: box.width > 4 && box.height > 4 && box.top < innerHeight && box.bottom > 0 && box.right > 0,
    page: node === document.body,
  };
}"""


@dataclass
class Watch:
    """Looks over a page's shoulder, one address after the other."""

    origin: str
    status: int = 200
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """Look at this page from now on."""
        page.on("requestfinished", self.came)
        page.on("requestfailed", self.failed)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("console", self.said)

    def begin(self, status: int) -> None:
        """The next page is coming; it answers with `status`."""
        self.status = status
        self.requests.clear()
        self.complaints.clear()

    def came(self, request: Request) -> None:
        """Note an answer."""
        self.requests.append(request)

    def failed(self, request: Request) -> None:
        """Note what got no answer, unless we went on to the next page before it came."""
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"failed: {request.url}")

    def said(self, message: ConsoleMessage) -> None:
        """Note an error or a warning; that the page itself is an error page is none."""
        if message.type in ("error", "warning") and f"status of {self.status}" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def weigh(self) -> None:
        """Complain about too many or too heavy answers (as they travelled), or those of others."""
        sizes = [(request.url, travelled(request)) for request in self.requests]
        self.complaints += [f"asked {url}" for url, _size in sizes if not url.startswith(self.origin)]
        total = sum(size for _url, size in sizes)
        scripts = sum(size for url, size in sizes if url.split("?")[0].endswith(".js"))
        if len(sizes) > MOST_REQUESTS or total > MOST_BYTES or scripts > MOST_SCRIPT:
            self.complaints.append(f"{total} bytes: {sizes}")


def travelled(request: Request) -> int:
    """The bytes of an answer as it travelled, headers included."""
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]


@pytest.fixture(scope="module")
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Stage]:
    """One site for all tests here; nothing in them changes it."""
    folder: Path = tmp_path_factory.mktemp("pages")
    with sites(folder, lambda: request.getfixturevalue("new_pg_database")) as start:
        yield set_stage(start("sqlite"), browser)


@contextmanager
def opened(stage: Stage, browser: Browser, role: str, viewport: ViewportSize) -> Iterator[Page]:
    """A page of a browser where this role is signed in. Nothing moves, so that colours are what they will be."""
    cookies = stage.cookies.get(role)
    context = browser.new_context(storage_state=cookies, viewport=viewport, reduced_motion="reduce")
    try:
        yield context.new_page()
    finally:
        context.close()


def come(stage: Stage, page: Page, visit: Visit, language: str) -> None:
    """Go to a page and do there what the visit says."""
    if visit.role:
        page.context.add_cookies([{"name": "lang", "value": language, "url": stage.site.address}])
    response = page.goto(stage.site.address + visit.path.format(lang=language))
    assert response
    assert response.status == visit.status, f"{visit.name}: {response.status}"
    if visit.act:
        visit.act(page)
    if visit.is_letter:  # its own page allows no scripts, not even those of axe
        letter = response.text()
        page.goto("about:blank")
        page.set_content(letter)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "public")
def test_axe_finds_nothing_in_light_in_dark_and_on_a_phone(role: str, stage: Stage, browser: Browser) -> None:
    problems: list[str] = []
    with opened(stage, browser, role, DESKTOP) as page:
        for visit, language in zip(visits_of(stage, role), cycle(("cs", "en"))):
            page.set_viewport_size(DESKTOP)
            page.emulate_media(color_scheme="light")
            come(stage, page, visit, language)
            page.evaluate(AXE_SCRIPT)
            problems += axe(page, visit, f"{language}, light")
            page.emulate_media(color_scheme="dark")
            problems += axe(page, visit, f"{language}, dark")
            page.set_viewport_size(PHONE)
            problems += axe(page, visit, f"{language}, dark phone")
            if page.evaluate(TOO_WIDE):
                problems.append(f"{visit.name}, {language}: wider than a phone")
    assert not problems, "\n".join(problems)


def axe(page: Page, visit: Visit, what: str) -> list[str]:
    """What axe finds on the page as it looks now."""
    tags = STANDARDS if visit.is_letter else [*STANDARDS, "best-practice"]
    return [f"{visit.name}, {what}: {found}" for found in page.evaluate(RUN_AXE, tags)]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "public")
def test_pages_are_light_and_do_only_what_the_policy_allows(
    role: str, stage: Stage, browser: Browser
) -> None:
    problems: list[str] = []
    with opened(stage, browser, role, PHONE) as page:
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        watch = Watch(stage.site.address)
        watch.over(page)
        for visit, language in zip(visits_of(stage, role), cycle(("en", "cs"))):
            if visit.act or visit.is_letter:
                continue
            watch.begin(visit.status)
            come(stage, page, visit, language)
            if page.evaluate(TOO_WIDE):
                watch.complaints.append("wider than a phone")
            watch.weigh()
            problems += [f"{visit.name}, {language}: {complaint}" for complaint in watch.complaints]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", ["home", "meeting, open", "register, with errors", "sign in"])
def test_the_keyboard_reaches_everything_and_one_sees_where_it_is(
    name: str, stage: Stage, browser: Browser
) -> None:
    visit = next(visit for visit in stage.visits if visit.name == name)
    with opened(stage, browser, visit.role, PHONE) as page:
        come(stage, page, visit, "en")
        if visit.act:
            assert page.evaluate("document.activeElement.id") == "errors", "errors are not said first"
            page.evaluate("document.activeElement.blur()")
            page.goto(page.url)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate(FOCUSED)["seen"], "the skip link stays hidden"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.goto(page.url.partition("#")[0])
        reached = 0
        while not (here := tab(page))["page"]:
            assert here["seen"], f"nobody sees {here['name']}"
            assert here["outline"] >= 2, f"nothing shows that the keyboard is at {here['name']}"
            reached += 1
            assert reached < 100, "the keyboard is caught"
        assert reached > 8


def tab(page: Page) -> dict[str, Any]:
    """Press the tabulator; gives what has the focus then."""
    page.keyboard.press("Tab")
    found: dict[str, Any] = page.evaluate(FOCUSED)
    return found


def visits_of(stage: Stage, role: str) -> list[Visit]:
    """What this role visits."""
    return [visit for visit in stage.visits if visit.role == role]
