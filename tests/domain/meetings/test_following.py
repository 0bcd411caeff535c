"""The next date of a series: its day, its clock, its number, and what it takes along."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.base.dates import at
from app.base.errors import NotFound
from app.domain.history.service import SYSTEM
from app.domain.meetings import following, rules
from app.domain.meetings.models import MeetingState
from tests import factories

PRAGUE = "Europe/Prague"
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def held(session, day, clock=time(13), **changes):
    """A published meeting on a day, three hours long by the clock."""
    starts_at = at(day, clock, changes.get("timezone", PRAGUE))
    return factories.make_meeting(session, starts_at=starts_at, **changes)


def prepared(session, meeting, now=NOW):
    made = following.prepare(session, meeting.id, now=now, actor=SYSTEM, mail_domain=factories.DOMAIN)
    session.flush()
    return made


def local(meeting, instant="starts_at"):
    return getattr(meeting, instant).astimezone(ZoneInfo(meeting.timezone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([date(2027, 2, 23)], date(2027, 3, 23)),  # no rhythm: four weeks
        ([date(2027, 2, 2), date(2027, 2, 23)], date(2027, 3, 16)),
        ([date(2026, 1, 6), date(2027, 1, 26), date(2027, 2, 23)], date(2027, 3, 23)),  # the last two alone
        ([date(2026, 2, 3), date(2026, 2, 10)], date(2027, 3, 2)),  # weekly, long ago: the next such day
        ([date(2027, 2, 22), date(2027, 3, 1)], date(2027, 3, 8)),  # held today
        ([date(2027, 2, 15), date(2027, 2, 22)], date(2027, 3, 8)),  # today is not ahead
        ([date(2027, 3, 30), date(2027, 4, 27)], date(2027, 5, 25)),  # after those that lie ahead already
        ([date(2027, 2, 23), date(2027, 2, 23)], date(2027, 3, 23)),  # twice on one day is no rhythm
    ],
)
def test_day_follows_the_rhythm_and_lies_ahead(session, days, expected) -> None:
    for day in days:
        last = held(session, day)

    made = prepared(session, last)

    assert local(made) == f"{expected} 13:00"
    assert made.state == MeetingState.DRAFT


def test_clock_stays_when_summer_time_begins_and_ends(session) -> None:
    winter = held(session, date(2027, 3, 2))
    summer = prepared(session, winter)
    assert summer.starts_at.hour == 11
    assert winter.starts_at.hour == 12
    assert (local(summer), local(summer, "ends_at")) == ("2027-03-30 13:00", "2027-03-30 16:00")

    later = factories.make_series(session, "Druhá")
    autumn = held(session, date(2027, 10, 5), series_id=later.id)
    assert local(prepared(session, autumn)) == "2027-11-02 13:00"


def test_hour_that_the_clocks_jump_over_becomes_the_next(session) -> None:
    night = held(session, date(2027, 2, 28), time(2, 30))

    made = prepared(session, night)

    assert local(made) == "2027-03-28 03:30"
    assert made.ends_at > made.starts_at


def test_night_over_two_days_and_another_zone_keep_their_clocks(session) -> None:
    start = at(date(2027, 2, 27), time(22), "Asia/Tbilisi")
    night = factories.make_meeting(
        session, starts_at=start, ends_at=start + timedelta(hours=5), timezone="Asia/Tbilisi"
    )

    made = prepared(session, night)

    assert local(made) == "2027-03-27 22:00"
    assert local(made, "ends_at") == "2027-03-28 03:00"
    assert made.timezone == "Asia/Tbilisi"


def test_number_is_one_more_than_any_of_the_series(session) -> None:
    other = factories.make_series(session, "Jiná")
    held(session, date(2027, 1, 5), number=400, series_id=other.id)
    source = held(session, date(2027, 1, 5), number=65)
    made = prepared(session, source)
    assert (made.number, made.slug) == (66, f"{source.series.slug}-66")
    assert prepared(session, source).number == 67, "a draft has its number already"
    assert prepared(session, held(session, date(2027, 1, 6), number=None)).number is None


def test_place_seats_and_rules_stay_and_the_topic_does_not(session) -> None:
    contact = factories.make_contact(session)
    source = held(
        session,
        date(2027, 2, 23),
        contact_id=contact.id,
        capacity=42,
        approval=True,
        reminder_days=[3],
        description={"cs": "Dlouze."},
    )

    made = prepared(session, source)

    kept = ("series_id", "contact_id", "capacity", "venue", "address", "access_notes", "languages_note")
    for name in (*kept, "latitude", "longitude", "approval", "reminder_days", "promote_hours", "format"):
        assert getattr(made, name) == getattr(source, name), name
    assert (made.title, made.summary, made.description) == ({}, {}, {})
    assert (made.uid, made.slug) != (source.uid, source.slug)
    assert rules.missing_for_publishing(made) == ["title", "programme"]


def test_deadline_and_opening_keep_their_distance_unless_past(session) -> None:
    opens = at(date(2027, 1, 26), time(9), PRAGUE)
    source = held(session, date(2027, 3, 2), deadline=date(2027, 2, 26), opens_at=opens)

    made = prepared(session, source)
    assert made.deadline == date(2027, 3, 26)
    assert made.opens_at is None, "23 February is past: registration opens at publishing"

    early = prepared(session, source, now=NOW - timedelta(days=60))
    assert early.opens_at == at(early.starts_at.date() - timedelta(days=35), time(9), PRAGUE)


def test_programme_keeps_times_breaks_and_what_was_there_twice(session) -> None:
    first = held(session, date(2027, 1, 26))
    second = held(session, date(2027, 2, 23))
    second.programme[0].title = {"cs": "Bydlení"}
    second.programme[0].speakers = {"cs": "Jana Nová"}
    session.flush()

    news, pause = prepared(session, second).programme

    assert (news.offset_minutes, news.duration_minutes, news.title, news.speakers) == (0, 25, {}, {})
    assert (pause.title, pause.is_break) == (factories.SLOTS[1].title, True)

    for one in (first, second):
        one.programme[0].title = {"cs": "Úvodní slovo"}
        one.programme[0].speakers = {"cs": "Jana Nová"}
    session.flush()
    news, _pause = prepared(session, second).programme
    assert (news.title, news.speakers) == ({"cs": "Úvodní slovo"}, {"cs": "Jana Nová"})


def test_latest_of_each_series_is_one_that_people_saw(session) -> None:
    source = held(session, date(2027, 2, 23))
    held(session, date(2027, 1, 26))
    draft = prepared(session, source)
    empty = factories.make_series(session, "Prázdná")

    assert following.latest_of_each(session, [draft.series_id, empty.id]) == {source.series_id: source.id}


def test_meeting_that_is_not_there(session) -> None:
    with pytest.raises(NotFound):
        following.prepare(session, 999, now=NOW, actor=SYSTEM, mail_domain=factories.DOMAIN)
