"""The first page: what the platform is, the next meeting, whom to write to."""

from __future__ import annotations

from datetime import timedelta

from app.base import clock
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import MeetingState
from app.domain.pages.service import save_page
from tests import factories


def test_home_shows_the_next_meeting_as_one_line(session, client) -> None:
    later = factories.make_meeting(session, starts_at=clock.now() + timedelta(days=60))
    meeting = factories.make_meeting(session)
    factories.make_meeting(session, state=MeetingState.DRAFT, starts_at=clock.now() + timedelta(days=1))
    factories.make_meeting(session, state=MeetingState.CALLED_OFF, starts_at=clock.now() + timedelta(days=2))
    session.commit()

    text = client.get("/cs/").get_data(as_text=True)

    assert f"/cs/meetings/{meeting.slug}/register" in text
    assert later.slug not in text
    assert "Sál architektů, Staroměstská radnice" in text
    assert len(text.encode()) < 60_000


def test_home_lists_past_meetings_and_contacts(session, client) -> None:
    old = factories.make_meeting(session, starts_at=clock.now() - timedelta(days=40))
    factories.make_contact(session)
    session.commit()

    text = client.get("/en/").get_data(as_text=True)

    assert f"/en/meetings/{old.slug}/" in text
    assert "platform methodologist" in text
    assert "platforma@example.org" in text


def test_home_of_an_empty_site_says_what_will_be_here(client) -> None:
    text = client.get("/en/").get_data(as_text=True)

    assert "No meeting is planned yet." in text
    assert "Regional Advisory Platform" in text


def test_home_shows_the_text_of_the_administrator(session, client) -> None:
    save_page(
        session, "about", "en", "# Our *forum*\n\nCome & see.", version=0, now=clock.now(), actor=SYSTEM
    )
    session.commit()

    text = client.get("/en/").get_data(as_text=True)

    assert "<h1>Our *forum*</h1>" in text
    assert "Come &amp; see." in text


def test_root_leads_to_a_language(client) -> None:
    response = client.get("/", headers={"Accept-Language": "en"})

    assert response.status_code == 302
    assert response.location == "/en/"


def test_home_asks_few_statements(session, client, statements) -> None:
    factories.make_meeting(session)
    session.commit()

    with statements() as seen:
        client.get("/cs/")

    assert len(seen) <= 6, seen
