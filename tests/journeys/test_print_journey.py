"""Ten minutes before the meeting: from its page to the paper in two taps, with scripts and without."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import need
from tests.journeys.conftest import Site
from tests.paper.papers import text_of

pytestmark = [pytest.mark.browser]


def test_sheet_and_badges_on_a_phone(
    start_site: Callable[[str], Site], browser: Browser, tmp_path: Path
) -> None:
    need(shutil.which("pdftotext"), "pdftotext (poppler-utils)")
    site = start_site("sqlite")
    link = site.flask("accounts", "create", "o@example.org", "--role", "organiser").split()[-1]
    first = browser.new_page()
    first.goto(link)
    first.locator("main form button").first.click()
    first.wait_for_load_state()
    cookies = first.context.storage_state()
    first.context.close()
    for scripts in (False, True):
        page = browser.new_page(
            java_script_enabled=scripts, viewport={"width": 320, "height": 640}, storage_state=cookies
        )
        page.goto(f"{site.address}/workspace/meetings/")
        page.locator("main a[href^='/workspace/meetings/']:not([href$='/new/'])").first.click()
        page.locator("main a[href$='/export/']").click()
        sheet = text_of(taken(page, "sheet-seated", tmp_path), tmp_path)
        badges = text_of(taken(page, "badges-seated", tmp_path), tmp_path)  # at once, from the same page
        names = [line.split() for line in sheet.splitlines() if line.strip()[:1].isdigit()]
        assert "Dvořák" in sheet
        assert "Dvořák" in badges
        assert len(names) == 8 + 10
        page.reload()
        assert page.locator("ol.history li").count() == (4 if scripts else 2)
        page.context.close()


def taken(page: Page, order: str, folder: Path) -> bytes:
    """Press a button that prints, and wait for the file."""
    with page.expect_download() as download:
        page.locator(f"button[value='{order}']").click()
    file = folder / "taken.pdf"
    download.value.save_as(file)
    return file.read_bytes()
