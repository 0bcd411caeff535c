"""`flask accounts create` and the link that `flask serve` prints."""

import re

import pytest
from sqlalchemy import select

from app.base import clock
from app.commands.accounts import issue_sign_in_link, one_time_link
from app.domain.accounts import passwords, queries
from app.domain.accounts.models import Account, Role
from app.domain.outbox.models import Letter
from app.extensions import db
from tests.browsers import account_of, browser, csrf_of
from tests.second_factors import give_phone

LINK = re.compile(r"http://localhost(/\w+/sign-in/link/[\w-]{43}/)")


@pytest.fixture
def run(app):
    """Run `flask accounts create …`."""
    runner = app.test_cli_runner()
    return lambda *words, typed=None: runner.invoke(args=["accounts", "create", *words], input=typed)


def stored(app, email):
    with app.app_context():
        return db.session.scalars(select(Account).where(Account.email == email)).one()


def test_without_a_password_a_link_is_printed_that_signs_in_once(app, run):
    done = run("Jana@Example.org", "--role", "organiser")
    assert done.exit_code == 0, done.output
    assert "Jana@example.org may sign in now, as organiser." in done.output
    address = LINK.search(done.output)[1]
    client = browser(app)
    token = csrf_of(client.get(address).get_data(as_text=True))
    answer = client.post(address, data={"csrf_token": token})
    assert (answer.status_code, answer.location) == (303, "/workspace/me/password/")
    assert client.get(address).status_code == 410


def test_a_password_comes_from_standard_input(app, run):
    done = run("jana@example.org", "--role", "viewer", "--password-stdin", typed="kolibřík nese vodu\n")
    assert done.exit_code == 0, done.output
    assert "link" not in done.output
    assert "kolibřík" not in done.output
    account = stored(app, "jana@example.org")
    assert account.role == Role.VIEWER
    assert passwords.verify_password("kolibřík nese vodu", account.password_hash)


@pytest.mark.parametrize(
    "typed", ["short\n", "passwordpassword\n", "", "x9 " * 60 + "\n", "jana.nova at home\n"]
)
def test_a_weak_password_is_refused(app, run, typed):
    done = run("jana.nova@example.org", "--role", "viewer", "--password-stdin", typed=typed)
    assert done.exit_code == 1
    assert "password" in done.output
    with app.app_context():
        assert db.session.scalars(select(Account)).all() == []


def test_somebody_shut_out_is_let_back_in(app, run):
    account_id = account_of(app, Role.VIEWER, email="jana@example.org")
    with app.app_context():
        db.session.get_one(Account, account_id).active = False
        db.session.commit()
    assert run("JANA@example.org", "--role", "administrator").exit_code == 0
    account = stored(app, "jana@example.org")
    assert (account.id, account.active, account.role) == (account_id, True, Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    "words", [("jana", "--role", "viewer"), ("jana@example.org",), ("jana@example.org", "--role", "cook")]
)
def test_what_cannot_be_is_said(run, words):
    done = run(*words)
    assert done.exit_code == 2
    assert "Error" in done.output


def test_the_link_at_the_start_is_for_the_first_administrator(app):
    with app.app_context():
        first = one_time_link()
        assert LINK.fullmatch(first)
        account = db.session.scalars(select(Account)).one()
        assert (account.role, account.email) == (Role.ADMINISTRATOR, "administrator@example.org")
        assert one_time_link() != first
        assert len(db.session.scalars(select(Account)).all()) == 1


def test_a_link_can_be_issued_for_any_address(app):
    with app.app_context():
        link = issue_sign_in_link(
            db.session(),
            "petr@example.org",
            now=clock.now(),
            base_url="https://meetings.example.org",
            language="cs",
            create_role=Role.VIEWER,
        )
        assert link.startswith("https://meetings.example.org/cs/sign-in/link/")
        assert db.session.scalars(select(Account.role)).one() == Role.VIEWER


def test_letting_in_keeps_the_second_factor_unless_told_otherwise(app, run):
    account_id = account_of(app, Role.ADMINISTRATOR, email="jana@example.org")
    give_phone(app, account_id)
    done = run("jana@example.org", "--role", "administrator")
    assert "--reset-second-factor" in done.output
    assert has_factor(app, account_id)
    done = run("jana@example.org", "--role", "administrator", "--reset-second-factor")
    assert "The second factor is taken away" in done.output
    assert not has_factor(app, account_id)
    address = LINK.search(done.output)[1]
    client = browser(app)
    answer = client.post(address, data={"csrf_token": csrf_of(client.get(address).get_data(as_text=True))})
    assert answer.location == "/workspace/me/password/"
    with app.app_context():
        newest = db.session.scalars(select(Letter).order_by(Letter.id.desc())).first()
        assert newest.facts == {"what": "reset"}
    again = run("jana@example.org", "--role", "administrator", "--reset-second-factor")
    assert again.exit_code == 0
    assert "second factor" not in again.output


def has_factor(app, account_id):
    with app.app_context():
        return queries.find_second_factor(db.session(), account_id) is not None
