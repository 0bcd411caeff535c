from __future__ import annotations

import re
from contextvars import Context
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.models import Role
from app.domain.accounts.service import Purpose, send_link
from app.domain.history import service as history
from app.domain.outbox.models import Calendar, Letter, State
from app.domain.registration import personal
from app.domain.registration.models import Attendee
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.workspace.desk import Desk

BOSS = history.organiser(1)
NAME = "<b>Olena</b> Ševčenková"


@pytest.fixture
def boss(app, session):
    return Desk(app, session, make_account(session, Role.ADMINISTRATOR))


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def meeting(session):
    meeting = make_meeting(session)
    session.commit()
    return meeting


@pytest.fixture
def letter(session, meeting):
    """A confirmation that failed."""
    register(session, meeting, person(NAME, email="olena@example.org"))
    letter = session.query(Letter).one()
    letter.state, letter.attempts, letter.last_error = (
        State.FAILED,
        3,
        "550 5.1.1 <olena@example.org> unknown",
    )
    session.commit()
    return letter


@pytest.fixture
def account_letter(session):
    account = make_account(session, Role.ORGANISER, email="secret@example.org")
    send_link(session, account, Purpose.SIGN_IN, now=clock.now())
    session.commit()
    return session.query(Letter).filter_by(account_id=account.id).one()


def address(letter, act=""):
    return f"/workspace/outbox/{letter.id}/{act}"


def numbers(markup):
    """The counts of the tabs."""
    part = markup.partition('class="tabs"')[2].partition("</nav>")[0]
    return [int(number) for number in re.findall(r"<b>([0-9]+)</b>", part)]


def test_letters_are_listed_with_states_and_the_servers_words(desk, letter):
    markup = desk.read("/workspace/outbox/")
    for text in ("Confirmation", "olena@example.org", ">failed<", "550 5.1.1", ">3<"):
        assert text in markup
    assert numbers(markup) == [1, 0, 0, 0, 1, 0, 0]


def test_tabs_choose_a_state(desk, session, meeting, letter):
    register(session, meeting, "Petr Novák")
    session.commit()
    assert "petr.novak@example.org" in desk.read("/workspace/outbox/?state=queued")
    failed = desk.read("/workspace/outbox/?state=failed")
    assert "petr.novak@example.org" not in failed
    assert numbers(failed) == [2, 1, 0, 0, 1, 0, 0]
    assert "No letter is in this state." in desk.read("/workspace/outbox/?state=sent")
    assert numbers(desk.read("/workspace/outbox/?state=nonsense&page=nonsense")) == [2, 1, 0, 0, 1, 0, 0]


def test_a_letter_that_came_back_is_shown_as_such_and_may_go_again(desk, session, letter):
    letter.state = State.BOUNCED
    session.commit()
    index = desk.read("/workspace/outbox/?state=bounced")
    assert numbers(index) == [1, 0, 0, 0, 0, 0, 1]
    assert "olena@example.org" in index
    for markup in (index, desk.read(address(letter))):
        assert ">came back<" in markup
    assert "Came back" in index
    assert desk.post(address(letter, "again")).status_code == 303


def test_fifty_to_a_page_newest_first(desk, session, meeting):
    for number in range(51):
        register(session, meeting, f"Osoba {number:02}")
    session.commit()
    first = desk.read("/workspace/outbox/")
    assert "1–50 of 51" in first
    assert first.index("osoba.50@") < first.index("osoba.49@")
    assert "osoba.00@" in desk.read("/workspace/outbox/?page=2")


def test_an_empty_outbox_says_what_will_be_here(desk):
    assert "No letter has been written yet." in desk.read("/workspace/outbox/")


@pytest.mark.parametrize(
    ("state", "due", "perhaps", "shown"),
    [
        (State.SENDING, -1, True, True),
        (State.SENDING, 1, True, False),
        (State.QUEUED, 1, True, True),
        (State.QUEUED, 1, False, False),
        (State.FAILED, 1, True, True),
        (State.SENT, -1, True, False),
    ],
)
def test_what_perhaps_left_is_said(desk, session, letter, state, due, perhaps, shown):
    letter.state, letter.perhaps_sent = state, perhaps
    letter.due_at = clock.now() + timedelta(minutes=due)
    session.commit()
    assert ("perhaps sent" in desk.read("/workspace/outbox/")) == shown
    assert ("perhaps sent" in desk.read(address(letter))) == shown


def test_one_meeting_alone(desk, session, meeting, letter):
    other = make_meeting(session, starts_at=clock.now() + timedelta(days=50), number=66)
    register(session, other, "Petr Novák")
    session.commit()
    markup = desk.read(f"/workspace/outbox/?meeting={other.id}")
    assert "petr.novak@example.org" in markup
    assert "olena@example.org" not in markup
    assert desk.get("/workspace/outbox/?meeting=99999").status_code == 404
    assert desk.get("/workspace/outbox/?meeting=x").status_code == 200


# --- one letter ---------------------------------------------------------------------------------------------


def test_a_letter_is_read_with_its_links_masked(desk, session, letter):
    row = session.query(Attendee).one()
    secrets = (row.token, row.checkin_token, row.organizer_token)
    page, html = desk.read(address(letter)), raw(desk, address(letter, "html"))
    assert "•••" in page
    assert "BEGIN:VCALENDAR" in page
    for secret in secrets[:2]:
        assert secret not in page
        assert secret not in html.text
    assert secrets[2] not in html.text


