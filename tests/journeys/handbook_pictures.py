"""The pictures of the organiser's handbook: `python -m tests.journeys.handbook_pictures` takes them again.

Starts the example platform and writes `docs/organiser/images/<task>.<language>.png`;
`tests/workspace/test_help.py` holds them to their size.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import NoReturn

from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.conftest import CHROMIUM, QUIET, ROOT, Site, sites

FOLDER = ROOT / "docs" / "organiser" / "images"
NEXT = (
    "select id from meetings where state = 'published' and starts_at > datetime() order by starts_at limit 1"
)
SIZE = {"width": 660, "height": 620}
PAGES = {
    "meeting": "meetings/{id}/",
    "invite": "meetings/{id}/invitations/new/",
    "people": "meetings/{id}/attendees/",
    "questions": "meetings/{id}/questions/new/?kind=one",
    "change": "meetings/{id}/call-off/",
    "letters": "meetings/{id}/letters/",
    "print": "meetings/{id}/export/",
    "door": "meetings/{id}/door/",
    "numbers": "meetings/{id}/statistics/",
    "team": "team/",
}
LOWER = {"door": 370}  # the list below is of people
STEPS = {"change": "main form button", "letters": "main form button"}


def no_server() -> NoReturn:
    """SQLite is enough for pictures."""
    raise AssertionError


def take_all(browser: Browser, site: Site) -> None:
    """Sign an administrator in and take every page in both languages."""
    link = site.flask("accounts", "create", "jana@example.org", "--role", "administrator").split()[-1]
    page = browser.new_page(viewport=SIZE, locale="en")
    page.goto(link)
    with page.expect_navigation():
        page.locator("main form button").first.click()
    with sqlite3.connect(site.environ["DATABASE_URL"].removeprefix("sqlite:///")) as connection:
        (number,) = connection.execute(NEXT).fetchone()
    for language in ("en", "cs"):
        page.goto(f"{site.address}/workspace/me/?lang={language}")
        for task, path in PAGES.items():
            page.goto(f"{site.address}/workspace/{path.format(id=number)}")
            take(page, task, language)


def take(page: Page, task: str, language: str) -> None:
    """The top of the page, without the bar."""
    if task in STEPS:
        with page.expect_navigation():
            page.locator(STEPS[task]).first.click()
    page.wait_for_load_state("networkidle")
    top = page.locator("#main").bounding_box()
    assert top, task
    room = {"x": 0, "y": top["y"], "width": SIZE["width"], "height": min(top["height"], LOWER.get(task, 520))}
    page.screenshot(path=FOLDER / f"{task}.{language}.png", clip=room, full_page=True)


def main() -> None:
    """Start a site, take the pictures, stop it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        sites(Path(folder), no_server) as start,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        take_all(chromium, start("sqlite"))
        chromium.close()


if __name__ == "__main__":
    main()
