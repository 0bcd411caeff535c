"""Walk-ins that a phone sends again, at the same moment, or takes back: one person at most."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from app.base.db import begin_write
from app.base.errors import NotFound
from app.domain.attendance import queries, service
from app.domain.attendance.commands import Came, Scan, WalkIn
from app.domain.attendance.models import Act, Way
from app.domain.registration.models import Attendee
from app.extensions import db
from tests.domain.attendance.cast import clock, door, events, platform, take
from tests.domain.registration.cast import acts, assert_sound
from tests.factories import DOMAIN, person

DANA = "walk-in-0001"


def walk_in(session, meeting_id, who, *, minutes=5.0, now=60.0, skew=0.0):
    """Dana came `minutes` after the opening and is sent `now`, by a clock that is `skew` minutes fast."""
    came = Came(at=clock(minutes + skew), sent_at=clock(now + skew), queued=True)
    dana = WalkIn(client_id=DANA, person=person("Dana Dlouhá", ""), language="cs", came=came)
    return service.add_walk_in(session, meeting_id, dana, now=clock(now), door=who, mail_domain=DOMAIN)


def taken_back(client_id="undo-1", minutes=6):
    return Scan(client_id=client_id, act=Act.UNDO, at=clock(minutes), way=Way.WALK_IN, walk_in=DANA)


def test_they_came_when_the_phone_says_by_our_clock(session):
    meeting, _people = platform(session, capacity=3)
    event = walk_in(session, meeting.id, door(session), skew=45)
    assert (event.at, event.taken_at, event.queued) == (clock(5), clock(60), True)
    dana = queries.get_at_meeting(session, meeting.id, event.attendee_id)
    assert acts(session, dana) == ["attendee:walk_in", "attendee:check_in"]
    assert meeting.capacity == 4
    assert_sound(session, now=clock(60))


def test_an_undo_that_comes_first_bars_them_and_one_that_comes_later_takes_them_out(session):
    meeting, _people = platform(session)
    assert take(session, meeting, taken_back()) == ["nothing"]
    late = walk_in(session, meeting.id, door(session))
    assert (late.verdict, late.attendee_id) == ("nothing", None)
    assert session.scalar(select(func.count()).where(Attendee.name == "Dana Dlouhá")) == 0
    assert len(events(session)) == 2

    other, _people = platform(session)
    with pytest.raises(NotFound):  # nobody of this meeting
        take(session, other, taken_back("undo-2"))
    assert len(events(session)) == 2


def test_an_undo_takes_back_only_what_happened_before_it(session):
    meeting, _people = platform(session)
    dana = walk_in(session, meeting.id, door(session)).attendee_id
    assert take(session, meeting, taken_back(minutes=6)) == ["undone"]
    again = Scan(client_id="scan-again", act=Act.IN, at=clock(20), way=Way.LIST, attendee_id=dana)
    take(session, meeting, again, taken_back(minutes=6))
    assert queries.arrivals(session, meeting.id) == {dana: clock(20)}


@pytest.mark.load
@pytest.mark.xdist_group("load")
def test_the_same_walk_in_at_the_same_moment(app):
    with app.app_context():
        session = db.session()
        meeting, _people = platform(session)
        number, who = meeting.id, door(session)
        session.commit()
    barrier = Barrier(4)

    def send(_time: int) -> int | None:
        with app.app_context():
            session = db.session()
            barrier.wait()
            begin_write(session)
            added = walk_in(session, number, who).attendee_id
            session.commit()
            return added

    with ThreadPoolExecutor(4) as pool:
        added = set(pool.map(send, range(4)))
    assert len(added) == 1
    with app.app_context():
        assert set(queries.arrivals(db.session(), number)) == added
