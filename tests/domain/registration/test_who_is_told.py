"""Whom an edit of a published meeting concerns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from app.base import clock
from app.domain.history.service import organiser
from app.domain.meetings.models import Format
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import changes, edit_meeting
from app.domain.registration.models import Mode
from tests.factories import make_meeting, meeting_text, person, register


def _edit(session, meeting, text):
    edit_meeting.edit(
        session, meeting.id, text, [], version=meeting.version, now=clock.now(), actor=organiser(1)
    )
    query = select(func.count()).where(Letter.kind == Kind.RESCHEDULED)
    return session.scalar(query)


def test_a_new_online_link_concerns_only_those_online(session):
    text = meeting_text(session, format=Format.HYBRID, online_url="https://meet.example.org/a")
    meeting = make_meeting(session, format=Format.HYBRID, online_url="https://meet.example.org/a")
    register(session, meeting, person("Jana V Sále"), person("Petr Online", mode=Mode.ONLINE))
    assert changes.count_told(session, meeting.id, ["online_url"]) == 1
    assert _edit(session, meeting, replace(text, online_url="https://meet.example.org/b")) == 1


def test_a_new_place_concerns_everybody(session):
    text = meeting_text(session, format=Format.HYBRID)
    meeting = make_meeting(session, format=Format.HYBRID)
    register(session, meeting, person("Jana V Sále"), person("Petr Online", mode=Mode.ONLINE))
    assert changes.count_told(session, meeting.id, ["venue", "online_url"]) == 2
    assert _edit(session, meeting, replace(text, venue={"cs": "Jinde", "en": "Elsewhere"})) == 2


def test_nobody_is_told_of_a_meeting_that_is_over(session):
    start = clock.now() - timedelta(days=2)
    text = meeting_text(session, starts_at=start)
    meeting = make_meeting(session, starts_at=start)
    register(session, meeting, "Jana Nová", now=start - timedelta(days=3))
    assert _edit(session, meeting, replace(text, title={"cs": "Opravený název", "en": "Corrected"})) == 0
