"""That a meeting became full stands in history: once for each time that somebody takes the last seat."""

import pytest
from sqlalchemy import select

from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.registration import answers, approval, invitations, organiser, personal
from app.domain.registration.invitations import Invitation
from app.domain.registration.models import Answer, Place
from tests.domain.registration.cast import DESK, NOW, change_to, hybrid, later, small_meeting
from tests.factories import DOMAIN, person, register

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"


def filled(session, meeting):
    """(mode, actor) each time that the meeting became full."""
    session.flush()
    query = select(Entry).where(Entry.act == "meeting:full", Entry.meeting_id == meeting.id)
    return [(entry.details["mode"], entry.actor) for entry in session.scalars(query.order_by(Entry.id))]


def test_the_last_seat_makes_it_full_and_whoever_comes_then_does_not(session):
    meeting = small_meeting(session, 2)
    register(session, meeting, A, now=NOW)
    assert filled(session, meeting) == []
    register(session, meeting, B, now=NOW)
    assert filled(session, meeting) == [("room", "public")]
    register(session, meeting, C, now=NOW)
    assert filled(session, meeting) == [("room", "public")]


def test_a_party_that_goes_beyond_the_last_seat_fills_it_once(session):
    meeting = small_meeting(session, 2)
    register(session, meeting, A, B, C, now=NOW)
    assert filled(session, meeting) == [("room", "public")]


def test_without_a_limit_and_without_a_seat_nothing_becomes_full(session):
    for capacity in (None, 0):
        meeting = small_meeting(session, capacity)
        register(session, meeting, A, B, now=NOW)
        assert filled(session, meeting) == []


def test_a_repeated_submission_does_not_fill_it_again(session):
    meeting = small_meeting(session, 1)
    register(session, meeting, A, now=NOW)
    register(session, meeting, A, now=later(1))
    assert filled(session, meeting) == [("room", "public")]


def test_who_moves_up_leaves_it_as_full_as_it_was(session):
    meeting = small_meeting(session, 1)
    (first, _second) = register(session, meeting, A, B, now=NOW)
    personal.cancel(session, first.id, now=later(1), actor=ATTENDEE)
    assert filled(session, meeting) == [("room", "public")]


def test_a_seat_that_was_free_again_makes_it_full_again(session):
    meeting = small_meeting(session, 1)
    (first,) = register(session, meeting, A, now=NOW)
    personal.cancel(session, first.id, now=later(1), actor=ATTENDEE)
    personal.undo_cancel(session, first.id, now=later(2), actor=ATTENDEE)
    assert filled(session, meeting) == [("room", "public"), ("room", "attendee")]


def test_room_and_online_are_told_apart_also_after_a_change_of_mode(session):
    meeting = hybrid(session, 1, 1)
    (first,) = register(session, meeting, A, now=NOW)
    personal.change(session, first.id, change_to(first, mode="online"), now=later(1), actor=ATTENDEE)
    assert filled(session, meeting) == [("room", "public"), ("online", "attendee")]


def test_an_organisers_hand_fills_it_too(session):
    meeting = small_meeting(session, 1)
    organiser.add_by_hand(
        session, meeting.id, person(A), language="cs", note="", now=NOW, actor=DESK, mail_domain=DOMAIN
    )
    assert filled(session, meeting) == [("room", "organiser")]


def test_pending_people_fill_nothing_until_they_are_approved(session):
    meeting = small_meeting(session, 1, approval=True)
    (first,) = register(session, meeting, A, now=NOW)
    assert filled(session, meeting) == []
    approval.approve(session, first.id, now=later(1), actor=DESK)
    assert filled(session, meeting) == [("room", "organiser")]


@pytest.mark.parametrize("said", [Answer.YES, Answer.MAYBE])
def test_an_invited_person_who_answers_may_take_the_last_seat(session, said):
    meeting = small_meeting(session, 1)
    (invited,) = invitations.invite(
        session,
        meeting.id,
        Invitation(people=(person(A),), language="cs"),
        now=NOW,
        actor=DESK,
        mail_domain=DOMAIN,
    ).attendees
    assert filled(session, meeting) == []
    answers.answer(session, invited.id, said, now=later(1), actor=ATTENDEE)
    assert invited.place == Place.CONFIRMED
    assert filled(session, meeting) == [("room", "attendee")]


def test_a_change_says_in_history_whether_the_mode_moved(session):
    meeting = hybrid(session, 5, 5)
    (one,) = register(session, meeting, A, now=NOW)
    personal.change(session, one.id, change_to(one, name="Adam Nový"), now=later(1), actor=ATTENDEE)
    personal.change(session, one.id, change_to(one, mode="online"), now=later(2), actor=ATTENDEE)
    session.flush()
    query = select(Entry.details).where(Entry.act == "attendee:change").order_by(Entry.id)
    assert [details["moved"] for details in session.scalars(query)] == [False, True]
