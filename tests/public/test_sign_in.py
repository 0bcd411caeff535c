"""Signing in and out through the pages, on both databases."""

import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.base import clock
from app.domain.accounts import passwords, service
from app.domain.accounts.models import Account, AccountSession, OneTimeLink, Purpose, Role
from app.domain.outbox.models import Kind, Letter
from app.extensions import db
from tests.browsers import account_of, browser, csrf_of, person, sign_in

PASSWORD = "kolibřík nese vodu"
PAGE = "/en/sign-in/"
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
    change(app, account_id, password_hash=password_hash)
    return account_id


def change(app, account_id, **values):
    with app.app_context():
        account = db.session.get_one(Account, account_id)
        for name, value in values.items():
            setattr(account, name, value)
        db.session.commit()


def post(client, email="jana@example.org", password=PASSWORD, path=PAGE, **more):
    token = csrf_of(client.get(PAGE).get_data(as_text=True))
    data = {"email": email, "password": password, "csrf_token": token, **more}
    return client.post(path, data=data)


def count(app, model):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


def new_link(app, account_id, purpose=Purpose.SIGN_IN):
    with app.app_context():
        token = service.new_one_time_link(db.session(), account_id, purpose, now=clock.now())
        db.session.commit()
    return f"/en/sign-in/link/{token}/"


def is_signed_in(client):
    return client.get(LIST).status_code == 200


def test_the_right_password_signs_in(app, client, jana):
    answer = post(client, email=" JANA@example.org ")
    assert (answer.status_code, answer.location) == (303, LIST)
    assert is_signed_in(client)
    assert person(app, jana).signed_in_at is not None


def test_password_managers_know_the_fields(client):
    page = client.get(PAGE).get_data(as_text=True)
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert 'type="password"' in page


def test_every_failure_says_the_same(app, client, jana, password_hash):
    no_password = account_of(app, Role.VIEWER, email="link@example.org")
    inactive = account_of(app, Role.VIEWER, email="gone@example.org")
    change(app, inactive, password_hash=password_hash, active=False)
    assert no_password
    pages = set()
    for email, password in (
        ("jana@example.org", "wrong wrong wrong"),
        ("nobody@example.org", PASSWORD),
        ("link@example.org", PASSWORD),
        ("gone@example.org", PASSWORD),
    ):
        answer = post(client, email=email, password=password)
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        assert email in page, "the address stays"
        assert password not in page, "the password does not"
        token = csrf_of(page)
        pages.add(page.replace(email, "ADDRESS").replace(token, "TOKEN"))
    assert len(pages) == 1
    assert "The e-mail or the password is not right." in pages.pop()
    assert count(app, AccountSession) == 0


def test_every_failure_takes_as_long(app, client, jana):
    def seconds(email):
        began = time.monotonic()
        assert post(client, email=email, password="wrong wrong wrong").status_code == 422
        return time.monotonic() - began

    pairs = [(seconds("jana@example.org"), seconds("nobody@example.org")) for _ in range(4)]
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2, "without a hash it would be a tenth"


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize("typed", ["", "\0", "{{7*7}}", "<b>x</b>", "x" * 10_000, "a\r\nBcc: b@c.cz"])
def test_strange_input_is_an_answer_and_not_an_error(client, field, typed):
    answer = post(client, **{field: typed})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'value="49"' not in page
    assert "<b>x</b>" not in page


@pytest.mark.parametrize("field", [b"email", b"password"])
def test_bytes_that_are_no_text_are_an_answer_too(client, field):
    token = csrf_of(client.get(PAGE).get_data(as_text=True))
    data = b"csrf_token=" + token.encode() + b"&email=a%40b.cz&password=x&" + field + b"=%ED%A0%80%FF"
    answer = client.post(PAGE, data=data, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422


def test_a_token_is_needed_and_what_was_typed_stays_without_one(app, client, jana):
    answer = client.post(PAGE, data={"email": "jana@example.org", "password": PASSWORD})
    assert answer.status_code == 422
    assert "jana@example.org" in answer.get_data(as_text=True)
    assert count(app, AccountSession) == 0
    assert client.post("/en/sign-in/send-link/", data={"email": "jana@example.org"}).status_code == 422
    assert count(app, Letter) == 0


def test_ten_tries_for_one_address_known_or_not_then_a_pause(app, client, jana, monkeypatch):
    asked = []
    monkeypatch.setattr(passwords, "verify_password", lambda *_: asked.append(1) is not None)
    for email in ("jana@example.org", "nobody@example.org"):
        asked.clear()
        for _ in range(10):
            assert post(client, email=email, password="wrong wrong wrong").status_code == 422
        answer = post(client, email=email.upper())
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
        assert email.partition("@")[0].upper() in answer.get_data(as_text=True), "the address stays"
        assert len(asked) == 10, "a refused try costs no hash"
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1), tick=True):
        monkeypatch.undo()
        assert post(client).status_code == 303


