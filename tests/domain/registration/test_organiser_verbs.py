"""What an organiser does with attendees: add, move up, add a chair, note, send again."""

from datetime import timedelta

import pytest

from app.base.errors import NotFound
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Letter, State
from app.domain.registration import changes, news, organiser, personal, rules, seating
from app.domain.registration.commands import Needs
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
from tests.factories import DOMAIN, person, register

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"


def add(session, meeting, who, *, now=NOW, note=""):
    return organiser.add_by_hand(
        session, meeting.id, who, language="en", note=note, now=now, actor=DESK, mail_domain=DOMAIN
    )


class TestAdding:
    def test_with_an_address_a_letter_goes(self, session):
        one = add(session, small_meeting(session), person(A), note="VIP")
        assert (one.place, one.answer, one.note, one.language) == (Place.CONFIRMED, "none", "VIP", "en")
        assert told(session, one) == [("added", "REQUEST", 0)]
        assert letters_to(session, one)[0].facts["invite"]["partstat"] == "NEEDS-ACTION"
        assert acts(session, one) == ["attendee:add"]
        assert_sound(session)

    def test_without_an_address_only_the_list_knows(self, session):
        meeting = small_meeting(session, 5)
        one = add(session, meeting, person(A, ""))
        again = add(session, meeting, person(A, ""))
        assert (one.email, one.email_key, again.email_key) == (None, None, None)
        assert one.id != again.id  # without an address nobody can say whether it is the same person
        assert told(session, one) == []
        assert_sound(session)

    def test_a_newcomer_never_jumps_the_queue(self, session):
        meeting = small_meeting(session, 1)
        register(session, meeting, A, B, now=NOW)
        one = add(session, meeting, person(C))
        assert (one.place, one.queue_number) == (Place.WAITING, 2)
        assert told(session, one) == [("added", None, None)]

    def test_also_after_the_deadline(self, session):
        meeting = small_meeting(session, deadline=NOW.date())
        assert add(session, meeting, person(A), now=NOW + timedelta(days=3)).place == Place.CONFIRMED

    def test_during_the_meeting_without_a_letter(self, session):
        one = add(session, small_meeting(session), person(A), now=START + timedelta(minutes=5))
        assert one.place == Place.CONFIRMED
        assert told(session, one) == []

    def test_nobody_twice(self, session):
        meeting = small_meeting(session, 5)
        register(session, meeting, A, now=NOW)
        with pytest.raises(rules.AlreadyRegistered):
            add(session, meeting, person("ADAM  adamec"))

    @pytest.mark.parametrize(
        ("state", "refusal"),
        [(MeetingState.CALLED_OFF, rules.ChangeRefused), (MeetingState.DRAFT, rules.RegistrationClosed)],
    )
    def test_only_at_a_meeting_that_is_on(self, session, state, refusal):
        with pytest.raises(refusal):
            add(session, small_meeting(session, state=state), person(A))

    def test_only_in_a_way_that_is_offered(self, session):
        with pytest.raises(rules.ModeNotOffered):
            add(session, small_meeting(session), person(A, mode=Mode.ONLINE))


