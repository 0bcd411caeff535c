"""Seats with several processes on one database, without the web: exact on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from app.base import clock
from app.domain.meetings.models import Format
from app.domain.outbox.models import Letter
from app.domain.registration.models import LIVE, Attendee, Place
from app.domain.reports import invariants
from tests.conftest import SECRET
from tests.factories import make_meeting
from tests.load import crowd

pytestmark = [pytest.mark.load, pytest.mark.xdist_group("load")]


@pytest.fixture
def environ(app, tmp_path):
    """The environment of processes on the database of `app`."""
    return {
        "SECRET_KEY": SECRET,
        "INSTANCE_PATH": str(tmp_path),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "BASE_URL": "http://localhost",
        "MAIL_SENDER": "akce@example.org",
        "RSVP_ADDRESS": "rsvp@example.org",
    }


def meeting_id(session, **values):
    made = make_meeting(session, **values).id
    session.commit()
    return made


def everybody(session):
    session.expire_all()
    return list(session.scalars(select(Attendee).order_by(Attendee.id)))


def test_fifty_seats_for_two_hundred(session, environ):
    done = crowd.run(crowd.come, environ, meeting_id(session, capacity=50), 50)
    assert done == {"done": 200}
    people = everybody(session)
    assert [one.place for one in people] == [Place.CONFIRMED] * 50 + [Place.WAITING] * 150
    assert [one.queue_number for one in people[50:]] == list(range(1, 151))
    kinds = Counter(session.scalars(select(Letter.kind)))
    assert kinds == {"confirmed": 50, "waiting": 150}
    assert invariants.broken(session, now=clock.now()) == []


def test_the_same_forms_from_four_processes(session, environ):
    done = crowd.run(crowd.click_twice, environ, meeting_id(session, capacity=10), 25)
    assert done == {"done": 100}
    people = everybody(session)
    assert Counter(one.place for one in people) == {Place.CONFIRMED: 10, Place.WAITING: 15}
    assert len({one.email_key for one in people}) == 25
    assert invariants.broken(session, now=clock.now()) == []


def test_a_crowd_that_comes_goes_and_changes_its_mind(session, environ):
    meeting = meeting_id(session, capacity=7, online_capacity=4, format=Format.HYBRID)
    done = crowd.run(crowd.mill_about, environ, meeting, 60)
    assert sum(done.values()) == 240
    assert done["done"] > 100, done
    people = everybody(session)
    seats = Counter(one.mode for one in people if one.place == Place.CONFIRMED)
    assert seats == {"room": 7, "online": 4}
    live = [(one.email_key, one.name_key) for one in people if one.place in LIVE]
    assert len(live) == len(set(live))
    assert invariants.broken(session, now=clock.now()) == []
