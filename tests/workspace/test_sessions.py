"""Where one is signed in, and signing single browsers out."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.base import clock
from app.domain.accounts import service
from app.domain.accounts.models import AccountSession, Purpose, Role
from app.domain.history.models import Entry
from app.extensions import db
from tests.browsers import account_of, browser, csrf, csrf_of

ME = "/workspace/me/"
PHONE = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def jana(app):
    return account_of(app, Role.VIEWER, email="jana@example.org")


@pytest.fixture
def desk(app, jana):
    return browser(app, jana)


def handles(app, account_id):
    with app.app_context():
        query = select(AccountSession).where(AccountSession.account_id == account_id)
        return [one.handle for one in db.session.scalars(query.order_by(AccountSession.created_at))]


def end(client, handle):
    return client.post(f"{ME}sessions/{handle}/end/", data={"csrf_token": csrf(client)})


def test_the_list_names_browsers_and_marks_this_one(app, desk, jana):
    with app.app_context():
        for row in db.session.scalars(select(AccountSession)):
            row.device = "Chrome, Windows"
        db.session.commit()
    browser(app, jana)
    page = desk.get(ME).get_data(as_text=True)
    assert page.count(">this one</span>") == 1
    assert "Chrome, Windows" in page
    assert "A browser that we do not know" in page
    assert page.count("/end/") == 2


def test_signing_in_notes_the_browser_in_two_words(app, jana):
    client = browser(app)
    client.environ_base["HTTP_USER_AGENT"] = PHONE
    with app.app_context():
        token = service.new_one_time_link(db.session(), jana, Purpose.SIGN_IN, now=clock.now())
        db.session.commit()
    path = f"/en/sign-in/link/{token}/"
    client.post(path, data={"csrf_token": csrf_of(client.get(path).get_data(as_text=True))})
    with app.app_context():
        assert db.session.scalars(select(AccountSession.device)).all() == ["Firefox, Android"]


def test_one_browser_is_signed_out_and_the_others_stay(app, desk, jana):
    lost = browser(app, jana)
    (_mine, other) = handles(app, jana)
    answer = end(desk, other)
    assert (answer.status_code, answer.location) == (303, ME)
    assert lost.get(ME).status_code == 302
    assert "That browser is signed out." in desk.get(ME).get_data(as_text=True)
    with app.app_context():
        (entry,) = db.session.scalars(select(Entry).where(Entry.act == "account:sign_out"))
        assert (entry.subject_id, entry.account_id) == (jana, jana)


def test_signing_this_one_out_leads_to_the_sign_in(app, desk, jana):
    (mine,) = handles(app, jana)
    assert end(desk, mine).location == "/en/sign-in/"
    assert desk.get(ME).status_code == 302


def test_sessions_of_others_and_those_that_ended_are_left_alone(app, desk, jana):
    other = account_of(app, Role.ADMINISTRATOR)
    theirs = browser(app, other)
    (handle,) = handles(app, other)
    for unknown in (handle, "0" * 16, "x"):
        assert end(desk, unknown).location == ME
    assert theirs.get(ME).status_code == 200


def test_a_session_that_was_idle_for_too_long_is_not_listed(app, desk, jana):
    browser(app, jana)
    with time_machine.travel(clock.now() + timedelta(hours=11, minutes=59), tick=True):
        desk.get(ME)
    with time_machine.travel(clock.now() + timedelta(hours=13), tick=True):
        assert desk.get(ME).get_data(as_text=True).count("/end/") == 1


def test_last_use_is_written_every_five_minutes_at_most(app, desk, statements):
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=True):
        desk.get("/workspace/")
        with statements() as seen:
            desk.get("/workspace/")
    assert not [one for one in seen if "UPDATE" in one.upper()]
