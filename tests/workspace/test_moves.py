"""Moving people of the list to another meeting: the choice with its numbers, the act, and taking it back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.base import clock
from app.delivery.letters import preview
from app.domain.accounts.models import Role
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox.models import Calendar, Kind, Letter
from app.domain.registration.models import Attendee, Place
from app.domain.reports.invariants import broken
from tests.factories import make_account, make_meeting, make_series, register
from tests.workspace.desk import Desk
from tests.workspace.test_many import NAMES, at, ids, places, press_undo


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def rows(session):
    """Two have a seat, two wait."""
    meeting = make_meeting(session, capacity=2)
    found = register(session, meeting, *NAMES, now=clock.now() - timedelta(minutes=9))
    session.commit()
    return found


@pytest.fixture
def other(session):
    """The next meeting of the series, with three seats."""
    starts_at = clock.now() + timedelta(days=60)
    made = make_meeting(session, capacity=3, number=66, title={"en": "The next one"}, starts_at=starts_at)
    session.commit()
    return made


def there(session, other):
    session.rollback()
    return session.query(Attendee).filter_by(meeting_id=other.id).order_by(Attendee.id).all()


def test_the_choice_says_how_many_would_wait(desk, session, rows, other):
    register(session, other, NAMES[3])
    session.commit()
    page = desk.post(at(rows[0], "many/move/"), all="4").text
    assert "4 people have a place here, wait for one, or are invited." in page
    assert (
        "3 people would go there. No seat is free for 1 person, who would wait. "
        "1 person is on the list there already and would stay here."
    ) in page
    assert places(session, rows) == "ccww", "nothing has happened yet"


def test_whoever_is_ticked_goes_and_comes_back(desk, session, rows, other):
    page = desk.post(at(rows[0], "many/move/"), person=ids(rows[0], rows[2])).text
    assert re.findall(r'name="person" value="(\d+)"', page) == ids(rows[0], rows[2])
    answer = desk.post(at(rows[0], "many/move/done"), person=ids(rows[0], rows[2]), to=str(other.id))
    assert answer.status_code == 303
    page = desk.read(answer.headers["Location"])
    assert "2 people are moved to:" in page
    assert "The next one. Letters tell them." in page
    session.rollback()
    assert [session.get(Attendee, row.id).place for row in rows] == [
        Place.CANCELLED,
        Place.CONFIRMED,
        Place.CANCELLED,
        Place.CONFIRMED,
    ]
    assert [(one.name, one.place) for one in there(session, other)] == [
        (NAMES[0], Place.CONFIRMED),
        (NAMES[2], Place.CONFIRMED),
    ]
    assert "2 people are back." in press_undo(desk, page)
    assert [one.place for one in there(session, other)] == [Place.CANCELLED] * 2
    session.rollback()
    assert session.get(Attendee, rows[0].id).place == Place.WAITING, "the seat went to who waited"
    assert "There is nothing to take back." in press_undo(desk, page)
    assert broken(session, now=clock.now()) == []


def test_everybody_whom_the_view_holds(desk, session, rows, other):
    answer = desk.post(at(rows[0], "many/move/done", "?tab=waiting"), all="2", to=str(other.id), follow=True)
    assert "2 people are moved to:" in answer.text
    assert {one.name for one in there(session, other)} == set(NAMES[2:])
    assert places(session, rows) == "cccc"


def test_more_people_than_the_button_said(desk, session, rows, other):
    for act, more in (("many/move/", {}), ("many/move/done", {"to": str(other.id)})):
        page = desk.post(at(rows[0], act), all="3", follow=True, **more).text
        assert "Nothing was done: more people fit now than the button said." in page
    assert there(session, other) == []


def test_one_person_from_the_own_page(desk, session, rows, other):
    page = desk.read(at(rows[2], f"{rows[2].id}/"))
    path = re.search(r'href="([^"]+/move/)"', page)[1]
    page = desk.read(path)
    assert "1 person would go there. No one would have to wait." in page
    desk.post(at(rows[2], "many/move/done"), person=ids(rows[2]), to=str(other.id))
    moved = there(session, other)[0]
    old, new = desk.read(at(rows[2], f"{rows[2].id}/")), desk.read(at(moved, f"{moved.id}/"))
    assert re.search(r"Moved to</dt>.*The next one", old, re.DOTALL)
    assert "Moved to another meeting: The next one." in old
    assert re.search(r"Moved here from</dt>.*Housing and the move to renting", new, re.DOTALL)
    assert "Moved here from another meeting: Housing and the move to renting." in new


def test_both_letters_wait_in_the_outbox(desk, session, rows, other):
    desk.post(at(rows[0], "many/move/done"), person=ids(rows[0]), to=str(other.id))
    moved = there(session, other)[0]
    last = session.query(Letter).filter_by(attendee_id=rows[0].id).order_by(Letter.id.desc()).first()
    first = session.query(Letter).filter_by(attendee_id=moved.id).one()
    assert (last.kind, last.calendar, last.recipient) == (Kind.CANCELLED, Calendar.CANCEL, rows[0].email)
    assert (first.kind, first.calendar, first.recipient) == (Kind.CONFIRMED, Calendar.REQUEST, rows[0].email)
    for letter in (last, first):
        letter.language = "en"
        assert "have moved you" in preview(letter).html


@pytest.mark.parametrize("to", ["", "999999", "nonsense"])
def test_without_a_meeting_nothing_happens(desk, session, rows, other, to):
    answer = desk.post(at(rows[0], "many/move/done"), person=ids(rows[0]), to=to)
    assert answer.status_code == 422
    assert "Choose a meeting" in answer.text
    assert f'name="person" value="{rows[0].id}"' in answer.text
    assert there(session, other) == []


def test_only_meetings_ahead_that_one_may_edit_are_offered(app, session, rows, other):
    make_meeting(session, state=MeetingState.DRAFT, title={"en": "A draft"})
    make_meeting(session, state=MeetingState.CALLED_OFF, title={"en": "Called off"})
    make_meeting(session, starts_at=clock.now() - timedelta(hours=1), title={"en": "Begun"})
    elsewhere = make_series(session, "Jiná řada")
    make_meeting(
        session, series_id=elsewhere.id, title={"en": "Sooner"}, starts_at=clock.now() + timedelta(days=3)
    )
    everywhere = Desk(app, session, make_account(session, Role.ORGANISER, email="all@example.org"))
    bound = make_account(session, Role.ORGANISER, series=(make_series(session),))
    page = everywhere.read(at(rows[0], f"{rows[0].id}/move/"))
    assert re.findall(r"· ([A-Z][a-z ]+)<", page) == ["The next one", "Sooner"], "the same series first"
    page = Desk(app, session, bound).read(at(rows[0], f"{rows[0].id}/move/"))
    assert re.findall(r"· ([A-Z][a-z ]+)<", page) == ["The next one"]
    hidden = Desk(app, session, bound).post(at(rows[0], "many/move/done"), person=ids(rows[0]), to="5")
    assert hidden.status_code == 422


def test_whoever_may_not_change_the_other_meeting_takes_nobody_from_there(app, session, rows, other):
    home, elsewhere = session.get(Meeting, rows[0].meeting_id).series, make_series(session, "Jiná řada")
    other = session.merge(other)
    other.series_id = elsewhere.id
    everywhere = Desk(app, session, make_account(session, Role.ORGANISER, email="all@example.org"))
    bound = Desk(app, session, make_account(session, Role.ORGANISER, series=(home,)))
    answer = everywhere.post(at(rows[0], "many/move/done"), person=ids(rows[0]), to=str(other.id))
    page = everywhere.read(answer.headers["Location"])
    moved_at = re.search(r'name="ended_at" value="([^"]+)"', page)[1]
    refused = bound.post(at(rows[0], "bring-back"), ended_at=moved_at)
    assert refused.status_code == 404
    assert [one.place for one in there(session, other)] == [Place.CONFIRMED]
    assert places(session, rows)[0] == "c"
    assert "1 person is back." in press_undo(everywhere, page)


def test_nowhere_to_go_and_nobody_to_move(desk, session, rows):
    page = desk.read(at(rows[0], f"{rows[0].id}/move/"))
    assert "There is no other meeting ahead to which you could move people." in page
    assert "Select at least one person." in desk.post(at(rows[0], "many/move/")).text


def test_a_meeting_that_begins_meanwhile(desk, session, rows, other):
    session.get(Meeting, rows[0].meeting_id).starts_at = clock.now() - timedelta(minutes=1)
    session.commit()
    page = desk.post(at(rows[0], "many/move/done"), person=ids(rows[0]), to=str(other.id), follow=True).text
    assert "The meeting has begun, so places do not change any more." in page
    assert there(session, other) == []
