"""`flask check` finds each thing that must never be: every case breaks one of them by force."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Letter, State
from app.domain.registration import personal
from app.domain.registration.models import Attendee, Place
from app.domain.reports import invariants
from tests.domain.registration.cast import LATE, NOW, START, assert_sound, later, letters_to, small_meeting
from tests.factories import register

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"


@pytest.fixture
def story(session):
    """A seat, two who wait, one who left; all is well."""
    meeting = small_meeting(session, 1)
    people = register(session, meeting, A, B, C, "Dana Dvořáková", now=NOW)
    personal.cancel(session, people[3].id, now=later(1), actor=ATTENDEE)
    assert_sound(session)
    return meeting, people


def found(session, *, now=NOW):
    session.flush()
    return invariants.broken(session, now=now)


def test_all_is_well_at_any_time(session, story):
    for now in (NOW, LATE, START, START + timedelta(days=400)):
        assert found(session, now=now) == []


def test_an_oversold_meeting(session, story):
    meeting, people = story
    people[1].place, people[1].queue_number = Place.CONFIRMED, None
    people[1].email = None
    assert found(session) == [f"Meeting {meeting.id}: 2 confirmed for 1 seats (room)."]


def test_a_seat_that_lies_idle(session, story):
    meeting, _ = story
    meeting.capacity = 2
    assert found(session) == [f"Meeting {meeting.id}: 2 wait although a seat is free (room)."]
    assert found(session, now=LATE) == []


@pytest.mark.parametrize(("who", "number"), [(1, None), (0, 7), (3, 7)])
def test_a_queue_number_that_does_not_fit(session, story, who, number):
    _, people = story
    people[who].queue_number = number
    assert found(session) == [f"Attendee {people[who].id}: the queue number does not fit the place."]


def test_two_under_one_number(session, story):
    meeting, people = story
    people[2].queue_number = people[1].queue_number
    assert found(session) == [f"Meeting {meeting.id}: two people wait under number 1."]


def test_one_person_twice(session, story):
    meeting, people = story
    session.execute(text("DROP INDEX uq_attendees_live_person"))
    people[2].email_key, people[2].name_key = people[1].email_key, people[1].name_key
    sentence = f"Meeting {meeting.id}: the person of attendee {people[1].id} is on the list twice."
    assert found(session) == [sentence]
    session.rollback()


def test_a_sequence_that_ran_ahead(session, story):
    _, people = story
    people[0].sent_sequence = 1
    assert found(session) == [f"Attendee {people[0].id}: a higher SEQUENCE was sent than the present one."]


def test_a_sequence_that_fell(session, story):
    _, people = story
    letters_to(session, people[3])[-1].calendar = "REQUEST"
    letters_to(session, people[3])[0].calendar = "REQUEST"
    letters_to(session, people[3])[0].sequence = 5
    assert found(session) == [f"Attendee {people[3].id}: SEQUENCE fell from one letter to the next."]


def test_a_seat_without_an_invite(session, story):
    _, people = story
    session.execute(
        update(Letter).where(Letter.attendee_id == people[0].id).values(calendar=None, sequence=None)
    )
    assert found(session) == [f"Attendee {people[0].id}: has a seat, but no invite was ever written."]


def test_a_letter_to_nobody(session, story):
    _, people = story
    letter = letters_to(session, people[1])[0]
    letter.recipient = None
    assert found(session) == [f"Letter {letter.id}: is to be sent to nobody."]


def test_letters_left_by_a_dead_worker(session, story):
    _, people = story
    letter = letters_to(session, people[1])[0]
    letter.state, letter.due_at = State.SENDING, NOW + timedelta(minutes=5)
    assert found(session) == []
    later_on = NOW + timedelta(minutes=6)
    sentence = "1 letters were left by a worker that died; a running worker repeats them."
    assert found(session, now=later_on) == [sentence]


def test_sentences_hold_no_names(session, story):
    session.execute(update(Attendee).values(queue_number=9, sent_sequence=9))
    assert len(found(session)) >= 5
    assert not any("Adam" in one or "@" in one for one in found(session))
