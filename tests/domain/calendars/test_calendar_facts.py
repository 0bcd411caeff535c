from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.domain.calendars.calendar_facts import MEETING, invite_facts, public_facts

START = MEETING["starts_at"]


@pytest.mark.parametrize(
    "changed",
    [
        {"starts_at": datetime(2026, 10, 22, 11, 0)},  # noqa: DTZ001 - the point of the test
        {"ends_at": datetime(2026, 10, 22, 14, 0)},  # noqa: DTZ001
        {"dtstamp": datetime(2026, 10, 1)},  # noqa: DTZ001
        {"last_modified": datetime(2026, 10, 1)},  # noqa: DTZ001
        {"ends_at": START},
        {"ends_at": START - timedelta(hours=1)},
        {"ends_at": START + timedelta(microseconds=1)},
        {"starts_at": datetime(1970, 12, 31, tzinfo=UTC)},
        {"ends_at": datetime(9999, 1, 1, tzinfo=UTC)},
        {"sequence": -1},
        {"sequence": 2**31},
        {"timezone": "Europe/Praha"},
        {"timezone": "../etc/passwd"},
        {"timezone": "Europe"},
        {"timezone": ""},
        {"timezone": "Europe/Prague\x00"},
        {"uid": ""},
        {"uid": "two words"},
        {"uid": "r-1@example.org\r\nATTENDEE:mailto:eve@example.org"},
        {"language": ""},
        {"language": "cs\r\nX:1"},
        {"geo": (91.0, 0.0)},
        {"geo": (0.0, -180.5)},
        {"geo": (float("nan"), 14.0)},
        {"geo": (50.0, float("inf"))},
    ],
)
def test_refuses_what_no_calendar_can_hold(changed):
    with pytest.raises(ValueError, match=r"^(an?|the) "):
        invite_facts(**changed)
    with pytest.raises(ValueError, match=r"^(an?|the) "):
        public_facts(**changed)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "olena",
        "@example.org",
        "a b@example.org",
        'a"b@example.org',
        "a;b@example.org",
        "a:b@example.org",
        "a,b@example.org",
        "<a@example.org>",
        "a@b@example.org",
        "a@example.org\r\nX:1",
        "a@exam\x00ple.org",
        "a@[127.0.0.1]",
        "a\ud800@example.org",
    ],
)
def test_refuses_an_address_that_could_change_the_object(address):
    with pytest.raises(ValueError, match="the address"):
        invite_facts(attendee_address=address)
    with pytest.raises(ValueError, match="the address"):
        invite_facts(organizer_address=address)
    with pytest.raises(ValueError, match="the address"):
        public_facts(organizer_address=address)


def test_refuses_an_organiser_who_is_the_attendee():
    with pytest.raises(ValueError, match="the organiser"):
        invite_facts(attendee_address="Rsvp+1@example.org", organizer_address="rsvp+1@example.org")


def test_refuses_an_alarm_after_the_start():
    with pytest.raises(ValueError, match="the alarm"):
        invite_facts(alarm_before=timedelta(minutes=-1))


def test_takes_the_limits():
    invite_facts(sequence=2**31 - 1, alarm_before=timedelta(0), geo=(-90.0, 180.0), timezone="UTC")
    invite_facts(starts_at=START.astimezone(timezone(timedelta(hours=5, minutes=45))), language="pt_BR")
