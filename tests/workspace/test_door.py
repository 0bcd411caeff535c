"""The door without scripts: search, check in, undo, codes, walk-ins; who may; what strangers see of a code."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.models import AccountMeeting, Role
from app.domain.attendance import queries
from app.domain.attendance.models import DoorEvent
from app.domain.history.service import ATTENDEE
from app.domain.registration import personal
from app.domain.registration.commands import Needs
from app.domain.registration.models import Attendee
from app.extensions import db
from tests.browsers import browser
from tests.browsers import csrf as csrf_token
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.workspace.desk import Desk

HOUR = timedelta(hours=1)
NEEDS = Needs(interpreter="uk", diet="bez lepku", consent_text="I agree")


@pytest.fixture
def meeting(session):
    """A meeting that begins in half an hour, with a few people and one who waits."""
    soon = clock.now() + timedelta(minutes=30)
    made = make_meeting(session, starts_at=soon, capacity=3)
    for one in (
        person("Olena Ševčenková", organisation="Spolek Ukrajinek v Praze", needs=NEEDS),
        person("Petr Říha"),
        person("Jana Nováková"),
        person("Žofie Čekající"),
    ):
        register(session, made, one)
    session.commit()
    return made


@pytest.fixture
def people(session, meeting):
    """The people by their first names."""
    found = session.scalars(select(Attendee).where(Attendee.meeting_id == meeting.id))
    return {one.name.partition(" ")[0]: one for one in found}


@pytest.fixture
def desk(app, session, meeting):
    """An organiser's."""
    begin_write(session)
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def porter(app, session, meeting):
    """Somebody of the role door, at this door."""
    begin_write(session)
    account = make_account(session, Role.DOOR)
    session.add(AccountMeeting(account_id=account.id, meeting_id=meeting.id))
    session.commit()
    return browser(app, account.id)


def path(meeting, rest=""):
    return f"/workspace/meetings/{meeting.id}/door/{rest}"


def post(client, address, **fields):
    return client.post(address, data={"csrf_token": csrf_token(client), **fields})


def text(answer, status=200):
    assert answer.status_code == status, answer.status
    return answer.get_data(as_text=True)


def tally(markup):
    return re.findall(r'data-count="\w+">([^<]+)<', markup)


class TestTheList:
    def test_says_who_with_flags_and_not_what_they_need(self, meeting, porter):
        page = text(porter.get(path(meeting)))
        assert "Ševčenková" in page
        assert "Spolek Ukrajinek v Praze" in page
        assert "interpreter" in page
        assert "bez lepku" not in page
        assert "example.org" not in re.sub(r"[^ ]*RSVP[^ ]*", "", page).replace("akce@example.org", "")
        assert "Čekající" not in page  # no seat: only a search finds them
        assert tally(page) == ["0", "3", "0"]

    @pytest.mark.parametrize("typed", ["sev", "SEV ole", "ukr", "ŠEVČ"])
    def test_three_letters_without_diacritics_find(self, meeting, porter, typed):
        page = text(porter.get(path(meeting), query_string={"q": typed}))
        assert "Ševčenková" in page
        assert "Říha" not in page

    def test_a_search_also_finds_who_waits_with_the_reason(self, meeting, people, porter):
        page = text(porter.get(path(meeting, "?q=zof")))
        assert "waiting" in page
        assert path(meeting, f"{people['Žofie'].id}/") in page

    def test_check_in_and_undo_keep_the_search(self, meeting, people, porter):
        olena = people["Olena"].id
        answer = post(porter, path(meeting, f"{olena}/in"), back="list", q="sev", page="1")
        assert answer.location == path(meeting, f"?q=sev&page=1&done={olena}")
        page = text(porter.get(answer.location))
        assert "Checked in at" in page
        assert tally(page) == ["1", "2", "0"]
        answer = post(porter, path(meeting, f"{olena}/undo"), back="list", q="sev")
        page = text(porter.get(answer.location))
        assert "The check-in was taken back." in page
        assert "Checked in at" not in page
        assert tally(page) == ["0", "3", "0"]

    def test_a_thousand_people_cost_few_statements(self, app, session, meeting, porter, statements):
        one = session.scalars(select(Attendee)).first()
        model = {column.key: getattr(one, column.key) for column in Attendee.__table__.columns}
        del model["id"]
        rows = [
            model
            | {"email": None, "email_key": None, "party_id": None}
            | {name: f"{name}-{number}" for name in ("token", "checkin_token", "uid", "organizer_token")}
            for number in range(1000)
        ]
        begin_write(session)
        session.execute(Attendee.__table__.insert(), rows)
        session.commit()
        for address in (path(meeting), path(meeting, "?q=sev"), path(meeting, "people.json")):
            with statements() as seen:
                assert porter.get(address).status_code == 200
            assert len(seen) <= 12, seen


