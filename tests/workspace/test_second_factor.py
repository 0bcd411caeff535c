"""Setting up one's own second factor, and what administrators do with those of others."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.base import clock
from app.domain.accounts import queries
from app.domain.accounts.models import AccountSession, Role, SecondFactor
from app.domain.outbox.models import Letter
from app.extensions import db
from tests.browsers import account_of, browser, csrf_of
from tests.second_factors import SEALED, SECRET, Phone, codes_left, give_phone

ME = "/workspace/me/"
SET_UP = f"{ME}second-factor/"
CODES = f"{SET_UP}codes/"
TEXT = f"{SET_UP}recovery-codes.txt"
TEAM = "/workspace/team/"


@pytest.fixture
def jana(app):
    return account_of(app, Role.ORGANISER, email="jana@example.org")


@pytest.fixture
def desk(app, jana):
    return browser(app, jana)


def read(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.location
    return answer.get_data(as_text=True)


def post(client, path, *, page=None, **data):
    return client.post(path, data={"csrf_token": csrf_of(read(client, page or path)), **data})


def set_up(client, **more):
    """Scan the picture (read the key) and send the first code."""
    page = read(client, SET_UP)
    phone = Phone(SECRET.search(page)[1].replace(" ", ""))
    data = {"csrf_token": csrf_of(page), "sealed": SEALED.search(page)[1], "code": phone.code(), **more}
    return phone, client.post(SET_UP, data=data)


def has_factor(app, account_id):
    with app.app_context():
        return queries.find_second_factor(db.session(), account_id) is not None


def test_looking_at_the_page_stores_nothing(app, desk, jana):
    first, second = read(desk, SET_UP), read(desk, SET_UP)
    assert SECRET.search(first)[1] != SECRET.search(second)[1]
    assert not has_factor(app, jana)


def test_set_up_with_picture_and_key_then_keep_the_codes(app, desk, jana):
    page = read(desk, SET_UP)
    assert "<svg" in page
    assert 'aria-label="QR code for the app' in page
    _phone, answer = set_up(desk)
    assert (answer.status_code, answer.location) == (303, CODES)
    page = read(desk, CODES)
    text = desk.get(TEXT)
    assert text.headers["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert text.headers["Cache-Control"] == "no-store"
    codes = text.get_data(as_text=True).splitlines()[3:]
    assert len(codes) == 10
    assert all(code in page for code in codes)
    assert post(desk, CODES).location == ME
    page = read(desk, ME)
    assert "Your second factor is ready." in page
    assert "You have 10 recovery codes left." in page
    assert desk.get(CODES).location == ME
    assert desk.get(TEXT).location == CODES
    with app.app_context():
        assert db.session.scalars(select(Letter.facts)).all() == [{"what": "on"}]


def test_a_wrong_code_keeps_the_same_key(app, desk, jana):
    page = read(desk, SET_UP)
    data = {"csrf_token": csrf_of(page), "sealed": SEALED.search(page)[1], "code": "000000"}
    answer = desk.post(SET_UP, data=data)
    again = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "This code does not fit." in again
    assert SECRET.search(again)[1] == SECRET.search(page)[1]
    assert not has_factor(app, jana)


@pytest.mark.parametrize("sealed", ["", "gAAAAABnonsense"])
def test_a_page_that_is_not_ours_shows_a_new_key(app, desk, jana, sealed):
    _phone, answer = set_up(desk, sealed=sealed)
    assert answer.status_code == 422
    assert "Take the new picture" in answer.get_data(as_text=True)
    assert not has_factor(app, jana)


def test_the_page_of_somebody_else_is_not_taken(app, desk, jana):
    other = browser(app, account_of(app, Role.VIEWER))
    page = read(other, SET_UP)
    phone = Phone(SECRET.search(page)[1].replace(" ", ""))
    data = {
        "csrf_token": csrf_of(read(desk, SET_UP)),
        "sealed": SEALED.search(page)[1],
        "code": phone.code(),
    }
    assert desk.post(SET_UP, data=data).status_code == 422
    assert not has_factor(app, jana)


def test_a_page_of_yesterday_is_not_taken(app, desk, jana):
    page = read(desk, SET_UP)
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=True):
        phone = Phone(SECRET.search(page)[1].replace(" ", ""))
        data = {"sealed": SEALED.search(page)[1], "code": phone.code()}
        assert post(desk, SET_UP, **data).status_code == 422
    assert not has_factor(app, jana)


def test_guesses_are_counted_as_at_the_sign_in(desk):
    for _guess in range(10):
        assert set_up(desk, code="000000")[1].status_code == 422
    _phone, answer = set_up(desk)
    assert answer.status_code == 422
    assert "There were too many tries." in answer.get_data(as_text=True)


def test_new_codes_for_a_code(app, desk, jana):
    phone, old = give_phone(app, jana)
    assert post(desk, f"{SET_UP}new-codes/", code="000000").status_code == 422
    assert post(desk, f"{SET_UP}new-codes/", code=old[0]).location == CODES
    assert codes_left(app, jana) == 10
    assert old[1] not in read(desk, CODES)
    assert post(desk, f"{SET_UP}new-codes/", code=phone.code()).location == CODES


def test_few_codes_are_warned_about(app, desk, jana):
    _phone, codes = give_phone(app, jana)
    assert "Make new ones in time." not in read(desk, ME)
    with app.app_context():
        for row in db.session.query(queries.RecoveryCode).limit(8):
            row.used_at = clock.now()
        db.session.commit()
    assert "You have 2 recovery codes left. Make new ones in time." in read(desk, ME)
    assert codes


def test_another_phone(app, desk, jana):
    old, _codes = give_phone(app, jana)
    page = read(desk, SET_UP)
    assert "Use another phone" in page
    _new, answer = set_up(desk, present="000000")
    assert answer.status_code == 422
    new, answer = set_up(desk, present=old.code())
    assert answer.location == CODES
    assert post(desk, f"{SET_UP}new-codes/", code=old.code()).status_code == 422
    assert post(desk, f"{SET_UP}new-codes/", code=new.code()).status_code == 303


def test_turning_it_off(app, desk, jana):
    phone, _codes = give_phone(app, jana)
    assert post(desk, f"{SET_UP}turn-off/", code="000000").status_code == 422
    assert post(desk, f"{SET_UP}turn-off/", code=phone.code()).location == ME
    assert not has_factor(app, jana)
    assert "The second factor is off." in read(desk, ME)
    for path in ("turn-off/", "new-codes/"):
        assert desk.get(SET_UP + path).location == ME


@pytest.fixture
def boss(app):
    return account_of(app, Role.ADMINISTRATOR, email="boss@example.org")


@pytest.fixture
def office(app, boss):
    return browser(app, boss)


def require(office, *, required=True):
    return post(office, f"{TEAM}second-factor/", page=ME, required="1" if required else "")


def test_everybody_must_have_one_before_anything_else(app, desk, jana, office, boss):
    give_phone(app, boss)
    assert require(office).location == TEAM
    assert "Everybody must have one." in read(office, TEAM)
    for path in (ME, "/workspace/", "/workspace/meetings/", f"{SET_UP}turn-off/", CODES):
        assert desk.get(path).location == SET_UP, path
    page = read(desk, SET_UP)
    assert "Your team asks everybody for a second factor." in page
    answer = desk.post("/workspace/me/sign-out-everywhere/", data={"csrf_token": "wrong"})
    assert answer.status_code == 400
    _phone, answer = set_up(desk)
    assert answer.location == CODES
    post(desk, CODES)
    assert "Your team asks everybody for a second factor." in read(desk, ME)
    assert desk.get("/workspace/meetings/").status_code == 200
    assert desk.get(f"{SET_UP}turn-off/").location == ME
    assert has_factor(app, jana)


def test_who_is_invited_chooses_a_password_first(app, desk, office, boss):
    give_phone(app, boss)
    require(office)
    assert desk.get("/workspace/me/password/").status_code == 200


def test_requiring_can_be_taken_back(app, desk, office, boss):
    give_phone(app, boss)
    require(office)
    assert desk.get(ME).location == SET_UP
    require(office, required=False)
    assert desk.get(ME).status_code == 200
    assert "Everybody decides" in read(office, TEAM)


def test_an_administrator_resets_a_colleague(app, desk, jana, office):
    give_phone(app, jana)
    path = f"{TEAM}{jana}/"
    assert "Reset the second factor" in read(office, path)
    answer = post(office, f"{path}reset-second-factor/", page=path)
    assert (answer.status_code, answer.location) == (303, path)
    page = read(office, path)
    assert "The second factor of jana@example.org is reset." in page
    assert "There is none to reset." in page
    assert not has_factor(app, jana)
    assert desk.get(ME).location.startswith("/en/sign-in/")
    with app.app_context():
        newest = db.session.scalars(select(Letter).order_by(Letter.id.desc())).first()
        assert (newest.account_id, newest.facts) == (jana, {"what": "reset"})
        assert not db.session.scalars(select(AccountSession).where(AccountSession.account_id == jana)).all()
    assert post(office, f"{path}reset-second-factor/", page=path).status_code == 404


def test_not_ones_own(app, office, boss):
    give_phone(app, boss)
    path = f"{TEAM}{boss}/"
    assert "Your own goes by a code, at your account." in read(office, path)
    answer = post(office, f"{path}reset-second-factor/", page=path)
    assert answer.location == path
    assert has_factor(app, boss)


def test_the_list_of_the_team_says_who_has_one(app, desk, jana, office):
    assert read(office, TEAM).count(">on</span>") == 0
    give_phone(app, jana)
    assert read(office, TEAM).count(">on</span>") == 1


def test_the_secret_is_in_no_address_and_no_log(app, desk, capfd):
    phone, answer = set_up(desk)
    assert phone.totp.secret not in answer.location
    assert phone.totp.secret not in "".join(capfd.readouterr())
    with app.app_context():
        assert phone.totp.secret not in db.session.scalars(select(SecondFactor.secret)).one()
