from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.calendars.facts import PublicEventFacts, Status
from app.domain.calendars.feed import feed_file
from tests.calendar_checks import assert_well_formed, lines_of, read_all_the_same
from tests.domain.calendars.calendar_facts import FEED, MEETING, feed_facts, public_facts

HEAD = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Setkani//Setkani 1.0//CS
CALSCALE:GREGORIAN
METHOD:PUBLISH
UID:feed-public@setkani.example.org
NAME:Integrační centrum\\, o.p.s.
X-WR-CALNAME:Integrační centrum\\, o.p.s.
REFRESH-INTERVAL;VALUE=DURATION:PT6H
X-PUBLISHED-TTL:PT6H
SOURCE;VALUE=URI:https://setkani.example.org/calendar.ics?language=cs
COLOR:steelblue
"""


def unfolded(data: bytes) -> str:
    return data.decode().replace("\r\n ", "").replace("\r\n", "\n")


def at(number: int, *, zone: str = "Europe/Prague", year: int = 2026, month: int = 10) -> PublicEventFacts:
    """A meeting of its own on another day."""
    start = datetime(year, month, number, 11, tzinfo=UTC)
    return public_facts(
        uid=f"e-{year}-{month}-{number}@setkani.example.org",
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        timezone=zone,
    )


def starts(data: bytes) -> dict[str, tuple[str, str | None]]:
    """DTSTART and its zone, by UID."""
    found, uid = {}, ""
    for line in lines_of(data):
        if line.component == "VEVENT" and line.name == "UID":
            uid = line.value
        elif line.component == "VEVENT" and line.name == "DTSTART":
            found[uid] = (line.value, line.parameters.get("TZID"))
    return found


def test_the_head_is_written_to_the_letter():
    data = feed_file(feed_facts(public_facts()))
    assert_well_formed(data)
    assert unfolded(data).startswith(f"{HEAD}BEGIN:VTIMEZONE\nTZID:Europe/Prague\n")


def test_all_meetings_are_read_alike_by_other_programs():
    meetings = [at(22), at(3), at(12, month=1), replace(at(9), status=Status.CANCELLED, sequence=3)]
    data = feed_file(feed_facts(*meetings))
    assert_well_formed(data)
    ordered = sorted(meetings, key=lambda one: one.starts_at)
    assert [(one.uid, one.starts_at, one.ends_at, one.sequence) for one in ordered] == [
        (one.uid, one.starts_at, one.ends_at, one.sequence) for one in read_all_the_same(data)
    ]
    assert [one.status for one in read_all_the_same(data)] == [
        *("CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED"),
    ]
    assert data.count(b"BEGIN:VTIMEZONE") == 1


def test_nobody_is_invited_and_nothing_rings():
    data = feed_file(feed_facts(at(1), at(2)))
    for word in (b"ATTENDEE", b"RSVP", b"VALARM", b"PARTSTAT", b"CONFERENCE"):
        assert word not in data


def test_the_same_facts_in_any_order_give_the_same_bytes_and_others_do_not():
    facts = feed_facts(at(1), at(2))
    assert feed_file(facts) == feed_file(feed_facts(at(2), at(1)))
    assert feed_file(facts) != feed_file(replace(facts, name="Jiná"))
    assert feed_file(facts) != feed_file(feed_facts(at(1), replace(at(2), sequence=1)))


def test_dtstamp_is_the_last_change():
    lines = lines_of(feed_file(feed_facts(public_facts())))
    stamps = {line.name: line.value for line in lines if line.component == "VEVENT"}
    assert (stamps["DTSTAMP"], stamps["LAST-MODIFIED"]) == ("20261001T100000Z", "20261001T095500Z")


def test_an_empty_feed_is_still_a_calendar():
    data = feed_file(feed_facts())
    assert_well_formed(data)
    assert read_all_the_same(data) == []
    assert "TZID:UTC" in unfolded(data)


def test_a_secret_address_is_not_told():
    data = feed_file(feed_facts(public_facts(), source=None))
    assert_well_formed(data)
    assert b"SOURCE" not in data


def test_an_online_link_stands_where_programs_look():
    link = "https://meet.example.org/1"
    data = feed_file(feed_facts(public_facts(location=None, conference_url=link, conference_label="Online")))
    assert_well_formed(data)
    texts = {line.name: line.text for line in lines_of(data) if line.component == "VEVENT"}
    assert (texts["LOCATION"], texts["CONFERENCE"]) == (link, link)
    assert texts["DESCRIPTION"].endswith(f"\n\nOnline: {link}")


class TestZones:
    def test_each_zone_is_described_once(self):
        zones = ["Europe/Prague", "America/New_York", "Asia/Kathmandu", "UTC"]
        meetings = [at(number, zone=zone) for number, zone in enumerate(zones * 2, start=1)]
        data = feed_file(feed_facts(*meetings))
        assert_well_formed(data)
        assert data.count(b"BEGIN:VTIMEZONE") == 3
        assert [one.starts_at for one in read_all_the_same(data)] == [one.starts_at for one in meetings]

    def test_the_yearly_rule_serves_several_years(self):
        meetings = [at(15, year=year, month=month) for year in (2025, 2026, 2027) for month in (1, 7)]
        data = feed_file(feed_facts(*meetings))
        assert_well_formed(data)
        assert data.count(b"BEGIN:VTIMEZONE") == 1
        assert {zone for _at, zone in starts(data).values()} == {"Europe/Prague"}
        assert [one.starts_at for one in read_all_the_same(data)] == [one.starts_at for one in meetings]

    def test_an_irregular_year_is_written_in_utc_beside_regular_ones(self):
        irregular, regular = at(1, zone="Africa/Casablanca", year=2033, month=6), at(2, year=2033, month=6)
        data = feed_file(feed_facts(irregular, regular))
        assert_well_formed(data)
        assert starts(data)[irregular.uid] == ("20330601T110000Z", None)
        assert starts(data)[regular.uid] == ("20330602T130000", "Europe/Prague")

    @pytest.mark.parametrize(
        ("zone", "before", "after"),
        [
            ("America/New_York", 2006, 2007),  # the weeks of summer time moved
            ("America/Caracas", 2015, 2017),  # no summer time before and after, but another offset
            ("Europe/Istanbul", 2015, 2017),  # summer time went
        ],
    )
    def test_where_rules_changed_between_meetings_the_older_is_written_in_utc(self, zone, before, after):
        older, newer = at(20, zone=zone, year=before, month=3), at(20, zone=zone, year=after, month=3)
        data = feed_file(feed_facts(newer, older))
        assert_well_formed(data)
        assert starts(data)[older.uid] == (f"{before}0320T110000Z", None)
        assert starts(data)[newer.uid][1] == zone
        assert [one.starts_at for one in read_all_the_same(data)] == [older.starts_at, newer.starts_at]


@pytest.mark.parametrize(
    "changed",
    [
        {"uid": ""},
        {"uid": "two words"},
        {"language": "cs\r\nX:1"},
        {"color": "#15496b"},
        {"color": "a\r\nX:1"},
    ],
)
def test_refuses_what_no_feed_can_hold(changed):
    with pytest.raises(ValueError, match=r"^the "):
        feed_facts(**changed)


@pytest.mark.parametrize(
    "name", ["a\r\nATTENDEE:mailto:eve@example.org", "ž" * 300, "\x00\ud800", "a;b,c\\n"]
)
def test_no_name_can_change_the_feed(name):
    data = feed_file(feed_facts(public_facts(), name=name))
    assert_well_formed(data)
    (read,) = read_all_the_same(data)
    assert (read.uid, read.summary) == (public_facts().uid, MEETING["summary"])
    assert FEED["uid"].encode() in data
