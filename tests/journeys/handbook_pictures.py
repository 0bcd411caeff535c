"""The pictures of the organiser's handbook: `python -m tests.journeys.handbook_pictures [task …]` takes them again.

Starts the example platform once for each language and writes `docs/organiser/images/<task>.<language>.png`, all or
those of the tasks named; `tests/workspace/test_help.py` holds them to their size.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Meeting, MeetingState
from tests.journeys.conftest import CHROMIUM, QUIET, ROOT, Site, sites
from tests.journeys.handbook_steps import STEPS, TYPED, feedback_given, file_under_way
from tests.journeys.small_png import shrink

FOLDER = ROOT / "docs" / "organiser" / "images"
SIZE = {"width": 660, "height": 620}
ADMINISTRATOR = "jana@example.org"
PAGES = {  # below the meeting's own, unless they begin with a slash
    "meeting": "",
    "invite": "invitations/new/",
    "people": "attendees/",
    "import": "attendees/import/",
    "many": "attendees/?tab=confirmed",
    "move": "attendees/?tab=confirmed",
    "labels": "attendees/?show=state&show=labels",
    "views": "attendees/?tab=confirmed&show=organisation&show=state&sort=organisation",
    "columns": "attendees/",
    "twice": "attendees/add/",
    "questions": "questions/new/?kind=one",
    "change": "call-off/",
    "letters": "letters/",
    "print": "export/",
    "door": "door/",
    "feedback": "",
    "files": "",
    "numbers": "statistics/",
    "team": "/workspace/team/",
}
LOWER = {"door": 370, "files": 350, "twice": 470}  # the list below the door's is of people
BEGINS = {
    "columns": ".find details.more",
    "feedback": "dl.facts",
    "many": ".scroll",
}  # not at the top of the page
ON_SCREEN = {"many": 900}  # as high as this, with the bar that keeps to the foot of the screen


def no_server() -> NoReturn:
    """SQLite is enough for pictures."""
    raise AssertionError


def take_all(browser: Browser, site: Site, language: str, tasks: list[str]) -> None:
    """Sign an administrator in and take the pages of these tasks."""
    link = site.flask("accounts", "create", ADMINISTRATOR, "--role", "administrator").split()[-1]
    page = browser.new_page(viewport=SIZE, locale=language)
    page.goto(link)
    with page.expect_navigation():
        page.locator("main form button").first.click()
    page.goto(f"{site.address}/workspace/me/?lang={language}")
    for task in tasks:
        page.set_viewport_size({**SIZE, "height": ON_SCREEN.get(task, SIZE["height"])})
        page.goto(f"{site.address}{address(site, task)}")
        STEPS.get(task, nothing)(page, TYPED[language])
        take(page, task, language)


def address(site: Site, task: str) -> str:
    """The path of a task's page; what it shows is made first where the example platform lacks it."""
    made: dict[str, Callable[[Session], str]] = {
        "feedback": feedback_given,
        "files": lambda session: file_under_way(session, next_meeting(session), ADMINISTRATOR),
    }
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        own = f"/workspace/meetings/{next_meeting(session).id}/"
        path = made[task](session) if task in made else PAGES[task]
    engine.dispose()
    return path if path.startswith("/") else own + path


def next_meeting(session: Session) -> Meeting:
    """The next one that people can come to."""
    query = select(Meeting).where(Meeting.state == MeetingState.PUBLISHED, Meeting.starts_at > clock.now())
    return session.scalars(query.order_by(Meeting.starts_at)).unique().all()[0]


def nothing(_page: Page, _typed: dict[str, str]) -> None:
    """The page is shown as it is."""


def take(page: Page, task: str, language: str) -> None:
    """The top of the page, without the bar, or of that part of it which matters."""
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")
    top = page.locator(BEGINS.get(task, "#main")).first.bounding_box()
    assert top, task
    if task in ON_SCREEN:
        height = ON_SCREEN[task] - top["y"]
    else:
        height = min(page.evaluate("document.body.scrollHeight") - top["y"], LOWER.get(task, 520))
    room = {"x": 0, "y": top["y"], "width": SIZE["width"], "height": height}
    picture = page.screenshot(clip=room, full_page=task not in ON_SCREEN)
    (FOLDER / f"{task}.{language}.png").write_bytes(shrink(picture))


def main() -> None:
    """Start a site for each language, take the pictures, stop it."""
    tasks = [task for task in PAGES if task in (sys.argv[1:] or PAGES)]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language in TYPED:
        with (
            tempfile.TemporaryDirectory() as folder,
            sites(Path(folder), no_server) as start,
            sync_playwright() as playwright,
        ):
            chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
            take_all(chromium, start("sqlite"), language, tasks)
            chromium.close()


if __name__ == "__main__":
    main()
