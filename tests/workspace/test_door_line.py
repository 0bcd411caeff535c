"""What the script of the door speaks with: the list, what changed, scans that were kept; and who may ask."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.base import clock
from app.base.tokens import hash_token
from app.domain.accounts.models import Role
from app.domain.attendance.models import DoorEvent
from app.domain.attendance.rules import MOST_SCANS
from app.domain.registration.models import Attendee
from tests.browsers import browser
from tests.factories import make_account, make_meeting, register
from tests.workspace.test_door import meeting, path, people, porter

assert meeting
assert people
assert porter


def state(client, meeting, name="people.json"):
    answer = client.get(path(meeting, name))
    assert answer.status_code == 200, answer.status
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.get_json()


def scan(client_id="scan-0001", **more):
    values = {
        "client_id": client_id,
        "act": "in",
        "way": "qr",
        "at": clock.now().isoformat(),
        "attendee_id": None,
        "code": "",
        "queued": True,
        "seq": 1,
    }
    return values | more


def send(client, meeting, *scans, token=None, **more):
    body = {"door": "north1", "sent_at": clock.now().isoformat(), "scans": list(scans)} | more
    headers = {"X-CSRFToken": token or state(client, meeting, "state.json")["csrf"]}
    return client.post(path(meeting, "scans"), json=body, headers=headers)


def test_the_list_for_a_phone_holds_no_more_than_the_door_needs(meeting, people, porter):
    found = state(porter, meeting)
    olena = next(one for one in found["people"] if one["id"] == people["Olena"].id)
    assert olena == {
        "id": people["Olena"].id,
        "name": "Ševčenková, Olena",
        "full": "Olena Ševčenková",
        "organisation": "Spolek Ukrajinek v Praze",
        "needs": ["interpreter", "diet"],
        "code": hash_token(people["Olena"].checkin_token),
        "since": None,
        "no": "",
        "let_in": False,
    }
    waits = next(one for one in found["people"] if one["id"] == people["Žofie"].id)
    assert (waits["no"], waits["let_in"]) == ("waiting", True)
    everything = json.dumps(found)
    assert found["counts"] == {"present": 0, "expected": 3, "free": 0}
    for one in people.values():
        assert one.checkin_token not in everything
        assert one.token not in everything
        assert one.email not in everything


def test_scans_arrive_once_with_their_time(session, meeting, people, porter):
    olena = people["Olena"]
    number, code = olena.id, hash_token(olena.checkin_token)
    earlier = (clock.now() - timedelta(minutes=7)).isoformat()
    one, two = (
        scan(code=code, at=earlier),
        scan("scan-0002", code=hash_token("A" * 22), at=earlier.replace("+00:00", "Z")),
    )
    for _time in range(2):
        answer = send(porter, meeting, one, two).get_json()
        assert [found["verdict"] for found in answer["answers"]] == ["in", "unknown"]
        assert answer["counts"]["present"] == 1
        assert [found["id"] for found in answer["people"]] == [number]
        assert "last" not in answer
    first, second = session.scalars(select(DoorEvent).order_by(DoorEvent.id))
    assert (first.door, first.queued, first.attendee_id) == ("north1", True, number)
    assert timedelta(minutes=6) < first.taken_at - first.at < timedelta(minutes=8)
    assert second.attendee_id is None


def test_what_other_doors_did_is_told_once(meeting, people, porter):
    before = state(porter, meeting)["last"]
    send(porter, meeting, scan(attendee_id=people["Petr"].id))
    after = state(porter, meeting, f"state.json?after={before}")
    assert [one["id"] for one in after["people"]] == [people["Petr"].id]
    assert after["people"][0]["since"] > 0
    assert state(porter, meeting, f"state.json?after={after['last']}")["people"] == []
    for odd in ("", "x", "-1", "9" * 30, "²"):
        assert state(porter, meeting, f"state.json?after={odd}")["people"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "x"},
        {"client_id": 12345678},
        {"act": "dance"},
        {"way": "walk"},
        {"at": "yesterday"},
        {"at": "2027-01-01T10:00:00"},
        {"at": 5},
        {"at": "0001-01-01T00:00:00+00:00"},
        {"attendee_id": "1"},
        {"attendee_id": True},
        {"attendee_id": 2**40},
        {"code": "short"},
        {"code": ["a"]},
    ],
)
def test_what_is_no_scan_is_refused_and_nothing_of_it_is_taken(session, meeting, people, porter, wrong):
    good = scan("scan-0002", attendee_id=people["Petr"].id)
    assert send(porter, meeting, good, scan(**wrong)).status_code == 422
    assert session.scalars(select(DoorEvent)).all() == []


@pytest.mark.parametrize(
    "more", [{"door": "north 1"}, {"sent_at": None}, {"scans": None}, {"scans": [3]}, {"scans": "abc"}]
)
def test_what_is_no_batch_is_refused(meeting, porter, more):
    assert send(porter, meeting, **more).status_code == 422


def test_a_batch_has_an_end_and_a_token(meeting, porter):
    many = [scan(f"scan-{number:04}") for number in range(MOST_SCANS + 1)]
    assert send(porter, meeting, *many).status_code == 422
    assert send(porter, meeting, *many[:3]).status_code == 200
    assert send(porter, meeting, *many[:3], token="old").status_code == 400
    token = state(porter, meeting)["csrf"]
    answer = porter.post(path(meeting, "scans"), data="{", headers={"X-CSRFToken": token})
    assert answer.status_code == 422


def test_nobody_else_may(app, session, meeting, people):
    other = make_meeting(session, starts_at=clock.now() + timedelta(hours=1))
    register(session, other, "Dana Dlouhá")
    viewer, elsewhere = make_account(session, Role.VIEWER).id, make_account(session, Role.DOOR).id
    session.commit()
    for account, status in ((viewer, 403), (elsewhere, 404), (None, 302)):
        client = browser(app, account)
        for name in ("people.json", "state.json", "worker.js", "offline/"):
            assert client.get(path(meeting, name)).status_code == status, name


def test_the_page_that_a_phone_keeps_names_nobody(session, meeting, people, porter):
    page = porter.get(path(meeting, "offline/")).get_data(as_text=True)
    assert "csrf" not in page
    assert "Housing and the move to renting" in page
    for one in session.scalars(select(Attendee)):
        assert one.name.split()[-1] not in page
    assert "Door" in page
    assert "@" not in page.replace("<", "")


def test_the_worker_knows_its_door_and_the_files_of_this_release(meeting, porter):
    answer = porter.get(path(meeting, "worker.js"))
    assert answer.mimetype == "text/javascript"
    first, second = answer.get_data(as_text=True).splitlines()
    shell = json.loads(first.removeprefix("self.shell = ").removesuffix(";"))
    assert shell["door"] == path(meeting)
    assert shell["page"] == path(meeting, "offline/")
    for part in shell["parts"]:
        answer = porter.get(part)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        answer.close()
    assert second.startswith('importScripts("/static/door_worker.')
