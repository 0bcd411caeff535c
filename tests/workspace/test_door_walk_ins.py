"""Walk-ins that a phone kept without a connection: each is added once with its time, and what is refused is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.models import AccountMeeting, AccountSession, Role
from app.domain.attendance import queries
from app.domain.attendance.models import DoorEvent
from app.domain.meetings.models import Format, MeetingState
from app.domain.outbox.models import Letter
from app.domain.registration.models import Attendee, Mode, Place
from app.web.fields import MAX_NAME
from tests.browsers import browser
from tests.browsers import csrf as csrf_token
from tests.factories import make_account, make_meeting
from tests.workspace.test_door import meeting, path, people, porter, post
from tests.workspace.test_door_line import scan, send, state

assert meeting
assert people
assert porter
DANA = "walk-in-0001"


def walk_in(client, meeting, *, ago=7, token=None, **more):
    now = clock.now()
    body = {
        "door": "north1",
        "sent_at": now.isoformat(),
        "client_id": DANA,
        "at": (now - timedelta(minutes=ago)).isoformat(),
        "queued": True,
        "name": "Dana Dlouhá",
        "organisation": "Městská část Praha 14",
        "email": "",
        "language": "cs",
    }
    headers = {"X-CSRFToken": token or state(client, meeting, "state.json")["csrf"]}
    return client.post(path(meeting, "walk-ins"), json=body | more, headers=headers)


def danas(session):
    return list(session.scalars(select(Attendee).where(Attendee.name == "Dana Dlouhá")))


def test_arrive_once_with_their_time(session, meeting, porter):
    for _time in range(2):
        answer = walk_in(porter, meeting).get_json()
        assert [one["verdict"] for one in answer["answers"]] == ["in"]
        assert [one["full"] for one in answer["people"]] == ["Dana Dlouhá"]
        assert answer["counts"] == {"present": 1, "expected": 3, "free": 0}
        assert "last" not in answer
    (dana,) = danas(session)
    assert (dana.place, dana.mode, dana.email) == (Place.CONFIRMED, Mode.ROOM, None)
    assert dana.organisation_name == "Městská část Praha 14"
    (event,) = session.scalars(select(DoorEvent))
    assert (event.way, event.queued, event.door, event.client_id) == ("walk_in", True, "north1", DANA)
    assert timedelta(minutes=6) < event.taken_at - event.at < timedelta(minutes=8)
    assert queries.arrivals(session, meeting.id) == {dana.id: event.at}


def test_the_other_doors_are_told(meeting, porter):
    before = state(porter, meeting)["last"]
    number = walk_in(porter, meeting).get_json()["answers"][0]["attendee_id"]
    assert [one["id"] for one in state(porter, meeting, f"state.json?after={before}")["people"]] == [number]


def test_the_form_of_the_page_and_the_phone_are_one_way(session, meeting, porter):
    for _time in range(2):
        post(porter, path(meeting, "walk-in/"), name="Dana Dlouhá", language="cs", client_id=DANA)
    assert walk_in(porter, meeting).get_json()["answers"][0]["verdict"] == "in"
    assert len(danas(session)) == 1


def test_the_earliest_time_wins(session, meeting, porter):
    number = walk_in(porter, meeting, ago=2).get_json()["answers"][0]["attendee_id"]
    earlier = (clock.now() - timedelta(minutes=9)).isoformat()
    answer = send(porter, meeting, scan("scan-0009", attendee_id=number, at=earlier)).get_json()
    assert answer["answers"][0]["verdict"] == "again"
    since = queries.arrivals(session, meeting.id)[number]
    assert timedelta(minutes=8) < clock.now() - since < timedelta(minutes=10)


@pytest.mark.parametrize(
    ("ago", "slow"),
    [(-90, 0), (60 * 24 * 365 * 30, 0), (7, 55), (7, -55)],
    ids=["in the future", "of another century", "by a slow clock", "by a fast clock"],
)
def test_times_that_cannot_be_are_put_right_as_those_of_scans(session, meeting, people, porter, ago, slow):
    now = clock.now()
    sent, at = (now - timedelta(minutes=one) for one in (slow, slow + ago))
    same = {"at": at.isoformat(), "sent_at": sent.isoformat()}
    number = walk_in(porter, meeting, **same).get_json()["answers"][0]["attendee_id"]
    other = people["Petr"].id
    send(porter, meeting, scan(attendee_id=other, at=same["at"]), sent_at=same["sent_at"])
    since = queries.arrivals(session, meeting.id)
    assert abs(since[number] - since[other]) < timedelta(seconds=20)
    assert meeting.starts_at - timedelta(days=1) <= since[number] <= clock.now()


def test_a_letter_goes_by_the_same_rule_as_on_the_page(session, meeting, porter):
    walk_in(porter, meeting, email="dana@example.org")
    kinds = select(Letter.kind).where(Letter.recipient == "dana@example.org")
    assert session.scalars(kinds).all() == ["added"]
    begin_write(session)
    meeting.starts_at = clock.now() - timedelta(minutes=1)
    session.commit()
    walk_in(porter, meeting, client_id="walk-in-0002", name="Eva Erbenová", email="eva@example.org")
    assert session.scalar(select(func.count()).where(Letter.recipient == "eva@example.org")) == 0


class TestRefused:
    """Nothing is stored, a sentence is said, and the same act may be sent again."""

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"name": ""}, "Enter the name of the person"),
            ({"name": "x" * (MAX_NAME + 1)}, "“Name” is too long"),
            ({"organisation": "x" * (MAX_NAME + 1)}, "“Organisation” is too long"),
            ({"email": "dana"}, "Enter an e-mail address like"),
            ({"name": "Dana\u0007"}, "contains a character that cannot be kept"),
            ({"language": "xx"}, ""),
        ],
    )
    def test_what_was_typed_wrong(self, session, meeting, porter, typed, said):
        answer = walk_in(porter, meeting, **typed)
        assert answer.status_code == 422
        assert said in answer.get_json()["why"]
        assert answer.get_json()["why"]
        assert session.scalars(select(DoorEvent)).all() == []
        assert walk_in(porter, meeting).get_json()["answers"][0]["verdict"] == "in"
        assert len(danas(session)) == 1

    def test_who_is_on_the_list(self, session, meeting, people, porter):
        email = people["Petr"].email
        answer = walk_in(porter, meeting, name="Petr Říha", email=email)
        assert (answer.status_code, answer.get_json()) == (
            409,
            {"why": "Somebody with this name and address is on the list already."},
        )
        assert walk_in(porter, meeting, name="Petr Říha").status_code == 200

    def test_where_nobody_can_come(self, session, meeting, porter):
        begin_write(session)
        meeting.state, meeting.called_off_at = MeetingState.CALLED_OFF, clock.now()
        session.commit()
        answer = walk_in(porter, meeting)
        assert answer.status_code == 409
        assert answer.get_json()["why"] == "The meeting was called off. Nobody can be checked in."
        begin_write(session)
        meeting.state, meeting.called_off_at, meeting.format = MeetingState.PUBLISHED, None, Format.ONLINE
        session.commit()
        answer = walk_in(porter, meeting)
        assert answer.status_code == 409
        assert answer.get_json()["why"] == "Nobody can take part in this meeting in that way."
        assert danas(session) == []

    def test_a_full_room_refuses_nobody_and_gets_a_chair_as_on_the_page(self, session, meeting, porter):
        assert state(porter, meeting)["counts"]["free"] == 0
        assert walk_in(porter, meeting).status_code == 200
        session.refresh(meeting)
        assert meeting.capacity == 4

    @pytest.mark.parametrize(
        "wrong",
        [
            {"client_id": "x"},
            {"client_id": 12345678},
            {"at": "yesterday"},
            {"at": "2027-01-01T10:00:00"},
            {"sent_at": None},
            {"name": None},
            {"email": ["a"]},
            {"door": "north 1"},
        ],
    )
    def test_what_our_script_never_sends(self, session, meeting, porter, wrong):
        answer = walk_in(porter, meeting, **wrong)
        assert answer.status_code == 422
        assert "why" not in answer.get_json()
        assert session.scalars(select(DoorEvent)).all() == []

    def test_what_is_no_object(self, meeting, porter):
        token = state(porter, meeting)["csrf"]
        for body in ("{", "[]", "null", '"a"'):
            answer = porter.post(
                path(meeting, "walk-ins"),
                data=body,
                headers={"X-CSRFToken": token, "Content-Type": "application/json"},
            )
            assert answer.status_code == 422


class TestWhoMay:
    def test_a_token_is_wanted(self, session, meeting, porter):
        assert walk_in(porter, meeting, token="old").status_code == 400
        assert danas(session) == []

    def test_nobody_else_may(self, app, session, meeting):
        begin_write(session)
        viewer, elsewhere = make_account(session, Role.VIEWER).id, make_account(session, Role.DOOR).id
        session.commit()
        own, strange = "/workspace/me/", "/en/sign-in/"
        for account, page, status in ((viewer, own, 403), (elsewhere, own, 404), (None, strange, 302)):
            client = browser(app, account)
            assert walk_in(client, meeting, token=csrf_token(client, page)).status_code == status
        assert danas(session) == []

    def test_who_was_signed_out_is_told_so_and_nobody_is_added(self, session, meeting, porter):
        token = state(porter, meeting)["csrf"]
        session.execute(delete(AccountSession))
        session.commit()
        answer = walk_in(porter, meeting, token=token)
        assert answer.status_code == 302
        assert "/sign-in/" in answer.location
        assert danas(session) == []

    def test_the_role_door_only_while_its_door_is_open(self, session, meeting, porter):
        token = state(porter, meeting)["csrf"]
        begin_write(session)
        meeting.starts_at = clock.now() - timedelta(days=3)
        meeting.ends_at = clock.now() - timedelta(days=2)
        session.commit()
        assert walk_in(porter, meeting, token=token).status_code == 404
        assert danas(session) == []


class TestTakenBack:
    def undo(self, client, meeting, **more):
        one = scan("undo-0001", act="undo", way="walk_in", walk_in=DANA, **more)
        return send(client, meeting, one).get_json()["answers"][0]["verdict"]

    def test_before_it_reached_us_adds_nobody(self, session, meeting, porter):
        assert [self.undo(porter, meeting) for _time in range(2)] == ["nothing", "nothing"]
        answer = walk_in(porter, meeting).get_json()  # it was on its way, and comes late
        assert answer["answers"][0]["verdict"] == "nothing"
        assert answer["people"] == []
        assert danas(session) == []
        assert answer["counts"] == {"present": 0, "expected": 3, "free": 0}

    def test_after_it_reached_us_takes_the_check_in_back(self, session, meeting, porter):
        walk_in(porter, meeting)
        assert [self.undo(porter, meeting) for _time in range(2)] == ["undone", "undone"]
        (dana,) = danas(session)
        assert dana.place == Place.CONFIRMED
        assert queries.arrivals(session, meeting.id) == {}
        assert walk_in(porter, meeting).status_code == 200
        assert queries.arrivals(session, meeting.id) == {}
        assert len(danas(session)) == 1

    @pytest.mark.parametrize("wrong", [{"walk_in": "x"}, {"walk_in": 5}, {"walk_in": DANA, "act": "in"}])
    def test_only_an_undo_may_name_a_walk_in(self, session, meeting, porter, wrong):
        one = scan(**({"act": "undo", "way": "walk_in"} | wrong))
        assert send(porter, meeting, one).status_code == 422
        assert session.scalars(select(DoorEvent)).all() == []


def test_the_form_of_the_script_is_there_and_hidden(meeting, porter):
    for name in ("", "offline/"):
        page = porter.get(path(meeting, name)).get_data(as_text=True)
        form = page[page.index('id="walk-in"') : page.index("</form>", page.index('id="walk-in"'))]
        assert " hidden>" in form.partition("\n")[0]
        for field in ("name", "organisation", "email", "language"):
            assert f'name="{field}"' in form
        assert 'id="walk-in-open"' in page
        assert f'href="{path(meeting, "walk-in/")}"' in page


def test_a_name_that_an_act_at_another_meeting_has_is_not_taken(session, meeting, people, porter):
    begin_write(session)
    other = make_meeting(session, starts_at=clock.now() + timedelta(minutes=45), capacity=3)
    account = session.scalar(select(AccountMeeting.account_id))
    session.add(AccountMeeting(account_id=account, meeting_id=other.id))
    session.commit()
    assert walk_in(porter, meeting).status_code == 200
    assert walk_in(porter, other).status_code == 404
    assert send(porter, other, scan(DANA, attendee_id=people["Olena"].id)).status_code == 404
    undo = scan("scan-0002", act="undo", way="list", walk_in=DANA)
    assert send(porter, other, undo).status_code == 404
    assert [one.meeting_id for one in danas(session)] == [meeting.id]
    assert session.scalar(select(func.count()).select_from(DoorEvent)) == 1
