"""Whatever people type and whenever they meet: each kind of file folds, decodes, and lands on the right instant.

In CI the examples are always the same (`tests/conftest.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.calendars import invite, text
from app.domain.calendars.facts import Partstat, Status
from app.domain.calendars.feed import feed_file
from app.domain.calendars.publish import meeting_file
from tests.calendar_checks import (
    assert_well_formed,
    lines_of,
    read_all_the_same,
    read_the_same,
    read_with_others,
    value_of,
)
from tests.domain.calendars.calendar_facts import feed_facts, invite_facts, public_facts

# Where and when clocks change: the night, by the local calendar (in Kathmandu they never do).
NIGHTS = [
    ("Europe/Prague", datetime(2026, 3, 29)),  # noqa: DTZ001 - local time
    ("Europe/Prague", datetime(2026, 10, 25)),  # noqa: DTZ001
    ("America/New_York", datetime(2027, 3, 14)),  # noqa: DTZ001
    ("America/New_York", datetime(2026, 11, 1)),  # noqa: DTZ001
    ("Europe/Kyiv", datetime(2026, 3, 29)),  # noqa: DTZ001
    ("Europe/Kyiv", datetime(2026, 10, 25)),  # noqa: DTZ001
    ("Europe/Dublin", datetime(2026, 3, 29)),  # noqa: DTZ001
    ("Europe/Dublin", datetime(2026, 10, 25)),  # noqa: DTZ001
    ("Asia/Kathmandu", datetime(2026, 3, 29)),  # noqa: DTZ001
    ("Asia/Kathmandu", datetime(2026, 10, 25)),  # noqa: DTZ001
]
MINUTE = timedelta(minutes=1)

anything = st.text(
    alphabet=st.one_of(
        st.sampled_from("\\;,:\"^=%'n N\r\n\t\x00\x0b\x1f\x7f\x85\u2028’žŽєї"),
        st.characters(),
        st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
    ),
    max_size=120,
)
lengths = st.integers(min_value=5, max_value=3 * 24 * 60).map(lambda minutes: minutes * MINUTE)
any_time = st.tuples(
    st.sampled_from(sorted(available_timezones())),
    st.datetimes(datetime(2001, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
in_the_night = st.builds(
    lambda night, minutes: (
        night[0],
        (night[1].replace(tzinfo=ZoneInfo(night[0])).astimezone(UTC) + minutes * MINUTE),
    ),
    st.sampled_from(NIGHTS),
    st.integers(min_value=-3 * 60, max_value=8 * 60),
)


@st.composite
def meetings(draw: st.DrawFn) -> dict[str, Any]:
    """A meeting of any words, in any zone, at any time; half of them in a night of the change."""
    zone, starts_at = draw(st.one_of(in_the_night, any_time))
    start = starts_at.replace(second=0, microsecond=0)
    return {
        "timezone": zone,
        "starts_at": start,
        "ends_at": start + draw(lengths),
        "summary": draw(anything),
        "description": draw(anything),
        "location": draw(anything),
        "sequence": draw(st.integers(min_value=0, max_value=2**31 - 1)),
    }


def a_request(meeting: dict[str, Any], name: str) -> bytes:
    return invite.request(invite_facts(**meeting, attendee_name=name, organizer_name=name))


def a_cancel(meeting: dict[str, Any], name: str) -> bytes:
    return invite.cancel(
        invite_facts(**meeting, attendee_name=name, organizer_name=name, partstat=Partstat.DECLINED)
    )


def a_publish(meeting: dict[str, Any], name: str) -> bytes:
    return meeting_file(public_facts(**meeting, organizer_name=name))


def a_public_feed(meeting: dict[str, Any], name: str) -> bytes:
    return feed_file(feed_facts(public_facts(**meeting), name=name))


def a_personal_feed(meeting: dict[str, Any], name: str) -> bytes:
    online = {"conference_url": "https://meet.example.org/x", "conference_label": name}
    event = public_facts(**meeting, **online, status=Status.TENTATIVE, is_private=True)
    return feed_file(feed_facts(event, name=name, source=None))


KINDS = {
    "REQUEST": a_request,
    "CANCEL": a_cancel,
    "PUBLISH": a_publish,
    "public feed": a_public_feed,
    "personal feed": a_personal_feed,
}


def by_the_wall_clock(data: bytes, name: str) -> datetime:
    """What DTSTART or DTEND says by zoneinfo alone: the written local time in the named zone."""
    (line,) = [line for line in lines_of(data) if (line.component, line.name) == ("VEVENT", name)]
    if line.value.endswith("Z"):
        return datetime.strptime(line.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    local = datetime.strptime(line.value, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the zone stands beside it
    return local.replace(tzinfo=ZoneInfo(line.parameters["TZID"])).astimezone(UTC)


def check(make: Callable[[dict[str, Any], str], bytes], meeting: dict[str, Any], name: str) -> None:
    """Well formed (CRLF, at most 75 octets, whole characters), and read by all as what was meant."""
    data = make(meeting, name)
    assert_well_formed(data)
    read = read_the_same(data)
    assert (read.starts_at, read.ends_at) == (meeting["starts_at"], meeting["ends_at"])
    assert by_the_wall_clock(data, "DTSTART") == meeting["starts_at"]
    assert by_the_wall_clock(data, "DTEND") == meeting["ends_at"]
    assert read.sequence == meeting["sequence"]
    written = {line.name: line.text for line in lines_of(data) if line.component == "VEVENT"}
    assert written.get("SUMMARY", "") == text.one_line(meeting["summary"])
    if make is not a_cancel:  # it tells when, and no longer where
        online = "https://meet.example.org/x" if make is a_personal_feed else ""
        assert written.get("LOCATION", "") == (text.one_line(meeting["location"]) or online)


@pytest.mark.parametrize("kind", list(KINDS))
@settings(max_examples=60)
@given(meeting=meetings(), name=anything)
@example(
    meeting={
        "timezone": "Europe/Prague",
        "starts_at": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 2:30, for the first time that night
        "ends_at": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # 2:30 again
        "summary": "ž" * 100,
        "description": "\r\nEND:VEVENT",
        "location": ";,\\n",
        "sequence": 2**31 - 1,
    },
    name='Jan "Honza" Novák; ^n',
)
def test_any_file_folds_decodes_and_lands_on_the_right_instant(kind, meeting, name):
    check(KINDS[kind], meeting, name)


@settings(max_examples=30)
@given(several=st.lists(meetings(), min_size=2, max_size=6), name=anything)
def test_a_feed_of_any_meetings_in_any_zones_is_right_for_each(several, name):
    events = [
        public_facts(**meeting, uid=f"r-{number}@example.org", is_private=True)
        for number, meeting in enumerate(several)
    ]
    data = feed_file(feed_facts(*events, name=name, source=None))

    assert_well_formed(data)
    read = {one.uid: (one.starts_at, one.ends_at) for one in read_all_the_same(data)}
    assert read == {one.uid: (one.starts_at, one.ends_at) for one in events}


@pytest.mark.parametrize(("zone", "night"), NIGHTS)
@pytest.mark.parametrize("kind", list(KINDS))
def test_each_half_hour_of_the_nights_of_the_change(kind, zone, night):
    midnight = datetime.combine(night.date(), time(0), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for half_hours in range(-1, 11):
        start = midnight + half_hours * timedelta(minutes=30)
        meeting = {
            "timezone": zone,
            "starts_at": start,
            "ends_at": start + 45 * MINUTE,
            "sequence": half_hours + 1,
            "summary": "Noc změny",
            "description": "",
            "location": "",
        }
        check(KINDS[kind], meeting, "Olena")


def test_ical_js_is_among_the_readers(ical_js):
    """With it every test that reads a calendar reads it with ical.js, too: all mails, files and feeds."""
    assert [one.reader for one in read_with_others(invite.request(invite_facts()))][-1] == "ical.js"


def test_a_private_entry_says_so_and_a_public_one_does_not():
    private, public = (
        feed_file(feed_facts(public_facts(is_private=is_private))) for is_private in (True, False)
    )
    assert value_of(lines_of(private), "VEVENT", "CLASS") == "PRIVATE"
    assert value_of(lines_of(public), "VEVENT", "CLASS") is None
