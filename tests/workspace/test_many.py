"""Acts on many people of the list: whom they are about, what they say, and taking each back."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.broadcasts import queries as broadcasts
from app.domain.broadcasts.models import Broadcast
from app.domain.broadcasts.rules import segment_of
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Calendar, Kind, Letter
from app.domain.registration.models import Attendee, Place
from app.domain.reports.invariants import broken
from tests.factories import make_account, make_meeting, person, register
from tests.workspace.desk import Desk

NAMES = ("Adam Adamec", "Běla Bílá", "Cyril Cajthaml", "Dana Dvořáková")
REASON = "Sál nám zavřeli."


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def rows(session):
    """Two have a seat, two wait."""
    meeting = make_meeting(session, capacity=2)
    found = [
        register(session, meeting, name, now=clock.now() - timedelta(minutes=9 - number))[0]
        for number, name in enumerate(NAMES)
    ]
    session.commit()
    return found


def at(row, act="", query=""):
    return f"/workspace/meetings/{row.meeting_id}/attendees/{act}{query}"


def ids(*rows):
    return [str(row.id) for row in rows]


def places(session, rows):
    session.rollback()
    return "".join(session.get(Attendee, row.id).place[0] for row in rows)


def letters_of(session, row):
    session.rollback()
    return [
        (one.kind, one.calendar, one.sequence)
        for one in session.query(Letter).filter_by(attendee_id=row.id).order_by(Letter.id)
    ]


def fresh(session, table, **which):
    session.rollback()
    return session.query(table).filter_by(**which)


def press_undo(desk, page):
    found = re.search(r'action="([^"]+bring-back[^"]*)".*?name="ended_at" value="([^"]+)"', page, re.DOTALL)
    return desk.post(found[1].replace("&amp;", "&"), follow=True, ended_at=found[2]).text


def too_late_to_move_up(session, meeting_id, capacity):
    """Seats are free and people wait, as nobody moves up by itself any more."""
    meeting = session.get(Meeting, meeting_id)
    meeting.promote_hours, meeting.capacity = 24 * 400, capacity
    session.commit()


class TestCancel:
    def test_whoever_is_ticked_and_back(self, desk, session, rows):
        uid, revision = rows[0].uid, rows[0].revision
        answer = desk.post(at(rows[0], "many/cancel"), person=ids(rows[0], rows[2]), reason=REASON)
        assert answer.status_code == 303
        assert places(session, rows) == "cccc", "confirmed or cancelled"
        assert [session.get(Attendee, row.id).place for row in rows] == [
            Place.CANCELLED,
            Place.CONFIRMED,
            Place.CANCELLED,
            Place.CONFIRMED,
        ]
        assert [one[0] for one in letters_of(session, rows[2])] == [Kind.WAITING, Kind.CANCELLED], (
            "nobody who is cancelled moves up first"
        )
        letter = session.query(Letter).filter_by(attendee_id=rows[0].id, kind=Kind.CANCELLED).one()
        assert (letter.facts["reason"], letter.calendar) == (REASON, Calendar.CANCEL)
        page = desk.read(answer.headers["Location"])
        assert "2 places are cancelled. Letters tell the people." in page
        back = press_undo(desk, page)
        assert "2 people are back. No seat is free for 2 of them: they wait first in the queue." in back
        session.rollback()
        first = session.get(Attendee, rows[0].id)
        assert (first.uid, first.revision, first.place) == (uid, revision + 2, Place.WAITING)
        assert first.queue_number < session.get(Attendee, rows[2].id).queue_number
        assert broken(session, now=clock.now()) == []

    def test_whoever_had_a_seat_gets_it_back_first(self, desk, session, rows):
        page = desk.post(at(rows[0], "many/cancel"), follow=True, all="4").text
        assert "4 places are cancelled." in page
        assert "2 people are back" not in page
        back = press_undo(desk, page)
        assert "4 people are back. No seat is free for 2 of them" in back
        assert places(session, rows) == "ccww"
        sequences = [one[2] for one in letters_of(session, rows[0]) if one[1]]
        assert sequences == sorted(set(sequences)), "each calendar letter has a higher SEQUENCE"
        assert broken(session, now=clock.now()) == []

    def test_a_second_undo_takes_nothing_back(self, desk, session, rows):
        page = desk.post(at(rows[0], "many/cancel"), follow=True, person=ids(rows[3])).text
        press_undo(desk, page)
        assert "There is nothing to take back." in press_undo(desk, page)
        assert places(session, rows) == "ccww"

    def test_who_registered_anew_is_left(self, desk, session, rows):
        page = desk.post(at(rows[0], "many/cancel"), follow=True, person=ids(rows[2], rows[3])).text
        session.rollback()
        register(session, session.get(Meeting, rows[0].meeting_id), NAMES[2])
        session.commit()
        assert "1 person is back." in press_undo(desk, page)
        assert fresh(session, Attendee, name=NAMES[2], place=Place.WAITING).count() == 1

    def test_everybody_is_whom_the_address_finds(self, desk, session, rows):
        path = at(rows[0], "many/cancel", "?q=dvorak")
        assert "Cancel the place of 1 person" in desk.read(at(rows[0], query="?q=dvorak"))
        desk.post(path, all="1")
        session.rollback()
        assert [session.get(Attendee, row.id).place for row in rows][3] == Place.CANCELLED
        assert fresh(session, Attendee, place=Place.CANCELLED).count() == 1

    @pytest.mark.parametrize("number", ["3", "x", "-4", "9" * 30, "²"])
    def test_more_than_the_button_said_is_nothing(self, desk, session, rows, number):
        answer = desk.post(at(rows[0], "many/cancel"), follow=True, all=number)
        assert "more people fit now than the button said" in answer.text
        assert places(session, rows) == "ccww"

    def test_nobody_ticked(self, desk, session, rows):
        answer = desk.post(at(rows[0], "many/cancel"), reason=REASON)
        assert answer.status_code == 422
        assert "Select at least one person." in answer.text
        assert REASON in answer.text
        assert places(session, rows) == "ccww"

    def test_people_of_another_meeting_are_left_alone(self, desk, session, rows):
        (other,) = register(session, make_meeting(session, number=66), "Eva Erbenová")
        session.commit()
        page = desk.post(at(rows[0], "many/cancel"), follow=True, person=ids(other)).text
        assert "No place was cancelled" in page
        assert session.get(Attendee, other.id).place == Place.CONFIRMED

    def test_after_the_start(self, desk, session, rows):
        meeting = session.get(Meeting, rows[0].meeting_id)
        meeting.starts_at, meeting.ends_at = (
            clock.now() - timedelta(hours=1),
            clock.now() + timedelta(hours=1),
        )
        session.commit()
        assert "The meeting has begun" in desk.post(at(rows[0], "many/cancel"), follow=True, all="4").text
        assert places(session, rows) == "ccww"

    def test_more_than_a_handful_at_once(self, desk, session):
        meeting = make_meeting(session, capacity=500)
        everybody = [
            row
            for start in range(0, 40, 5)
            for row in register(session, meeting, *(person(f"Osoba {start + one:03}") for one in range(5)))
        ]
        session.commit()
        page = desk.post(at(everybody[0], "many/cancel"), follow=True, all="100").text
        assert "40 places are cancelled." in page
        assert "40 people are back." in press_undo(desk, page)
        assert fresh(session, Attendee, place=Place.CONFIRMED).count() == 40


class TestMoveUp:
    def test_while_seats_last_and_back(self, desk, session, rows):
        too_late_to_move_up(session, rows[0].meeting_id, 3)
        numbers = [row.queue_number for row in rows[2:]]
        answer = desk.post(at(rows[0], "many/move-up", "?tab=waiting"), person=ids(*reversed(rows)))
        page = desk.read(answer.headers["Location"])
        assert "1 person has a seat now. A letter tells them." in page
        assert "No seat was free for 1 person, who waits still." in page
        assert places(session, rows) == "cccw"
        back = press_undo(desk, page)
        assert "1 person waits again, at the old place in the queue. A letter tells them." in back
        assert places(session, rows) == "ccww"
        assert [session.get(Attendee, row.id).queue_number for row in rows[2:]] == numbers
        told = letters_of(session, rows[2])
        assert [one[0] for one in told] == [Kind.WAITING, Kind.MOVED_UP, Kind.CHANGED]
        assert told[2][1] == Calendar.CANCEL
        assert told[2][2] > told[1][2]
        assert "Moving up was taken back: waits again." in desk.read(at(rows[0], f"{rows[2].id}/"))
        assert broken(session, now=clock.now()) == []

    def test_a_number_given_to_another_meanwhile(self, desk, session, rows):
        too_late_to_move_up(session, rows[0].meeting_id, 4)
        page = desk.post(at(rows[0], "many/move-up"), follow=True, all="4").text
        assert "2 people have a seat now." in page
        session.rollback()
        (newcomer,) = register(session, session.get(Meeting, rows[0].meeting_id), "Eva Erbenová")
        session.commit()
        assert "2 people wait again" in press_undo(desk, page)
        session.rollback()
        numbers = [session.get(Attendee, row.id).queue_number for row in (*rows[2:], newcomer)]
        assert numbers == sorted(set(numbers))
        assert broken(session, now=clock.now()) == []

    def test_no_seat(self, desk, session, rows):
        page = desk.post(at(rows[0], "many/move-up"), follow=True, all="4").text
        assert "No seat was free for 2 people, who wait still." in page
        assert "bring-back" not in page
        assert places(session, rows) == "ccww"

    def test_nobody_waits(self, desk, rows):
        page = desk.post(at(rows[0], "many/move-up"), follow=True, person=ids(*rows[:2])).text
        assert "Nobody moved up: nobody of these people waits." in page


class TestWrite:
    def test_to_those_who_are_ticked(self, desk, session, rows):
        answer = desk.post(at(rows[0], "many/write"), person=ids(rows[1], rows[2]))
        assert answer.status_code == 303
        broadcast = fresh(session, Broadcast).one()
        segment = segment_of(broadcast.segment)
        assert segment.places == (Place.CONFIRMED, Place.WAITING)
        reach = broadcasts.reach(session, broadcast.meeting_id, segment, broadcast.purpose)
        assert reach.who == 2
        page = desk.read(answer.headers["Location"])
        assert "only 2 chosen people" in page
        version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]
        fields = {"subject_cs": "Sál", "body_cs": "Jdeme vedle.", "places": ["confirmed", "waiting"]}
        saved = desk.post(answer.headers["Location"], version=version, purpose="about", **fields)
        assert saved.status_code == 303
        session.rollback()
        assert segment_of(fresh(session, Broadcast).one().segment).people == segment.people

    def test_to_everybody_by_the_filter(self, desk, session, rows):
        desk.post(at(rows[0], "many/write", "?tab=waiting"), all="2")
        segment = segment_of(fresh(session, Broadcast).one().segment)
        assert (segment.places, segment.people) == ((Place.WAITING,), ())

    def test_to_everybody_who_was_searched_for(self, desk, session, rows):
        desk.post(at(rows[0], "many/write", "?q=cajthaml"), all="1")
        assert segment_of(fresh(session, Broadcast).one().segment).people == tuple(ids(rows[2]))


class TestDownload:
    def test_of_those_who_are_ticked(self, desk, rows):
        page = desk.read(at(rows[0]))
        path = re.search(r'formaction="([^"]+chosen=1[^"]*)"', page)[1].replace("&amp;", "&")
        answer = desk.post(path, format="xlsx", person=ids(rows[1], rows[3]))
        sheet = load_workbook(BytesIO(answer.data)).active
        assert sheet.max_row == 3
        assert "Select at least one person." in desk.post(path, follow=True, format="xlsx").text


def test_a_viewer_may_do_nothing_to_many(viewer, session, rows):
    assert 'name="person"' not in viewer.read(at(rows[0]))
    for act in ("cancel", "move-up", "write"):
        assert viewer.post(at(rows[0], f"many/{act}"), all="4").status_code == 403
    assert places(session, rows) == "ccww"