class TestThePerson:
    def test_the_phones_own_camera_leads_to_one_large_button(self, meeting, people, porter):
        olena = people["Olena"]
        answer = porter.get(f"/c/{olena.checkin_token}")
        assert answer.status_code == 302
        assert answer.location == path(meeting, f"{olena.id}/?way=qr")
        page = text(porter.get(answer.location))
        assert page.count("huge") == 1
        answer = post(porter, path(meeting, f"{olena.id}/in"), way="qr")
        assert "Checked in at" in text(porter.get(answer.location))
        with porter.application.app_context():
            event = db.session.scalars(select(DoorEvent)).one()
            assert (event.way, event.verdict, event.queued) == ("qr", "in", False)

    def test_who_waits_can_be_let_in_openly(self, meeting, people, porter):
        waits = people["Žofie"].id
        refused = post(porter, path(meeting, f"{waits}/in"))
        page = text(porter.get(refused.location))
        assert "On the waiting list" in page
        assert "this adds a chair" in page
        post(porter, path(meeting, f"{waits}/in"), let_in="1")
        page = text(porter.get(path(meeting)))
        assert tally(page) == ["1", "3", "0"]

    def test_somebody_who_registered_again_is_not_brought_back(self, session, meeting, people, porter):
        begin_write(session)
        personal.cancel(session, people["Petr"].id, now=clock.now(), actor=ATTENDEE)
        register(session, meeting, "Petr Říha")
        number = people["Petr"].id
        session.commit()
        answer = post(porter, path(meeting, f"{number}/in"), let_in="1")
        assert "on the list already" in text(porter.get(answer.location))

    def test_of_another_meeting_is_not_here(self, session, meeting, porter):
        begin_write(session)
        other = make_meeting(session, starts_at=clock.now() + HOUR)
        stranger = register(session, other, "Dana Dlouhá")[0].id
        session.commit()
        assert porter.get(path(meeting, f"{stranger}/")).status_code == 404
        for act in ("in", "undo"):
            assert post(porter, path(meeting, f"{stranger}/{act}")).status_code == 404


class TestTheCode:
    def test_of_a_scanner_checks_in_at_once(self, meeting, people, porter):
        address = f"http://localhost/c/{people['Olena'].checkin_token}"
        answer = post(porter, path(meeting, "code"), code=address)
        page = text(porter.get(answer.location))
        assert "Checked in at" in page
        assert "autofocus" in page

    def test_of_nobody_is_said_and_kept(self, meeting, porter):
        page = text(post(porter, path(meeting, "code"), code="Olena"), 422)
        assert "This is no code of ours" in page
        assert 'value="Olena"' in page
        page = text(post(porter, path(meeting, "code"), code="A" * 22), 422)
        assert "not on the list of this meeting" in page
        assert "Scan a code" in text(post(porter, path(meeting, "code")), 422)

    def test_of_who_waits_leads_to_the_person(self, meeting, people, porter):
        waits = people["Žofie"]
        answer = post(porter, path(meeting, "code"), code=waits.checkin_token)
        assert answer.location == path(meeting, f"{waits.id}/")


class TestWalkIns:
    def test_are_in_at_once_without_an_address(self, session, meeting, porter):
        form = text(porter.get(path(meeting, "walk-in/")))
        assert "this adds a chair" in form
        client_id = re.search(r'name="client_id"[^>]*value="([^"]+)"', form)[1]
        for _time in range(2):
            answer = post(
                porter, path(meeting, "walk-in/"), name="Dana Dlouhá", language="cs", client_id=client_id
            )
            assert answer.status_code == 303
        page = text(porter.get(answer.location))
        assert "Dana Dlouhá" in page
        assert tally(page) == ["1", "3", "0"]

    def test_need_a_name_and_must_not_be_on_the_list(self, meeting, porter):
        assert "Enter the name" in text(post(porter, path(meeting, "walk-in/"), language="cs"), 422)
        typed = {"name": "Petr Říha", "email": "petr.riha@example.org", "language": "cs"}
        page = text(post(porter, path(meeting, "walk-in/"), **typed), 409)
        assert "on the list already" in page
        assert 'value="Petr Říha"' in page


