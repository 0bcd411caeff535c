"""The attendance list: what the page shows, putting right, undo, the text and the file, who may."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, func, select

from app.domain.accounts.models import AccountMeeting, Role
from app.domain.attendance import service
from app.domain.attendance.commands import Door
from app.domain.attendance.models import AttendanceMark, Way
from app.domain.broadcasts.models import Broadcast
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE, organiser
from app.domain.meetings.models import MeetingState
from app.domain.registration import personal
from app.domain.registration.models import Attendee
from app.extensions import db
from tests.factories import make_account, make_meeting, person, register
from tests.workspace.desk import Desk

START = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
EARLY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
LATER = START + timedelta(hours=1)
PEOPLE = (
    ("Žofie Šťastná", "InBáze, z. s."),
    ("Eva Černá", "InBáze, z. s."),
    ("Petr Hrách", "Člověk v tísni"),
    ("Ota Ibl", ""),
    ("Jana Chalupová", "Člověk v tísni"),
)


@pytest.fixture
def meeting(session):
    """Šťastná, Černá and Ibl came; Hrách did not; Chalupová said no."""
    found = make_meeting(session, starts_at=START, title={"en": "Housing"})
    for name, organisation in PEOPLE:
        register(session, found, person(name, organisation=organisation), now=EARLY)
    at_door = Door(actor=organiser(make_account(session, Role.DOOR, email="door@example.org").id))
    for name in ("Žofie Šťastná", "Eva Černá", "Ota Ibl"):
        service.check_in(session, found.id, who(session, name), way=Way.LIST, now=START, door=at_door)
    personal.cancel(session, who(session, "Jana Chalupová"), now=EARLY, actor=ATTENDEE)
    session.commit()
    return found


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture(autouse=True)
def _after_it_began():
    with time_machine.travel(LATER, tick=False):
        yield


def who(session, name):
    return session.scalars(select(Attendee.id).where(Attendee.name == name)).one()


def page(meeting, act=""):
    return f"/workspace/meetings/{meeting.id}/attendance/{act}"


def minutes(markup):
    return re.search(r"<textarea[^>]*>(.*?)</textarea>", markup, re.DOTALL)[1]


def counts(markup):
    return [int(number) for number in re.findall(r"<dd>(\d+)</dd>", markup)]


def test_the_text_for_the_minutes(desk, meeting):
    markup = desk.read(page(meeting))
    assert counts(markup) == [3, 1, 1]
    assert minutes(markup).split("\n\n") == [
        "Housing, 6 Apr 2027",
        "Present (3): Eva Černá, Žofie Šťastná (InBáze, z. s.); Ota Ibl.",
        "Excused (1): Jana Chalupová (Člověk v tísni).",
        "Absent (1): Petr Hrách (Člověk v tísni).",
    ]


def test_marking_and_taking_back(desk, session, meeting):
    ota, petr = who(session, "Ota Ibl"), who(session, "Petr Hrách")
    answer = desk.post(page(meeting, "mark"), person=[str(ota), str(petr)], **{"as": "excused"})
    assert answer.status_code == 303
    markup = desk.read(answer.location)
    assert "2 people were marked as excused." in markup
    assert counts(markup) == [2, 3, 0]
    batch = re.search(r'name="batch" value="([^"]+)"', markup)[1]
    markup = desk.post(page(meeting, "undo"), follow=True, batch=batch).get_data(as_text=True)
    assert "The corrections of 2 people were taken back." in markup
    assert counts(markup) == [3, 1, 1]
    assert 'name="batch"' not in markup


def test_clearing_what_is_ticked(desk, session, meeting):
    petr = who(session, "Petr Hrách")
    assert 'value="clear"' not in desk.read(page(meeting))
    markup = desk.post(page(meeting, "mark"), follow=True, person=str(petr), **{"as": "present"}).get_data(
        as_text=True
    )
    assert 'value="clear"' in markup
    assert "by hand" in markup
    markup = desk.post(page(meeting, "mark"), follow=True, person=str(petr), **{"as": "clear"}).get_data(
        as_text=True
    )
    assert "The correction of 1 person was taken back." in markup
    assert counts(markup) == [3, 1, 1]


def test_nobody_ticked_says_so(desk, meeting):
    answer = desk.post(page(meeting, "mark"), **{"as": "present"})
    assert answer.status_code == 422
    assert "Tick at least one person." in answer.get_data(as_text=True)
    assert desk.post(page(meeting, "mark"), **{"as": "late"}).status_code == 400


def test_before_it_begins_there_is_no_list(desk, session, meeting):
    petr = who(session, "Petr Hrách")
    address = f"/workspace/meetings/{meeting.id}/"
    assert page(meeting) in desk.read(address)
    with time_machine.travel(START - timedelta(minutes=1), tick=False):
        early = Desk(desk.client.application, session, make_account(session, email="early@example.org"))
        markup = early.read(page(meeting))
        assert "There is no attendance list." in markup
        assert "Petr" not in markup
        assert page(meeting) not in early.read(address)
        assert early.post(page(meeting, "mark"), person=str(petr), **{"as": "absent"}).status_code == 409
        assert early.post(page(meeting, "file")).status_code == 409
    session.rollback()
    assert session.scalar(select(func.count()).select_from(AttendanceMark)) == 0


def test_a_meeting_that_was_called_off_has_none(desk, session, meeting):
    meeting.state = MeetingState.CALLED_OFF
    session.commit()
    assert "A meeting that was called off has none." in desk.read(page(meeting))


def test_the_file_and_its_record(desk, session, meeting):
    answer = desk.post(page(meeting, "file"))
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row[0] for row in rows] == ["Attendance", "Present", "Present", "Present", "Excused", "Absent"]
    assert rows[1][1:4] == ["Černá, Eva", "Eva Černá", "InBáze, z. s."]
    assert rows[1][5:] == ["6.4.2027 13:00", ""]
    assert 'filename="attendance-2027-04-06.csv"' in answer.headers["Content-Disposition"]
    session.rollback()
    entry = session.scalars(select(Entry).where(Entry.act == "list:attendance")).one()
    assert entry.details == {"number": 5}
    history = desk.read(f"/workspace/meetings/{meeting.id}/history/")
    assert "The attendance list was downloaded. People on it: 5." in history


def test_viewers_look_and_change_nothing(app, session, meeting):
    viewer = Desk(app, session, make_account(session, Role.VIEWER, email="v@example.org"))
    markup = viewer.read(page(meeting))
    assert "Eva Černá" in markup
    assert 'type="checkbox"' not in markup
    assert "Your role may only look." in markup
    petr = who(session, "Petr Hrách")
    assert viewer.post(page(meeting, "mark"), person=str(petr), **{"as": "absent"}).status_code == 403


def test_the_door_leads_here_only_those_who_may(app, desk, session, meeting):
    door = f"/workspace/meetings/{meeting.id}/door/"
    assert page(meeting) in desk.read(door)
    account = make_account(session, Role.DOOR, email="d@example.org")
    account.at_doors.append(AccountMeeting(meeting_id=meeting.id))
    assert page(meeting) not in Desk(app, session, account).read(door)


def test_a_thank_you_goes_to_those_who_came(desk, session, meeting):
    markup = desk.read(page(meeting))
    assert "Write to those who came" in markup
    answer = desk.post(f"/workspace/meetings/{meeting.id}/letters/new", presence="came")
    assert answer.status_code == 303
    session.rollback()
    assert session.scalars(select(Broadcast)).one().segment["presence"] == ["came"]
    assert "3 people" in desk.read(answer.location)


def test_the_numbers_tell_who_came(desk, session, meeting):
    make_meeting(session, starts_at=START + timedelta(days=30), number=2)
    session.commit()
    markup = desk.read("/workspace/statistics/")
    assert "Did not come" in markup
    assert "not noted" in markup
    answer = desk.get("/workspace/statistics/numbers.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[0][-2:] == ["Present", "Did not come"]
    assert [row[-2:] for row in rows[1:]] == [["3", "1"], ["", ""]]
    assert "did not come" in desk.read(f"/workspace/meetings/{meeting.id}/statistics/")


def test_a_thousand_people_cost_no_more_statements(desk, session, meeting):
    def statements():
        seen = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            desk.read(page(meeting))
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)
        return len(seen)

    few = statements()
    one = session.scalars(select(Attendee).where(Attendee.name == "Ota Ibl")).one()
    model = {column.key: getattr(one, column.key) for column in Attendee.__table__.columns}
    del model["id"]
    session.execute(
        Attendee.__table__.insert(),
        [
            model
            | dict.fromkeys(("uid", "token", "checkin_token", "organizer_token", "email_key"), f"x{number}")
            for number in range(1000)
        ],
    )
    session.commit()
    assert statements() == few <= 10
