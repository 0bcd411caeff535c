"""Who may be on the list twice: the page, joining a pair, and taking it back."""

from __future__ import annotations

import re

import pytest

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.registration.models import Attendee, Place
from app.domain.reports.invariants import broken
from tests.factories import make_account, make_meeting, person, register
from tests.workspace.desk import Desk

JANA = "Jana Nováková"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def pair(session):
    """The same name with two addresses, and somebody else."""
    meeting = make_meeting(session, capacity=5)
    found = [
        register(session, meeting, person(JANA, f"{name}@example.org"))[0] for name in ("prvni", "druha")
    ]
    register(session, meeting, "Petr Svoboda")
    session.commit()
    return found


def at(row, act=""):
    return f"/workspace/meetings/{row.meeting_id}/attendees/duplicates/{act}"


def join(desk, kept, other, more=()):
    fields = {"first": kept.id, "second": other.id, "kept": kept.id} | dict(more)
    return desk.post(at(kept, "merge"), follow=True, **fields)


def places(session, rows):
    session.rollback()
    return [session.get(Attendee, row.id).place for row in rows]


def test_the_list_leads_to_the_page_and_the_page_shows_the_pair(desk, pair):
    page = desk.read(f"/workspace/meetings/{pair[0].meeting_id}/attendees/")
    assert f'href="{at(pair[0])}"' in page
    page = desk.read(at(pair[0]))
    assert re.findall(r'name="kept" value="(\d+)"[^>]*?( checked)?>', page) == [
        (str(pair[0].id), " checked"),
        (str(pair[1].id), ""),
    ]
    assert page.count(at(pair[0], "merge")) == 1
    assert "Petr" not in page


def test_a_pair_is_joined_and_parted(desk, session, pair):
    page = join(desk, pair[1], pair[0]).text
    assert f"The two rows are joined. {JANA} is on the list once." in page
    assert "Nobody seems to be here twice." in page
    assert places(session, pair) == [Place.CANCELLED, Place.CONFIRMED]
    kept = desk.read(f"/workspace/meetings/{pair[0].meeting_id}/attendees/{pair[1].id}/")
    assert "Another row of the same person was joined with this one." in kept
    assert kept.count("Registered and got a seat.") == 2, "the history of both"
    gone = desk.read(f"/workspace/meetings/{pair[0].meeting_id}/attendees/{pair[0].id}/")
    assert "This row was joined with another one of the same person." in gone
    action, number = re.search(r'action="([^"]+/undo)".*?name="kept" value="(\d+)"', page, re.DOTALL).groups()
    page = desk.post(action, follow=True, kept=number).text
    assert f"{JANA} is on the list twice again." in page
    assert places(session, pair) == [Place.CONFIRMED] * 2
    assert "There is nothing to take back." in desk.post(action, follow=True, kept=number).text
    assert broken(session, now=clock.now()) == []


def test_the_joined_row_leads_nowhere_any_more(app, desk, session, pair):
    token = pair[1].token
    join(desk, pair[0], pair[1])
    answer = desk.get(f"/en/my/{token}/")
    assert answer.status_code == 410


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"kept": "0"}, 400), ({"kept": ""}, 400), ({"second": "x"}, 404), ({"kept": "999999999"}, 400)],
)
def test_what_is_no_pair_is_refused(desk, session, pair, fields, status):
    assert join(desk, pair[0], pair[1], fields).status_code == status
    assert places(session, pair) == [Place.CONFIRMED] * 2


def test_people_of_another_meeting_are_not_there(desk, session, pair):
    stranger = register(session, make_meeting(session, number=66), JANA)[0]
    session.commit()
    assert join(desk, pair[0], stranger).status_code == 404


def test_somebody_who_left_meanwhile(desk, session, pair):
    join(desk, pair[0], pair[1])
    page = join(desk, pair[0], pair[1]).text
    assert "This person has no place any more." in page


def test_a_viewer_sees_no_way(app, session, pair):
    viewer = Desk(app, session, make_account(session, Role.VIEWER))
    assert at(pair[0]) not in viewer.read(f"/workspace/meetings/{pair[0].meeting_id}/attendees/")
    assert viewer.get(at(pair[0])).status_code == 403
