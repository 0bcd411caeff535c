"""Correcting an address: by an organiser, or for half an hour by whoever typed it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.base.errors import NotFound
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Letter
from app.domain.registration import corrections, organiser, personal, queries, rules, seating
from app.domain.registration.commands import Needs
from app.domain.registration.models import Attendee, Place
from tests.domain.registration.cast import (
    DESK,
    NOW,
    START,
    acts,
    assert_sound,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, person, register, submit

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"
NEW = "right@example.org"


def correct(session, attendee, email=NEW, *, now=None):
    return organiser.correct_address(
        session, attendee.id, email, now=now or later(1), actor=DESK, mail_domain=DOMAIN
    )


def retype(session, party, position, email=NEW, *, now=None, delay_hours=0):
    found = corrections.correct_typed_address(
        session,
        party.token,
        position,
        email,
        now=now or later(1),
        mail_domain=DOMAIN,
        delay_hours=delay_hours,
    )
    session.flush()
    return found


def rows(session, party):
    session.flush()
    query = select(Attendee).where(Attendee.party_id == party.id).order_by(Attendee.position, Attendee.id)
    return list(session.scalars(query))


class TestByAnOrganiser:
    def test_the_old_invite_is_closed_and_a_new_row_opened(self, session):
        meeting = small_meeting(session)
        needs = Needs(diet="vegan", consent_text="I agree")
        (old,) = register(session, meeting, person(A, organisation="Město", needs=needs), now=NOW)
        organiser.set_note(session, old.id, "mluvčí", now=NOW, actor=DESK)
        organiser.set_sort_name(session, old.id, "zzz", now=NOW, actor=DESK)
        new = correct(session, old)
        assert places(old, new) == "XC"
        assert (new.previous_id, new.email, new.email_key) == (old.id, NEW, NEW)
        for name in (
            "name",
            "name_key",
            "organisation_name",
            "note",
            "sort_key",
            "mode",
            "answer",
            "answer_at",
        ):
            assert getattr(new, name) == getattr(old, name), name
        for name in ("registered_at", "party_id", "position", "language", "needs_diet", "needs_consent_at"):
            assert getattr(new, name) == getattr(old, name), name
        for name in ("uid", "token", "checkin_token", "organizer_token"):
            assert getattr(new, name) != getattr(old, name), name
        assert NEW in new.search_key
        assert old.email_key not in new.search_key
        assert_sound(session)

    def test_the_old_address_is_told_without_the_new_one(self, session):
        (old,) = register(session, small_meeting(session), A, now=NOW)
        new = correct(session, old)
        assert told(session, old) == [("confirmed", "REQUEST", 0), ("cancelled", "CANCEL", 1)]
        assert told(session, new) == [("confirmed", "REQUEST", 0)]
        last = letters_to(session, old)[-1]
        assert (last.recipient, last.facts["by"]) == (old.email, "address")
        assert NEW not in str(last.facts)
        assert letters_to(session, new)[0].recipient == NEW

    def test_the_queue_number_goes_along(self, session):
        a, b, c = register(session, small_meeting(session, 1), A, B, C, now=NOW)
        new = correct(session, b)
        assert (new.place, new.queue_number, b.queue_number) == (Place.WAITING, 1, None)
        assert told(session, new) == [("waiting", None, None)]
        personal.cancel(session, a.id, now=later(2), actor=ATTENDEE)
        assert places(new, c) == "CW"
        assert_sound(session)

    def test_the_seat_goes_along_and_moves_nobody_up(self, session):
        meeting = small_meeting(session, 1)
        a, b = register(session, meeting, A, B, now=NOW)
        new = correct(session, a)
        assert places(a, b, new) == "XWC"
        assert seating.count_seats(session, meeting).taken["room"] == 1

    def test_the_history_names_the_row_before(self, session):
        (old,) = register(session, small_meeting(session), A, now=NOW)
        new = correct(session, old)
        assert acts(session, new) == ["attendee:correct_address"]
        assert queries.is_replaced(session, old)
        assert not queries.is_replaced(session, new)

    def test_the_list_shows_one_person(self, session):
        meeting = small_meeting(session)
        (old,) = register(session, meeting, A, now=NOW)
        new = correct(session, correct(session, old, "second@example.org"))
        view = queries.ListView()
        assert [one.id for one in queries.page(session, meeting.id, view, 1).rows] == [new.id]
        assert queries.counts(session, meeting.id)["all"] == 1

    def test_the_same_address_again_changes_nothing(self, session):
        (a,) = register(session, small_meeting(session), person(A, "Adam@example.org"), now=NOW)
        assert correct(session, a, "adam@EXAMPLE.org") is a
        assert len(letters_to(session, a)) == 1

    def test_back_to_the_first_address(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        back = correct(session, correct(session, a), a.email, now=later(2))
        assert (back.email, back.place) == (a.email, Place.CONFIRMED)
        assert_sound(session)

    def test_somebody_without_an_address_gets_one(self, session):
        meeting = small_meeting(session)
        old = organiser.add_by_hand(
            session,
            meeting.id,
            person(A, ""),
            language="cs",
            note="",
            now=NOW,
            actor=DESK,
            mail_domain=DOMAIN,
        )
        new = correct(session, old)
        assert told(session, old) == []
        assert told(session, new) == [("confirmed", "REQUEST", 0)]
        assert_sound(session)

    def test_not_onto_another_row_of_the_person(self, session):
        meeting = small_meeting(session, 5)
        a = register(session, meeting, A, now=NOW)[0]
        register(session, meeting, person(A, NEW), now=NOW)
        with pytest.raises(rules.AlreadyRegistered):
            correct(session, a)
        assert places(a) == "C"

    def test_a_colleague_may_share_the_new_address(self, session):
        meeting = small_meeting(session, 5)
        a = register(session, meeting, A, now=NOW)[0]
        register(session, meeting, person(B, NEW), now=NOW)
        assert correct(session, a).place == Place.CONFIRMED

    def test_only_before_the_start_and_only_whoever_comes(self, session):
        (a,) = register(session, small_meeting(session), A, now=NOW)
        with pytest.raises(rules.ChangeRefused, match="past"):
            correct(session, a, now=START)
        personal.cancel(session, a.id, now=later(1), actor=ATTENDEE)
        with pytest.raises(rules.ChangeRefused, match="ended"):
            correct(session, a)

    def test_the_closed_row_cannot_be_brought_back(self, session):
        (old,) = register(session, small_meeting(session, 5), A, now=NOW)
        correct(session, old)
        for actor in (ATTENDEE, DESK):
            with pytest.raises(rules.ChangeRefused):
                personal.undo_cancel(session, old.id, now=later(2), actor=actor)

    def test_the_registrant_still_sees_the_companion(self, session):
        a, b = register(session, small_meeting(session, 5), A, B, now=NOW)
        new = correct(session, b)
        found = queries.companions(session, queries.get_attendee(session, a.id))
        assert [(one.name, one.place) for one in found] == [(B, "confirmed")]
        personal.cancel_other(session, a.id, 1, now=later(2))
        assert new.place == Place.DECLINED

    def test_the_sequence_of_the_new_row_does_not_fall(self, session):
        meeting = small_meeting(session)
        (a,) = register(session, meeting, A, now=NOW)
        personal.cancel(session, a.id, now=later(1), actor=ATTENDEE)
        personal.undo_cancel(session, a.id, now=later(2), actor=ATTENDEE)
        new = correct(session, a, now=later(3))
        personal.cancel(session, new.id, now=later(4), actor=ATTENDEE)
        assert [sequence for *_, sequence in told(session, a)] == [0, 1, 2, 3]
        assert [sequence for *_, sequence in told(session, new)] == [2, 3]


class TestByWhoeverTyped:
    def test_a_mistyped_address_moves(self, session):
        party = submit(session, small_meeting(session, 2), A, B, now=NOW)
        retype(session, party, 1)
        _, old, new = rows(session, party)
        assert places(old, new) == "XC"
        assert new.email == NEW
        assert party.typed["people"][1]["email"] == NEW
        assert letters_to(session, new)[0].facts["registered_by"] == A
        assert told(session, old)[-1] == ("cancelled", "CANCEL", 1)
        assert_sound(session)

    def test_for_half_an_hour(self, session):
        party = submit(session, small_meeting(session), A, now=NOW)
        retype(session, party, 0, now=NOW + timedelta(minutes=30) - timedelta(seconds=1))
        with pytest.raises(rules.CorrectionTooLate):
            retype(session, party, 0, "third@example.org", now=NOW + timedelta(minutes=30))

    def test_the_letter_may_be_held_back(self, session):
        party = submit(session, small_meeting(session), A, now=NOW)
        retype(session, party, 0, delay_hours=3)
        new = rows(session, party)[-1]
        assert letters_to(session, new)[0].due_at == later(1) + timedelta(hours=3)

    def test_the_same_address_changes_nothing(self, session):
        party = submit(session, small_meeting(session), person(A, "Adam@example.org"), now=NOW)
        retype(session, party, 0, "adam@example.ORG")
        assert len(rows(session, party)) == 1

    def test_two_of_a_party_cannot_become_one(self, session):
        party = submit(
            session, small_meeting(session, 5), person(A, "a@x.org"), person(A, "b@x.org"), now=NOW
        )
        with pytest.raises(rules.SamePersonTwice) as no:
            retype(session, party, 1, "a@x.org")
        assert no.value.position == 1

    @pytest.mark.parametrize("position", [-1, 2])
    def test_only_who_was_typed(self, session, position):
        party = submit(session, small_meeting(session, 5), A, B, now=NOW)
        with pytest.raises(NotFound):
            retype(session, party, position)

    def test_there_must_be_a_submission(self, session):
        with pytest.raises(NotFound):
            corrections.correct_typed_address(session, "x", 0, NEW, now=NOW, mail_domain=DOMAIN)

    @pytest.mark.parametrize("reason", ["past", "called_off"])
    def test_not_when_the_meeting_is_over_or_off(self, session, reason):
        meeting = small_meeting(session)
        now = START - timedelta(minutes=10)
        party = submit(session, meeting, A, now=now)
        if reason == "called_off":
            meeting.state = MeetingState.CALLED_OFF
        with pytest.raises(rules.ChangeRefused, match=reason):
            retype(session, party, 0, now=START if reason == "past" else now)

    def test_somebody_known_signs_up_as_a_newcomer(self, session):
        """The typed person had been known; with another address there is a newcomer, as for anybody else."""
        meeting = small_meeting(session, 9)
        (known,) = register(session, meeting, A, now=NOW)
        party = submit(session, meeting, A, now=NOW)
        assert rows(session, party) == []
        retype(session, party, 0)
        (new,) = rows(session, party)
        assert (new.place, new.email) == (Place.CONFIRMED, NEW)
        assert known.place == Place.CONFIRMED
        assert_sound(session)

    def test_onto_somebody_known_closes_the_row_and_sends_the_link(self, session):
        meeting = small_meeting(session, 2)
        (known,) = register(session, meeting, person(A, NEW), now=NOW)
        party = submit(session, meeting, A, now=NOW)
        (waiting,) = register(session, meeting, B, now=NOW)
        retype(session, party, 0)
        (old,) = rows(session, party)
        assert places(known, old, waiting) == "CXC"
        assert told(session, known)[-1][0] == "already_registered"
        assert told(session, waiting)[-1] == ("moved_up", "REQUEST", 0)
        assert_sound(session)

    def test_onto_somebody_known_from_the_queue_moves_nobody_up(self, session):
        meeting = small_meeting(session, 1)
        (known,) = register(session, meeting, person(A, NEW), now=NOW)
        party = submit(session, meeting, A, now=NOW)
        (other,) = register(session, meeting, B, now=NOW)
        retype(session, party, 0)
        assert places(known, *rows(session, party), other) == "CXW"
        assert_sound(session)

    def test_from_known_to_known_only_sends_the_link(self, session):
        meeting = small_meeting(session, 9)
        register(session, meeting, A, now=NOW)
        (other,) = register(session, meeting, person(A, NEW), now=NOW)
        party = submit(session, meeting, A, now=NOW)
        retype(session, party, 0)
        assert rows(session, party) == []
        assert told(session, other)[-1][0] == "already_registered"
        retype(session, party, 0, "third@example.org", now=later(2))
        assert len(rows(session, party)) == 1

    def test_a_held_back_reminder_is_not_written(self, session):
        meeting = small_meeting(session, 9)
        (other,) = register(session, meeting, person(A, NEW), now=NOW)
        party = submit(session, meeting, A, now=NOW)
        retype(session, party, 0, delay_hours=1)
        assert told(session, other) == [("confirmed", "REQUEST", 0)]

    def test_no_letter_to_the_old_address_names_the_new_one(self, session):
        party = submit(session, small_meeting(session, 5), A, B, now=NOW)
        retype(session, party, 1)
        old = rows(session, party)[1]
        letters = session.scalars(select(Letter).where(Letter.attendee_id == old.id)).all()
        assert not any(NEW in str(letter.facts) for letter in letters)
