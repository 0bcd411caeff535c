"""Where the organiser approves: pending, then a seat, the queue, or a no with its reason."""

import pytest

from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import approval, many, personal, rules
from app.domain.registration.models import Answer, Place
from tests.domain.registration.cast import (
    DESK,
    NOW,
    START,
    assert_sound,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import register

NAMES = ("Adam Adamec", "Běla Bílá", "Cyril Cajthaml")


@pytest.fixture
def meeting(session):
    return small_meeting(session, 1, approval=True)


@pytest.fixture
def people(session, meeting):
    """Three pending, who registered one after the other."""
    return [register(session, meeting, name, now=later(number))[0] for number, name in enumerate(NAMES)]


def test_pending_holds_no_seat(session, people):
    assert places(*people) == "PPP"
    assert told(session, people[0]) == [(Kind.PENDING, None, None)]
    assert_sound(session)


def test_in_the_order_of_registering(session, meeting, people):
    ids = [one.id for one in reversed(people)]
    done = approval.approve_all(session, meeting.id, ids, now=later(9), actor=DESK)
    session.flush()
    assert [one.id for one in done] == ids[::-1]
    assert places(*people) == "CWW"
    assert told(session, people[0])[-1] == (Kind.CONFIRMED, Calendar.REQUEST, 0)
    assert told(session, people[1])[-1] == (Kind.WAITING, None, None)
    assert_sound(session)


def test_whoever_was_decided_meanwhile_is_left(session, meeting, people):
    approval.approve(session, people[0].id, now=later(8), actor=DESK)
    (stranger,) = register(session, small_meeting(session, 1, approval=True), "Dana Dvořáková", now=NOW)
    ids = [people[0].id, people[1].id, stranger.id, 4711]
    assert approval.approve_all(session, meeting.id, ids, now=later(9), actor=DESK) == [people[1]]
    assert stranger.place == Place.PENDING


def test_declined_with_a_reason_and_taken_back(session, meeting, people):
    ids = [one.id for one in people[:2]]
    done = approval.disapprove_all(session, meeting.id, ids, reason="Sál je malý.", now=later(9), actor=DESK)
    session.flush()
    assert places(*people) == "XXP"
    assert letters_to(session, done[0])[-1].facts["reason"] == "Sál je malý."
    many.bring_back(session, meeting.id, later(9), now=later(10), actor=DESK)
    assert places(*people) == "PPP", "an undo is no approval"
    assert told(session, people[0])[-1][0] == Kind.PENDING
    assert_sound(session)


def test_who_took_back_an_own_no_is_still_to_be_approved(session, people):
    personal.cancel(session, people[0].id, now=later(8), actor=ATTENDEE)
    personal.undo_cancel(session, people[0].id, now=later(9), actor=ATTENDEE)
    assert (people[0].place, people[0].answer) == (Place.PENDING, Answer.YES)


@pytest.mark.parametrize("verb", ["approve_all", "disapprove_all"])
def test_not_after_the_start(session, meeting, people, verb):
    more = {"reason": ""} if verb == "disapprove_all" else {}
    with pytest.raises(rules.ChangeRefused):
        getattr(approval, verb)(session, meeting.id, [people[0].id], now=START, actor=DESK, **more)
