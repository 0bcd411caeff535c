"""The pages of the team and of one's own account."""

import pytest
from sqlalchemy import select

from app.domain.accounts import passwords
from app.domain.accounts.models import Account, AccountSession, Role
from app.domain.outbox.models import Kind, Letter
from app.extensions import db
from tests.browsers import account_of, browser, csrf_of, person
from tests.factories import make_meeting, make_series

TEAM = "/workspace/team/"
PASSWORD = "kolibřík nese vodu"


@pytest.fixture
def admin(app):
    """The id of an administrator."""
    return account_of(app, Role.ADMINISTRATOR, email="admin@example.org")


@pytest.fixture
def desk(app, admin):
    """The administrator's browser."""
    return browser(app, admin)


def post(client, path, *, page=None, **data):
    token = csrf_of(client.get(page or path).get_data(as_text=True))
    return client.post(path, data={"csrf_token": token, **data})


def invite(desk, **changes):
    data = {"name": "Jana Nová", "email": "jana@example.org", "role": "organiser", "language": "en"}
    return post(desk, f"{TEAM}invite/", **(data | changes))


def test_inviting_creates_an_account_and_a_letter(app, desk):
    with app.app_context():
        series_id = make_series(db.session()).id
        db.session.commit()
    answer = invite(desk, series=str(series_id))
    assert (answer.status_code, answer.location) == (303, TEAM)
    page = desk.get(TEAM).get_data(as_text=True)
    assert "A letter to jana@example.org is on its way." in page
    assert "Organiser" in page
    assert "Regional Advisory Platform" in page
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.email == "jana@example.org")).one()
        letter = db.session.scalars(select(Letter)).one()
        assert (account.name, account.role, account.series_ids) == ("Jana Nová", "organiser", {series_id})
        assert (letter.kind, letter.account_id, letter.facts) == (
            Kind.PASSWORD,
            account.id,
            {"invited": True},
        )


def test_the_page_says_what_each_role_may_do(desk):
    page = desk.get(f"{TEAM}invite/").get_data(as_text=True)
    for words in ("May do everything", "Prepares meetings", "Changes and downloads nothing"):
        assert words in page


def test_an_address_is_invited_once(app, desk):
    assert invite(desk).status_code == 303
    answer = invite(desk, email="JANA@example.org", name="Somebody Else")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "There is an account with this address." in page
    assert "Somebody Else" in page
    with app.app_context():
        db.session.scalars(select(Account).where(Account.email == "jana@example.org")).one().active = False
        db.session.commit()
    assert "was shut out" in invite(desk).get_data(as_text=True)


@pytest.mark.parametrize(
    "wrong",
    [{"role": "cook"}, {"role": ""}, {"email": "x"}, {"name": ""}, {"language": "xx"}, {"name": "a\0b"}],
)
def test_wrong_input_is_said_and_kept(app, desk, wrong):
    answer = invite(desk, **wrong)
    assert answer.status_code == 422
    with app.app_context():
        assert db.session.scalars(select(Letter)).all() == []


def test_typed_html_is_text(desk):
    invite(desk, name="<script>x</script>{{7*7}}")
    page = desk.get(TEAM).get_data(as_text=True)
    assert "<script>x" not in page
    assert "{{7*7}}" in page


def test_role_and_series_are_changed(app, desk):
    with app.app_context():
        one, two = make_series(db.session(), "Jedna").id, make_series(db.session(), "Dvě").id
        db.session.commit()
    account_id = account_of(app, Role.VIEWER)
    answer = post(
        desk, f"{TEAM}{account_id}/", name="Petr", role="organiser", series=[str(one), str(two), "99"]
    )
    assert answer.status_code == 303
    changed = person(app, account_id)
    assert (changed.name, changed.role, changed.series_ids) == ("Petr", "organiser", {one, two})
    page = desk.get(f"{TEAM}{account_id}/").get_data(as_text=True)
    assert page.count("checked") == 3
    post(desk, f"{TEAM}{account_id}/", name="Petr", role="administrator", series=[str(one)])
    assert person(app, account_id).series_ids == frozenset()


def test_the_last_administrator_cannot_be_demoted_or_shut_out(app, desk, admin):
    answer = post(desk, f"{TEAM}{admin}/", name="A", role="viewer")
    assert answer.status_code == 422
    assert "This is the only administrator." in answer.get_data(as_text=True)
    page = desk.get(f"{TEAM}{admin}/").get_data(as_text=True)
    assert "disabled" in page
    answer = post(desk, f"{TEAM}{admin}/deactivate/", page=TEAM)
    assert (answer.status_code, answer.location) == (303, f"{TEAM}{admin}/")
    assert "This is the only administrator. Make somebody else" in desk.get(answer.location).get_data(
        as_text=True
    )
    assert person(app, admin).active


def test_an_administrator_does_not_shut_out_themselves(app, desk, admin):
    account_of(app, Role.ADMINISTRATOR, email="second@example.org")
    assert "Only another administrator" in desk.get(f"{TEAM}{admin}/").get_data(as_text=True)
    post(desk, f"{TEAM}{admin}/deactivate/", page=TEAM)
    assert person(app, admin).active


