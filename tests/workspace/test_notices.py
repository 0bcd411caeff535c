"""Choosing notices on the page of one's own account."""

import re

import pytest
from sqlalchemy import select

from app.domain.accounts.models import NoticeChoice, Role
from app.domain.history.models import Entry
from app.domain.notices.queries import timings_of
from app.domain.notices.rules import DEFAULTS, Event, Timing
from app.extensions import db
from tests.browsers import account_of, browser, csrf
from tests.factories import make_series

ME, PAGE = "/workspace/me/", "/workspace/me/notices/"
CHOSEN = dict.fromkeys(Event, "off") | {Event.FULL: "daily", Event.PENDING: "now"}


@pytest.fixture
def account_id(app):
    return account_of(app, Role.ORGANISER)


@pytest.fixture
def desk(app, account_id):
    return browser(app, account_id)


def post(desk, **data):
    return desk.post(PAGE, data={"csrf_token": csrf(desk), **data})


def checked(page):
    """What the page shows as chosen."""
    inputs = [tag for tag in re.findall(r"<input[^>]*>", page) if "radio" in tag and "checked" in tag]
    return {re.search(r'name="([^"]+)"', tag)[1]: re.search(r'value="([^"]+)"', tag)[1] for tag in inputs}


def stored(app, account_id):
    with app.app_context():
        return timings_of(db.session(), account_id)


def test_the_page_shows_the_defaults_to_whoever_chose_nothing(app, desk, account_id):
    page = desk.get(PAGE).get_data(as_text=True)
    assert checked(page) == DEFAULTS
    with app.app_context():
        assert db.session.get(NoticeChoice, account_id) is None, "looking writes nothing"


def test_a_choice_is_saved_and_shown(app, desk, account_id):
    answer = post(desk, **CHOSEN)
    assert (answer.status_code, answer.location) == (303, PAGE)
    page = desk.get(PAGE).get_data(as_text=True)
    assert checked(page) == CHOSEN
    assert "Your choice of notices is saved." in page
    assert stored(app, account_id) == {event: Timing(chosen) for event, chosen in CHOSEN.items()}
    with app.app_context():
        entry = db.session.scalars(select(Entry).where(Entry.act == "account:notices")).one()
        assert (entry.subject_id, entry.account_id) == (account_id, account_id)


def test_one_chooses_for_oneself_alone(app, desk):
    other = account_of(app, Role.ADMINISTRATOR)
    post(desk, **CHOSEN)
    assert stored(app, other) == DEFAULTS


@pytest.mark.parametrize("wrong", ["hourly", "", "NOW", "a\0b", "<script>x</script>"])
def test_another_timing_is_refused_and_the_rest_is_kept(app, desk, account_id, wrong):
    answer = post(desk, **(CHOSEN | {Event.CANCELLED: wrong}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Cancellations" in re.search(r'id="errors".*?</div>', page, re.DOTALL)[0]
    assert checked(page) == {event: chosen for event, chosen in CHOSEN.items() if event != Event.CANCELLED}
    assert "<script>x" not in page
    assert stored(app, account_id) == DEFAULTS


def test_what_a_form_leaves_out_stays_as_it_was(app, desk, account_id):
    post(desk, **CHOSEN)
    assert post(desk, registered="now").status_code == 303
    assert stored(app, account_id) == CHOSEN | {Event.REGISTERED: Timing.NOW}


def test_every_radio_button_says_the_event_and_the_timing(desk):
    page = desk.get(PAGE).get_data(as_text=True)
    radios = [tag for tag in re.findall(r"<input[^>]*>", page) if "radio" in tag]
    assert len(radios) == len(Event) * len(Timing)
    names = {re.search(r'aria-labelledby="([^"]+)"', tag)[1] for tag in radios}
    assert names == {f"{event}-name at-{timing}" for event in Event for timing in Timing}


def test_whoever_is_bound_is_told_that_they_hear_of_their_series(app, desk):
    with app.app_context():
        series = make_series(db.session())
        db.session.commit()
        bound = account_of(app, Role.ORGANISER, email="bound@example.org", series=(series,))
    words = "You hear of the meetings of your series."
    assert words not in desk.get(PAGE).get_data(as_text=True)
    assert words in browser(app, bound).get(PAGE).get_data(as_text=True)


def test_the_account_leads_there_and_viewers_are_told_why_not(app, desk):
    assert f'href="{PAGE}"' in desk.get(ME).get_data(as_text=True)
    viewer = browser(app, account_of(app, Role.VIEWER))
    page = viewer.get(ME).get_data(as_text=True)
    assert f'href="{PAGE}"' not in page
    assert "Only organisers get notices of their meetings." in page
    assert viewer.get(PAGE).status_code == 403
