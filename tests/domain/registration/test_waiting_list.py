"""Seats that become free: who moves up, in which order, until when."""

from datetime import timedelta

import pytest

from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Letter
from app.domain.registration import organiser, personal, queries, rules, seating
from app.domain.registration.models import Mode, Place
from tests.domain.registration.cast import (
    DESK,
    LATE,
    NOW,
    START,
    acts,
    assert_sound,
    change_to,
    hybrid,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import person, register

A, B, C, D = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml", "Dana Dvořáková"


def cancel(session, attendee, *, now=None, actor=ATTENDEE):
    return personal.cancel(session, attendee.id, now=now or later(10), actor=actor)


def test_whoever_waits_longest_moves_up(session):
    meeting = small_meeting(session, 1)
    a, b, c = (register(session, meeting, name, now=later(n))[0] for n, name in enumerate((A, B, C)))
    assert [one.queue_number for one in (a, b, c)] == [None, 1, 2]
    cancel(session, a)
    assert places(a, b, c) == "DCW"
    assert (b.queue_number, b.changed_at) == (None, later(10))
    assert told(session, b) == [("waiting", None, None), ("moved_up", "REQUEST", 0)]
    assert told(session, c) == [("waiting", None, None)]
    assert acts(session, b) == ["attendee:register", "attendee:move_up"]
    assert_sound(session)


def test_a_declined_person_gets_a_cancel_with_a_higher_sequence(session):
    (a,) = register(session, small_meeting(session), A, now=NOW)
    cancel(session, a)
    assert told(session, a) == [("confirmed", "REQUEST", 0), ("cancelled", "CANCEL", 1)]
    assert (a.answer, a.answer_by, a.ended_at) == ("no", "web", later(10))
    assert letters_to(session, a)[1].facts["by"] == "attendee"
    assert letters_to(session, a)[1].facts["invite"]["partstat"] == "DECLINED"


def test_the_organiser_cancels_with_a_reason_and_leaves_the_answer(session):
    (a,) = register(session, small_meeting(session), A, now=NOW)
    personal.cancel(session, a.id, now=later(1), actor=DESK, told="Sál je malý.")
    assert (a.place, a.answer) == (Place.CANCELLED, "yes")
    facts = letters_to(session, a)[1].facts
    assert (facts["by"], facts["reason"]) == ("organiser", "Sál je malý.")


def test_cancelling_again_changes_nothing(session):
    (a,) = register(session, small_meeting(session), A, now=NOW)
    cancel(session, a)
    cancel(session, a, now=later(20))
    cancel(session, a, now=START + timedelta(days=1))
    assert (a.revision, a.ended_at) == (1, later(10))
    assert len(letters_to(session, a)) == 2


def test_leaving_the_queue_moves_nobody(session):
    meeting = small_meeting(session, 1)
    a, b, c = register(session, meeting, A, B, C, now=NOW)
    cancel(session, b)
    assert places(a, b, c) == "CDW"
    cancel(session, a)
    assert places(a, b, c) == "DDC"
    assert_sound(session)


def test_several_seats_take_several_people_in_order(session):
    meeting = small_meeting(session, 0)
    people = register(session, meeting, A, B, C, D, now=NOW)
    meeting.capacity = 3
    seating.move_up(session, meeting, now=later(1), actor=DESK)
    assert places(*people) == "CCCW"


def test_nobody_moves_up_shortly_before_the_start(session):
    meeting = small_meeting(session, 1)
    a, b = register(session, meeting, A, B, now=NOW)
    cancel(session, a, now=LATE)
    assert places(a, b) == "DW"
    assert seating.count_seats(session, meeting).free(Mode.ROOM) == 1
    (c,) = register(session, meeting, C, now=LATE)
    assert places(b, c) == "WW"
    assert [one.queue_number for one in (b, c)] == [1, 2]
    assert_sound(session, now=LATE)


@pytest.mark.parametrize(
    ("before", "moved"), [(timedelta(hours=12), False), (timedelta(hours=12, seconds=1), True)]
)
def test_the_last_moment_to_move_up(session, before, moved):
    meeting = small_meeting(session, 1)
    a, b = register(session, meeting, A, B, now=NOW)
    cancel(session, a, now=START - before)
    assert (b.place == Place.CONFIRMED) is moved


def test_a_cancel_after_the_start_is_refused(session):
    meeting = small_meeting(session, 1)
    a, b = register(session, meeting, A, B, now=NOW)
    for one in (a, b):
        with pytest.raises(rules.ChangeRefused, match="past"):
            cancel(session, one, now=START)
    assert places(a, b) == "CW"


def test_the_deadline_does_not_close_changes(session):
    meeting = small_meeting(session, 1, deadline=NOW.date())
    a, b = register(session, meeting, A, B, now=NOW)
    cancel(session, a, now=NOW + timedelta(days=5))
    assert places(a, b) == "DC"


def test_queue_positions_count_per_mode(session):
    meeting = hybrid(session, 0, 0)
    people = register(
        session, meeting, A, person(B, mode=Mode.ONLINE), C, person(D, mode=Mode.ONLINE), now=NOW
    )
    assert [one.queue_number for one in people] == [1, 2, 3, 4]
    assert [seating.queue_position(session, one) for one in people] == [1, 1, 2, 2]
    assert queries.queue_positions(session, meeting.id) == {
        people[0].id: 1,
        people[1].id: 1,
        people[2].id: 2,
        people[3].id: 2,
    }
    cancel(session, people[0])
    assert seating.queue_position(session, people[2]) == 1
    assert seating.queue_position(session, people[0]) == 0


class TestUndo:
    def test_a_free_seat_is_taken_again_with_the_same_uid(self, session):
        (a,) = register(session, small_meeting(session, 1), A, now=NOW)
        uid, organizer, token = a.uid, a.organizer_token, a.token
        cancel(session, a)
        personal.undo_cancel(session, a.id, now=later(20), actor=ATTENDEE)
        assert (a.place, a.ended_at, a.answer) == (Place.CONFIRMED, None, "yes")
        assert (a.uid, a.organizer_token, a.token) == (uid, organizer, token)
        assert told(session, a)[1:] == [("cancelled", "CANCEL", 1), ("confirmed", "REQUEST", 2)]
        assert acts(session, a)[1:] == ["attendee:cancel", "attendee:undo_cancel"]
        assert_sound(session)

    def test_else_the_head_of_the_queue(self, session):
        meeting = small_meeting(session, 1)
        a, b, c = register(session, meeting, A, B, C, now=NOW)
        cancel(session, a)
        personal.undo_cancel(session, a.id, now=later(20), actor=ATTENDEE)
        assert places(a, b, c) == "WCW"
        assert seating.queue_position(session, a) == 1
        assert seating.queue_position(session, c) == 2
        assert told(session, a)[-1] == ("waiting", None, None)
        cancel(session, b, now=later(30))
        assert places(a, b, c) == "CDW"
        assert told(session, a)[-1] == ("moved_up", "REQUEST", 3)
        assert_sound(session)

    def test_the_seat_left_free_late_is_taken_before_those_who_wait(self, session):
        meeting = small_meeting(session, 1)
        a, b = register(session, meeting, A, B, now=NOW)
        cancel(session, a, now=LATE)
        personal.undo_cancel(session, a.id, now=LATE + timedelta(minutes=1), actor=ATTENDEE)
        assert places(a, b) == "CW"

    def test_nothing_to_undo_changes_nothing(self, session):
        (a,) = register(session, small_meeting(session, 1), A, now=NOW)
        personal.undo_cancel(session, a.id, now=later(20), actor=ATTENDEE)
        assert (a.revision, len(letters_to(session, a))) == (0, 1)

    def test_what_the_organiser_took_only_the_organiser_gives_back(self, session):
        (a,) = register(session, small_meeting(session, 1), A, now=NOW)
        cancel(session, a, actor=DESK)
        with pytest.raises(rules.ChangeRefused, match="not_yours"):
            personal.undo_cancel(session, a.id, now=later(20), actor=ATTENDEE)
        personal.undo_cancel(session, a.id, now=later(20), actor=DESK)
        assert (a.place, a.answer) == (Place.CONFIRMED, "yes")

    def test_an_organiser_who_brings_somebody_back_asks_anew(self, session):
        (a,) = register(session, small_meeting(session, 1), A, now=NOW)
        cancel(session, a)
        personal.undo_cancel(session, a.id, now=later(20), actor=DESK)
        assert (a.answer, a.answer_at, a.answer_by, a.answer_revision) == ("none", None, None, None)
        assert letters_to(session, a)[-1].facts["invite"]["partstat"] == "NEEDS-ACTION"

    def test_whoever_registered_anew_cannot_undo_the_old_one(self, session):
        meeting = small_meeting(session, 5)
        (a,) = register(session, meeting, A, now=NOW)
        cancel(session, a)
        register(session, meeting, A, now=later(20))
        with pytest.raises(rules.AlreadyRegistered):
            personal.undo_cancel(session, a.id, now=later(30), actor=ATTENDEE)

    def test_not_after_the_start(self, session):
        (a,) = register(session, small_meeting(session, 1), A, now=NOW)
        cancel(session, a)
        with pytest.raises(rules.ChangeRefused, match="past"):
            personal.undo_cancel(session, a.id, now=START, actor=ATTENDEE)

    def test_cancel_and_undo_again_and_again_only_raise_the_sequence(self, session):
        (a,) = register(session, small_meeting(session, 1), A, now=NOW)
        for number in range(3):
            cancel(session, a, now=later(20 + number))
            personal.undo_cancel(session, a.id, now=later(20 + number), actor=ATTENDEE)
        assert [sequence for *_, sequence in told(session, a)] == list(range(7))
        assert_sound(session)


class TestMode:
    def test_a_seat_left_for_another_goes_to_the_queue(self, session):
        meeting = hybrid(session, 1, 5)
        a, b = register(session, meeting, A, B, now=NOW)
        personal.change(session, a.id, change_to(a, mode=Mode.ONLINE), now=later(1), actor=ATTENDEE)
        assert places(a, b) == "CC"
        assert (a.mode, b.mode) == (Mode.ONLINE, Mode.ROOM)
        assert told(session, a)[-1:] == [("changed", "REQUEST", 1)]
        assert told(session, b)[1:] == [("moved_up", "REQUEST", 0)]
        assert_sound(session)

    def test_a_lost_seat_ends_the_calendar_entry(self, session):
        meeting = hybrid(session, 1, 0)
        a, b = register(session, meeting, A, B, now=NOW)
        personal.change(session, a.id, change_to(a, mode=Mode.ONLINE), now=later(1), actor=ATTENDEE)
        assert places(a, b) == "WC"
        assert told(session, a)[-1:] == [("changed", "CANCEL", 1)]
        assert_sound(session)

    def test_the_invite_after_a_cancel_has_a_higher_sequence(self, session):
        meeting = hybrid(session, 1, 0)
        (a,) = register(session, meeting, A, now=NOW)
        personal.change(session, a.id, change_to(a, mode=Mode.ONLINE), now=later(1), actor=ATTENDEE)
        organiser.add_chair(session, meeting.id, Mode.ONLINE, now=later(2), actor=DESK)
        assert a.place == Place.CONFIRMED
        assert told(session, a)[1:] == [("changed", "CANCEL", 1), ("moved_up", "REQUEST", 2)]
        assert_sound(session)

    def test_one_who_waits_changes_the_queue(self, session):
        meeting = hybrid(session, 1, 1)
        a, b, c, d = register(session, meeting, A, B, C, person(D, mode=Mode.ONLINE), now=NOW)
        personal.change(session, b.id, change_to(b, mode=Mode.ONLINE), now=later(1), actor=ATTENDEE)
        assert places(a, b, c, d) == "CWWC"
        assert seating.queue_position(session, b) == seating.queue_position(session, c) == 1
        assert told(session, b)[1:] == [("changed", None, None)]
        assert b.queue_number > c.queue_number
        assert_sound(session)

    def test_one_who_waits_takes_a_free_seat_elsewhere(self, session):
        meeting = hybrid(session, 1, 1)
        a, b = register(session, meeting, A, B, now=NOW)
        personal.change(session, b.id, change_to(b, mode=Mode.ONLINE), now=later(1), actor=ATTENDEE)
        assert places(a, b) == "CC"
        assert told(session, b)[1:] == [("changed", "REQUEST", 1)]

    def test_late_a_freed_seat_stays_free(self, session):
        meeting = hybrid(session, 1, 5)
        a, b = register(session, meeting, A, B, now=NOW)
        personal.change(session, a.id, change_to(a, mode=Mode.ONLINE), now=LATE, actor=ATTENDEE)
        assert places(a, b) == "CW"
        assert_sound(session, now=LATE)

    def test_what_is_not_offered_cannot_be_chosen(self, session):
        (a,) = register(session, small_meeting(session, 5), A, now=NOW)
        with pytest.raises(rules.ModeNotOffered):
            personal.change(session, a.id, change_to(a, mode=Mode.ONLINE), now=later(1), actor=ATTENDEE)


def test_moved_up_once_never_moved_down(session):
    meeting = small_meeting(session, 1)
    a, b = register(session, meeting, A, B, now=NOW)
    cancel(session, a)
    personal.undo_cancel(session, a.id, now=later(20), actor=ATTENDEE)
    assert places(a, b) == "WC"
    meeting.capacity = 0
    seating.move_up(session, meeting, now=later(21), actor=DESK)
    assert places(a, b) == "WC"


def test_no_letter_goes_to_other_meetings(session):
    first, second = small_meeting(session, 1), small_meeting(session, 1)
    (a,) = register(session, first, A, now=NOW)
    other = register(session, second, A, B, now=NOW)
    cancel(session, a)
    assert places(*other) == "CW"
    assert {letter.meeting_id for letter in letters_to(session, other[0])} == {second.id}
    assert session.query(Letter).count() == 5
