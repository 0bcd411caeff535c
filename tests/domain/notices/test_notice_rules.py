"""Which words of history are news, by whom, and when a digest is due."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.accounts.models import Account, Role
from app.domain.history.models import Entry
from app.domain.notices.rules import (
    ACTS,
    DEFAULTS,
    EVENT_OF,
    PAUSE,
    Event,
    Line,
    Timing,
    digest_day,
    hears,
    lines_of,
    may_tell_now,
    timings,
)

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
PRAGUE = "Europe/Prague"


def entry(act, actor="attendee", **details):
    return Entry(act=act, actor=actor, details=details, subject=act.partition(":")[0], subject_id=1, at=NOW)


@pytest.mark.parametrize(
    ("act", "details", "lines"),
    [
        ("attendee:register", {"place": "confirmed"}, [Line.REGISTERED]),
        ("attendee:register", {"place": "waiting"}, [Line.WAITING]),
        ("attendee:register", {"place": "pending"}, [Line.PENDING]),
        ("attendee:answer", {"answer": "yes", "place": "confirmed", "outcome": "given"}, [Line.REGISTERED]),
        ("attendee:answer", {"answer": "yes", "place": "waiting", "outcome": "queued"}, [Line.WAITING]),
        ("attendee:answer", {"answer": "maybe", "place": "confirmed", "outcome": "noted"}, []),
        ("attendee:answer", {"answer": "no", "place": "declined", "outcome": "noted"}, []),
        ("attendee:undo_cancel", {"place": "confirmed"}, [Line.BACK]),
        ("attendee:undo_cancel", {"place": "waiting"}, [Line.WAITING]),
        ("attendee:cancel", {"seat": True}, [Line.CANCELLED, Line.SEAT_FREE]),
        ("attendee:cancel", {"seat": False, "by": "reply"}, [Line.CANCELLED]),
        ("attendee:cancel", {"seat": True, "by": "substitute"}, []),
        ("attendee:substitute", {"place": "confirmed", "substitute_for": 3}, [Line.SUBSTITUTED]),
        ("attendee:change", {"mode": "room", "place": "waiting", "moved": False}, []),
        ("attendee:change", {"mode": "room", "place": "waiting"}, []),
        (
            "attendee:change",
            {"mode": "room", "place": "waiting", "moved": True},
            [Line.WAITING, Line.SEAT_FREE],
        ),
        ("attendee:change", {"mode": "room", "place": "confirmed", "moved": True}, [Line.SEAT_FREE]),
        ("meeting:full", {"mode": "room"}, [Line.FULL_ROOM]),
        ("meeting:full", {"mode": "online"}, [Line.FULL_ONLINE]),
        ("meeting:full", {}, []),
        ("reply:propose", {"reason": "counter"}, [Line.PROPOSED]),
        ("reply:review", {}, [Line.UNUSABLE]),
        ("letter:fail", {"kind": "confirmed"}, [Line.FAILED]),
        ("letter:bounce", {"kind": "reminder"}, [Line.BOUNCED]),
        ("letter:bounce", {}, [Line.BOUNCED]),
        ("attendee:move_up", {}, []),
        ("attendee:note", {}, []),
        ("meeting:edit", {}, []),
        ("account:sign_in", {}, []),
    ],
)
def test_words_of_history_that_are_news(act, details, lines):
    assert lines_of(entry(act, **details)) == tuple(lines)
    assert not lines or act in ACTS, "the query would not find it"


@pytest.mark.parametrize("act", ["letter:fail", "letter:bounce"])
def test_a_notice_that_cannot_be_delivered_makes_no_other(act):
    assert lines_of(entry(act, "system", kind="notice")) == ()


@pytest.mark.parametrize(
    "act", ["attendee:register", "attendee:undo_cancel", "attendee:cancel", "attendee:substitute"]
)
def test_what_a_colleague_does_with_a_place_is_no_news(act):
    assert lines_of(entry(act, "organiser", place="confirmed", seat=True)) == ()


def test_that_it_is_full_is_news_also_from_a_colleague():
    assert lines_of(entry("meeting:full", "organiser", mode="room")) == (Line.FULL_ROOM,)


def test_every_line_belongs_to_an_event_and_every_event_has_a_default():
    assert set(EVENT_OF) == set(Line)
    assert set(EVENT_OF.values()) == set(DEFAULTS) == set(Event)
    assert Timing.OFF not in DEFAULTS.values()


def test_choices_that_make_no_sense_go_by_the_default():
    found = timings({"registered": "now", "cancelled": "sometimes", "unheard": "off"})
    assert found == DEFAULTS | {Event.REGISTERED: Timing.NOW}


@pytest.mark.parametrize(
    ("role", "active", "answer"),
    [
        (Role.ADMINISTRATOR, True, True),
        (Role.ORGANISER, True, True),
        (Role.VIEWER, True, False),
        (Role.ORGANISER, False, False),
    ],
)
def test_who_hears_at_all(role, active, answer):
    assert hears(Account(role=role, active=active)) is answer


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        # An ordinary day, UTC+1
        (datetime(2027, 3, 1, 5, 59, tzinfo=UTC), None),
        (datetime(2027, 3, 1, 6, 0, tzinfo=UTC), date(2027, 3, 1)),
        (datetime(2027, 3, 1, 17, 59, tzinfo=UTC), date(2027, 3, 1)),
        (datetime(2027, 3, 1, 18, 0, tzinfo=UTC), None),
        # The days on which summer time begins and ends
        (datetime(2027, 3, 28, 4, 59, tzinfo=UTC), None),
        (datetime(2027, 3, 28, 5, 0, tzinfo=UTC), date(2027, 3, 28)),
        (datetime(2027, 10, 31, 5, 59, tzinfo=UTC), None),
        (datetime(2027, 10, 31, 6, 0, tzinfo=UTC), date(2027, 10, 31)),
    ],
)
def test_a_digest_is_due_from_seven_by_the_local_clock_and_twelve_hours_at_most(moment, day):
    assert digest_day(moment, PRAGUE) == day


def test_the_local_day_is_that_of_the_zone():
    assert digest_day(datetime(2027, 3, 1, 23, 0, tzinfo=UTC), "Pacific/Auckland") == date(2027, 3, 2)


def test_the_pause_between_notices_and_a_clock_that_was_ahead():
    assert may_tell_now(None, now=NOW)
    assert not may_tell_now(NOW - PAUSE + timedelta(seconds=1), now=NOW)
    assert may_tell_now(NOW - PAUSE, now=NOW)
    assert may_tell_now(NOW + timedelta(hours=3), now=NOW)
