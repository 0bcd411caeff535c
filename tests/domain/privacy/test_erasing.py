"""Erasing one person: rows, letters, submissions; the seat is freed, the calendar entry ends."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.base.db import Base
from app.base.errors import NotFound
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Letter, State
from app.domain.privacy.erase import PERSON_EMPTY, erase_attendee
from app.domain.registration import changes, moves, organiser, personal, queries
from app.domain.registration.commands import Needs
from app.domain.registration.models import Attendee, Party
from tests.domain.registration.cast import (
    DESK,
    NOW,
    START,
    assert_sound,
    change_to,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, person, register, submit

JANA, PETR, OLENA = "Jana Nováková", "Petr Svoboda", "Olena Ševčenková"
ADDRESS = "jana@example.com"
NEEDS = Needs(diet="bezlepková", consent_text="I agree")


def erase(session, attendee, *, now=None, actor=ATTENDEE):
    erase_attendee(session, attendee.id, now=now or later(10), actor=actor)
    session.flush()
    session.expire_all()


def whole_database(session):
    """Every value of every table as one text."""
    session.flush()
    return json.dumps(
        [
            [list(row) for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
            if table.name != "rate_hits"
        ],
        default=str,
        ensure_ascii=False,
    )


def send_everything(session):
    for letter in session.scalars(select(Letter)):
        letter.state, letter.sent_at, letter.perhaps_sent = State.SENT, later(5), True
        letter.last_error = f"250 for {letter.recipient}"
    session.flush()


def test_nothing_is_left_once_the_last_cancel_is_sent(session):
    meeting = small_meeting(session, 9)
    one = person(JANA, ADDRESS, organisation="Jediná, z. s.", needs=NEEDS)
    jana, _ = register(session, meeting, one, PETR, now=NOW)
    organiser.set_note(session, jana.id, "Nováková je mluvčí", now=NOW, actor=DESK)
    send_everything(session)
    erase(session, jana)
    (last,) = [letter for letter in letters_to(session, jana) if letter.recipient]
    assert (last.kind, last.calendar, last.state, last.forget) == ("cancelled", "CANCEL", "queued", True)
    assert last.recipient == ADDRESS
    last.state = State.SENT
    outbox.forget_if_asked(session, last.id)
    session.expire_all()
    text = whole_database(session)
    for word in ("Nováková", "novakova", ADDRESS, "Jediná", "bezlepková"):
        assert word not in text
    assert PETR in text
    assert_sound(session)


def test_the_row_stays_as_a_count(session):
    (jana,) = register(session, small_meeting(session), person(JANA, organisation_kind="ngo"), now=NOW)
    erase(session, jana)
    for column, value in PERSON_EMPTY.items():
        assert getattr(jana, column) == value, column
    assert (jana.erased_at, jana.place, jana.organisation_kind, jana.language) == (
        later(10),
        "declined",
        "ngo",
        "cs",
    )


def test_the_seat_goes_to_whoever_waits(session):
    meeting = small_meeting(session, 1)
    jana, petr = register(session, meeting, JANA, PETR, now=NOW)
    erase(session, jana)
    assert places(jana, petr) == "DC"
    assert told(session, petr)[-1] == ("moved_up", "REQUEST", 0)


def test_unsent_letters_never_go_but_the_cancel(session):
    (jana,) = register(session, small_meeting(session), JANA, now=NOW)
    personal.replace_link(session, jana.id, now=later(1), actor=ATTENDEE)
    erase(session, jana)
    found = [(letter.kind, letter.state, letter.recipient is None) for letter in letters_to(session, jana)]
    assert found == [
        ("confirmed", "superseded", True),
        ("link_again", "superseded", True),
        ("cancelled", "queued", False),
    ]


def test_a_letter_in_the_hands_of_a_worker_is_forgotten_afterwards(session):
    (jana,) = register(session, small_meeting(session), JANA, now=NOW)
    letter = letters_to(session, jana)[0]
    letter.state, letter.worker, letter.due_at = State.SENDING, "w", later(15)
    session.flush()
    erase(session, jana)
    assert (letter.state, letter.recipient, letter.facts, letter.forget) == ("sending", None, {}, True)


def test_erasing_again_changes_nothing(session):
    (jana,) = register(session, small_meeting(session), JANA, now=NOW)
    erase(session, jana)
    number = len(letters_to(session, jana))
    erase(session, jana, now=later(20))
    assert (jana.erased_at, len(letters_to(session, jana))) == (later(10), number)


def test_rows_of_earlier_addresses_go_too(session):
    (first,) = register(session, small_meeting(session), person(JANA, ADDRESS), now=NOW)
    second = organiser.correct_address(
        session, first.id, "typo@example.com", now=later(1), actor=DESK, mail_domain=DOMAIN
    )
    third = organiser.correct_address(
        session, second.id, "right@example.com", now=later(2), actor=DESK, mail_domain=DOMAIN
    )
    send_everything(session)
    erase(session, third)
    assert all(row.erased_at for row in (first, second, third))
    last = letters_to(session, third)[-1]
    assert (last.recipient, last.forget) == ("right@example.com", True)
    outbox.forget(session, last.id)
    session.expire_all()
    text = whole_database(session)
    for word in (ADDRESS, "typo@example.com", "Nováková"):
        assert word not in text


def move(session, attendee, to, *, minute):
    done = moves.move(
        session,
        attendee.meeting_id,
        [attendee.id],
        to_id=to.id,
        now=later(minute),
        actor=DESK,
        mail_domain=DOMAIN,
    )
    return done.arrived[0]


class TestWhoWasMoved:
    @pytest.fixture
    def three(self, session):
        return [small_meeting(session, 9, number=number) for number in (71, 70, 72)]

    def test_nothing_is_left_at_any_meeting(self, session, three):
        one = person(JANA, ADDRESS, organisation="Jediná, z. s.", needs=NEEDS)
        first, other = register(session, three[0], one, PETR, now=NOW)
        organiser.set_note(session, first.id, "Nováková je mluvčí", now=NOW, actor=DESK)
        second = move(session, first, three[1], minute=3)
        third = move(session, second, three[2], minute=4)
        send_everything(session)
        erase(session, third)
        assert all(row.erased_at for row in (first, second, third))
        assert other.erased_at is None
        for row in (first, second, third):
            for letter in letters_to(session, row):
                letter.state = State.SENT
                outbox.forget(session, letter.id)
        session.expire_all()
        text = whole_database(session)
        for word in ("Nováková", "novakova", ADDRESS, "Jediná", "bezlepková"):
            assert word not in text
        assert_sound(session)

    def test_also_where_a_move_was_taken_back(self, session, three):
        (first,) = register(session, three[0], person(JANA, ADDRESS), now=NOW)
        second = move(session, first, three[1], minute=3)
        moves.take_back(session, three[0].id, later(3), now=later(4), actor=DESK)
        erase(session, first)
        assert second.erased_at

    def test_a_place_that_they_have_elsewhere_stays(self, session, three):
        (first,) = register(session, three[0], person(JANA, ADDRESS), now=NOW)
        second = move(session, first, three[1], minute=3)
        erase(session, first)
        assert first.erased_at
        assert (second.name, second.place, second.erased_at) == (JANA, "confirmed", None)

    def test_nor_goes_what_they_cancelled_themselves(self, session, three):
        (first,) = register(session, three[0], person(JANA, ADDRESS), now=NOW)
        second = move(session, first, three[1], minute=3)
        personal.cancel(session, second.id, now=later(4), actor=ATTENDEE)
        erase(session, first)
        assert second.erased_at is None


class TestCompanions:
    def test_the_registrant_goes_from_letters_of_the_others(self, session):
        jana, petr, olena = register(session, small_meeting(session, 9), JANA, PETR, OLENA, now=NOW)
        send_everything(session)
        erase(session, jana)
        assert letters_to(session, petr)[0].facts["registered_by"] == ""
        assert JANA not in str([letter.facts for letter in letters_to(session, olena)])
        assert queries.registered_by(queries.get_attendee(session, petr.id)) == ""

    def test_a_companion_goes_from_the_summary(self, session):
        jana, petr, _ = register(session, small_meeting(session, 9), JANA, PETR, OLENA, now=NOW)
        send_everything(session)
        erase(session, petr)
        summary = next(one for one in letters_to(session, jana) if one.kind == "party_summary")
        assert [one and one["name"] for one in summary.facts["people"]] == [JANA, None, OLENA]
        found = queries.companions(session, queries.get_attendee(session, jana.id))
        assert [one.name for one in found] == [OLENA]
        assert session.scalars(select(Party)).one().typed["people"][1] is None

    def test_a_namesake_in_the_party_stays(self, session):
        people = (person(JANA, "a@example.com"), person(JANA, "b@example.com"))
        a, b = register(session, small_meeting(session, 9), *people, now=NOW)
        send_everything(session)
        erase(session, b)
        summary = next(one for one in letters_to(session, a) if one.kind == "party_summary")
        assert [bool(one) for one in summary.facts["people"]] == [True, False]
        assert a.name == JANA

    def test_somebody_typed_again_by_a_colleague_is_forgotten_there_too(self, session):
        meeting = small_meeting(session, 9)
        (jana,) = register(session, meeting, person(JANA, ADDRESS), now=NOW)
        party = submit(session, meeting, PETR, person(JANA, ADDRESS), now=later(1))
        send_everything(session)
        erase(session, jana)
        assert [one and one["name"] for one in party.typed["people"]] == [PETR, None]
        assert ADDRESS not in whole_database(session).replace(f"250 for {ADDRESS}", "") or (
            letters_to(session, jana)[-1].recipient == ADDRESS
        )
        petr = session.scalars(select(Attendee).where(Attendee.name == PETR)).one()
        assert JANA not in str([letter.facts for letter in letters_to(session, petr)])

    def test_who_was_typed_under_another_name_is_found_by_the_place_in_the_party(self, session):
        jana, petr = register(session, small_meeting(session, 9), JANA, PETR, now=NOW)
        personal.change(session, petr.id, change_to(petr, name="Pavel Svoboda"), now=later(1), actor=ATTENDEE)
        send_everything(session)
        erase(session, petr)
        assert PETR not in whole_database(session).replace("petr.svoboda", "")
        assert jana.erased_at is None

    def test_other_meetings_keep_what_they_have(self, session):
        first, second = small_meeting(session, 9), small_meeting(session, 9)
        (jana,) = register(session, first, JANA, now=NOW)
        (also,) = register(session, second, JANA, PETR, now=NOW)[:1]
        erase(session, jana)
        assert (also.name, also.erased_at) == (JANA, None)
        assert letters_to(session, also)[0].recipient


def test_the_hash_of_what_was_typed_goes(session):
    party = submit(session, small_meeting(session), JANA, now=NOW)
    before = party.content_hash
    (jana,) = session.scalars(select(Attendee))
    erase(session, jana)
    assert party.content_hash != before


def test_during_the_meeting_no_letter_goes(session):
    jana, petr = register(session, small_meeting(session, 1), JANA, PETR, now=NOW)
    send_everything(session)
    erase(session, jana, now=START + timedelta(minutes=1))
    assert places(jana, petr) == "DW"
    assert not [letter for letter in letters_to(session, jana) if letter.recipient]


def test_after_the_meeting_the_place_stays_for_the_count(session):
    (jana,) = register(session, small_meeting(session), JANA, now=NOW)
    send_everything(session)
    erase(session, jana, now=START + timedelta(days=1))
    assert places(jana) == "C"
    assert jana.erased_at


def test_while_it_is_called_off_the_last_cancel_is_kept(session):
    meeting = small_meeting(session)
    (jana,) = register(session, meeting, JANA, now=NOW)
    changes.call_off(session, meeting.id, reason={}, now=later(1), actor=DESK)
    erase(session, jana)
    assert places(jana) == "D"
    (last,) = [letter for letter in letters_to(session, jana) if letter.recipient]
    assert (last.kind, last.calendar, last.forget) == ("called_off", "CANCEL", True)


def test_an_erased_person_cannot_come_back_by_undo_but_as_a_newcomer(session):
    meeting = small_meeting(session, 5)
    (jana,) = register(session, meeting, JANA, now=NOW)
    erase(session, jana)
    (again,) = register(session, meeting, JANA, now=later(20))
    assert places(jana, again) == "DC"
    assert jana.id != again.id
    assert_sound(session)


def test_history_says_that_it_happened(session):
    (jana,) = register(session, small_meeting(session), JANA, now=NOW)
    erase(session, jana, actor=DESK)
    entry = session.scalars(select(Entry).where(Entry.act == "attendee:erase")).one()
    assert (entry.subject_id, entry.account_id, entry.details) == (jana.id, 7, {})


def test_there_must_be_somebody(session):
    with pytest.raises(NotFound):
        erase_attendee(session, 999, now=NOW, actor=ATTENDEE)