class TestWhoMay:
    def test_the_role_door_sees_nothing_else(self, meeting, porter):
        assert porter.get("/workspace/").location == "/workspace/door/"
        page = text(porter.get("/workspace/door/"))
        assert path(meeting) in page
        for elsewhere in ("meetings/", "outbox/", "replies/", "team/", f"meetings/{meeting.id}/attendees/"):
            assert f'href="/workspace/{elsewhere}"' not in page
            assert porter.get(f"/workspace/{elsewhere}").status_code == 403

    def test_nor_another_door_nor_another_time(self, app, session, meeting, people, porter):
        begin_write(session)
        other = make_meeting(session, starts_at=clock.now() + HOUR)
        stranger = register(session, other, "Dana Dlouhá")[0]
        code, address = stranger.checkin_token, path(other)
        session.commit()
        assert porter.get(address).status_code == 404
        assert "Show this at the door" in text(porter.get(f"/c/{code}"))
        begin_write(session)
        meeting.starts_at = clock.now() - timedelta(days=3)
        meeting.ends_at = clock.now() - timedelta(days=2)
        number = meeting.id
        session.commit()
        assert porter.get(f"/workspace/meetings/{number}/door/").status_code == 404
        assert "No door is open now." in text(porter.get("/workspace/door/"))

    def test_an_account_without_a_door_sees_none(self, app, session, meeting):
        lost = make_account(session, Role.DOOR).id
        session.commit()
        client = browser(app, lost)
        assert "No door is open now." in text(client.get("/workspace/door/"))

    def test_organisers_of_the_series_may(self, app, session, meeting):
        other = make_series(session, "Jiná řada")
        bound = make_account(session, Role.ORGANISER, series=(other,)).id
        session.commit()
        client = browser(app, bound)
        assert client.get(path(meeting)).status_code == 404
        assert "No door is open now." in text(client.get("/workspace/door/"))

    def test_too_early_is_said(self, session, desk):
        later = make_meeting(session)
        number = register(session, later, "Dana Dlouhá")[0].id
        address = path(later)
        session.commit()
        answer = desk.post(f"{address}{number}/in")
        assert "It is too early" in desk.read(answer.location)


class TestWhatStrangersSee:
    def test_the_code_and_the_meeting_but_nobody(self, app, meeting, people):
        olena = people["Olena"]
        client = browser(app)
        answer = client.get(f"/c/{olena.checkin_token}")
        page = text(answer)
        assert "Show this at the door" in page
        assert "Housing and the move to renting" in page
        assert page.count('role="img"') == 1
        for secret in ("Olena", "Ševčenková", "Spolek", olena.token, "interpreter", olena.email):
            assert secret not in page
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "camera=()" in answer.headers["Permissions-Policy"]

    def test_opening_it_changes_nothing(self, app, session, meeting, people):
        code = people["Olena"].checkin_token
        browser(app).get(f"/c/{code}")
        assert session.scalars(select(DoorEvent)).all() == []

    def test_a_viewer_is_a_stranger_here(self, app, session, meeting, people):
        viewer, code = make_account(session, Role.VIEWER).id, people["Olena"].checkin_token
        session.commit()
        assert "Show this at the door" in text(browser(app, viewer).get(f"/c/{code}"))

    def test_nothing_is_behind_a_code_that_is_none(self, app, meeting, people):
        client = browser(app)
        assert client.get("/c/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404
        assert client.get(f"/c/{people['Olena'].token}").status_code == 404


def test_the_camera_is_allowed_on_the_door_alone(meeting, porter):
    assert "camera=(self)" in porter.get(path(meeting)).headers["Permissions-Policy"]
    for page in ("/workspace/door/", path(meeting, "walk-in/"), "/workspace/me/"):
        assert "camera=()" in porter.get(page).headers["Permissions-Policy"]


def test_people_who_come_are_counted_once(session, meeting, people, porter):
    number = people["Olena"].id
    for _time in range(3):
        post(porter, path(meeting, f"{number}/in"))
    assert queries.counts(session, meeting).present == 1


def test_the_list_and_the_files_say_since_when(meeting, people, porter, desk):
    number = people["Olena"].id
    post(porter, path(meeting, f"{number}/in"))
    assert "in since" in desk.read(f"/workspace/meetings/{meeting.id}/attendees/")
    shown = desk.read(f"/workspace/meetings/{meeting.id}/attendees/{number}/")
    assert "Checked in at the door." in shown
    file = desk.post(f"/workspace/meetings/{meeting.id}/export/", format="csv").get_data(as_text=True)
    rows = csv.DictReader(io.StringIO(file))
    assert [row["Name"] for row in rows if row["Checked in at"]] == ["Olena Ševčenková"]
