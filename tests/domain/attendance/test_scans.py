"""What phones kept without a connection: every scan arrives once, with its time, whatever the order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.base.db import begin_write
from app.base.errors import NotFound
from app.base.tokens import new_token
from app.domain.attendance import queries, service
from app.domain.attendance.commands import Scan
from app.domain.attendance.models import Act, Way
from app.domain.attendance.rules import MOST_SCANS, TooManyScans
from app.domain.history.service import ATTENDEE
from app.domain.registration import personal
from app.extensions import db
from tests.domain.attendance.cast import A, B, clock, door, events, platform, scan, take
from tests.domain.registration.cast import acts, assert_sound, small_meeting
from tests.factories import register


def test_the_earliest_wins_and_the_others_are_recorded(session):
    meeting, (adam, *_others) = platform(session)
    assert take(session, meeting, scan(adam, 12), now=13, name="north") == ["in"]
    assert take(session, meeting, scan(adam, 10, queued=True), now=40, name="south") == ["again"]
    assert queries.arrivals(session, meeting.id) == {adam.id: clock(10)}
    kept = [(event.door, event.at, event.taken_at, event.queued) for event in events(session, adam)]
    assert kept == [("north", clock(12), clock(13), False), ("south", clock(10), clock(40), True)]
    assert acts(session, adam)[-1] == "attendee:check_in"


def test_the_same_scan_again_is_answered_as_before(session):
    meeting, (adam, bela, _cyril) = platform(session)
    first, second = scan(adam, 1), scan(bela, 2)
    assert take(session, meeting, first) == ["in"]
    assert take(session, meeting, first, second, first) == ["in", "in", "in"]
    assert len(events(session)) == 2


def test_the_clock_of_the_phone_is_put_right(session):
    meeting, (adam, bela, cyril) = platform(session)
    take(session, meeting, scan(adam, 100), now=60, skew=45)  # three quarters of an hour fast
    take(session, meeting, scan(bela, -50), now=60, skew=-70)  # more than an hour slow
    take(session, meeting, scan(cyril, 90), now=60)  # set back since the scan: it cannot be in the future
    assert queries.arrivals(session, meeting.id) == {
        adam.id: clock(55),
        bela.id: clock(20),
        cyril.id: clock(60),
    }


def test_a_clock_of_another_century_does_not_make_anybody_the_first(session):
    meeting, (adam, *_others) = platform(session)
    take(session, meeting, scan(adam, -60 * 24 * 365 * 30), now=60)
    assert queries.arrivals(session, meeting.id)[adam.id] == clock(30 - 24 * 60)


def test_what_cannot_be_is_kept_with_the_reason(session):
    meeting = small_meeting(session, 1)
    _adam, bela = (register(session, meeting, name)[0] for name in (A, B))
    nobody = new_token()
    assert take(session, meeting, scan(bela, 1, queued=True), scan(nobody, 2), scan(4711, 3)) == [
        "waiting",
        "unknown",
        "unknown",
    ]
    waited, unknown, gone = events(session)
    assert (waited.attendee_id, waited.at) == (bela.id, clock(1))
    assert (unknown.attendee_id, len(unknown.code)) == (None, 64)
    assert (gone.attendee_id, gone.code) == (None, "")
    assert queries.arrivals(session, meeting.id) == {}


def test_let_in_without_a_connection_is_done_when_it_is_back(session):
    meeting = small_meeting(session, 1)
    _adam, bela = (register(session, meeting, name)[0] for name in (A, B))
    assert take(session, meeting, scan(bela.id, 1, Act.LET_IN, queued=True)) == ["in"]
    assert meeting.capacity == 2
    assert_sound(session, now=clock(60))


def test_and_where_it_cannot_be_done_the_scan_stays(session):
    meeting, (adam, bela, _cyril) = platform(session)
    personal.cancel(session, adam.id, now=clock(-600), actor=ATTENDEE)
    register(session, meeting, A, now=clock(-500))
    taken = take(session, meeting, scan(adam.id, 1, Act.LET_IN, queued=True), scan(bela.id, 2, queued=True))
    assert taken == ["declined", "in"]


def test_who_came_before_their_place_ended_was_there(session):
    meeting, (adam, bela, _cyril) = platform(session)
    for one in (adam, bela):
        personal.cancel(session, one.id, now=clock(10), actor=ATTENDEE)
    assert take(session, meeting, scan(adam, 5, queued=True), scan(bela, 15, queued=True)) == [
        "in",
        "declined",
    ]


def test_an_undo_takes_back_what_was_seen_and_not_what_comes_later(session):
    meeting, (adam, *_others) = platform(session)
    take(session, meeting, scan(adam, 10), scan(adam.id, 11, Act.UNDO))
    assert queries.arrivals(session, meeting.id) == {}
    assert take(session, meeting, scan(adam, 9, queued=True), name="south") == ["in"]
    assert queries.arrivals(session, meeting.id) == {adam.id: clock(9)}


def test_a_repeated_undo_spares_who_was_checked_in_since(session):
    meeting, (adam, *_others) = platform(session)
    back = scan(adam.id, 11, Act.UNDO)
    assert take(session, meeting, back) == ["nothing"]
    take(session, meeting, scan(adam, 5, queued=True))
    assert take(session, meeting, back) == ["nothing"]
    assert queries.arrivals(session, meeting.id) == {adam.id: clock(5)}


def test_history_says_that_it_came_late(session):
    meeting, (adam, *_others) = platform(session)
    take(session, meeting, scan(adam, 5, queued=True, way=Way.QR))
    assert acts(session, adam)[-1] == "attendee:check_in"


def test_too_many_at_once_and_meetings_that_are_not_there_are_refused(session):
    meeting, (adam, *_others) = platform(session)
    with pytest.raises(TooManyScans):
        take(session, meeting, *[scan(adam)] * (MOST_SCANS + 1))
    meeting.id, number = 4711, meeting.id
    session.expunge(meeting)
    with pytest.raises(NotFound):
        take(session, meeting, scan(adam))
    assert number != 4711


MOMENTS = st.integers(0, 50)
ACTS = st.tuples(st.integers(0, 2), MOMENTS, st.sampled_from([Act.IN, Act.IN, Act.IN, Act.UNDO]))
QUEUES = st.lists(st.lists(ACTS, max_size=6), min_size=2, max_size=3)


def test_doors_in_any_order(session):
    meeting, people = platform(session)
    ids = [one.id for one in people]
    session.commit()

    @settings(max_examples=8, deadline=None, phases=(Phase.generate,))
    @given(queues=QUEUES, data=st.data())
    def any_order(queues: list[list[tuple[int, int, Act]]], data: st.DataObject) -> None:
        waiting = [
            [scan(ids[who], moment, act) for who, moment, act in sorted(queue, key=lambda one: one[1])]
            for queue in queues
        ]
        present: list[Scan] = []  # what stands, by a model that knows nothing of tables
        arrived: set[str] = set()
        while any(waiting):
            queue = waiting[data.draw(st.integers(0, len(waiting) - 1))]
            batch = queue[: data.draw(st.integers(1, 4))]
            take(session, meeting, *batch)
            present = after(present, [one for one in batch if one.client_id not in arrived])
            arrived.update(one.client_id for one in batch)
            if data.draw(st.booleans(), label="the answer comes through"):
                del queue[: len(batch)]
        assert queries.arrivals(session, meeting.id) == {
            one: min(scan.at for scan in present if scan.attendee_id == one)
            for one in {scan.attendee_id for scan in present}
        }
        assert sorted(event.client_id for event in events(session)) == sorted(arrived)
        session.rollback()

    any_order()


def after(present: list[Scan], batch: list[Scan]) -> list[Scan]:
    """What stands after a batch: an undo takes back what was there and happened before it."""
    for one in batch:
        if one.act == Act.UNDO:
            present = [old for old in present if old.attendee_id != one.attendee_id or old.at > one.at]
        else:
            present = [*present, one]
    return present


@pytest.mark.load
@pytest.mark.xdist_group("load")
def test_four_doors_at_the_same_moment(app):
    with app.app_context():
        session = db.session()
        meeting, people = platform(session, *(f"Osoba {letter}{letter}" for letter in "ABCDEFGH"))
        ids, meeting_id = [one.id for one in people], meeting.id
        who = door(session)
        session.commit()
    barrier = Barrier(4)

    def stand(number: int) -> list[str]:
        verdicts = []
        with app.app_context():
            barrier.wait()
            for minute, attendee_id in enumerate(ids):
                session = db.session()
                begin_write(session)
                done = service.take_scans(
                    session,
                    meeting_id,
                    [scan(attendee_id, minute + number, client_id=f"{number}-{attendee_id}")],
                    sent_at=clock(60),
                    now=clock(60),
                    door=who,
                )
                verdicts += [event.verdict for event in done]
                session.commit()
        return verdicts

    with ThreadPoolExecutor(4) as pool:
        verdicts = [verdict for found in pool.map(stand, range(4)) for verdict in found]
    assert (verdicts.count("in"), verdicts.count("again")) == (8, 24)
    with app.app_context():
        arrivals = queries.arrivals(db.session(), meeting_id)
        assert arrivals == {attendee_id: clock(minute) for minute, attendee_id in enumerate(ids)}