def test_fifty_tries_from_one_network_then_a_pause(app, client, jana, monkeypatch):
    monkeypatch.setattr(passwords, "verify_password", lambda *_: False)
    for number in range(50):
        assert post(client, email=f"a{number}@example.org").status_code == 422
    assert post(client, email="another@example.org").status_code == 429
    answer = post(client, path="/en/sign-in/send-link/")
    assert answer.status_code == 429
    monkeypatch.undo()
    token = csrf_of(client.get(PAGE).get_data(as_text=True))
    elsewhere = client.post(
        PAGE,
        data={"email": "jana@example.org", "password": PASSWORD, "csrf_token": token},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert elsewhere.status_code == 303


def test_a_copied_cookie_dies_with_the_session(app, client, jana):
    post(client)
    thief = browser(app)
    copied = client.get_cookie("session", domain="localhost")
    thief.set_cookie("session", copied.value, domain="localhost")
    assert is_signed_in(thief)
    page = client.get(LIST).get_data(as_text=True)
    answer = client.post("/en/sign-in/sign-out/", data={"csrf_token": csrf_of(page)})
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "You are signed out." in client.get(PAGE).get_data(as_text=True)
    assert not is_signed_in(thief)
    assert not is_signed_in(client)
    assert count(app, AccountSession) == 0


def test_signing_out_needs_the_token(client, jana):
    post(client)
    assert client.post("/en/sign-in/sign-out/").status_code == 400
    assert is_signed_in(client)


def test_each_sign_in_is_a_new_session_and_ends_the_old_one(app, client, jana):
    page = client.get(PAGE).get_data(as_text=True)
    before = client.get_cookie("session", domain="localhost").value
    data = {"email": "jana@example.org", "password": PASSWORD, "csrf_token": csrf_of(page)}
    assert client.post(PAGE, data=data).status_code == 303
    first = client.get_cookie("session", domain="localhost").value
    assert first != before
    with client.session_transaction() as cookie:
        first_token = cookie["_user_id"]
    mine = csrf_of(client.get(LIST).get_data(as_text=True))
    assert client.post(PAGE, data=data | {"csrf_token": mine}).status_code == 303
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != first_token
    assert count(app, AccountSession) == 1


def test_a_planted_session_cookie_gives_no_csrf_token(app, client, jana):
    planted = browser(app)
    planted.get(PAGE)
    with planted.session_transaction() as cookie:
        raw = cookie["csrf_token"]
    client.set_cookie("session", planted.get_cookie("session", domain="localhost").value, domain="localhost")
    assert post(client).status_code == 303
    with client.session_transaction() as cookie:
        assert cookie.get("csrf_token") != raw


def test_a_form_left_open_can_be_sent_after_signing_in_again(app, client, jana):
    post(client)
    page = client.get("/workspace/me/").get_data(as_text=True)
    with app.app_context():
        db.session.execute(AccountSession.__table__.delete())
        db.session.commit()
    data = {"csrf_token": csrf_of(page), "name": "Jana Nová", "language": "en"}
    answer = client.post("/workspace/me/", data=data)
    assert (answer.status_code, answer.location) == (302, "/en/sign-in/?next=/workspace/me/")
    assert "You were signed out." in client.get(answer.location).get_data(as_text=True)
    post(client)
    assert client.post("/workspace/me/", data=data).status_code == 303
    assert person(app, jana).name == "Jana Nová"


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("/workspace/team/", "/workspace/team/"),
        ("/workspace/meetings/?q=a%20b&page=2", "/workspace/meetings/?q=a%20b&page=2"),
        ("//evil.example", LIST),
        ("/\\evil.example", LIST),
        ("\\\\evil.example", LIST),
        ("https://evil.example/", LIST),
        ("javascript:alert(1)", LIST),
        ("/\t/evil.example", LIST),
        ("///evil.example", LIST),
        ("http:evil.example", LIST),
        ("workspace", LIST),
        ("", LIST),
    ],
)
def test_after_the_sign_in_only_to_our_own_pages(app, client, jana, monkeypatch, wanted, taken):
    monkeypatch.setattr(passwords, "verify_password", lambda *_: True)
    assert post(client, next=wanted).location == taken
    assert client.get(PAGE, query_string={"next": wanted}).location == taken, "somebody who is signed in"


def test_strangers_come_back_to_where_they_wanted(client, jana):
    answer = client.get("/workspace/me/?x=1")
    assert (answer.status_code, answer.location) == (302, "/en/sign-in/?next=/workspace/me/?x%3D1")
    page = client.get(answer.location).get_data(as_text=True)
    data = {"email": "jana@example.org", "password": PASSWORD, "csrf_token": csrf_of(page)}
    assert 'value="/workspace/me/?x=1"' in page
    assert client.post(PAGE, data=data | {"next": "/workspace/me/?x=1"}).location == "/workspace/me/?x=1"


