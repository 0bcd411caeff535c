from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from app.domain.calendars.links import google_link, outlook_link
from tests.domain.calendars.calendar_facts import MEETING, public_facts


def query_of(link: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(link).query, strict_parsing=True).items()}


def test_google_link_fills_in_the_meeting():
    link = google_link(public_facts(description="Téma: školy\na rodiny"))
    assert urlsplit(link)[:3] == ("https", "calendar.google.com", "/calendar/render")
    assert query_of(link) == {
        "action": "TEMPLATE",
        "text": MEETING["summary"],
        "dates": "20261022T110000Z/20261022T140000Z",
        "ctz": "Europe/Prague",
        "details": f"Téma: školy\na rodiny\n\n{MEETING['url']}",
        "location": MEETING["location"],
    }


def test_outlook_link_fills_in_the_meeting():
    link = outlook_link(public_facts(description="Školy & rodiny <3\ndruhý řádek"))
    assert urlsplit(link)[:3] == ("https", "outlook.office.com", "/calendar/deeplink/compose")
    assert query_of(link) == {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": MEETING["summary"],
        "startdt": "2026-10-22T11:00:00Z",
        "enddt": "2026-10-22T14:00:00Z",
        "body": f"Školy &amp; rodiny &lt;3<br>druhý řádek<br><br>{MEETING['url']}",
        "location": MEETING["location"],
    }


@pytest.mark.parametrize("make", [google_link, outlook_link])
def test_nothing_typed_can_leave_its_parameter(make):
    typed = 'a&b=c#d?e+f g"h\r\nX: 1\x00\ud800 100% <script>'
    link = make(public_facts(summary=typed, location=typed, description=typed))
    assert link.isascii()
    assert not set(link) & set(" \"'<>\r\n#")
    plain = make(public_facts())
    assert query_of(link).keys() == query_of(plain).keys()
    titles = {query_of(link).get("text"), query_of(link).get("subject")}
    assert 'a&b=c#d?e+f g"h X: 1 100% <script>' in titles


@pytest.mark.parametrize("make", [google_link, outlook_link])
def test_long_texts_are_cut_and_the_address_stays(make):
    link = make(public_facts(summary="Ж" * 5000, location="ž" * 5000, description="слово " * 5000))
    assert len(link) < 2048
    query = query_of(link)
    body = query.get("details") or query["body"]
    assert "…" in body
    assert body.endswith(MEETING["url"])
    assert query["location"].endswith("ž…")


@pytest.mark.parametrize("make", [google_link, outlook_link])
def test_what_is_empty_is_left_out(make):
    link = make(public_facts(location=None, description="", url=None))
    assert not query_of(link).keys() & {"location", "details", "body"}