def test_shutting_out_works_at_once_and_can_be_taken_back(app, desk):
    account_id = account_of(app, Role.VIEWER, email="petr@example.org")
    theirs = browser(app, account_id)
    assert theirs.get("/workspace/me/").status_code == 200
    answer = post(desk, f"{TEAM}{account_id}/deactivate/", page=TEAM)
    assert answer.status_code == 303
    assert theirs.get("/workspace/me/").status_code == 302
    page = desk.get(answer.location).get_data(as_text=True)
    assert "petr@example.org may not sign in any more." in page
    assert "Undo" in page
    assert "shut out" in page
    undone = post(desk, f"{TEAM}{account_id}/reactivate/", page=answer.location)
    assert undone.status_code == 303
    assert person(app, account_id).active
    assert "may sign in again" in desk.get(undone.location).get_data(as_text=True)
    assert "Undo" not in desk.get(answer.location).get_data(as_text=True), "nothing is left to take back"


def test_the_link_is_sent_again(app, desk):
    account_id = account_of(app, Role.VIEWER, email="petr@example.org")
    assert post(desk, f"{TEAM}{account_id}/send-link/", page=TEAM).status_code == 303
    with app.app_context():
        letter = db.session.scalars(select(Letter)).one()
        assert (letter.recipient, letter.facts) == ("petr@example.org", {"invited": True})


def test_what_is_not_there_is_not_found(desk):
    assert desk.get(f"{TEAM}4711/").status_code == 404
    for act in ("deactivate", "reactivate", "send-link"):
        assert post(desk, f"{TEAM}4711/{act}/", page=TEAM).status_code == 404


def test_name_and_language_of_ones_own(app):
    account_id = account_of(app, Role.VIEWER)
    client = browser(app, account_id)
    answer = post(client, "/workspace/me/", name="Jana Nová", language="cs")
    assert answer.status_code == 303
    assert 'lang="cs"' in client.get("/workspace/me/").get_data(as_text=True)
    changed = person(app, account_id)
    assert (changed.name, changed.language, changed.role) == ("Jana Nová", "cs", "viewer")
    assert post(client, "/workspace/me/", name="", language="cs").status_code == 422


def test_the_first_password_needs_no_other_a_change_does(app):
    account_id = account_of(app, Role.VIEWER)
    client = browser(app, account_id)
    path = "/workspace/me/password/"
    assert "Present password" not in client.get(path).get_data(as_text=True)
    assert post(client, path, password="short").status_code == 422
    assert post(client, path, password="passwordpassword").status_code == 422
    first = post(client, path, password=PASSWORD)
    assert (first.status_code, first.location) == (303, "/workspace/"), "the first one leads on to the work"
    assert client.get("/workspace/me/").status_code == 200, "this browser stays signed in"
    assert "Present password" in client.get(path).get_data(as_text=True)
    wrong = post(client, path, present="wrong wrong wrong", password="žirafy pijí kávu")
    assert wrong.status_code == 422
    assert "This is not your present password." in wrong.get_data(as_text=True)
    assert post(client, path, password="žirafy pijí kávu").status_code == 422
    changed = post(client, path, present=PASSWORD, password="žirafy pijí kávu")
    assert (changed.status_code, changed.location) == (303, "/workspace/me/")
    assert passwords.verify_password("žirafy pijí kávu", person(app, account_id).password_hash)


def test_the_first_password_in_an_empty_house_leads_to_the_form_of_a_meeting(app, session):
    def first_way(role, email):
        client = browser(app, account_of(app, role, email=email))
        return post(client, "/workspace/me/password/", password=PASSWORD).location

    assert first_way(Role.ORGANISER, "a@example.org") == "/workspace/meetings/new/"
    make_meeting(session)
    session.commit()
    assert first_way(Role.ORGANISER, "b@example.org") == "/workspace/"


def test_guesses_at_the_present_password_are_limited(app, monkeypatch):
    account_id = account_of(app, Role.VIEWER)
    client = browser(app, account_id)
    path = "/workspace/me/password/"
    assert post(client, path, password=PASSWORD).status_code == 303
    monkeypatch.setattr(passwords, "verify_password", lambda *_: False)
    for _ in range(10):
        post(client, path, present="wrong wrong wrong", password="žirafy pijí kávu")
    monkeypatch.undo()
    answer = post(client, path, present=PASSWORD, password="žirafy pijí kávu")
    assert "There were too many tries." in answer.get_data(as_text=True)


def test_signing_out_everywhere_ends_all_browsers(app):
    account_id = account_of(app, Role.VIEWER)
    here, there = browser(app, account_id), browser(app, account_id)
    assert here.get("/workspace/me/").get_data(as_text=True).count("/end/") == 2
    answer = post(here, "/workspace/me/sign-out-everywhere/", page="/workspace/me/")
    assert (answer.status_code, answer.location) == (303, "/en/sign-in/")
    assert here.get("/workspace/me/").status_code == 302
    assert there.get("/workspace/me/").status_code == 302
    with app.app_context():
        assert db.session.scalars(select(AccountSession)).all() == []
