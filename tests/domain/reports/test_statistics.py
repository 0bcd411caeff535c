from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from app.domain.directory.models import Organisation
from app.domain.history.service import SYSTEM, organiser
from app.domain.meetings.models import MeetingState
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import organiser as organisers
from app.domain.registration import personal
from app.domain.registration.commands import Needs
from app.domain.registration.models import Answer, Place
from app.domain.reports import statistics
from app.domain.reports.statistics import MAYBE, NOT_GIVEN, Day, Need
from tests.factories import make_meeting, make_series, person, register

START = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
EARLY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def a_meeting(session, **changes):
    return make_meeting(session, starts_at=START, capacity=3, **changes)


def test_nobody(session):
    meeting = a_meeting(session)
    figures = statistics.of_meeting(session, meeting.id)
    assert (figures.total, figures.coming) == (0, 0)
    assert statistics.days_of(session, meeting) == []
    assert statistics.of_meetings(session, []) == {}
    assert statistics.organisations_of(session, []) == {}


def test_states_and_what_is_known_of_those_who_come(session):
    meeting = a_meeting(session)
    session.add(
        Organisation(
            name="Praha 3", name_key="praha 3", sort_key="praha 3", kind="district", district="Praha 3"
        )
    )
    session.flush()
    told = {"organisation": "Praha 3", "organisation_kind": "district"}
    ana, _bo, cyril = register(
        session, meeting, person("Ana Adamová", **told), person("Bo Bílý", **told), "Cyril Cíl", now=EARLY
    )
    register(session, meeting, person("Dana Dlouhá", **told), now=EARLY)
    ana.answer = Answer.MAYBE
    cyril.language = "en"
    session.flush()

    figures = statistics.of_meeting(session, meeting.id)
    assert figures.states == Counter({Place.CONFIRMED: 2, MAYBE: 1, Place.WAITING: 1})
    assert (figures.total, figures.coming) == (4, 3)
    assert figures.kinds == Counter({"district": 2, NOT_GIVEN: 1})
    assert figures.districts == Counter({"Praha 3": 2, NOT_GIVEN: 1})
    assert figures.languages == Counter({"cs": 2, "en": 1})
    assert figures.modes == Counter({"room": 3})
    assert statistics.organisations_of(session, [meeting.id]) == {meeting.id: 1}


def test_a_corrected_address_counts_once(session):
    meeting = a_meeting(session)
    (ana,) = register(session, meeting, "Ana Adamová", now=EARLY)
    organisers.correct_address(
        session,
        ana.id,
        "ana.nova@example.org",
        now=EARLY + timedelta(hours=1),
        actor=organiser(1),
        mail_domain="example.org",
    )
    session.flush()
    figures = statistics.of_meeting(session, meeting.id)
    assert (figures.total, figures.coming) == (1, 1)
    assert [day.new for day in statistics.days_of(session, meeting)] == [1]


def test_days_are_those_of_the_meetings_zone(session):
    meeting = a_meeting(session)
    late = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)  # half past midnight in Prague
    register(session, meeting, "Ana Adamová", now=EARLY)
    register(session, meeting, "Bo Bílý", "Cyril Cíl", now=late)
    assert statistics.days_of(session, meeting) == [
        Day(date(2027, 3, 1), 1, 1),
        Day(date(2027, 3, 2), 2, 3),
    ]


def test_needs_of_those_who_come_are_grouped(session):
    meeting = a_meeting(session)

    def needing(name, **needs):
        return person(name, needs=Needs(consent_text="Souhlasím.", **needs))

    register(session, meeting, needing("Ana A", interpreter="Ukrajinština", diet="vegan"), now=EARLY)
    (_bo, gone) = register(
        session,
        meeting,
        needing("Bo B", interpreter="ukrajinstina "),
        needing("Cyril C", diet="halal"),
        now=EARLY,
    )
    personal.cancel(session, gone.id, now=EARLY, actor=SYSTEM)
    session.flush()
    needs = statistics.needs_of(session, meeting.id)
    assert needs.interpreter == [Need("Ukrajinština", 2)]
    assert needs.diet == [Need("vegan", 1)]
    assert (needs.access, needs.other) == ([], [])


def test_counts_outlive_names(session):
    meeting = a_meeting(session)
    (ana,) = register(session, meeting, person("Ana A", organisation_kind="ngo"), now=EARLY)
    erase_attendee(session, ana.id, now=meeting.ends_at + timedelta(days=400), actor=SYSTEM)
    session.flush()
    figures = statistics.of_meeting(session, meeting.id)
    assert figures.coming == 1
    assert figures.kinds == Counter({"ngo": 1})


def test_meetings_beside_each_other(session):
    other = make_series(session, "Pracovní skupina")
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # 2027 in Prague
    first = make_meeting(session, starts_at=new_year)
    second = a_meeting(session)
    third = make_meeting(session, starts_at=START + timedelta(days=300), series_id=other.id)
    make_meeting(session, starts_at=START, state=MeetingState.DRAFT)
    register(session, second, "Ana A", "Bo B", now=EARLY)
    everything = statistics.compared(session, series_ids=(), year=None, zone="Europe/Prague")
    assert [line.meeting.id for line in everything] == [first.id, second.id, third.id]
    in_year = statistics.compared(session, series_ids=(), year=2027, zone="Europe/Prague")
    assert [line.meeting.id for line in in_year] == [first.id, second.id]
    assert [line.figures.coming for line in in_year] == [0, 2]
    assert statistics.summed(in_year).coming == 2
    own = statistics.compared(session, series_ids=[other.id], year=None, zone="Europe/Prague")
    assert [line.meeting.id for line in own] == [third.id]
    assert statistics.years(session, series_ids=(), zone="Europe/Prague") == [2028, 2027]
