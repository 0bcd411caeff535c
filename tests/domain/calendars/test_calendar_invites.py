from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.calendars import invite
from app.domain.calendars.facts import Partstat
from tests.calendar_checks import assert_well_formed, lines_of, read_the_same, value_of
from tests.domain.calendars.calendar_facts import INVITE, MEETING, invite_facts

WHOLE_REQUEST = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Setkani//Setkani 1.0//CS
CALSCALE:GREGORIAN
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Europe/Prague
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:r-0b9f6f0e-5f0c-4a52-9a55-2f8f3d1c7a10@setkani.example.org
DTSTAMP:20261001T100000Z
SEQUENCE:0
LAST-MODIFIED:20261001T095500Z
DTSTART;TZID=Europe/Prague:20261022T130000
DTEND;TZID=Europe/Prague:20261022T160000
SUMMARY:67. Regionální poradní platforma
DESCRIPTION:Téma: školy\\, rodiny\\; práce\\nZměnit nebo zrušit: https://setkani.example.org/cs/my/abc
LOCATION:Sál architektů\\, Staroměstské nám. 1/3\\, Praha 1
GEO:50.087465;14.417870
URL:https://setkani.example.org/cs/meetings/67-rpp/
ORGANIZER;CN="Integrační centrum, o.p.s.":mailto:rsvp+r7f3k2q9m4x8c1abcdefghijkl@setkani.example.org
ATTENDEE;CN="Олена Шевченко";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;\
PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:olena@example.org
STATUS:CONFIRMED
TRANSP:OPAQUE
CLASS:PRIVATE
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Začíná setkání
TRIGGER:-PT2H
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def unfolded(data: bytes) -> str:
    return data.decode().replace("\r\n ", "").replace("\r\n", "\n")


def test_request_is_written_to_the_letter():
    data = invite.request(invite_facts())
    assert unfolded(data) == WHOLE_REQUEST
    assert_well_formed(data)


def test_request_is_read_alike_by_other_programs():
    reading = read_the_same(invite.request(invite_facts(sequence=7)))
    assert reading.method == "REQUEST"
    assert reading.uid == INVITE["uid"]
    assert reading.sequence == 7
    assert (reading.starts_at, reading.ends_at) == (MEETING["starts_at"], MEETING["ends_at"])
    assert reading.organizer == INVITE["organizer_address"]
    assert (reading.attendee, reading.attendee_name) == ("olena@example.org", "Олена Шевченко")
    assert (reading.status, reading.partstat) == ("CONFIRMED", "ACCEPTED")


@pytest.mark.parametrize("partstat", list(Partstat))
def test_request_tells_the_answer_and_asks_for_one(partstat):
    data = invite.request(invite_facts(partstat=partstat))
    assert_well_formed(data)
    assert f"PARTSTAT={partstat.value};RSVP=TRUE:" in unfolded(data)
    assert read_the_same(data).partstat == partstat.value


def test_update_keeps_identity_and_raises_the_sequence():
    before = invite_facts()
    after = replace(before, sequence=1, starts_at=before.starts_at + timedelta(minutes=30), location="Sál B")
    old, new = read_the_same(invite.request(before)), read_the_same(invite.request(after))
    assert (new.uid, new.organizer, new.attendee) == (old.uid, old.organizer, old.attendee)
    assert new.sequence > old.sequence
    assert new.starts_at - old.starts_at == timedelta(minutes=30)


def test_cancel_holds_what_takes_the_meeting_away_and_no_more():
    data = invite.cancel(invite_facts(sequence=1, conference_url="https://meet.example.org/secret"))
    assert_well_formed(data)
    names = [line.name for line in lines_of(data) if line.component == "VEVENT"]
    assert names == [
        *("UID", "DTSTAMP", "SEQUENCE", "LAST-MODIFIED", "DTSTART", "DTEND"),
        *("SUMMARY", "ORGANIZER", "ATTENDEE", "STATUS"),
    ]
    assert "meet.example.org" not in unfolded(data)
    reading = read_the_same(data)
    assert (reading.method, reading.status, reading.sequence) == ("CANCEL", "CANCELLED", 1)
    request = read_the_same(invite.request(invite_facts()))
    same = ("uid", "organizer", "attendee", "attendee_name", "starts_at", "ends_at", "summary")
    assert [getattr(reading, name) for name in same] == [getattr(request, name) for name in same]


