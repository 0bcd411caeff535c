"""Roles and what they are for: series for organisers and viewers, doors of meetings for the role Door."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.base import clock
from app.domain.accounts import service
from app.domain.accounts.models import Account, Purpose, Role
from app.domain.accounts.rules import Permission, door_open
from app.domain.accounts.service import assign
from app.domain.meetings.models import MeetingState
from app.domain.notices.rules import hears
from app.extensions import db
from tests.browsers import account_of, browser, csrf_of
from tests.factories import make_account, make_meeting, make_series
from tests.workspace.test_access import _meeting_for

TEAM = "/workspace/team/"


@pytest.fixture
def desk(app):
    return browser(app, account_of(app, Role.ADMINISTRATOR, email="admin@example.org"))


@pytest.fixture
def meetings(app):
    """The ids of a meeting ahead, one that is over, and one that was called off."""
    with app.app_context():
        session, now = db.session(), clock.now()
        made = [
            make_meeting(session),
            make_meeting(session, starts_at=now - timedelta(days=40), ends_at=now - timedelta(days=39)),
            make_meeting(session, state=MeetingState.CALLED_OFF),
        ]
        session.commit()
        return [one.id for one in made]


def send(client, path, **data):
    page = client.get(path).get_data(as_text=True)
    person = {"name": "Petr Dveřník", "email": "petr@example.org", "role": "door", "language": "en"}
    return client.post(path, data={"csrf_token": csrf_of(page)} | person | data)


def stored(app, email="petr@example.org"):
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.email == email)).one()
        return account.id, account.role, account.series_ids, account.meeting_ids


def test_somebody_of_the_door_is_invited_for_meetings(app, desk, meetings):
    page = desk.get(f"{TEAM}invite/").get_data(as_text=True)
    assert "Helps at the door" in page
    assert page.count('name="meetings"') == 1, "what is over or called off has no door"
    assert send(desk, f"{TEAM}invite/", meetings=str(meetings[0])).status_code == 303
    assert stored(app)[1:] == (Role.DOOR, frozenset(), {meetings[0]})
    assert "Housing and the move to renting ·" in desk.get(TEAM).get_data(as_text=True)


def test_the_door_needs_a_meeting(app, desk, meetings):
    answer = send(desk, f"{TEAM}invite/")
    assert answer.status_code == 422
    assert "Tick the meetings at whose door this person helps." in answer.get_data(as_text=True)
    assert send(desk, f"{TEAM}invite/", meetings=str(meetings[1])).status_code == 422


def test_only_organisers_and_viewers_are_bound_to_series_and_only_the_door_to_meetings(app, desk, meetings):
    with app.app_context():
        series = str(make_series(db.session()).id)
        db.session.commit()
    send(desk, f"{TEAM}invite/", meetings=str(meetings[0]), series=series)
    account_id = stored(app)[0]
    assert stored(app)[2:] == (frozenset(), {meetings[0]})
    path = f"{TEAM}{account_id}/"
    for role, expected in (
        ("viewer", ({int(series)}, frozenset())),
        ("door", (frozenset(), {meetings[0]})),
        ("organiser", ({int(series)}, frozenset())),
        ("administrator", (frozenset(), frozenset())),
    ):
        assert send(desk, path, role=role, series=series, meetings=str(meetings[0])).status_code == 303
        assert stored(app)[1:] == (role, *expected)


def test_a_door_that_is_over_stays_ticked(app, desk, meetings):
    with app.app_context():
        account = make_account(db.session(), Role.DOOR, email="petr@example.org")
        assign(account, Role.DOOR, series_ids=(), meeting_ids=[meetings[1]])
        db.session.commit()
        account_id = account.id
    page = desk.get(f"{TEAM}{account_id}/").get_data(as_text=True)
    assert page.count('name="meetings"') == 2
    send(desk, f"{TEAM}{account_id}/", meetings=[str(one) for one in meetings[:2]])
    assert stored(app)[3] == set(meetings[:2])


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        (timedelta(hours=-25), False),
        (timedelta(hours=-24), True),
        (timedelta(), True),
        (timedelta(hours=27), True),
        (timedelta(hours=28), False),
    ],
)
def test_the_door_is_open_from_the_day_before_to_the_day_after(moment, opened):
    start = clock.now()
    assert door_open(start, start + timedelta(hours=3), start + moment) is opened


def test_a_door_account_reaches_its_meeting_in_its_time_and_nothing_else(app, meetings):
    with app.app_context():
        account = make_account(db.session(), Role.DOOR, email="petr@example.org")
        assign(account, Role.DOOR, series_ids=(), meeting_ids=[meetings[0]])
        db.session.commit()
        account_id = account.id
        assert not hears(account)
    assert _meeting_for(app, account_id, meetings[0], Permission.CHECK_IN) == 404, "a month too early"
    with time_machine.travel(clock.now() + timedelta(days=30), tick=True):
        assert _meeting_for(app, account_id, meetings[0], Permission.CHECK_IN) == 200
        assert _meeting_for(app, account_id, meetings[0], Permission.SEE_LIST) == 403
        assert _meeting_for(app, account_id, meetings[1], Permission.CHECK_IN) == 404
        client = browser(app, account_id)
        page = client.get("/workspace/me/").get_data(as_text=True)
        assert "/workspace/meetings/" not in page
        for path in ("meetings/", "outbox/", "replies/", "team/", f"meetings/{meetings[0]}/attendees/"):
            assert client.get(f"/workspace/{path}").status_code == 403, path


def test_the_sign_in_leads_somebody_of_the_door_to_their_page(app, meetings):
    account_id = account_of(app, Role.DOOR, email="petr@example.org")
    with app.app_context():
        link = service.new_one_time_link(db.session(), account_id, Purpose.SIGN_IN, now=clock.now())
        db.session.commit()
    client = browser(app)
    path = f"/en/sign-in/link/{link}/"
    token = csrf_of(client.get(path).get_data(as_text=True))
    answer = client.post(path, data={"csrf_token": token}, follow_redirects=True)
    assert answer.status_code == 200
