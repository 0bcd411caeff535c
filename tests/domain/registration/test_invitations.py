"""Inviting by hand: who gets a letter, who is left alone, and the reminder to those who are silent."""

from datetime import timedelta

import pytest

from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import answers, invitations, many, personal, queries, rules
from app.domain.registration.invitations import Invitation
from app.domain.registration.models import Answer, Mode, Place
from tests.domain.registration.cast import (
    DESK,
    NOW,
    START,
    acts,
    assert_sound,
    hybrid,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, make_meeting, person, register

A, B, C = person("Adam Adamec"), person("Běla Bílá"), person("Cyril Cajthaml")


def invite(session, meeting, *people, now=NOW, words=""):
    command = Invitation(people=people, language="cs", words=words)
    done = invitations.invite(session, meeting.id, command, now=now, actor=DESK, mail_domain=DOMAIN)
    session.flush()
    return done


def test_each_gets_a_request_that_asks(session):
    meeting = small_meeting(session, 1)
    done = invite(session, meeting, A, B, words="Přijďte, prosím.")
    assert places(*done.attendees) == "II"
    assert (done.known, [one.invited_at for one in done.attendees]) == (0, [NOW, NOW])
    for one in done.attendees:
        (letter,) = letters_to(session, one)
        assert (letter.kind, letter.calendar) == (Kind.INVITED, Calendar.REQUEST)
        assert letter.facts["invite"]["partstat"] == "NEEDS-ACTION"
        assert letter.facts["words"] == "Přijďte, prosím."
    assert acts(session, done.attendees[0]) == ["attendee:invite"]
    assert_sound(session)


def test_whoever_is_on_the_list_is_left_alone(session):
    meeting = small_meeting(session, 5)
    (coming,) = register(session, meeting, A, now=NOW)
    (gone,) = register(session, meeting, B, now=NOW)
    personal.cancel(session, gone.id, now=later(1), actor=ATTENDEE)
    done = invite(session, meeting, A, B, C, C, now=later(2))
    assert ([one.name for one in done.attendees], done.known) == (["Cyril Cajthaml"], 3)
    assert (len(letters_to(session, coming)), gone.place) == (1, Place.DECLINED), "a no is not asked again"


def test_somebody_who_was_taken_off_can_be_invited(session):
    meeting = small_meeting(session, 5)
    (gone,) = register(session, meeting, A, now=NOW)
    personal.cancel(session, gone.id, now=later(1), actor=DESK)
    assert len(invite(session, meeting, A, now=later(2)).attendees) == 1


def test_two_people_of_one_address_are_two(session):
    meeting = small_meeting(session, 5)
    register(session, meeting, person("Adam Adamec", email="info@example.org"), now=NOW)
    other = person("Běla Bílá", email="info@example.org")
    assert len(invite(session, meeting, other).attendees) == 1
    assert [one.name for one in invitations.listed_at(session, meeting.id, ["info@example.org"])] == [
        "Adam Adamec",
        "Běla Bílá",
    ]


def test_more_people_than_one_statement_takes(session):
    meeting = small_meeting(session, None)
    many = [person(f"Host {number:03}") for number in range(2 * invitations.AT_A_TIME + 1)]
    assert len(invite(session, meeting, *many).attendees) == len(many)
    assert invite(session, meeting, *many, A).known == len(many)


@pytest.mark.parametrize(
    ("values", "now", "refusal"),
    [
        ({"state": MeetingState.DRAFT}, NOW, rules.RegistrationClosed),
        ({"state": MeetingState.CALLED_OFF}, NOW, rules.ChangeRefused),
        ({}, START, rules.ChangeRefused),
    ],
)
def test_not_to_a_meeting_that_is_not_on(session, values, now, refusal):
    meeting = make_meeting(session, starts_at=START, **values)
    with pytest.raises(refusal):
        invite(session, meeting, A, now=now)


def test_not_in_a_way_that_is_not_offered(session):
    with pytest.raises(rules.ModeNotOffered):
        invite(session, small_meeting(session), person("Adam Adamec", mode=Mode.ONLINE))


def test_the_silent_are_reminded_once_a_day(session):
    meeting = small_meeting(session, 5)
    silent, said = invite(session, meeting, A, B).attendees
    answers.answer(session, said.id, Answer.MAYBE, now=later(1), actor=ATTENDEE)
    assert invitations.count_to_remind(session, meeting, now=later(2)) == 1
    assert invitations.remind_silent(session, meeting.id, now=later(2), actor=DESK) == 1
    assert invitations.count_to_remind(session, meeting, now=later(3)) == 0
    assert invitations.remind_silent(session, meeting.id, now=later(3), actor=DESK) == 0
    assert [kind for kind, _, _ in told(session, silent)] == [Kind.INVITED, Kind.REMINDER]
    assert invitations.remind_silent(session, meeting.id, now=NOW + timedelta(days=1), actor=DESK) == 1


class TestUndo:
    """An undo gives the place that there was, and never more."""

    def test_a_withdrawn_invitation_is_an_invitation_again(self, session):
        meeting = small_meeting(session, 5)
        (one,) = invite(session, meeting, A).attendees
        personal.cancel(session, one.id, now=later(1), actor=DESK)
        assert one.place == Place.CANCELLED
        personal.undo_cancel(session, one.id, now=later(2), actor=DESK)
        assert (one.place, one.answer) == (Place.INVITED, Answer.NONE)
        assert told(session, one) == [
            (Kind.INVITED, Calendar.REQUEST, 0),
            (Kind.CANCELLED, Calendar.CANCEL, 1),
            (Kind.INVITED, Calendar.REQUEST, 2),
        ]
        assert_sound(session)

    def test_an_organiser_takes_back_a_no_to_an_invitation(self, session):
        meeting = small_meeting(session, 5)
        (one,) = invite(session, meeting, A).attendees
        answers.answer(session, one.id, Answer.NO, now=later(1), actor=ATTENDEE)
        personal.undo_cancel(session, one.id, now=later(2), actor=DESK)
        assert (one.place, one.answer) == (Place.INVITED, Answer.NONE)

    def test_the_invited_person_who_takes_back_a_no_comes(self, session):
        meeting = small_meeting(session, 5)
        (one,) = invite(session, meeting, A).attendees
        answers.answer(session, one.id, Answer.NO, now=later(1), actor=ATTENDEE)
        answers.answer(session, one.id, Answer.YES, now=later(2), actor=ATTENDEE)
        assert (one.place, one.answer) == (Place.CONFIRMED, Answer.YES)

    def test_an_invited_person_who_had_a_seat_gets_a_seat(self, session):
        meeting = small_meeting(session, 5)
        (one,) = invite(session, meeting, A).attendees
        answers.answer(session, one.id, Answer.YES, now=later(1), actor=ATTENDEE)
        personal.cancel(session, one.id, now=later(2), actor=DESK)
        personal.undo_cancel(session, one.id, now=later(3), actor=DESK)
        assert one.place == Place.CONFIRMED


class TestRelease:
    """Seats of the undecided go to others, and come back as a whole."""

    @pytest.fixture
    def story(self, session):
        """Two in the room and one online said maybe; one waits for the room."""
        meeting = hybrid(session, 2, 5)
        online = person("Cyril Cajthaml", mode=Mode.ONLINE)
        people = register(session, meeting, A, B, online, "Dana Dvořáková", now=NOW)
        for number, one in enumerate(people[:3]):
            answers.answer(session, one.id, Answer.MAYBE, now=later(number), actor=ATTENDEE)
        return meeting, people

    def test_how_many_there_are(self, session, story):
        meeting, people = story
        found = queries.counts(session, meeting.id)
        assert (found["maybe:room"], found["maybe:online"]) == (2, 1)
        assert answers.undecided(session, meeting.id) == [people[0].id, people[1].id, people[2].id]

    def test_all_at_once_and_back(self, session, story):
        meeting, people = story
        everybody = answers.undecided(session, meeting.id)
        answers.release(session, meeting.id, everybody, now=later(9), actor=DESK)
        session.flush()
        assert places(*people) == "XXXC"
        back = many.bring_back(session, meeting.id, later(9), now=later(10), actor=DESK)
        assert {one.id for one in back} == set(everybody)
        assert places(*people) == "CWCC", "who registered first is served first"
        assert people[1].answer == Answer.MAYBE
        assert_sound(session)

    def test_only_what_that_act_ended_comes_back(self, session, story):
        meeting, people = story
        answers.release(session, meeting.id, [people[0].id], now=later(8), actor=DESK)
        answers.release(session, meeting.id, [people[1].id], now=later(9), actor=DESK)
        assert len(many.bring_back(session, meeting.id, later(9), now=later(10), actor=DESK)) == 1
        assert many.bring_back(session, meeting.id, later(7), now=later(10), actor=DESK) == []

    def test_who_registered_anew_stays(self, session, story):
        meeting, people = story
        answers.release(session, meeting.id, [people[0].id, people[2].id], now=later(8), actor=DESK)
        register(session, meeting, A, now=later(9))
        back = many.bring_back(session, meeting.id, later(8), now=later(10), actor=DESK)
        assert [one.id for one in back] == [people[2].id]
        assert_sound(session)

    def test_not_after_the_start(self, session, story):
        meeting, _people = story
        with pytest.raises(rules.ChangeRefused):
            many.bring_back(session, meeting.id, later(9), now=START, actor=DESK)
