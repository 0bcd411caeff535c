from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import dates

PRAGUE = "Europe/Prague"
START = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
END = START + timedelta(hours=3)
NB = "\u00a0"


def test_a_czech_line_is_the_clients_own_form():
    assert dates.line(START, END, PRAGUE, "Sál architektů", "cs") == (
        f"úterý 6.{NB}4.{NB}2027 | 13:00{NB}–{NB}16:00 | Sál architektů"
    )


def test_an_english_line_is_british():
    assert dates.line(START, END, PRAGUE, "Sál architektů", "en") == (
        f"Tuesday 6{NB}April{NB}2027 | 13:00{NB}–{NB}16:00 | Sál architektů"
    )


def test_a_line_without_a_place_has_two_parts():
    assert dates.line(START, END, PRAGUE, "", "cs").count("|") == 1


def test_other_languages_are_babels():
    assert dates.day(START, PRAGUE, "uk").startswith(f"вівторок,{NB}6{NB}квітня{NB}2027")
    assert dates.day(START, PRAGUE, "vi") == f"Thứ{NB}Ba,{NB}6{NB}tháng{NB}4,{NB}2027"


def test_times_in_languages_from_the_right_are_isolated():
    assert dates.clock_time(START, PRAGUE, "fa") == "\u206613:00\u2069"
    assert dates.line(START, END, PRAGUE, "Hall", "fa").count("\u2068") == 3


def test_a_hebrew_place_cannot_turn_a_czech_line_around():
    assert dates.line(START, END, PRAGUE, "אולם", "cs").endswith("\u2068אולם\u2069")


@pytest.mark.parametrize(
    ("lang", "short", "long", "moment"),
    [
        ("cs", f"6.{NB}4.{NB}2027", f"6.{NB}4.{NB}2027", f"6.{NB}4.{NB}2027{NB}13:00"),
        ("en", f"6{NB}Apr{NB}2027", f"6{NB}April{NB}2027", f"6{NB}Apr{NB}2027,{NB}13:00"),
    ],
)
def test_days_for_tables(lang, short, long, moment):
    assert dates.short_day(START, PRAGUE, lang) == short
    assert dates.long_day(START, PRAGUE, lang) == long
    assert dates.moment(START, PRAGUE, lang) == moment


def test_czech_hours_have_no_leading_zero():
    nine = datetime(2027, 1, 5, 8, 5, tzinfo=UTC)
    assert dates.clock_time(nine, PRAGUE, "cs") == "9:05"


def test_several_days():
    last = START + timedelta(days=1, hours=3)
    assert dates.day_span(START, last, PRAGUE, "cs") == f"6.{NB}4.{NB}–{NB}7.{NB}4.{NB}2027"
    assert dates.day_span(START, last, PRAGUE, "en") == f"6{NB}April{NB}–{NB}7{NB}April{NB}2027"
    assert "7" in dates.day_span(START, last, PRAGUE, "uk")


def test_several_days_over_the_new_year_name_both_years():
    eve = datetime(2026, 12, 31, 9, 0, tzinfo=UTC)
    span = dates.day_span(eve, eve + timedelta(days=1), PRAGUE, "cs")
    assert span == f"31.{NB}12.{NB}2026{NB}–{NB}1.{NB}1.{NB}2027"


def test_an_evening_past_midnight_is_one_day():
    late = datetime(2027, 4, 6, 20, 0, tzinfo=UTC)
    assert dates.day_span(late, late + timedelta(hours=4), PRAGUE, "cs") == f"úterý 6.{NB}4.{NB}2027"


def test_no_end_gives_the_start_alone():
    assert dates.time_span(START, None, PRAGUE, "cs") == "13:00"
    assert dates.day_span(START, None, PRAGUE, "cs") == f"úterý 6.{NB}4.{NB}2027"


def test_days_belong_to_the_meetings_zone():
    midnight = datetime(2027, 4, 5, 22, 30, tzinfo=UTC)
    assert dates.isoday(midnight, PRAGUE) == "2027-04-06"
    assert dates.isotime(midnight, PRAGUE) == "2027-04-06T00:30+02:00"
    assert dates.isotime(midnight, ZoneInfo("Asia/Kathmandu")) == "2027-04-06T04:15+05:45"


def test_naive_instants_are_refused():
    with pytest.raises(ValueError, match="zone"):
        dates.isotime(datetime(2027, 4, 6, 13, 0), PRAGUE)  # noqa: DTZ001 - the naive value is the point


@pytest.mark.parametrize(
    "text", ["4.4.2023", "4. 4. 2023", f"4.{NB}4.{NB}2023", "2023-04-04", " 04.04.2023 "]
)
def test_days_are_read(text):
    assert dates.parse_day(text) == date(2023, 4, 4)


@pytest.mark.parametrize(
    "text",
    ["", "4.4.", "4/4/2023", "31.2.2023", "2023-13-01", "0001-01-01", "9999-12-31", "٤.٤.٢٠٢٣", "4.4.23"],
)
def test_other_days_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        dates.parse_day(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [("13:00", time(13)), ("13.00", time(13)), ("9:30", time(9, 30)), ("13:00:00", time(13))],
)
def test_times_are_read(text, read):
    assert dates.parse_time(text) == read


@pytest.mark.parametrize("text", ["", "13", "25:00", "12:60", "12:00:30", "1300", "noon"])
def test_other_times_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        dates.parse_time(text)


@given(st.text(max_size=30))
def test_reading_never_fails_otherwise(text):
    for read in (dates.parse_day, dates.parse_time):
        try:
            read(text)
        except ValueError:
            continue


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_a_day_that_is_shown_in_czech_can_be_typed_again(day):
    assert dates.parse_day(dates.short_day(day, PRAGUE, "cs")) == day


def test_the_two_nights_of_the_change():
    assert dates.at(date(2027, 10, 31), time(2, 30), PRAGUE) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    with pytest.raises(dates.NoSuchTime):
        dates.at(date(2027, 3, 28), time(2, 30), PRAGUE)
    assert dates.last_second(date(2027, 3, 28), PRAGUE) == datetime(2027, 3, 28, 21, 59, 59, tzinfo=UTC)
    assert dates.last_second(date(2027, 10, 31), PRAGUE) == datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC)
