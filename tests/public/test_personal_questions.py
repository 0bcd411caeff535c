"""Answers to questions behind the personal link: seen always, changed until the deadline."""

from datetime import timedelta

import pytest
import time_machine

from app.base import clock
from app.domain.questions.commands import Given
from app.domain.questions.models import QuestionKind
from app.domain.registration.models import Attendee
from tests import factories
from tests.public.registration_pages import form_fields, letters, tree_of, words
from tests.questionnaires import ask, ids, option, said_by


@pytest.fixture
def shop(session):
    meeting = factories.make_meeting(session, capacity=3)
    return ask(session, meeting, QuestionKind.ONE, "Workshop", option("Housing", 1), "School", required=True)


@pytest.fixture
def jana(session, shop):
    meeting = session.get_one(factories.Meeting, shop.meeting_id)
    said = {shop.id: Given(options=(ids(shop)[0],))}
    (attendee,) = factories.register(session, meeting, factories.person("Jana Nováková", answers=said))
    session.commit()
    return attendee


def my(attendee, page=""):
    return f"/en/my/{attendee.token}/{page}"


def chosen(session, attendee, shop):
    session.rollback()
    given = said_by(session, session.get_one(Attendee, attendee.id)).get(shop.id, Given())
    return [ids(shop).index(one) for one in given.options]


def test_the_page_shows_what_was_said_and_the_form_changes_it(client, session, shop, jana):
    assert "Workshop Housing" in words(client.get(my(jana)))
    fields = form_fields(client.get(my(jana, "change")), "change")
    assert fields[f"q{shop.id}"] == str(ids(shop)[0])
    sent = client.post(my(jana, "change"), data=fields | {f"q{shop.id}": str(ids(shop)[1])})
    assert sent.status_code == 303
    assert chosen(session, jana, shop) == [1]
    assert [letter.kind for letter in letters(session)] == ["confirmed", "changed"]


def test_a_full_option_is_refused_and_the_rest_kept(client, session, shop, jana):
    meeting = session.get_one(factories.Meeting, shop.meeting_id)
    said = {shop.id: Given(options=(ids(shop)[1],))}
    (petr,) = factories.register(session, meeting, factories.person("Petr Svoboda", answers=said))
    session.commit()
    page = client.get(my(petr, "change"))
    full = [one for one in tree_of(page).iter("input") if one.get("disabled") is not None]
    assert [one.get("value") for one in full] == [str(ids(shop)[0])]
    fields = form_fields(page, "change")
    answer = client.post(
        my(petr, "change"), data=fields | {f"q{shop.id}": str(ids(shop)[0]), "organisation": "InBáze"}
    )
    assert answer.status_code == 422
    assert "“Housing” is full now." in words(answer)
    assert form_fields(answer, "change")["organisation"] == "InBáze"
    assert chosen(session, petr, shop) == [1]


def test_a_missing_answer_is_asked_for(client, session, shop):
    meeting = session.get_one(factories.Meeting, shop.meeting_id)
    (petr,) = factories.register(session, meeting, "Petr Svoboda")
    session.commit()
    assert "The organiser asks you something." in words(client.get(my(petr)))
    fields = form_fields(client.get(my(petr, "change")), "change")
    answer = client.post(my(petr, "change"), data=fields)
    assert answer.status_code == 422
    assert "Answer “Workshop”." in words(answer)
    client.post(my(petr, "change"), data=fields | {f"q{shop.id}": str(ids(shop)[1])})
    assert "The organiser asks you something." not in words(client.get(my(petr)))


def test_after_the_deadline_answers_are_only_shown(client, session, shop, jana):
    meeting = session.get_one(factories.Meeting, shop.meeting_id)
    meeting.deadline = (clock.now() + timedelta(days=1)).date()
    session.commit()
    fields = form_fields(client.get(my(jana, "change")), "change")
    with time_machine.travel(clock.now() + timedelta(days=3), tick=True):
        page = client.get(my(jana, "change"))
        assert "The time to change answers to questions is over." in words(page)
        assert f"q{shop.id}" not in form_fields(page, "change")
        sent = client.post(
            my(jana, "change"), data=fields | {f"q{shop.id}": str(ids(shop)[1]), "organisation": "InBáze"}
        )
        assert sent.status_code == 303
        assert "Workshop Housing" in words(client.get(my(jana)))
    assert chosen(session, jana, shop) == [0]


def test_a_wish_without_a_place_is_marked(client, session, shop, jana):
    from app.domain.history.service import ATTENDEE
    from app.domain.registration import personal

    meeting = session.get_one(factories.Meeting, shop.meeting_id)
    personal.cancel(session, jana.id, now=clock.now(), actor=ATTENDEE)
    said = {shop.id: Given(options=(ids(shop)[0],))}
    factories.register(session, meeting, factories.person("Petr Svoboda", answers=said))
    personal.undo_cancel(session, jana.id, now=clock.now(), actor=ATTENDEE)
    session.commit()
    assert "Housing no place left" in words(client.get(my(jana)))
