"""A file goes with a registration from an old phone, outlives a mistake, and comes out at the organiser's desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import next_meeting
from app.domain.questions.models import QuestionKind
from tests.handed_over import PDF
from tests.journeys.conftest import Site
from tests.journeys.visits import press, signed_in
from tests.questionnaires import ask

pytestmark = [pytest.mark.browser]
SEND = "form#registration button.button:not([name])"
SLIDES: FilePayload = {"name": "Prezentace čtvrtek.pdf", "mimeType": "application/pdf", "buffer": PDF}
PAGE: FilePayload = {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"<html><script>1</script>"}


@pytest.fixture
def asked(start_site: Callable[[str], Site]) -> tuple[Site, str, str, int]:
    """A site whose next meeting asks for slides: the address of its form, the field, and its number."""
    site = start_site("sqlite")
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        meeting = next_meeting(session, now=clock.now())
        assert isinstance(meeting, Meeting)
        kinds = {"file_kinds": ("pdf", "picture"), "file_megabytes": 5}
        slides = ask(session, meeting, QuestionKind.FILE, "Your slides", required=True, **kinds)
        path, name = f"{site.address}/en/meetings/{meeting.slug}/register", f"people-0-q{slides.id}"
        number = meeting.id
        session.commit()
    engine.dispose()
    return site, path, name, number


def test_a_file_outlives_a_mistake_and_reaches_the_organiser(
    asked: tuple[Site, str, str, int], phone: Page, browser: Browser, tmp_path: Path
) -> None:
    site, path, name, number = asked
    phone.goto(path)
    phone.locator("[name='people-0-name']").fill("Xenie Souborová")
    chooser = phone.locator(f"input[type=file][name='{name}']")
    chooser.set_input_files(PAGE)
    press(phone, SEND)
    expect(phone.locator("#errors")).to_contain_text("cannot be taken")
    chooser.set_input_files(SLIDES)
    press(phone, SEND)
    expect(phone.locator("#errors li")).to_have_count(1)  # the address is missing
    expect(phone.locator(".kept")).to_have_text("Prezentace čtvrtek.pdf, 1 kB, is kept.")
    phone.locator("[name='people-0-email']").fill("xenie@example.org")
    press(phone, SEND)
    expect(phone.locator("main")).to_have_attribute("data-place", "confirmed")

    context = browser.new_context(
        storage_state=signed_in(site, browser, "administrator"), java_script_enabled=False
    )
    desk = context.new_page()
    desk.goto(f"{site.address}/workspace/meetings/{number}/attendees/?lang=en&q=souborova")
    desk.get_by_role("link", name="Souborová, Xenie").first.click()
    with desk.expect_download() as one:
        desk.get_by_role("link", name="Prezentace čtvrtek.pdf").click()
    assert one.value.suggested_filename == "Prezentace čtvrtek.pdf"
    assert Path(one.value.path()).read_bytes() == PDF
    desk.goto(f"{site.address}/workspace/meetings/{number}/export/")
    with desk.expect_download() as every:
        desk.get_by_role("button", name="Download 1 file that people gave").click()
    with ZipFile(every.value.path()) as archive:
        assert archive.namelist() == ["Souborová_Xenie - Your slides - Prezentace čtvrtek.pdf"]
    context.close()
    assert site.flask("check") == ""
