"""Letters as an old phone shows them: nothing wider than the screen, nothing that axe finds, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, ViewportSize
from sqlalchemy.orm import Session

from tests.conftest import empty_tables
from tests.delivery.conftest import both_languages
from tests.delivery.scenes_of_change import EVERY_LETTER, mail_of
from tests.journeys.test_pages_in_browser import RUN_AXE, STANDARDS, TOO_WIDE

__all__ = ["both_languages"]  # the fixture
pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("both_languages"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
PHONE = ViewportSize(width=320, height=640)
LONG = {
    "Olena Ševčenková": "Nejneobhospodařovávatelnější-Nejkulaťoulinkatější",
    "platforma@example.org": f"{'p' * 60}@example.org",
}


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    """A narrow page without a network."""
    context = browser.new_context(viewport=PHONE, offline=True)
    yield context.new_page()
    context.close()


def test_letters_fit_an_old_phone_and_axe_finds_nothing_in_them(session: Session, screen: Page) -> None:
    problems = []
    for name in EVERY_LETTER:
        letter = mail_of(session, name, "cs").html_text
        session.close()
        empty_tables()
        for short, long in LONG.items():
            letter = letter.replace(short, long)
        screen.set_content(letter)
        problems += [f"{name} is too wide"] if screen.evaluate(TOO_WIDE) else []
        if not name.startswith("scene"):  # of their templates each is among the others
            screen.evaluate(AXE_SCRIPT)
            for scheme in ("light", "dark"):
                screen.emulate_media(color_scheme=scheme)
                problems += [f"{name}, {scheme}: {one}" for one in screen.evaluate(RUN_AXE, STANDARDS)]
    assert problems == []