class TestMovingUp:
    def test_out_of_turn_to_a_free_seat(self, session):
        meeting = small_meeting(session, 1)
        a, b, c = register(session, meeting, A, B, C, now=NOW)
        personal.cancel(session, a.id, now=LATE, actor=ATTENDEE)
        organiser.move_up(session, c.id, add_chair=False, now=LATE, actor=DESK)
        assert places(a, b, c) == "DWC"
        assert meeting.capacity == 1
        assert told(session, c)[-1] == ("moved_up", "REQUEST", 0)
        assert_sound(session, now=LATE)

    def test_without_a_free_seat_only_by_adding_a_chair(self, session):
        meeting = small_meeting(session, 1)
        a, b, c = register(session, meeting, A, B, C, now=NOW)
        with pytest.raises(rules.NoSeatFree):
            organiser.move_up(session, c.id, add_chair=False, now=later(1), actor=DESK)
        assert places(a, b, c) == "CWW"
        organiser.move_up(session, c.id, add_chair=True, now=later(1), actor=DESK)
        assert places(a, b, c) == "CWC"
        assert meeting.capacity == 2
        assert_sound(session)

    def test_a_chair_online(self, session):
        meeting = hybrid(session, 1, 0)
        (a,) = register(session, meeting, person(A, mode=Mode.ONLINE), now=NOW)
        organiser.move_up(session, a.id, add_chair=True, now=later(1), actor=DESK)
        assert (meeting.capacity, meeting.online_capacity, a.place) == (1, 1, Place.CONFIRMED)

    def test_whoever_has_a_seat_keeps_it(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        organiser.move_up(session, a.id, add_chair=True, now=later(1), actor=DESK)
        assert len(letters_to(session, a)) == 1

    def test_not_after_the_start_and_nobody_who_left(self, session):
        _, b = register(session, small_meeting(session, 1), A, B, now=NOW)
        with pytest.raises(rules.ChangeRefused, match="past"):
            organiser.move_up(session, b.id, add_chair=True, now=START, actor=DESK)
        personal.cancel(session, b.id, now=later(1), actor=ATTENDEE)
        with pytest.raises(rules.ChangeRefused, match="ended"):
            organiser.move_up(session, b.id, add_chair=True, now=later(2), actor=DESK)

    def test_a_chair_for_whoever_waits_longest(self, session):
        meeting = small_meeting(session, 1)
        a, b, c = register(session, meeting, A, B, C, now=NOW)
        version = meeting.version
        moved = organiser.add_chair(session, meeting.id, Mode.ROOM, now=later(1), actor=DESK)
        assert moved == [b]
        assert places(a, b, c) == "CCW"
        assert (meeting.capacity, meeting.version) == (2, version + 1)
        assert_sound(session)

    def test_where_there_is_no_limit_a_chair_changes_nothing(self, session):
        meeting = hybrid(session, None, None)
        for mode in Mode:
            organiser.add_chair(session, meeting.id, mode, now=later(1), actor=DESK)
        assert (meeting.capacity, meeting.online_capacity) == (None, None)

    def test_a_late_chair_waits_for_a_decision(self, session):
        meeting = small_meeting(session, 1)
        a, b = register(session, meeting, A, B, now=NOW)
        assert organiser.add_chair(session, meeting.id, Mode.ROOM, now=LATE, actor=DESK) == []
        assert places(a, b) == "CW"
        organiser.move_up(session, b.id, add_chair=False, now=LATE, actor=DESK)
        assert places(a, b) == "CC"
        assert meeting.capacity == 2


def test_a_note_and_a_sort_name_are_kept(session):
    (a,) = register(session, small_meeting(session), "Li Wei", now=NOW)
    organiser.set_note(session, a.id, "sedí vpředu", now=later(1), actor=DESK)
    organiser.set_sort_name(session, a.id, "li\tli\twei\twei", now=later(2), actor=DESK)
    assert (a.note, a.sort_key) == ("sedí vpředu", "li\tli\twei\twei")
    assert acts(session, a)[1:] == ["attendee:note", "attendee:sort_name"]
    command = change_to(a, organisation="Město", needs=Needs())
    personal.change(session, a.id, command, now=later(3), actor=ATTENDEE)
    assert a.sort_key == "li\tli\twei\twei"


class TestSendingAgain:
    def send(self, session, letter, *, now=None):
        again = organiser.send_again(session, letter.id, now=now or later(60), actor=DESK)
        session.flush()
        return again

    def sent(self, session, attendee, number=-1):
        letter = letters_to(session, attendee)[number]
        letter.state, letter.sent_at = State.SENT, later(1)
        attendee.sent_sequence = letter.sequence if letter.sequence is not None else attendee.sent_sequence
        return letter

    def test_a_new_row_with_new_names_and_the_same_sequence(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        old = self.sent(session, a)
        new = self.send(session, old)
        assert (new.state, new.created_at, new.attempts) == (State.QUEUED, later(60), 0)
        assert (new.kind, new.calendar, new.sequence) == (old.kind, "REQUEST", 0)
        assert len({old.message_id, new.message_id}) == len({old.key, new.key}) == 2
        assert old.bounce_token != new.bounce_token
        third = self.send(session, self.sent(session, a))
        assert third.key.partition("/")[0] == old.key
        assert_sound(session)

    def test_an_invite_tells_the_present_state(self, session):
        meeting = small_meeting(session)
        (a,) = register(session, meeting, A, now=NOW)
        old = self.sent(session, a)
        before = news.snapshot(meeting)
        meeting.venue = {"cs": "Jinde", "en": "Elsewhere"}
        changes.announce(session, meeting, before, now=later(2), actor=DESK)
        self.sent(session, a)
        new = self.send(session, old)
        assert (new.sequence, new.facts["meeting"]["venue"]) == (1, "Jinde")
        assert new.facts["registered_by"] == ""
        assert_sound(session)

    def test_not_what_is_still_under_way(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        for state in (State.QUEUED, State.SENDING):
            letters_to(session, a)[0].state = state
            with pytest.raises(rules.ChangeRefused, match="under_way"):
                self.send(session, letters_to(session, a)[0])

    def test_not_what_was_emptied(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        letter = self.sent(session, a)
        letter.recipient, letter.facts = None, {}
        with pytest.raises(rules.ChangeRefused, match="emptied"):
            self.send(session, letter)

    def test_not_to_somebody_who_has_no_address_any_more(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        letter = self.sent(session, a)
        a.email = None
        with pytest.raises(rules.ChangeRefused, match="emptied"):
            self.send(session, letter)

    def test_not_an_invite_to_somebody_who_left(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        letter = self.sent(session, a)
        personal.cancel(session, a.id, now=later(2), actor=ATTENDEE)
        with pytest.raises(rules.ChangeRefused):
            self.send(session, letter)

    def test_not_a_cancel_to_somebody_who_is_back(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        personal.cancel(session, a.id, now=later(2), actor=ATTENDEE)
        letter = self.sent(session, a)
        assert self.send(session, letter).calendar == "CANCEL"
        personal.undo_cancel(session, a.id, now=later(3), actor=ATTENDEE)
        with pytest.raises(rules.ChangeRefused):
            self.send(session, letter)
        assert_sound(session)

    def test_not_that_it_is_off_when_it_is_on_again(self, session):
        meeting = small_meeting(session)
        (a,) = register(session, meeting, A, now=NOW)
        changes.call_off(session, meeting.id, reason={}, now=later(1), actor=DESK)
        letter = self.sent(session, a)
        changes.restore(session, meeting.id, now=later(2), actor=DESK)
        with pytest.raises(rules.ChangeRefused):
            self.send(session, letter)

    def test_an_old_cancel_of_a_later_cancelled_row_carries_the_last_sequence(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        personal.cancel(session, a.id, now=later(1), actor=ATTENDEE)
        first = self.sent(session, a)
        personal.undo_cancel(session, a.id, now=later(2), actor=ATTENDEE)
        self.sent(session, a)
        personal.cancel(session, a.id, now=later(3), actor=ATTENDEE)
        self.sent(session, a)
        assert self.send(session, first).sequence == 3
        assert_sound(session)

    def test_a_letter_must_be_there(self, session):
        with pytest.raises(NotFound):
            organiser.send_again(session, 999, now=NOW, actor=DESK)


def test_seats_are_counted_in_one_statement(session, statements):
    meeting = small_meeting(session, 1)
    register(session, meeting, A, B, now=NOW)
    with statements() as seen:
        seats = seating.count_seats(session, meeting)
    assert (seats.taken[Mode.ROOM], seats.waiting[Mode.ROOM]) == (1, 1)
    assert len(seen) == 1
    assert session.query(Letter).count() == 3
