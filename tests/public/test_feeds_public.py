"""Calendars and news of all meetings: what they hold, and how they are sent."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
import time_machine
from sqlalchemy import update

from app.base.db import begin_write
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.domain.registration import changes
from tests import factories
from tests.calendar_checks import assert_well_formed, lines_of, read_all_the_same, value_of

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
ALL = "/calendar.ics"
ATOM = "{http://www.w3.org/2005/Atom}"
GZIP = {"Accept-Encoding": "br, gzip;q=0.8"}


@pytest.fixture(autouse=True)
def _noon():
    """It is noon on a certain day; tests move on from there."""
    with time_machine.travel(NOON, tick=False):
        yield


def make(session, *, days: float = 30, state: str = MeetingState.PUBLISHED, **texts):
    """A meeting that begins so many days from now."""
    return factories.make_meeting(session, state=state, starts_at=NOON + timedelta(days=days), **texts)


def uids(response) -> list[str]:
    """What a calendar holds, in its order; the file is checked on the way."""
    assert response.status_code == 200
    assert_well_formed(response.data)
    return [one.uid for one in read_all_the_same(response.data)]


def call_off(session, meeting, *, minutes: int) -> None:
    begin_write(session)
    changes.call_off(session, meeting.id, reason={}, now=NOON + timedelta(minutes=minutes), actor=SYSTEM)
    session.commit()


class TestWhatItHolds:
    def test_all_public_meetings_and_no_draft(self, session, client):
        later, sooner = make(session, days=40), make(session, days=20, state=MeetingState.CALLED_OFF)
        make(session, state=MeetingState.DRAFT)
        session.commit()
        expected = [sooner.uid, later.uid]

        response = client.get(ALL)

        assert uids(response) == expected
        assert [one.status for one in read_all_the_same(response.data)] == ["CANCELLED", "CONFIRMED"]
        assert response.content_type == "text/calendar; charset=utf-8"

    def test_what_is_over_stays_ninety_days_unless_it_was_called_off(self, session, client):
        kept = make(session, days=-89.9)
        make(session, days=-91)
        make(session, days=-1, state=MeetingState.CALLED_OFF)
        running = make(session, days=-0.1, state=MeetingState.CALLED_OFF)
        session.commit()
        expected = [kept.uid, running.uid]

        assert uids(client.get(ALL)) == expected

    def test_a_series_has_its_own(self, session, client):
        other = factories.make_series(session, "Pracovní skupina")
        one, another = make(session), make(session, series_id=other.id)
        session.commit()
        expected = {other.slug: [another.uid], one.series.slug: [one.uid]}

        for slug, found in expected.items():
            response = client.get(f"/series/{slug}.ics?language=cs")
            assert uids(response) == found
        names = {
            value_of(lines_of(client.get(f"/series/{slug}.ics").data), "VCALENDAR", "UID")
            for slug in expected
        }
        assert len(names | {value_of(lines_of(client.get(ALL).data), "VCALENDAR", "UID")}) == 3
        response = client.get(f"/series/{other.slug}.ics?language=cs")
        assert value_of(lines_of(response.data), "VCALENDAR", "NAME") == "Pracovní skupina"

    def test_the_head_says_where_it_comes_from(self, session, client):
        lines = lines_of(client.get(f"{ALL}?language=en").data)

        found = {line.name: line.value for line in lines if line.component == "VCALENDAR"}
        assert found["SOURCE"] == "http://localhost/calendar.ics?language=en"
        assert found["REFRESH-INTERVAL"] == found["X-PUBLISHED-TTL"] == "PT6H"
        assert found["NAME"] == found["X-WR-CALNAME"]
        assert found["METHOD"] == "PUBLISH"

    @pytest.mark.parametrize(
        ("query", "title"),
        [
            ("", "Bydlení"),
            ("?language=en", "Housing"),
            ("?language=xx", "Bydlení"),
            ("?language=", "Bydlení"),
        ],
    )
    def test_it_comes_in_the_language_asked_for(self, session, client, query, title):
        make(session)
        session.commit()

        (read,) = read_all_the_same(client.get(ALL + query).data)
        assert read.summary.startswith(title)

    def test_it_tells_nobody_who_comes_and_lets_nobody_in(self, session, client):
        meeting = make(
            session, format=Format.HYBRID, online_capacity=5, online_url="https://meet.example.org/x"
        )
        factories.register(session, meeting, "Olena Ševčenková")
        session.commit()

        for path in (ALL, f"/series/{meeting.series.slug}.ics", "/atom.xml"):
            text = client.get(path).get_data(as_text=True).replace("\r\n ", "")
            for word in ("Olena", "olena", "ATTENDEE", "VALARM", "meet.example.org", "rsvp"):
                assert word not in text, (path, word)

    @pytest.mark.parametrize("slug", ["nothing", "", "a" * 300, "..%2f"])
    def test_an_unknown_series_is_not_found(self, session, client, slug):
        assert client.get(f"/series/{slug}.ics").status_code == 404

    def test_without_meetings_it_is_empty_and_valid(self, session, client):
        assert uids(client.get(ALL)) == []


class TestNews:
    def entries(self, response):
        assert response.status_code == 200
        assert response.content_type == "application/atom+xml; charset=utf-8"
        root = ET.fromstring(response.data)
        assert root.tag == f"{ATOM}feed"
        for name in ("id", "title", "updated"):
            assert root.findtext(f"{ATOM}{name}")
        assert root.findtext(f"{ATOM}author/{ATOM}name")
        return root, root.findall(f"{ATOM}entry")

    def test_what_changed_last_comes_first(self, session, client):
        first, second = make(session, days=20), make(session, days=30)
        session.commit()
        call_off(session, first, minutes=5)

        root, entries = self.entries(client.get("/atom.xml?language=en"))

        assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
        assert root.findtext(f"{ATOM}updated") == "2027-03-01T12:05:00Z"
        assert [one.findtext(f"{ATOM}id") for one in entries] == [
            f"urn:uuid:{one.uid[2:38]}" for one in (first, second)
        ]
        titles = [one.findtext(f"{ATOM}title") for one in entries]
        assert titles == ["Called off: Housing and the move to renting", "Housing and the move to renting"]
        assert [one.findtext(f"{ATOM}published") for one in entries] == ["2027-03-01T12:00:00Z"] * 2
        summary = entries[1].findtext(f"{ATOM}summary")
        assert summary.startswith("Wednesday 31\u00a0March\u00a02027 | 14:00")
        assert summary.endswith("From hostels to rented homes.")
        links = {one.get("rel"): one.get("href") for one in root.findall(f"{ATOM}link")}
        assert links["self"] == root.findtext(f"{ATOM}id") == "http://localhost/atom.xml?language=en"
        assert entries[0].find(f"{ATOM}link").get("href") == f"http://localhost/en/meetings/{first.slug}/"

    def test_ids_stay_when_a_meeting_changes(self, session, client):
        meeting = make(session)
        session.commit()
        before = self.entries(client.get("/atom.xml"))[1][0].findtext(f"{ATOM}id")
        call_off(session, meeting, minutes=5)

        assert self.entries(client.get("/atom.xml"))[1][0].findtext(f"{ATOM}id") == before

    @pytest.mark.parametrize("title", ["<b>&amp;</b> ]]>", "\ufffe\uffff x", "\"'", "\x0bx\x1b"])
    def test_no_title_breaks_the_document(self, session, client, title):
        meeting = make(session)
        meeting.title = {"cs": title, "en": ""}
        session.commit()

        (entry,) = self.entries(client.get("/atom.xml"))[1]
        kept = "".join(one for one in title if one not in "\ufffe\uffff\x0b\x1b")
        assert entry.findtext(f"{ATOM}title") == kept

    def test_without_meetings_it_is_valid(self, session, client):
        root, entries = self.entries(client.get("/atom.xml"))
        assert (entries, root.findtext(f"{ATOM}updated")) == ([], "1970-01-01T00:00:00Z")


@pytest.mark.parametrize("path", [ALL, "/series/regionalni-poradni-platforma.ics", "/atom.xml"])
class TestHowItIsSent:
    @pytest.fixture
    def meeting(self, session):
        found = make(session)
        session.commit()
        return found

    def test_caches_may_keep_it_and_no_cookie_comes_with_it(self, session, client, meeting, path):
        response = client.get(path)

        assert response.headers["Cache-Control"] == "public, max-age=900"
        assert "Set-Cookie" not in response.headers
        assert "Accept-Encoding" in response.headers["Vary"]
        assert "Accept-Language" not in response.headers["Vary"]
        assert "X-Robots-Tag" not in response.headers
        assert response.headers["ETag"].startswith('"')

    def test_the_same_is_not_sent_twice(self, session, client, meeting, path):
        first = client.get(path)
        assert first.data == client.get(path).data

        by_tag = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        by_time = client.get(path, headers={"If-Modified-Since": first.headers["Last-Modified"]})
        for again in (by_tag, by_time):
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
            assert again.headers["Cache-Control"] == "public, max-age=900"
            assert again.headers["Vary"] == first.headers["Vary"]
        assert first.headers["Last-Modified"] == "Mon, 01 Mar 2027 12:00:00 GMT"

    def test_a_change_is_sent(self, session, client, meeting, path):
        first = client.get(path)
        call_off(session, meeting, minutes=5)

        tag, since = first.headers["ETag"], first.headers["Last-Modified"]
        for headers in ({"If-None-Match": tag}, {"If-Modified-Since": since}):
            assert client.get(path, headers=headers).status_code == 200
        # the tag is the better witness (RFC 9110, 13.2.2)
        late = "Mon, 01 Mar 2027 23:00:00 GMT"
        assert client.get(path, headers={"If-None-Match": tag, "If-Modified-Since": late}).status_code == 200

    def test_what_leaves_no_date_is_sent_the_next_day(self, session, client, meeting, path):
        first = client.get(path)
        since = {"If-Modified-Since": first.headers["Last-Modified"]}
        session.execute(
            update(Meeting).values(ends_at=NOON - timedelta(days=100), starts_at=NOON - timedelta(days=101))
        )
        session.commit()

        assert client.get(path, headers=since).status_code == 304
        with time_machine.travel(NOON + timedelta(hours=12), tick=False):
            assert client.get(path, headers=since).status_code == 200

    @pytest.mark.parametrize("rubbish", ["yesterday", "Mon, 99 Mar 2027 12:00:00 GMT", '"', "W/", "*;*"])
    def test_a_broken_condition_is_no_error(self, session, client, meeting, path, rubbish):
        for name in ("If-None-Match", "If-Modified-Since", "Accept-Encoding"):
            assert client.get(path, headers={name: rubbish}).status_code == 200

    def test_it_is_compressed_for_whoever_takes_that(self, session, client, meeting, path):
        plain, packed = client.get(path), client.get(path, headers=GZIP)

        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert int(packed.headers["Content-Length"]) == len(packed.data)
        again = client.get(path, headers={**GZIP, "If-None-Match": packed.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0, identity"})
        assert refused.data == plain.data

    def test_head_tells_the_same_without_the_body(self, session, client, meeting, path):
        for headers in ({}, GZIP):
            whole, head = client.get(path, headers=headers), client.head(path, headers=headers)
            assert (head.status_code, head.data) == (200, b"")
            same = ("ETag", "Last-Modified", "Content-Length", "Content-Type", "Cache-Control", "Vary")
            assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_nothing_can_be_changed_here(self, session, client, meeting, path, method):
        assert getattr(client, method)(path).status_code == 405
