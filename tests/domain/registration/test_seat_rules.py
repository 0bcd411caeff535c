"""The rules of seats and dates, as tables of cases. No database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.meetings.models import Format, Meeting, MeetingState
from app.domain.registration import rules
from app.domain.registration.models import Attendee, Mode, Place
from app.domain.registration.rules import ChangeRefused, RegistrationClosed, Seats

START = datetime(2027, 4, 6, 11, tzinfo=UTC)  # 13:00 in Prague
SECOND = timedelta(seconds=1)


def meeting(**values):
    basis = {
        "state": MeetingState.PUBLISHED,
        "format": Format.HYBRID,
        "starts_at": START,
        "ends_at": START + timedelta(hours=3),
        "timezone": "Europe/Prague",
        "capacity": 2,
        "online_capacity": None,
        "opens_at": None,
        "deadline": None,
        "promote_hours": 12,
    }
    return Meeting(**(basis | values))


def instant(text):
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "last"),
    [
        ("Europe/Prague", date(2027, 1, 31), "2027-01-31T23:59:59+01:00"),
        ("Europe/Prague", date(2027, 3, 27), "2027-03-27T23:59:59+01:00"),
        ("Europe/Prague", date(2027, 3, 28), "2027-03-28T23:59:59+02:00"),  # summer begins that morning
        ("Europe/Prague", date(2026, 10, 24), "2026-10-24T23:59:59+02:00"),
        ("Europe/Prague", date(2026, 10, 25), "2026-10-25T23:59:59+01:00"),  # and ends
        ("Europe/Kyiv", date(2027, 4, 4), "2027-04-04T23:59:59+03:00"),
        ("America/New_York", date(2027, 4, 4), "2027-04-04T23:59:59-04:00"),
        ("Asia/Kathmandu", date(2027, 4, 4), "2027-04-04T23:59:59+05:45"),
        ("UTC", date(2027, 4, 4), "2027-04-04T23:59:59+00:00"),
        ("America/Santiago", date(2026, 9, 5), "2026-09-05T23:59:59-04:00"),  # midnight is skipped that night
        ("America/Havana", date(2026, 10, 31), "2026-10-31T23:59:59-04:00"),  # 0:30 comes twice that night
    ],
)
def test_a_deadline_is_the_last_second_of_its_day_there(zone, day, last):
    one = meeting(timezone=zone, deadline=day, starts_at=datetime(2027, 6, 1, tzinfo=UTC))
    assert rules.deadline_instant(one) == instant(last)
    assert rules.closed_because(one, now=instant(last)) is None
    assert rules.closed_because(one, now=instant(last) + timedelta(microseconds=999_999)) is None
    assert rules.closed_because(one, now=instant(last) + SECOND) == "deadline"


def test_without_a_deadline_the_start_is_the_end():
    assert rules.deadline_instant(meeting()) == START
    assert rules.closed_because(meeting(), now=START - SECOND) is None
    assert rules.closed_because(meeting(), now=START) == "past"


def test_a_deadline_after_the_start_does_not_reopen_anything():
    late = meeting(deadline=date(2027, 4, 30))
    assert rules.deadline_instant(late) == START
    assert rules.closed_because(late, now=START - SECOND) is None
    assert rules.closed_because(late, now=START + SECOND) == "past"


@pytest.mark.parametrize(
    ("values", "now", "reason"),
    [
        ({}, START - timedelta(days=9), None),
        ({"state": MeetingState.DRAFT}, START - timedelta(days=9), "draft"),
        ({"state": MeetingState.CALLED_OFF}, START - timedelta(days=9), "called_off"),
        ({"state": MeetingState.CALLED_OFF}, START + timedelta(days=9), "called_off"),
        ({"opens_at": START - timedelta(days=2)}, START - timedelta(days=2) - SECOND, "not_open"),
        ({"opens_at": START - timedelta(days=2)}, START - timedelta(days=2), None),
        ({"opens_at": START - timedelta(days=2)}, START + SECOND, "past"),
        ({"deadline": date(2027, 4, 1)}, START - timedelta(hours=1), "deadline"),
        ({"deadline": date(2027, 4, 1)}, START, "past"),
    ],
)
def test_why_the_form_is_closed(values, now, reason):
    one = meeting(**values)
    assert rules.closed_because(one, now=now) == reason
    if reason is None:
        rules.check_open(one, now=now)
        return
    with pytest.raises(RegistrationClosed) as no:
        rules.check_open(one, now=now)
    assert no.value.reason == reason


@pytest.mark.parametrize("size", [1, 2, 6])
def test_a_party_of_one_to_six(size):
    rules.check_party([("a@x.org", str(number)) for number in range(size)], [Mode.ROOM] * size, [Mode.ROOM])


@pytest.mark.parametrize("size", [0, 7, 60])
def test_no_party_of_none_or_seven(size):
    with pytest.raises(rules.PartyTooLarge):
        rules.check_party([("a@x.org", str(number)) for number in range(size)], [], [Mode.ROOM])


def test_one_address_serves_several_names():
    rules.check_party([("info@x.org", "jana"), ("info@x.org", "petr"), ("b@x.org", "jana")], [], [])


@pytest.mark.parametrize(("people", "later"), [("aba", 2), ("aa", 1), ("abcc", 3)])
def test_nobody_is_typed_twice(people, later):
    with pytest.raises(rules.SamePersonTwice) as no:
        rules.check_party([("x@x.org", name) for name in people], [Mode.ROOM], [Mode.ROOM])
    assert no.value.position == later


@pytest.mark.parametrize(
    ("kind", "offered"),
    [
        (Format.IN_PERSON, (Mode.ROOM,)),
        (Format.ONLINE, (Mode.ONLINE,)),
        (Format.HYBRID, (Mode.ROOM, Mode.ONLINE)),
    ],
)
def test_modes_follow_the_format(kind, offered):
    assert rules.offered_modes(meeting(format=kind)) == offered
    for mode in Mode:
        if mode in offered:
            rules.check_party([("a", "a")], [mode], offered)
        else:
            with pytest.raises(rules.ModeNotOffered):
                rules.check_party([("a", "a"), ("b", "b")], [offered[0], mode], offered)


def seats(room=None, online=None, *, taken=0, waiting=0):
    made = Seats({Mode.ROOM: room, Mode.ONLINE: online})
    made.taken[Mode.ROOM], made.waiting[Mode.ROOM] = taken, waiting
    return made


@pytest.mark.parametrize(
    ("room", "taken", "waiting", "free", "places"),
    [
        (2, 0, 0, 2, "CCWW"),
        (2, 1, 0, 1, "CWW"),
        (2, 2, 0, 0, "WW"),
        (2, 1, 1, 1, "WW"),  # a newcomer never jumps the queue
        (2, 5, 0, 0, "W"),  # the capacity was lowered
        (0, 0, 0, 0, "W"),
        (None, 500, 0, None, "CC"),
        (None, 500, 3, None, "W"),
    ],
)
def test_newcomers_take_seats_in_order(room, taken, waiting, free, places):
    one = seats(room, taken=taken, waiting=waiting)
    assert one.free(Mode.ROOM) == free
    given = [one.seat_newcomer(Mode.ROOM) for _ in places]
    assert given == [Place.CONFIRMED if letter == "C" else Place.WAITING for letter in places]
    assert one.taken[Mode.ONLINE] == one.waiting[Mode.ONLINE] == 0


def test_room_and_online_are_counted_apart():
    one = seats(1, 1)
    assert [one.seat_newcomer(mode) for mode in (Mode.ROOM, Mode.ONLINE, Mode.ROOM, Mode.ONLINE)] == [
        Place.CONFIRMED,
        Place.CONFIRMED,
        Place.WAITING,
        Place.WAITING,
    ]


def test_seats_are_read_from_counts():
    rows = [
        (Place.CONFIRMED, Mode.ROOM, 3, None, None),
        (Place.WAITING, Mode.ROOM, 2, 4, 9),
        (Place.WAITING, Mode.ONLINE, 1, -2, -2),
        (Place.DECLINED, Mode.ROOM, 7, None, None),
        (Place.CANCELLED, Mode.ONLINE, 7, None, None),
    ]
    one = rules.seats_of(meeting(capacity=5, online_capacity=1), rows)
    assert (one.taken[Mode.ROOM], one.taken[Mode.ONLINE]) == (3, 0)
    assert (one.waiting[Mode.ROOM], one.waiting[Mode.ONLINE]) == (2, 1)
    assert (one.next_number(), one.next_number()) == (10, 11)
    assert (one.number_in_front(), one.number_in_front()) == (-3, -4)


def test_the_first_numbers_of_a_queue():
    one = rules.seats_of(meeting(), [])
    assert (one.next_number(), one.number_in_front()) == (1, 0)


@pytest.mark.parametrize(
    ("free", "shown"),
    [(0, 0), (1, 1), (9, 9), (10, 10), (11, 10), (19, 10), (20, 20), (109, 100), (1234, 1230)],
)
def test_places_left_are_exact_only_under_ten(free, shown):
    assert rules.places_shown(free) == shown


@pytest.mark.parametrize(
    ("hours", "before_start", "moves"),
    [
        (12, timedelta(hours=12) + SECOND, True),
        (12, timedelta(hours=12), False),
        (12, timedelta(hours=1), False),
        (0, SECOND, True),
        (0, timedelta(0), False),
        (48, timedelta(hours=47), False),
        (-1, timedelta(minutes=-30), False),  # never after the start
    ],
)
def test_until_when_people_move_up_by_themselves(hours, before_start, moves):
    one = meeting(promote_hours=hours)
    assert rules.may_promote(one, now=START - before_start) is moves


@pytest.mark.parametrize("state", [MeetingState.DRAFT, MeetingState.CALLED_OFF])
def test_nobody_moves_up_at_a_meeting_that_is_not_on(state):
    assert not rules.may_promote(meeting(state=state), now=START - timedelta(days=9))


@pytest.mark.parametrize(
    ("values", "place", "now", "reason"),
    [
        ({}, Place.CONFIRMED, START - SECOND, None),
        ({}, Place.WAITING, START - SECOND, None),
        ({"deadline": date(2027, 1, 1)}, Place.CONFIRMED, START - SECOND, None),  # closes newcomers only
        ({}, Place.CONFIRMED, START, "past"),
        ({}, Place.DECLINED, START - SECOND, "ended"),
        ({}, Place.CANCELLED, START - SECOND, "ended"),
        ({"state": MeetingState.CALLED_OFF}, Place.CONFIRMED, START - SECOND, "called_off"),
        ({"state": MeetingState.CALLED_OFF}, Place.DECLINED, START + SECOND, "called_off"),
    ],
)
def test_who_may_change(values, place, now, reason):
    one, attendee = meeting(**values), Attendee(place=place)
    if reason is None:
        rules.check_changeable(one, attendee, now=now)
        return
    with pytest.raises(ChangeRefused) as no:
        rules.check_changeable(one, attendee, now=now)
    assert no.value.reason == reason


@pytest.mark.parametrize(
    ("place", "erased", "now", "by_organiser", "reason"),
    [
        (Place.DECLINED, False, START - SECOND, False, None),
        (Place.DECLINED, False, START - SECOND, True, None),
        (Place.CANCELLED, False, START - SECOND, True, None),
        (Place.CANCELLED, False, START - SECOND, False, "not_yours"),
        (Place.DECLINED, False, START, False, "past"),
        (Place.DECLINED, True, START - SECOND, True, "not_ended"),
        (Place.CONFIRMED, False, START - SECOND, False, "not_ended"),
        (Place.WAITING, False, START - SECOND, True, "not_ended"),
    ],
)
def test_who_may_take_a_cancel_back(place, erased, now, by_organiser, reason):
    attendee = Attendee(place=place, erased_at=START if erased else None)
    if not by_organiser:
        assert rules.may_undo(meeting(), attendee, now=now) is (reason is None)
    if reason is None:
        rules.check_undoable(meeting(), attendee, now=now, by_organiser=by_organiser)
        return
    with pytest.raises(ChangeRefused) as no:
        rules.check_undoable(meeting(), attendee, now=now, by_organiser=by_organiser)
    assert no.value.reason == reason


def test_a_cancel_stands_while_the_meeting_is_off():
    off = meeting(state=MeetingState.CALLED_OFF)
    assert not rules.may_undo(off, Attendee(place=Place.DECLINED), now=START - timedelta(days=1))


def test_half_an_hour_to_correct_an_address():
    assert rules.may_correct(START, now=START + timedelta(minutes=30) - SECOND)
    assert not rules.may_correct(START, now=START + timedelta(minutes=30))
