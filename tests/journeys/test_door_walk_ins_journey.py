"""Somebody who is not on the list comes while the line is cut: added once, with the time, and never lost silently."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import delete, select

from app.base import clock
from app.domain.accounts.models import AccountSession
from app.domain.attendance import queries
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.registration.models import Attendee
from tests.journeys.conftest import Site
from tests.journeys.test_door_journey import (
    PATIENCE,
    STORED,
    arrived,
    came_in,
    database,
    look_with_axe,
    open_the_door,
    phone_at_the_door,
    scan,
    sign_in,
    wait_until,
    waits,
)

pytestmark = [pytest.mark.browser]


def add(page: Page, name: str, organisation: str = "", email: str = "") -> None:
    """Type who comes, and press the button."""
    page.locator("#walk-in-open").click()
    page.locator("#walk-in #name").fill(name)
    page.locator("#walk-in #organisation").fill(organisation)
    page.locator("#walk-in #email").fill(email)
    page.get_by_role("button", name="Add and check in").click()


def named(site: Site, name: str) -> list[Attendee]:
    """Everybody of this name whom the server has."""
    with database(site) as session:
        found = session.scalars(select(Attendee).where(Attendee.name == name)).all()
        session.expunge_all()
        return list(found)


def row(page: Page, name: str) -> Locator:
    """The row of somebody whom the server does not have yet."""
    return page.locator("#unsent-people li", has_text=name)


def look_at_what_is_kept(page: Page, name: str, address: str) -> None:
    """Names lie in a store of their own, and nowhere else; the queue holds numbers and times."""
    found = page.evaluate(STORED)
    assert [one["name"] for one in found.pop("door-names")] == [name]
    assert name not in json.dumps(found)
    assert address not in json.dumps(found)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_walk_in_among_scans_arrives_once_with_its_time(
    kind: str, start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site(kind)
    meeting, people = open_the_door(site)
    page = phone_at_the_door(site, browser, meeting)
    page.context.set_offline(True)
    begun = clock.now()
    scan(page, site, people[0][2])
    came_in(page, people[0][1])
    add(page, "Dana Dlouhá", "Městská část Praha 14", "dana@example.org")
    came_in(page, "Dana Dlouhá")
    expect(page.locator("#result .result.in")).to_contain_text("not sent yet")
    scan(page, site, people[1][2])
    came_in(page, people[1][1])
    waits(page, 3)
    expect(page.locator("#line")).to_contain_text("3 check-ins wait for a connection")
    expect(row(page, "Dana Dlouhá")).to_contain_text("not sent yet")

    page.reload()
    waits(page, 3)
    expect(row(page, "Dana Dlouhá")).to_contain_text("Městská část Praha 14")
    expect(page.locator("[data-count=present]")).to_have_text("3")
    look_at_what_is_kept(page, "Dana Dlouhá", "dana@example.org")
    page.locator("#walk-in-open").click()
    look_with_axe(page)
    page.locator("#walk-in-close").click()

    sent: list[int] = []

    def lose_the_first_answer(route: Route) -> None:
        answer = route.fetch()
        sent.append(answer.status)
        if len(sent) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route("**/walk-ins", lose_the_first_answer)
    before = clock.now()
    page.context.set_offline(False)
    waits(page, 0)
    assert sent == [200, 200]
    expect(page.locator("#unsent")).to_be_hidden()
    expect(page.locator("[data-count=present]")).to_have_text("3", timeout=PATIENCE)

    (dana,) = named(site, "Dana Dlouhá")
    events = sorted(arrived(site), key=lambda event: event.id)  # as they were sent
    assert [event.attendee_id for event in events] == [people[0][0], dana.id, people[1][0]]
    assert [event.verdict for event in events] == ["in"] * 3
    assert all(event.queued and event.taken_at >= before for event in events)
    assert begun - timedelta(seconds=1) <= events[1].at < before
    assert (events[1].way, dana.email) == ("walk_in", "dana@example.org")
    assert page.evaluate(STORED)["door-names"] == []
    assert site.flask("check") == ""
    page.context.close()


def test_what_is_refused_is_said_and_stays_until_somebody_decides(
    start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site("sqlite")
    meeting, people = open_the_door(site)
    with database(site) as session:
        known = session.get_one(Attendee, people[0][0])
        name, email = known.name, str(known.email)
    page = phone_at_the_door(site, browser, meeting)
    page.locator("#walk-in-open").click()
    page.get_by_role("button", name="Add and check in").click()
    expect(page.locator("#walk-in .field.bad")).to_contain_text("Enter the name of the person")
    page.locator("#walk-in-close").click()

    page.context.set_offline(True)
    add(page, name, email=email)
    add(page, "Eva Erbenová")
    page.context.set_offline(False)
    expect(page.locator("#line")).to_contain_text("1 person could not be added", timeout=PATIENCE)
    waits(page, 0)
    assert len(named(site, "Eva Erbenová")) == 1
    page.reload()
    expect(row(page, name)).to_contain_text("is on the list already", timeout=PATIENCE)

    row(page, name).get_by_role("button", name="Remove").click()
    expect(page.locator("#unsent")).to_be_hidden()
    page.locator("#result").get_by_role("button", name="Undo").click()
    expect(row(page, name)).to_contain_text("is on the list already")
    row(page, name).get_by_role("button", name="Correct").click()
    expect(page.locator("#walk-in #email")).to_have_value(email)
    page.locator("#walk-in #email").fill("other@example.org")
    page.get_by_role("button", name="Add and check in").click()
    expect(page.locator("#unsent")).to_be_hidden(timeout=PATIENCE)
    expect(page.locator("#line")).to_be_hidden(timeout=PATIENCE)
    assert sorted(str(one.email) for one in named(site, name)) == sorted([email, "other@example.org"])

    with database(site) as session:
        session.get_one(Meeting, meeting).state = MeetingState.CALLED_OFF
        session.get_one(Meeting, meeting).called_off_at = clock.now()
        session.commit()
    add(page, "Filip Fiala")
    expect(page.locator("#result .result.no")).to_contain_text("called off", timeout=PATIENCE)
    expect(row(page, "Filip Fiala")).to_contain_text("called off")
    page.locator("#result").get_by_role("button", name="Remove").click()
    expect(page.locator("#unsent")).to_be_hidden()
    assert named(site, "Filip Fiala") == []
    assert page.evaluate(STORED)["door-names"] == []
    page.context.close()


def test_who_is_taken_back_before_the_line_returns_is_added_nowhere(
    start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site("sqlite")
    meeting, _people = open_the_door(site)
    page = phone_at_the_door(site, browser, meeting)
    page.context.set_offline(True)
    add(page, "Dana Dlouhá")
    add(page, "Eva Erbenová")
    row(page, "Dana Dlouhá").get_by_role("button", name="Undo").click()
    expect(page.locator("#result .result.undone")).to_contain_text("taken back")
    waits(page, 2)
    expect(page.locator("[data-count=present]")).to_have_text("1")
    assert "Dana" not in json.dumps(page.evaluate(STORED))
    page.context.set_offline(False)
    waits(page, 0)
    assert named(site, "Dana Dlouhá") == []
    assert len(named(site, "Eva Erbenová")) == 1
    page.context.close()


def test_names_outlive_a_sign_out_and_are_wiped_in_the_end(
    start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site("sqlite")
    meeting, _people = open_the_door(site)
    page = phone_at_the_door(site, browser, meeting)
    page.context.set_offline(True)
    add(page, "Dana Dlouhá")
    waits(page, 1)
    with database(site) as session:
        session.execute(delete(AccountSession))
        session.commit()
    page.context.set_offline(False)
    expect(page.locator("#line")).to_contain_text("Sign in again", timeout=PATIENCE)
    page.locator("#line a").click()
    page.wait_for_url("**/sign-in/**")
    wait_until(page, "indexedDB.databases().then(all => !all.some(one => one.name === 'door-lists'))")
    assert named(site, "Dana Dlouhá") == []
    sign_in(site, page)
    page.goto(f"{site.address}/workspace/meetings/{meeting}/door/?lang=en")
    expect(page.locator("[data-count=present]")).to_have_text("1", timeout=PATIENCE)
    assert len(named(site, "Dana Dlouhá")) == 1
    with database(site) as session:
        assert list(queries.arrivals(session, meeting)) == [named(site, "Dana Dlouhá")[0].id]

    wait_until(page, "navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    add(page, "Eva Erbenová")
    waits(page, 1)
    page.context.clock.set_system_time(clock.now() + timedelta(hours=16))
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(f"{site.address}/en/")
    wait_until(page, "indexedDB.databases().then(all => !all.some(one => one.name === 'door-names'))")
    page.goto(f"{site.address}/workspace/meetings/{meeting}/door/?lang=en")
    expect(page.locator("#unsent")).to_contain_text("it was never sent", timeout=PATIENCE)
    assert "Erbenová" not in json.dumps(page.evaluate(STORED))
    page.locator("#unsent").get_by_role("button", name="Remove").click()
    expect(page.locator("#unsent")).to_be_hidden()
    assert page.evaluate(STORED)["door-queue"] == []
    assert named(site, "Eva Erbenová") == []
    page.context.close()