def raw(desk, path):
    """The answer as it is: the HTML of a mail has inline styles, which our own pages may not have."""
    plain = FlaskClient(desk.client.application, desk.client.response_wrapper, use_cookies=True)
    plain._cookies = desk.client._cookies
    return Context().run(plain.get, path)


def test_the_html_of_a_letter_can_do_nothing(desk, letter):
    answer = raw(desk, address(letter, "html"))
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "style-src 'unsafe-inline'", "sandbox", "form-action 'none'"):
        assert part in policy
    assert "script-src" not in policy
    assert "allow-" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in answer.text
    assert "<b>Olena" not in answer.text


def test_only_the_page_of_a_letter_may_frame(desk, letter):
    page = desk.get(address(letter))
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert "sandbox></iframe>" in page.text.replace('sandbox=""', "sandbox")
    assert "frame-src" not in desk.get("/workspace/outbox/").headers["Content-Security-Policy"]


def test_what_people_typed_is_text(desk, letter):
    assert "<b>Olena" not in desk.read(address(letter))


def test_an_emptied_letter_says_so(desk, session, letter):
    letter.facts, letter.recipient = {}, None
    session.commit()
    assert "This letter was emptied" in desk.read(address(letter))
    assert raw(desk, address(letter, "html")).status_code == 404
    assert "erased" in desk.read("/workspace/outbox/")


def test_a_letter_is_sent_again(desk, session, letter):
    answer = desk.post(address(letter, "again"))
    session.rollback()
    newest = session.query(Letter).order_by(Letter.id.desc()).first()
    assert answer.headers["Location"] == address(newest)
    assert (newest.id != letter.id, newest.state, newest.calendar) == (True, State.QUEUED, Calendar.REQUEST)
    assert "The letter is queued and leaves in a moment." in desk.read(address(newest))


def test_what_would_mislead_is_refused_with_a_sentence(desk, session, letter):
    begin_write(session)
    row = session.query(Attendee).one()
    personal.cancel(session, row.id, now=clock.now(), actor=BOSS)
    session.commit()
    answer = desk.post(address(letter, "again"))
    assert answer.status_code == 409
    assert "This letter is no longer true. Send the newest one." in answer.text


def test_sending_again_needs_its_token(desk, session, letter):
    assert desk.post(address(letter, "again"), csrf_token="x").status_code in (400, 422)
    session.rollback()
    assert session.query(Letter).count() == 1


# --- who sees what ------------------------------------------------------------------------------------------


def test_a_viewer_sees_states_alone(viewer, letter):
    index, page = viewer.read("/workspace/outbox/"), viewer.read(address(letter))
    for markup in (index, page):
        assert ">failed<" in markup
        assert "olena@example.org" not in markup
        assert "550" not in markup
    assert "Your role does not read letters." in page
    assert "Your role may only look." in page
    assert viewer.get(address(letter, "html")).status_code == 403
    assert viewer.post(address(letter, "again")).status_code == 403


def test_letters_of_other_series_are_not_there(app, session, meeting, letter):
    other = make_series(session, "Jiná řada")
    bound = Desk(app, session, make_account(session, Role.ORGANISER, email="b@example.org", series=(other,)))
    assert "olena@example.org" not in bound.read("/workspace/outbox/")
    assert numbers(bound.read("/workspace/outbox/")) == [0, 0, 0, 0, 0, 0, 0]
    assert bound.get(f"/workspace/outbox/?meeting={meeting.id}").status_code == 404
    for act in ("", "html"):
        assert bound.get(address(letter, act)).status_code == 404
    assert bound.post(address(letter, "again")).status_code == 404


def test_letters_of_the_own_series_are_there(app, session, meeting, letter):
    own = make_series(session)
    bound = Desk(app, session, make_account(session, Role.ORGANISER, email="b@example.org", series=(own,)))
    assert "olena@example.org" in bound.read("/workspace/outbox/")
    assert bound.get(address(letter)).status_code == 200


def test_account_letters_are_for_administrators_without_a_preview(boss, desk, viewer, account_letter):
    assert "secret@example.org" in boss.read("/workspace/outbox/")
    page = boss.read(address(account_letter))
    assert "Letters about signing in have no preview" in page
    assert "Send again" not in page
    assert raw(boss, address(account_letter, "html")).status_code == 404
    assert boss.post(address(account_letter, "again")).status_code == 409
    for other in (desk, viewer):
        assert "secret@example.org" not in other.read("/workspace/outbox/")
        assert numbers(other.read("/workspace/outbox/")) == [0, 0, 0, 0, 0, 0, 0]
        assert other.get(address(account_letter)).status_code == 404
        assert other.get(address(account_letter, "html")).status_code in (403, 404)


def test_what_is_not_there_is_404(desk):
    assert desk.get("/workspace/outbox/12345/").status_code == 404
    assert desk.get("/workspace/outbox/12345/html").status_code == 404
    assert desk.post("/workspace/outbox/12345/again").status_code == 404


def test_strangers_are_sent_to_the_sign_in(client, letter):
    path = address(letter)
    assert Context().run(client.get, path).status_code == 302