def test_the_language_switch_keeps_the_address_and_signs_nobody_in(app, client, jana):
    answer = post(client, path="/cs/sign-in/", switch="1", next="/workspace/team/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'lang="cs"' in page
    assert "jana@example.org" in page
    assert "/workspace/team/" in page
    assert PASSWORD not in page
    assert count(app, AccountSession) == 0


def test_head_signs_nobody_in(app, jana):
    blind = browser(app, inspect=False)
    data = {"email": "jana@example.org", "password": PASSWORD}
    assert blind.head(PAGE, data=data).status_code == 200
    assert not is_signed_in(blind)


def test_a_letter_is_asked_for_with_the_same_answer_for_everybody(app, client, jana):
    change(app, account_of(app, Role.VIEWER, email="gone@example.org"), active=False)
    for email in ("jana@example.org", "nobody@example.org", "gone@example.org"):
        answer = post(client, email=email, password="", path="/en/sign-in/send-link/", purpose="sign_in")
        assert (answer.status_code, answer.location) == (303, "/en/sign-in/sent/")
    page = client.get("/en/sign-in/sent/").get_data(as_text=True)
    assert "example.org" not in page
    with app.app_context():
        letter = db.session.scalars(select(Letter)).one()
        assert (letter.kind, letter.recipient, letter.account_id) == (Kind.SIGN_IN, "jana@example.org", jana)
    answer = post(client, path="/cs/sign-in/send-link/", purpose="password")
    assert answer.location == "/cs/sign-in/sent/"
    with app.app_context():
        kinds = db.session.scalars(select(Letter.kind).order_by(Letter.id)).all()
        assert kinds == [Kind.SIGN_IN, Kind.PASSWORD]


def test_three_letters_an_hour_then_silently_none(app, client, jana):
    for _ in range(5):
        answer = post(client, path="/en/sign-in/send-link/", purpose="sign_in")
        assert (answer.status_code, answer.location) == (303, "/en/sign-in/sent/")
    assert count(app, Letter) == 3


def test_a_letter_needs_an_address(client):
    answer = post(client, email="no address", path="/en/sign-in/send-link/", purpose="sign_in")
    assert answer.status_code == 422
    assert "no address" in answer.get_data(as_text=True)


def test_opening_a_link_uses_nothing_and_its_button_signs_in_once(app, client, jana):
    address = new_link(app, jana)
    for _ in range(3):
        page = client.get(address).get_data(as_text=True)
        assert browser(app, inspect=False).head(address).status_code == 200
    assert not is_signed_in(client)
    answer = client.post(address, data={"csrf_token": csrf_of(page)})
    assert (answer.status_code, answer.location) == (303, LIST)
    assert is_signed_in(client)
    other = browser(app)
    assert other.get(address).status_code == 410
    token = csrf_of(other.get(PAGE).get_data(as_text=True))
    assert other.post(address, data={"csrf_token": token}).status_code == 410
    assert not is_signed_in(other)


def test_a_link_needs_the_token_of_the_page(app, client, jana):
    address = new_link(app, jana)
    client.post(address)
    assert not is_signed_in(client)
    assert client.get(address).status_code == 200, "it was not used"


def test_a_link_ends_after_an_hour(app, client, jana):
    address = new_link(app, jana)
    token = csrf_of(client.get(address).get_data(as_text=True))
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1), tick=True):
        assert client.get(address).status_code == 410
        assert client.post(address, data={"csrf_token": token}).status_code == 410
        assert not is_signed_in(client)


def test_unknown_links_look_like_used_ones(client):
    assert client.get("/en/sign-in/link/unknown/").status_code == 410
    assert client.get("/en/sign-in/link/" + "x" * 5000 + "/").status_code == 410


def test_a_password_link_leads_to_a_new_password_without_the_old_one(app, client, jana):
    elsewhere = browser(app, jana)
    spare = new_link(app, jana)
    address = new_link(app, jana, Purpose.PASSWORD)
    answer = client.post(address, data={"csrf_token": csrf_of(client.get(address).get_data(as_text=True))})
    assert (answer.status_code, answer.location) == (303, "/workspace/me/password/")
    page = client.get(answer.location).get_data(as_text=True)
    assert "Present password" not in page
    data = {"csrf_token": csrf_of(page), "password": "short"}
    refused = client.post(answer.location, data=data)
    assert refused.status_code == 422
    assert "at least 12 characters" in refused.get_data(as_text=True)
    done = client.post(answer.location, data=data | {"password": "žirafy pijí kávu"})
    assert (done.status_code, done.location) == (303, "/workspace/me/")
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert client.get(spare).status_code == 410
    assert post(browser(app)).status_code == 422
    assert post(browser(app), password="žirafy pijí kávu").status_code == 303


def test_an_idle_session_ends_after_twelve_hours_a_used_one_after_seven_days(app, client, jana):
    post(client)
    start = clock.now()
    hours = 0
    while hours < 7 * 24 - 8:
        hours += 8
        with time_machine.travel(start + timedelta(hours=hours), tick=True):
            assert is_signed_in(client), hours
    with time_machine.travel(start + timedelta(days=7, seconds=1), tick=True):
        assert not is_signed_in(client)
    other = browser(app, jana)
    with time_machine.travel(clock.now() + timedelta(hours=12, seconds=1), tick=True):
        assert not is_signed_in(other)


def test_only_the_hash_of_a_session_is_stored(app, client, jana):
    token = sign_in(client, app, jana)
    with app.app_context():
        stored = db.session.scalars(select(AccountSession.token_hash)).one()
    assert token not in stored
    assert count(app, OneTimeLink) == 1
