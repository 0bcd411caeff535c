"""An organiser asks; people answer with scripts and without; the last place goes once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import next_meeting
from app.domain.questions.models import QuestionAnswer, QuestionKind
from tests.journeys.conftest import Site
from tests.journeys.visits import press, signed_in
from tests.questionnaires import ask, ids, option

pytestmark = [pytest.mark.browser]
SEND = "form#registration button.button:not([name])"


@pytest.fixture
def asked(start_site: Callable[[str], Site]) -> tuple[Site, str, dict[str, str]]:
    """A site whose next meeting asks three questions: the address of its form, and the names of the fields."""
    site = start_site("sqlite")
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        meeting = next_meeting(session, now=clock.now())
        assert isinstance(meeting, Meeting)
        lunch = ask(session, meeting, QuestionKind.YES_NO, "Lunch?", required=True)
        diet = ask(
            session, meeting, label="Diet", required=True, condition_id=lunch.id, condition_value="yes"
        )
        shop = ask(session, meeting, QuestionKind.ONE, "Workshop", option("Housing", 1), option("School"))
        names = {"lunch": f"q{lunch.id}", "diet": f"q{diet.id}", "shop": f"q{shop.id}"}
        names |= {"housing": str(ids(shop)[0]), "meeting": str(meeting.id)}
        path = f"{site.address}/en/meetings/{meeting.slug}/register"
        session.commit()
    engine.dispose()
    return site, path, names


def type_person(page: Page, name: str) -> None:
    """Who comes."""
    page.locator("[name='people-0-name']").fill(name)
    page.locator("[name='people-0-email']").fill(f"{name.lower()}@example.org")


def choose(page: Page, name: str, value: str) -> None:
    """Press a radio button of the first person."""
    page.locator(f"[name='people-0-{name}'][value='{value}']").check()


def test_a_condition_hides_with_scripts_and_speaks_without(
    asked: tuple[Site, str, dict[str, str]], phone: Page, browser: Browser
) -> None:
    site, path, names = asked
    page = browser.new_page()
    page.goto(path)
    diet = page.locator(f"[name='people-0-{names['diet']}']")
    expect(diet).to_be_hidden()
    choose(page, names["lunch"], "yes")
    expect(diet).to_be_visible()
    choose(page, names["lunch"], "no")
    expect(diet).to_be_hidden()
    type_person(page, "Jana")
    choose(page, names["shop"], names["housing"])
    press(page, SEND)
    expect(page.locator("main")).to_have_attribute("data-place", "confirmed")
    page.context.close()

    phone.goto(path)
    expect(phone.get_by_text("Only if you answered “Yes” to “Lunch?”.")).to_be_visible()
    expect(phone.locator(f"[name='people-0-{names['shop']}'][value='{names['housing']}']")).to_be_disabled()
    type_person(phone, "Petr")
    choose(phone, names["lunch"], "yes")
    press(phone, SEND)
    expect(phone.locator("#errors")).to_contain_text("Answer “Diet”.")
    expect(phone.locator("[name='people-0-name']")).to_have_value("Petr")
    phone.locator(f"[name='people-0-{names['diet']}']").fill("vegan")
    press(phone, SEND)
    expect(phone.locator("main")).to_have_attribute("data-place", "confirmed")
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        texts = session.scalars(select(QuestionAnswer.text).order_by(QuestionAnswer.id)).all()
    engine.dispose()
    assert sorted(texts) == ["", "no", "vegan", "yes"]
    assert site.flask("check") == ""


def test_questions_are_ordered_by_mouse(asked: tuple[Site, str, dict[str, str]], browser: Browser) -> None:
    site, _path, names = asked
    cookies = signed_in(site, browser, "administrator")
    context = browser.new_context(storage_state=cookies)
    page = context.new_page()
    page.goto(f"{site.address}/workspace/meetings/{names['meeting']}/questions/?lang=en")
    rows = page.locator("[data-sortable] > li")
    expect(rows).to_have_count(3)
    with page.expect_navigation():
        rows.nth(2).drag_to(rows.nth(0))
    expect(page.locator("[data-sortable] > li").first).to_contain_text("Workshop")
    context.close()
