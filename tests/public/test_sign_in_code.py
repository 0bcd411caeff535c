"""The second step of the sign-in through the pages, on both databases."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.base import clock
from app.domain.accounts import passwords, service
from app.domain.accounts.models import Account, AccountSession, Purpose, Role
from app.domain.history.models import Entry
from app.extensions import db
from tests.browsers import account_of, browser, csrf_of, sign_in
from tests.second_factors import codes_left, give_phone

PASSWORD = "kolibřík nese vodu"
PAGE = "/en/sign-in/"
CODE = "/en/sign-in/code/"
LIST = "/workspace/"


@pytest.fixture(scope="session")
def password_hash():
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def client(app):
    return browser(app)


@pytest.fixture
def jana(app, password_hash):
    """The id of an organiser with a password."""
    account_id = account_of(app, Role.ORGANISER, email="jana@example.org")
    with app.app_context():
        db.session.get_one(Account, account_id).password_hash = password_hash
        db.session.commit()
    return account_id


@pytest.fixture
def phone(app, jana):
    return give_phone(app, jana)[0]


def first_step(client, password=PASSWORD, **more):
    token = csrf_of(client.get(PAGE).get_data(as_text=True))
    data = {"email": "jana@example.org", "password": password, "csrf_token": token, **more}
    return client.post(PAGE, data=data)


def second_step(client, code, path=CODE):
    token = csrf_of(client.get(path).get_data(as_text=True))
    return client.post(path, data={"code": code, "csrf_token": token})


def sessions(app):
    with app.app_context():
        return db.session.scalars(select(AccountSession)).all()


def is_signed_in(client):
    return client.get(LIST).status_code == 200


def test_the_password_leads_to_the_code_and_the_code_in(app, client, phone):
    answer = first_step(client, next="/workspace/team/")
    assert (answer.status_code, answer.location) == (303, CODE)
    assert not is_signed_in(client)
    assert sessions(app) == []
    answer = second_step(client, phone.code())
    assert (answer.status_code, answer.location) == (303, "/workspace/team/")
    assert is_signed_in(client)


def test_a_wrong_password_looks_the_same_with_and_without_a_second_factor(app, client, jana):
    def page():
        answer = first_step(client, password="not this one at all")
        text = answer.get_data(as_text=True)
        return answer.status_code, text.replace(csrf_of(text), "")

    without = page()
    give_phone(app, jana)
    assert page() == without


def test_the_step_is_no_session_anywhere(client, phone):
    first_step(client)
    for path in (LIST, "/workspace/me/", "/workspace/me/second-factor/", "/workspace/me/password/"):
        assert client.get(path).location.startswith("/en/sign-in/?next="), path
    assert "Sign in for organisers" in client.get("/en/").get_data(as_text=True)


def test_without_the_first_step_there_is_no_second(client, phone):
    answer = client.get(CODE)
    assert (answer.status_code, answer.location) == (303, PAGE)
    token = csrf_of(client.get(PAGE).get_data(as_text=True))
    answer = client.post(CODE, data={"code": phone.code(), "csrf_token": token})
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert not is_signed_in(client)


def test_the_code_needs_its_token(app, client, phone):
    first_step(client)
    assert client.post(CODE, data={"code": phone.code()}).status_code == 422
    assert sessions(app) == []


def test_a_wrong_code_is_told_and_not_shown_again(app, client, phone):
    first_step(client)
    answer = second_step(client, "123 456")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "This code does not fit." in page
    assert "123 456" not in page
    assert second_step(client, "").status_code == 422
    assert second_step(client, "x" * 30).status_code == 422
    assert sessions(app) == []
    assert second_step(client, phone.code()).status_code == 303


def test_the_same_code_does_not_let_in_twice(app, client, phone):
    first_step(client)
    code = phone.code()
    assert second_step(client, code).status_code == 303
    other = browser(app)
    first_step(other)
    assert second_step(other, code).status_code == 422
    assert not is_signed_in(other)


def test_guesses_are_counted_for_the_account_whatever_the_browser(app, client, phone):
    codes = iter(f"{number:06d}" for number in range(100, 200))
    for _browser in range(5):
        other = browser(app)
        first_step(other)
        for _guess in range(2):
            assert second_step(other, next(codes)).status_code == 422
    first_step(client)
    answer = second_step(client, phone.code())
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 3000
    assert "Wait an hour" in answer.get_data(as_text=True)
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=True):
        first_step(client)
        assert second_step(client, phone.code()).status_code == 303


def test_a_step_of_eleven_minutes_ago_begins_again(client, phone):
    first_step(client)
    token = csrf_of(client.get(CODE).get_data(as_text=True))
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=True):
        answer = client.post(CODE, data={"code": phone.code(), "csrf_token": token})
        assert (answer.status_code, answer.location) == (303, PAGE)
        assert "begin the sign-in again" in client.get(PAGE).get_data(as_text=True)


def test_a_recovery_code_lets_in_once(app, client, jana):
    _phone, codes = give_phone(app, jana)
    first_step(client)
    assert "Use a recovery code" in client.get(CODE).get_data(as_text=True)
    path = f"{CODE}?way=recovery"
    assert second_step(client, "aaaa-bbbb-cccc-dddd", path).status_code == 422
    assert second_step(client, f" {codes[0].upper()} ", path).status_code == 303
    assert is_signed_in(client)
    assert codes_left(app, jana) == 9
    other = browser(app)
    first_step(other)
    assert second_step(other, codes[0], path).status_code == 422


def test_a_link_by_mail_leads_to_the_code_too(app, client, jana, phone):
    with app.app_context():
        link = service.new_one_time_link(db.session(), jana, Purpose.PASSWORD, now=clock.now())
        db.session.commit()
    path = f"/en/sign-in/link/{link}/"
    token = csrf_of(client.get(path).get_data(as_text=True))
    answer = client.post(path, data={"csrf_token": token})
    assert (answer.status_code, answer.location) == (303, CODE)
    assert not is_signed_in(client)
    answer = second_step(client, phone.code())
    assert (answer.status_code, answer.location) == (303, "/workspace/me/password/")
    assert "Present password" not in client.get(answer.location).get_data(as_text=True)


def test_the_browser_that_was_signed_in_ends_its_old_session(app, client, jana, phone):
    sign_in(client, app, jana)
    (old,) = sessions(app)
    first_step_again(client)
    second_step(client, phone.code())
    (new,) = sessions(app)
    assert new.token_hash != old.token_hash


def first_step_again(client):
    """The form of somebody who is signed in already: they are led on, so post with the token of the workspace."""
    token = csrf_of(client.get("/workspace/me/").get_data(as_text=True))
    data = {"email": "jana@example.org", "password": PASSWORD, "csrf_token": token}
    assert client.post(PAGE, data=data).location == CODE


def test_history_and_log_hold_no_code(app, client, phone, capfd):
    first_step(client)
    second_step(client, "654321")
    code = phone.code()
    second_step(client, code)
    with app.app_context():
        details = [str(entry.details) for entry in db.session.scalars(select(Entry))]
    printed = "".join(capfd.readouterr())
    assert "sign_in_code_refused" in printed
    assert not [text for text in [*details, printed] if code in text or "654321" in text]
