"""Cookies exactly as the public address asks for them."""

import pytest
from flask_migrate import upgrade

from app.base import clock
from app.domain.accounts import service
from app.domain.accounts.models import Role
from app.extensions import db
from app.factory import create_app
from tests.browsers import account_of, browser, csrf_of
from tests.second_factors import give_phone


@pytest.fixture
def house(configure):
    """A function that makes an application for a public address."""
    made = []

    def make(base_url):
        app = create_app(configure(BASE_URL=base_url))
        made.append(app)
        with app.app_context():
            upgrade()
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


def cookies(answer):
    return {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_under_https_the_cookie_is_bound_to_the_host_and_secure(house):
    app = house("https://meetings.example.org")
    client = browser(app)
    answer = client.get("/en/sign-in/", base_url="https://meetings.example.org")
    line = cookies(answer)["__Host-session"]
    assert "; Secure" in line
    assert "; HttpOnly" in line
    assert "; Path=/" in line
    assert "SameSite=Lax" in line
    assert "Domain=" not in line


def test_under_http_there_is_no_prefix(house):
    line = cookies(browser(house("http://localhost")).get("/en/sign-in/"))["session"]
    assert "Secure" not in line
    assert "; HttpOnly" in line


def test_forms_can_be_sent_under_https(house):
    base = {"base_url": "https://meetings.example.org"}
    app = house(base["base_url"])
    account_id = account_of(app, Role.ADMINISTRATOR)
    client = browser(app)
    page = client.get("/en/sign-in/", **base).get_data(as_text=True)
    data = {"csrf_token": csrf_of(page), "email": "administrator@example.org"}
    assert client.post("/en/sign-in/send-link/", data=data, **base).status_code == 303
    assert (
        client.post("/en/sign-in/", data=data | {"password": "wrong wrong wrong"}, **base).status_code == 422
    )
    link = browser(app)
    with app.app_context():
        sign_in_address = _link(account_id)
    page = link.get(sign_in_address, **base).get_data(as_text=True)
    assert link.post(sign_in_address, data={"csrf_token": csrf_of(page)}, **base).status_code == 303
    page = link.get("/workspace/me/", **base).get_data(as_text=True)
    me = {"csrf_token": csrf_of(page), "name": "Jana", "language": "en"}
    referrer = {"Referer": "https://meetings.example.org/workspace/me/"}
    assert link.post("/workspace/me/", data=me, headers=referrer, **base).status_code == 303
    assert (
        link.post("/workspace/me/", data=me, headers={"Referer": "https://evil.example/"}, **base).status_code
        == 400
    )


def test_the_second_factor_works_under_https(house):
    base = {"base_url": "https://meetings.example.org"}
    app = house(base["base_url"])
    account_id = account_of(app, Role.ORGANISER)
    phone, _codes = give_phone(app, account_id)
    client = browser(app)
    with app.app_context():
        first = _link(account_id)
    page = client.get(first, **base).get_data(as_text=True)
    answer = client.post(first, data={"csrf_token": csrf_of(page)}, **base)
    assert answer.location == "/en/sign-in/code/"
    line = cookies(answer)["__Host-session"]
    assert "; Secure" in line
    assert "; HttpOnly" in line
    page = client.get(answer.location, **base).get_data(as_text=True)
    data = {"csrf_token": csrf_of(page), "code": phone.code()}
    assert client.post(answer.location, data=data, **base).status_code == 303
    path = "/workspace/me/second-factor/new-codes/"
    page = client.get(path, **base).get_data(as_text=True)
    data = {"csrf_token": csrf_of(page), "code": phone.code()}
    referrer = {"Referer": f"https://meetings.example.org{path}"}
    assert client.post(path, data=data, headers=referrer, **base).status_code == 303


def _link(account_id):
    token = service.new_one_time_link(db.session(), account_id, "sign_in", now=clock.now())
    db.session.commit()
    return f"/en/sign-in/link/{token}/"
