"""Asking for the personal link again."""

from datetime import timedelta

import pytest
import time_machine

from app.base import clock
from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Kind
from app.domain.registration import personal
from tests.factories import make_meeting, person, register
from tests.public.registration_pages import attendees, form_fields, letters, main_of, masked, words

URL = "/en/my/"


@pytest.fixture
def olena(session):
    (row,) = register(session, make_meeting(session), "Olena Ševčenková")
    session.commit()
    return row


def ask(client, email, **more):
    return client.post(URL, data=form_fields(client.get(URL), "ask-link") | {"email": email} | more)


def test_the_link_of_each_meeting_ahead_is_sent(client, session, olena):
    other = make_meeting(session, number=66, title={"en": "Other"})
    register(session, other, person("Olena Ševčenková", olena.email))
    session.commit()
    assert ask(client, olena.email.upper()).status_code == 303
    sent = letters(session)[2:]
    assert [(one.kind, one.recipient) for one in sent] == [(Kind.LINK_AGAIN, olena.email)] * 2
    assert not [one for one in sent if olena.token in str(one.facts)]


def test_the_answer_is_the_same_whoever_is_registered(client, session, olena):
    answers = [ask(client, email) for email in (olena.email, "stranger@example.org")]
    assert len({(one.status_code, one.location, one.data) for one in answers}) == 1
    assert len({masked(client.get(one.location)) for one in answers}) == 1
    assert len(letters(session)) == 2


def test_who_left_and_past_meetings_get_no_link(client, session, olena):
    (gone,) = register(session, make_meeting(session, number=66, title={"en": "Other"}), "Petr Říha")
    personal.cancel(session, gone.id, now=clock.now(), actor=ATTENDEE)
    session.commit()
    before = len(letters(session))
    ask(client, gone.email)
    with time_machine.travel(clock.now() + timedelta(days=60)):
        ask(client, olena.email)
    assert len(letters(session)) == before


def test_more_than_three_an_hour_are_dropped_silently(client, session, olena):
    answers = [ask(client, olena.email) for _try in range(5)]
    assert {one.status_code for one in answers} == {303}
    assert len(letters(session)) == 1 + 3
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        ask(client, olena.email)
    assert len(letters(session)) == 1 + 4


@pytest.mark.parametrize(
    "email", ["", "olena@", "x" * 10_000, "a\x00@example.org", "a\r\nb@example.org", "<b>"]
)
def test_what_is_no_address_is_told(client, session, olena, email):
    page = ask(client, email)
    assert page.status_code == 422
    assert main_of(page).find(".//div[@role='alert']//a").get("href") == "#email"
    assert len(letters(session)) == 1


def test_the_trap_and_a_bad_key_ask_again(client, session, olena):
    for more in ({"website": "x"}, {"form_key": "stale"}):
        page = ask(client, olena.email, **more)
        assert page.status_code == 422
        assert form_fields(page, "ask-link")["email"] == olena.email
    assert len(letters(session)) == 1


def test_switching_the_language_keeps_the_address(client, session, olena):
    page = ask(client, olena.email, switch="1")
    assert page.status_code == 200
    assert form_fields(page, "ask-link")["email"] == olena.email
    assert len(letters(session)) == 1


def test_too_many_from_one_network_wait(client, session, olena):
    fields = form_fields(client.get(URL), "ask-link")
    for _try in range(60):
        client.post(URL, data=fields)
    slow = ask(client, olena.email)
    assert slow.status_code == 429
    assert int(slow.headers["Retry-After"]) > 0
    assert "Wait" in words(slow)
    assert form_fields(slow, "ask-link")["email"] == olena.email
    assert len(attendees(session)) == 1
