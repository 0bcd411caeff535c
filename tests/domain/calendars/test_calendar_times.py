from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendars import invite, zones
from tests.calendar_checks import assert_well_formed, lines_of, read_the_same, value_of
from tests.domain.calendars.calendar_facts import invite_facts

ZONES = ["Europe/Prague", "Europe/Kyiv", "America/New_York", "Europe/Dublin", "Asia/Kathmandu", "UTC"]
HOUR = timedelta(hours=1)


def written(zone: str, starts_at: datetime, length: timedelta = HOUR) -> bytes:
    return invite.request(invite_facts(timezone=zone, starts_at=starts_at, ends_at=starts_at + length))


def check(zone: str, starts_at: datetime, length: timedelta = HOUR) -> bytes:
    """Written, well formed, and read by others as the very same instants."""
    data = written(zone, starts_at, length)
    assert_well_formed(data)
    reading = read_the_same(data)
    assert (reading.starts_at, reading.ends_at) == (starts_at, starts_at + length)
    return data


def start_of(data: bytes) -> tuple[str, str | None]:
    (line,) = [line for line in lines_of(data) if (line.component, line.name) == ("VEVENT", "DTSTART")]
    return line.value, line.parameters.get("TZID")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_read_right(zone, month):
    data = check(zone, datetime(2026, month, 15, 16, 30, tzinfo=UTC), timedelta(hours=2))
    local = datetime(2026, month, 15, 16, 30, tzinfo=UTC).astimezone(ZoneInfo(zone))
    expected = (f"{local:%Y%m%dT%H%M%S}", zone) if zone != "UTC" else (f"{local:%Y%m%dT%H%M%S}Z", None)
    assert start_of(data) == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "night",
    [
        datetime(2026, 3, 29, tzinfo=UTC),
        datetime(2026, 10, 25, tzinfo=UTC),
        datetime(2026, 3, 8, 5, tzinfo=UTC),  # New York
        datetime(2026, 11, 1, 4, tzinfo=UTC),
    ],
)
def test_the_nights_of_the_change_are_read_right(zone, night):
    for half_hours in range(10):
        check(zone, night + half_hours * timedelta(minutes=30), timedelta(minutes=45))


def test_over_the_change_both_ends_are_right():
    check("Europe/Prague", datetime(2026, 3, 28, 20, tzinfo=UTC), timedelta(hours=12))
    check("Europe/Prague", datetime(2026, 10, 24, 20, tzinfo=UTC), timedelta(hours=12))


def test_the_hour_that_comes_twice_is_written_in_utc():
    assert start_of(written("Europe/Prague", datetime(2026, 10, 25, 0, 30, tzinfo=UTC))) == (
        "20261025T003000Z",
        None,
    )
    assert start_of(written("Europe/Prague", datetime(2026, 10, 25, 1, 30, tzinfo=UTC))) == (
        "20261025T013000Z",
        None,
    )
    assert start_of(written("Europe/Prague", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)))[1] == "Europe/Prague"


def test_over_the_new_year_the_zone_stays():
    data = check("Europe/Prague", datetime(2026, 12, 31, 20, tzinfo=UTC), timedelta(hours=8))
    assert start_of(data)[1] == "Europe/Prague"
    check("Europe/Prague", datetime(2026, 12, 31, 20, tzinfo=UTC), timedelta(days=400))


@pytest.mark.parametrize(
    ("zone", "starts_at"),
    [
        ("Africa/Casablanca", datetime(2033, 6, 1, 12, tzinfo=UTC)),  # two Ramadans in one year
        ("Europe/Istanbul", datetime(2016, 12, 1, 12, tzinfo=UTC)),  # summer time came and stayed
        ("Africa/Casablanca", datetime(2026, 12, 31, 20, tzinfo=UTC)),  # other rules next year
    ],
)
def test_irregular_years_are_written_in_utc(zone, starts_at):
    data = check(zone, starts_at, timedelta(hours=12))
    assert start_of(data)[1] is None
    assert b"VTIMEZONE" not in data


def test_irregular_year_has_no_vtimezone():
    with pytest.raises(zones.IrregularYearError):
        zones.vtimezone("Africa/Casablanca", 2033)