def test_the_same_facts_give_the_same_bytes():
    assert invite.request(invite_facts()) == invite.request(invite_facts())
    assert invite.cancel(invite_facts()) == invite.cancel(invite_facts())


def test_empty_properties_are_left_out():
    data = invite.request(
        invite_facts(
            description=" \n",
            location="",
            geo=None,
            url=None,
            last_modified=None,
            attendee_name="",
            organizer_name=" ",
            summary="",
            alarm_text="",
        )
    )
    assert_well_formed(data)
    lines = lines_of(data)
    gone = ("SUMMARY", "DESCRIPTION", "LOCATION", "GEO", "URL", "LAST-MODIFIED", "CONFERENCE")
    assert [value_of(lines, "VEVENT", name) for name in gone] == [None] * len(gone)
    assert not [line for line in lines if "CN" in line.parameters or line.component == "VALARM"]
    read_the_same(data)


def test_unknown_position_is_left_out_and_a_small_one_is_no_power_of_ten():
    assert "GEO" not in unfolded(invite.request(invite_facts(geo=(0.0, -0.0000001))))
    assert "GEO:51.477900;0.000010\n" in unfolded(invite.request(invite_facts(geo=(51.4779, 0.00001))))
    assert "GEO:-33.868800;0.000000\n" in unfolded(invite.request(invite_facts(geo=(-33.8688, -0.0000001))))


def test_no_alarm_unless_asked_for():
    assert b"VALARM" not in invite.request(invite_facts(alarm_before=None))


def test_alarm_says_the_title_when_it_has_no_words():
    data = invite.request(invite_facts(alarm_text="", alarm_before=timedelta(days=1)))
    lines = lines_of(data)
    assert value_of(lines, "VALARM", "DESCRIPTION") == MEETING["summary"]
    assert value_of(lines, "VALARM", "TRIGGER") == "-P1D"
    assert value_of(lines, "VALARM", "ACTION") == "DISPLAY"


def test_online_link_stands_where_programs_look():
    link = "https://meet.example.org/sál?pwd=a,b;c"
    facts = invite_facts(location=None, conference_url=link, conference_label="Připojit se: sál 1")
    data = invite.request(facts)
    assert_well_formed(data)
    lines = lines_of(data)
    (conference,) = [line for line in lines if line.name == "CONFERENCE"]
    assert conference.value == "https://meet.example.org/s%C3%A1l?pwd=a,b;c"
    assert conference.parameters == {
        "VALUE": "URI",
        "FEATURE": "AUDIO,VIDEO",
        "LABEL": "Připojit se: sál 1",
    }
    texts = {line.name: line.text for line in lines if line.component == "VEVENT"}
    assert texts["DESCRIPTION"].endswith(f"abc\n\nPřipojit se: sál 1: {link}")
    assert texts["LOCATION"] == link
    read_the_same(data)


def test_online_link_is_not_repeated_and_does_not_hide_the_room():
    facts = invite_facts(
        description="Online: https://meet.example.org/1", conference_url="https://meet.example.org/1"
    )
    lines = lines_of(invite.request(facts))
    assert value_of(lines, "VEVENT", "DESCRIPTION") == "Online: https://meet.example.org/1"
    assert (value_of(lines, "VEVENT", "LOCATION") or "").startswith("Sál architektů")
    assert [line.parameters for line in lines if line.name == "CONFERENCE"] == [
        {"VALUE": "URI", "FEATURE": "AUDIO,VIDEO"}
    ]


def test_without_description_the_link_is_the_description():
    lines = lines_of(
        invite.request(invite_facts(description="", conference_url="https://meet.example.org/1"))
    )
    assert value_of(lines, "VEVENT", "DESCRIPTION") == "https://meet.example.org/1"


def test_language_names_the_maker():
    data = invite.request(invite_facts(language="pt_BR"))
    assert b"PRODID:-//Setkani//Setkani 1.0//PT-BR\r\n" in data


def test_instants_of_any_zone_are_written_in_whole_seconds():
    prague_summer = datetime.fromisoformat("2026-07-01T15:00:00.900000+02:00")
    facts = invite_facts(starts_at=prague_summer, ends_at=prague_summer + timedelta(hours=1))
    reading = read_the_same(invite.request(facts))
    assert reading.starts_at == datetime(2026, 7, 1, 13, 0, tzinfo=UTC)
