"""The calendar file of a meeting for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.base import clock
from app.base.db import begin_write
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Format, MeetingState
from app.domain.registration import changes
from tests import factories
from tests.calendar_checks import assert_well_formed, read_the_same


def test_file_tells_the_meeting_in_the_language_asked_for(session, client) -> None:
    meeting = factories.make_meeting(session)
    session.commit()

    response = client.get(f"/meetings/{meeting.slug}.ics?language=en")

    assert response.status_code == 200
    assert response.content_type == "text/calendar; charset=utf-8"
    assert f'filename="{meeting.slug}.ics"' in response.headers["Content-Disposition"]
    text = response.get_data(as_text=True)
    assert "METHOD:PUBLISH" in text
    assert "SUMMARY:Housing and the move to renting" in text
    assert f"URL:http://localhost/en/meetings/{meeting.slug}/" in text.replace("\r\n ", "")
    assert_well_formed(response.data)
    reading = read_the_same(response.data)
    assert (reading.starts_at, reading.ends_at) == (meeting.starts_at, meeting.ends_at)
    assert reading.uid == meeting.uid
    assert reading.attendee is None


def test_file_comes_in_the_first_language_unless_asked(session, client) -> None:
    meeting = factories.make_meeting(session)
    session.commit()

    for query in ("", "?language=xx", "?language="):
        response = client.get(f"/meetings/{meeting.slug}.ics{query}")
        assert "SUMMARY:Bydlení a přechod do nájmů" in response.get_data(as_text=True)


def test_same_meeting_is_not_sent_twice(session, client) -> None:
    meeting = factories.make_meeting(session)
    session.commit()
    path = f"/meetings/{meeting.slug}.ics"

    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert again.data == b""
    assert "public" in first.headers["Cache-Control"]

    begin_write(session)
    changes.call_off(session, meeting.id, reason={}, now=clock.now() + timedelta(hours=1), actor=SYSTEM)
    session.commit()
    changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "STATUS:CANCELLED" in changed.get_data(as_text=True)
    assert "SEQUENCE:1" in changed.get_data(as_text=True)


@pytest.mark.parametrize("state", [MeetingState.DRAFT, None])
def test_what_is_not_public_has_no_file(session, client, state) -> None:
    slug = factories.make_meeting(session, state=state).slug if state else "nothing"
    session.commit()

    assert client.get(f"/meetings/{slug}.ics").status_code == 404


def test_online_meeting_has_no_place_and_no_link(session, client) -> None:
    meeting = factories.make_meeting(session, format=Format.ONLINE, online_url="https://meet.example.org/x")
    session.commit()

    text = client.get(f"/meetings/{meeting.slug}.ics").get_data(as_text=True)

    assert "LOCATION" not in text
    assert "GEO" not in text
    assert "meet.example.org" not in text