def test_two_changes_in_one_direction_are_no_rule(monkeypatch):
    once, twice = timedelta(hours=1), timedelta(hours=2)
    changes = (
        zones.Change(datetime(2026, 3, 1, tzinfo=UTC), timedelta(0), once, "A"),
        zones.Change(datetime(2026, 9, 1, tzinfo=UTC), once, twice, "B"),
    )
    monkeypatch.setattr(zones, "transitions", lambda zone, year: changes)
    with pytest.raises(zones.IrregularYearError):
        zones.yearly_rules("Europe/Prague", 2026)


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "GMT", "Zulu", "Atlantic/Reykjavik"])
def test_clocks_that_show_utc_are_utc(zone):
    assert start_of(check(zone, datetime(2026, 7, 1, 12, tzinfo=UTC))) == ("20260701T120000Z", None)


def test_zone_without_changes_has_one_part():
    lines = lines_of(written("Asia/Kathmandu", datetime(2026, 7, 1, 12, tzinfo=UTC)))
    assert value_of(lines, "STANDARD", "TZOFFSETTO") == "+0545"
    assert value_of(lines, "STANDARD", "RRULE") is None
    assert not [line for line in lines if line.component == "DAYLIGHT"]


def test_ireland_has_its_summer_as_daylight():
    lines = lines_of(written("Europe/Dublin", datetime(2026, 7, 1, 12, tzinfo=UTC)))
    assert value_of(lines, "DAYLIGHT", "TZNAME") == "IST"
    assert value_of(lines, "STANDARD", "TZNAME") == "GMT"


def test_new_york_changes_on_counted_sundays():
    lines = lines_of(written("America/New_York", datetime(2026, 7, 1, 12, tzinfo=UTC)))
    assert value_of(lines, "DAYLIGHT", "RRULE") == "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3"
    assert value_of(lines, "STANDARD", "RRULE") == "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"
    assert value_of(lines, "DAYLIGHT", "DTSTART") == "19700308T020000"
    assert value_of(lines, "STANDARD", "DTSTART") == "19701101T020000"


def test_transitions_of_prague():
    first, second = zones.transitions(ZoneInfo("Europe/Prague"), 2026)
    assert (first.at, first.before, first.after) == (datetime(2026, 3, 29, 1, tzinfo=UTC), HOUR, 2 * HOUR)
    assert (second.at, second.before, second.after) == (datetime(2026, 10, 25, 1, tzinfo=UTC), 2 * HOUR, HOUR)
    assert (first.name, second.name) == ("CEST", "CET")


def test_change_is_found_to_the_second():
    (change,) = zones.transitions(ZoneInfo("America/Caracas"), 2016)
    assert change.at == datetime(2016, 5, 1, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("year", [2026, 2029])  # in 2029 Greenland changes a week before the last Saturday
def test_rules_give_back_the_changes_of_every_zone(year):
    for name in available_timezones() - {"Africa/Casablanca", "Africa/El_Aaiun"}:
        changes = zones.transitions(ZoneInfo(name), year)
        for rule, change in zip(zones.yearly_rules(name, year), changes, strict=True):
            assert (rule.day_in(year) - rule.before).replace(tzinfo=UTC) == change.at


def test_yearly_rule_finds_its_day():
    last_sunday = zones.YearlyRule(3, zones.LAST_IN_MONTH, 6, time(2), HOUR, 2 * HOUR, "CEST")
    assert last_sunday.day_in(1970) == datetime(1970, 3, 29, 2)  # noqa: DTZ001 - local time
    assert last_sunday.day_in(2026) == datetime(2026, 3, 29, 2)  # noqa: DTZ001
    fourth_friday = zones.YearlyRule(5, 4, 4, time(0), HOUR, 2 * HOUR, "X")
    assert fourth_friday.day_in(2026) == datetime(2026, 5, 22)  # noqa: DTZ001


@settings(max_examples=80, deadline=None)
@given(
    zone=st.sampled_from(sorted(available_timezones())),
    starts_at=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2037, 12, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    length=st.timedeltas(min_value=timedelta(minutes=5), max_value=timedelta(days=3)),
)
def test_any_time_in_any_zone_is_read_right(zone, starts_at, length):
    length = timedelta(minutes=length // timedelta(minutes=1))
    check(zone, starts_at.replace(microsecond=0), length)
