"""A colleague comes instead: the seat goes on, each calendar is right, and nothing tells who was on the list."""

from __future__ import annotations

import pytest

from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import answers, invitations, personal, rules, substitutes
from app.domain.registration.models import Answer, Attendee, Mode, Place
from app.domain.registration.substitutes import Substitution
from tests.domain.registration.cast import (
    DESK,
    NOW,
    acts,
    assert_sound,
    hybrid,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, person, register

EVERYTHING_OF_OLD = ("place", "answer", "answer_by", "answer_note", "queue_number", "revision", "ended_at")


def instead(
    session, old: Attendee, name: str = "Petr", minutes: int = 30, *, delay_hours: int = 0, **more
) -> Attendee:
    """Let somebody of this name come instead."""
    command = Substitution(
        person=person(name, **more), language="en", note="Omlouvám se.", delay_hours=delay_hours
    )
    return substitutes.substitute(
        session, old.id, command, now=later(minutes), actor=ATTENDEE, mail_domain=DOMAIN
    )


def one_by_one(session, meeting, *people) -> list[Attendee]:
    """Register people as parties of their own, a minute apart."""
    return [register(session, meeting, one, now=later(number))[0] for number, one in enumerate(people)]


def invited(session, meeting, name: str) -> Attendee:
    """Somebody who has been asked to come."""
    command = invitations.Invitation(people=(person(name),), language="cs")
    (row,) = invitations.invite(
        session, meeting.id, command, now=NOW, actor=DESK, mail_domain=DOMAIN
    ).attendees
    return row


def test_the_seat_goes_on_and_nobody_moves_up(session):
    meeting = small_meeting(session)
    a, waiting = one_by_one(session, meeting, person("A", organisation="Praha 5"), "W")
    new = instead(session, a)
    assert places(a, new, waiting) == "XCW"
    assert (new.organisation_name, new.language, new.answer) == ("Praha 5", "en", Answer.NONE)
    assert (a.answer, a.answer_note) == (Answer.NO, "Omlouvám se.")
    assert told(session, a)[-1] == (Kind.REPLACED, Calendar.CANCEL, 1)
    assert told(session, new) == [(Kind.SUBSTITUTE, Calendar.REQUEST, 0)]
    assert letters_to(session, new)[0].facts["registered_by"] == "A"
    assert acts(session, a)[-1] == "attendee:cancel"
    assert acts(session, new) == ["attendee:substitute"]
    assert substitutes.substitute_of(session, a) is new
    assert_sound(session)


@pytest.mark.parametrize("place", [Place.WAITING, Place.INVITED, Place.PENDING])
def test_other_places_go_on_too(session, place):
    meeting = small_meeting(session, approval=place == Place.PENDING)
    if place == Place.INVITED:
        a = invited(session, meeting, "A")
    else:
        *_first, a = one_by_one(session, meeting, "X", "A")
    number = a.queue_number
    new = instead(session, a)
    assert (new.place, new.queue_number, a.place) == (place, number, Place.CANCELLED)
    assert told(session, new)[-1][:2] == (
        Kind.SUBSTITUTE,
        Calendar.REQUEST if place == Place.INVITED else None,
    )
    assert_sound(session)


def test_oneself_is_no_colleague(session):
    meeting = small_meeting(session)
    (a,) = one_by_one(session, meeting, "Olena Ševčenková")
    with pytest.raises(rules.AlreadyRegistered):
        instead(session, a, "OLENA  SEVCENKOVA", email="Olena.Sevcenkova@example.org")
    assert (a.place, len(letters_to(session, a))) == (Place.CONFIRMED, 1)


def test_of_oneself_the_same_is_left_whoever_the_colleague_is(session):
    """Everything that the person can see afterwards, in each case of who was on the list before."""
    seen = []
    for state in ("nobody", "confirmed", "waiting", "invited"):
        meeting = small_meeting(session, 2)
        a, *_others = one_by_one(session, meeting, "A", "Petr" if state == "confirmed" else "X")
        if state == "waiting":
            one_by_one(session, meeting, "Y", "Petr")
        if state == "invited":
            invited(session, meeting, "Petr")
        instead(session, a)
        seen.append(
            (
                *(getattr(a, name) for name in EVERYTHING_OF_OLD),
                told(session, a),
                letters_to(session, a)[-1].facts.keys(),
                substitutes.was_substituted(session, a),
            )
        )
        assert_sound(session)
    assert seen[1:] == seen[:1] * 3


def test_who_has_a_seat_already_keeps_it_and_the_other_one_is_free(session):
    meeting = small_meeting(session, 2)
    a, petr, waiting = one_by_one(session, meeting, "A", "Petr", "W")
    assert instead(session, a) is petr
    assert places(a, petr, waiting) == "XCC"
    assert (petr.revision, petr.substitute_for_id, petr.answer) == (0, a.id, Answer.YES)
    assert told(session, petr)[-1][:2] == (Kind.ALREADY_REGISTERED, None)
    assert acts(session, petr)[-1] == "attendee:substitute"
    assert_sound(session)


def test_who_waits_gets_the_seat(session):
    meeting = hybrid(session, 1, 1)
    a, first, petr = one_by_one(session, meeting, "A", "First", "Petr")
    instead(session, a)
    assert places(a, first, petr) == "XWC"
    assert petr.queue_number is None
    assert told(session, petr)[-1][:2] == (Kind.SUBSTITUTE, Calendar.REQUEST)
    assert_sound(session)


def test_who_waits_for_the_other_way_gets_the_seat_that_there_is(session):
    meeting = hybrid(session, 5, 1)
    (a,) = one_by_one(session, meeting, "A")
    _x, petr = one_by_one(session, meeting, person("X", mode=Mode.ONLINE), person("Petr", mode=Mode.ONLINE))
    instead(session, a)
    assert (petr.place, petr.mode) == (Place.CONFIRMED, Mode.ROOM)
    assert_sound(session)


def test_who_is_invited_gets_the_seat_under_the_same_entry(session):
    meeting = small_meeting(session)
    (a,) = one_by_one(session, meeting, "A")
    petr = invited(session, meeting, "Petr")
    uid = petr.uid
    assert instead(session, a) is petr
    assert (petr.place, petr.answer, petr.uid) == (Place.CONFIRMED, Answer.NONE, uid)
    assert told(session, petr) == [
        (Kind.INVITED, Calendar.REQUEST, 0),
        (Kind.SUBSTITUTE, Calendar.REQUEST, 1),
    ]
    assert_sound(session)


@pytest.mark.parametrize("order", [("A", "Petr"), ("Petr", "A")])
def test_of_two_who_wait_the_earlier_number_counts(session, order):
    meeting = small_meeting(session)
    rows = one_by_one(session, meeting, "X", *order, "Last")
    a, petr = (next(row for row in rows if row.name == name) for name in ("A", "Petr"))
    numbers = (a.queue_number, petr.queue_number)
    instead(session, a)
    assert (petr.place, petr.queue_number) == (Place.WAITING, min(numbers))
    assert_sound(session)


def test_too_many_letters_are_held_back_or_left_out(session):
    meeting = small_meeting(session, 3)
    a, b, petr = one_by_one(session, meeting, "A", "B", "Petr")
    new = instead(session, a, "Jana", delay_hours=2)
    assert (letters_to(session, new)[0].due_at - later(30)).total_seconds() == 2 * 3600
    before = len(letters_to(session, petr))
    instead(session, b, "Petr", delay_hours=1)
    assert len(letters_to(session, petr)) == before


def test_named_twice_a_colleague_stands_for_the_first(session):
    meeting = small_meeting(session, 3)
    a, b, petr = one_by_one(session, meeting, "A", "B", "Petr")
    instead(session, a)
    instead(session, b, minutes=31)
    assert petr.substitute_for_id == a.id
    assert substitutes.was_substituted(session, a)
    assert substitutes.was_substituted(session, b)


class TestUndo:
    """Whoever named a colleague cannot take it back alone; an organiser can bring them back."""

    @pytest.fixture
    def old(self, session):
        meeting = small_meeting(session, 2)
        (row,) = one_by_one(session, meeting, "A")
        instead(session, row)
        return row

    @pytest.mark.parametrize("said", [Answer.YES, Answer.MAYBE])
    def test_not_by_oneself(self, session, old, said):
        for act in (personal.undo_cancel, lambda *args, **more: answers.answer(*args, said, **more)):
            with pytest.raises(rules.ChangeRefused) as refused:
                act(session, old.id, now=later(40), actor=ATTENDEE)
            assert refused.value.reason == "substituted"
        assert old.place == Place.CANCELLED

    def test_by_an_organiser_and_then_it_is_an_ordinary_place(self, session, old):
        personal.undo_cancel(session, old.id, now=later(40), actor=DESK)
        assert (old.place, old.answer) == (Place.CONFIRMED, Answer.NONE)
        assert not substitutes.was_substituted(session, old)
        personal.cancel(session, old.id, now=later(50), actor=DESK)
        assert not substitutes.was_substituted(session, old)
        with pytest.raises(rules.ChangeRefused, match="not_yours"):
            personal.undo_cancel(session, old.id, now=later(60), actor=ATTENDEE)
        assert_sound(session)

    def test_a_no_again_is_silent(self, session, old):
        answers.answer(session, old.id, Answer.NO, note="x", now=later(40), actor=ATTENDEE)
        assert (old.place, old.answer_note) == (Place.CANCELLED, "Omlouvám se.")
