from __future__ import annotations

from dataclasses import replace

from app.domain.calendars import publish
from app.domain.calendars.facts import Status
from tests.calendar_checks import assert_well_formed, lines_of, read_the_same, value_of
from tests.domain.calendars.calendar_facts import MEETING, PUBLIC, public_facts


def test_public_file_invites_nobody():
    data = publish.meeting_file(public_facts())
    assert_well_formed(data)
    for word in (b"ATTENDEE", b"RSVP", b"VALARM", b"PARTSTAT", b"CONFERENCE"):
        assert word not in data
    reading = read_the_same(data)
    assert (reading.method, reading.attendee, reading.status) == ("PUBLISH", None, "CONFIRMED")
    assert (reading.uid, reading.summary) == (PUBLIC["uid"], MEETING["summary"])
    assert (reading.starts_at, reading.ends_at) == (MEETING["starts_at"], MEETING["ends_at"])
    assert reading.organizer == PUBLIC["organizer_address"]


def test_public_file_tells_about_the_meeting():
    lines = lines_of(publish.meeting_file(public_facts()))
    texts = {line.name: line.text for line in lines if line.component == "VEVENT"}
    assert texts["LOCATION"] == MEETING["location"]
    assert texts["DESCRIPTION"] == MEETING["description"]
    assert texts["URL"] == MEETING["url"]
    assert texts["GEO"] == "50.087465;14.417870"
    assert (texts["TRANSP"], texts["SEQUENCE"]) == ("OPAQUE", "0")


def test_called_off_meeting_stays_with_its_status():
    data = publish.meeting_file(public_facts(status=Status.CANCELLED, sequence=4))
    assert_well_formed(data)
    assert (read_the_same(data).status, read_the_same(data).sequence) == ("CANCELLED", 4)
    assert value_of(lines_of(data), "VCALENDAR", "METHOD") == "PUBLISH"


def test_the_same_facts_give_the_same_bytes_and_others_do_not():
    facts = public_facts()
    assert publish.meeting_file(facts) == publish.meeting_file(public_facts())
    assert publish.meeting_file(facts) != publish.meeting_file(replace(facts, location="Sál B"))


def test_bare_meeting_has_only_what_it_needs():
    facts = public_facts(
        description="", location=None, geo=None, url=None, last_modified=None, organizer_address=None
    )
    data = publish.meeting_file(facts)
    assert_well_formed(data)
    names = [line.name for line in lines_of(data) if line.component == "VEVENT"]
    assert names == ["UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP"]
    read_the_same(data)
