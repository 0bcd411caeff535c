"""One person on the list twice: the pairs that are found, joining two rows, and taking that back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.domain.attendance import same_person
from app.domain.attendance.models import AttendanceMark, DoorEvent, Mark
from app.domain.attendance.queries import arrivals
from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Letter
from app.domain.privacy.erase import erase_attendee
from app.domain.questions.commands import Given
from app.domain.questions.models import QuestionKind
from app.domain.questions.queries import get_file
from app.domain.registration import (
    answers,
    duplicates,
    edit_questions,
    invitations,
    labels,
    merging,
    organiser,
    parting,
    personal,
    rules,
)
from app.domain.registration.commands import Needs
from app.domain.registration.label_queries import by_attendee
from app.domain.registration.models import Answer, Attendee, Place
from app.domain.registration.queries import ListView, page
from app.domain.reports.queries import history_of, letters_of, lineage
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
from tests.factories import DOMAIN, person, register
from tests.questionnaires import ask, ids, kept, option, said_by

JANA, OTHER = "Jana Nováková", "jana@example.org"
PETR, OLGA = "Petr Svoboda", "Olga Malá"
MERGED = later(10)


def twice(session, meeting, **values):
    """The same name under two addresses; the second one has more to say."""
    first = register(session, meeting, JANA, now=later(1))[0]
    return first, register(session, meeting, person("jana NOVAKOVA", OTHER, **values), now=later(2))[0]


def merge(session, kept, dropped, now=MERGED):
    return merging.merge(session, kept.meeting_id, kept.id, dropped.id, now=now, actor=DESK)


def back(session, kept, minute=20):
    return parting.take_back(session, kept.meeting_id, kept.id, now=later(minute), actor=DESK)


def found(session, meeting):
    session.flush()
    return [(a.id, b.id) for a, b in duplicates.pairs(session, meeting.id)]


class TestPairs:
    def test_same_name_and_another_address(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting)
        register(session, meeting, PETR)
        assert found(session, meeting) == [(a.id, b.id)]

    def test_same_address_and_another_name_but_no_party(self, session):
        meeting = small_meeting(session, 5)
        a = register(session, meeting, person(JANA, OTHER))[0]
        b = register(session, meeting, person("Jana Malá", OTHER))[0]
        register(session, meeting, person(PETR, "info@example.org"), person(OLGA, "info@example.org"))
        assert found(session, meeting) == [(a.id, b.id)]

    def test_an_office_with_many_names_is_no_pair(self, session):
        meeting = small_meeting(session, 9)
        for letter in "ABCDEFG":
            register(session, meeting, person(f"Osoba {letter}{letter}", "info@example.org"))
        assert found(session, meeting) == []

    def test_whoever_has_no_place_is_no_pair(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting)
        personal.cancel(session, b.id, now=later(3), actor=ATTENDEE)
        assert found(session, meeting) == []
        assert a.is_live

    def test_the_seat_comes_first_then_the_address(self, session):
        meeting = small_meeting(session, 1)
        a, b = twice(session, meeting)
        assert found(session, meeting) == [(a.id, b.id)]
        personal.cancel(session, a.id, now=later(3), actor=ATTENDEE)
        personal.undo_cancel(session, a.id, now=later(4), actor=ATTENDEE)
        assert places(a, b) == "WC"
        assert found(session, meeting) == [(b.id, a.id)]
        b.email = b.email_key = None
        assert found(session, meeting) == [(a.id, b.id)]

    def test_the_number_of_statements_is_constant(self, session, statements):
        meeting = small_meeting(session, 50)
        for number in range(8):
            for address in ("a", "b"):
                register(
                    session, meeting, person(f"Osoba {chr(65 + number)}x", f"{address}{number}@example.org")
                )
        session.flush()
        with statements() as seen:
            assert len(duplicates.pairs(session, meeting.id)) == 8
        assert len(seen) == 2


class TestMerge:
    def test_the_kept_row_gets_what_it_lacks(self, session):
        meeting = small_meeting(session, 5)
        asked = ask(session, meeting, QuestionKind.ONE, "Dílna", option("A", 1), "B")
        own = ask(session, meeting, QuestionKind.SHORT, "Jiné")
        place = ids(asked)[0]
        needs = Needs(diet="bez lepku", consent_text="Souhlasím.")
        a, b = twice(
            session,
            meeting,
            organisation="Spolek",
            needs=needs,
            handout_consent="Smíte.",
            answers={asked.id: Given(options=(place,)), own.id: Given(text="druhé")},
        )
        organiser.set_note(session, b.id, "Volat.", now=later(3), actor=DESK)
        edit_questions.fill_in(session, a.id, {own.id: Given(text="první")}, now=later(3), actor=DESK)
        kept = merge(session, a, b)
        assert (kept.id, kept.organisation_name, kept.needs_diet, kept.note) == (
            a.id,
            "Spolek",
            "bez lepku",
            "Volat.",
        )
        assert kept.needs_consent_at == b.needs_consent_at
        assert kept.handout_consent_text == "Smíte."
        assert said_by(session, kept) == {asked.id: Given(options=(place,)), own.id: Given(text="první")}
        assert said_by(session, kept)[asked.id].without_place == (), "the place of the option went along"
        assert "spolek" in kept.search_key
        assert places(a, b) == "CX"
        assert [one.id for one in page(session, meeting.id, ListView(), 1).rows] == [a.id]
        assert_sound(session)

    def test_what_the_kept_row_has_stays(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting, organisation="Spolek")
        a.organisation_name = "Úřad"
        assert merge(session, a, b).organisation_name == "Úřad"

    def test_the_better_place_is_kept_and_told(self, session):
        meeting = small_meeting(session, 1)
        a, b = twice(session, meeting)
        c = register(session, meeting, PETR, now=later(3))[0]
        merge(session, b, a)
        assert places(a, b, c) == "XCW"
        assert told(session, b) == [("waiting", None, None), ("moved_up", "REQUEST", 1)]
        assert told(session, a)[-1] == ("cancelled", "CANCEL", 1)
        assert_sound(session)

    def test_the_earlier_number_counts_and_nobody_is_told(self, session):
        meeting = small_meeting(session, 1)
        register(session, meeting, OLGA, now=NOW)
        a, _c, b = register(session, meeting, person(JANA, OTHER), PETR, JANA, now=later(1))
        number = a.queue_number
        merge(session, b, a)
        assert (places(a, b), b.queue_number) == ("XW", number)
        assert [kind for kind, *_ in told(session, a)] == ["waiting", "party_summary"]
        assert [kind for kind, *_ in told(session, b)] == ["waiting"]
        assert_sound(session)

    def test_a_second_seat_goes_to_who_waits(self, session):
        meeting = small_meeting(session, 2)
        a, b = twice(session, meeting)
        c = register(session, meeting, PETR, now=later(3))[0]
        merge(session, a, b)
        assert places(a, b, c) == "CXC"
        assert [kind for kind, *_ in told(session, a)] == ["confirmed"], "who stays gets no letter"
        assert "You were on the list" not in str(letters_to(session, a)[0].facts)
        assert_sound(session)

    def test_a_row_without_an_address_never_outlives_one_with_it(self, session):
        meeting = small_meeting(session, 1)
        by_hand = organiser.add_by_hand(
            session,
            meeting.id,
            person(JANA, ""),
            language="cs",
            note="",
            now=NOW,
            actor=DESK,
            mail_domain=DOMAIN,
        )
        a = register(session, meeting, JANA, now=later(1))[0]
        assert merge(session, by_hand, a).id == a.id
        assert places(by_hand, a) == "XC"

    def test_an_answer_is_taken_over(self, session):
        meeting = small_meeting(session, 5)
        command = invitations.Invitation(people=(person(JANA, OTHER),), language="cs")
        invitations.invite(session, meeting.id, command, now=NOW, actor=DESK, mail_domain=DOMAIN)
        guest = session.scalars(select(Attendee).where(Attendee.email == OTHER)).one()
        a = register(session, meeting, JANA, now=later(1))[0]
        answers.answer(session, a.id, Answer.MAYBE, note="Snad.", now=later(2), actor=ATTENDEE)
        merge(session, guest, a)
        assert (guest.place, guest.answer, guest.answer_note) == ("confirmed", "maybe", "Snad.")
        assert_sound(session)

    @pytest.mark.parametrize("now", [START, later(10)])
    def test_after_the_start_nobody_is_told(self, session, now):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting)
        merge(session, a, b, now=now)
        assert (told(session, b)[-1][0] == "cancelled") is (now != START)
        assert places(a, b) == "CX"

    def test_who_has_no_place_or_is_a_stranger_is_refused(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting)
        with pytest.raises(rules.ChangeRefused):
            merge(session, a, a)
        personal.cancel(session, b.id, now=later(3), actor=ATTENDEE)
        with pytest.raises(rules.ChangeRefused):
            merge(session, a, b)
        with pytest.raises(merging.NotFound):
            merge(session, a, register(session, small_meeting(session, 5), PETR)[0])
        assert places(a, b) == "CD"

    def test_letters_and_history_belong_to_the_kept_person(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting)
        merge(session, a, b)
        session.flush()
        rows = lineage(session, a)
        assert rows == [a.id, b.id]
        assert {one.attendee_id for one in letters_of(session, rows)} == {a.id, b.id}
        assert {"attendee:merge", "attendee:cancel", "attendee:register"} == {
            one.act for one in history_of(session, rows)
        }
        assert JANA not in str([one.details for one in history_of(session, rows)])

    def test_erasing_the_kept_person_erases_both(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting)
        c = register(session, meeting, person(JANA, "third@example.org"), now=later(3))[0]
        merge(session, a, b)
        merge(session, a, c, now=later(11))
        erase_attendee(session, a.id, now=later(12), actor=DESK)
        session.flush()
        assert [(one.name, one.email) for one in (a, b, c)] == [("", None)] * 3
        left = session.scalars(select(Letter.recipient).where(Letter.calendar.is_distinct_from("CANCEL")))
        assert set(left) == {None}


class TestBack:
    def test_everything_is_as_before(self, session):
        meeting = small_meeting(session, 5)
        asked = ask(session, meeting, QuestionKind.ONE, "Dílna", option("A", 1), "B")
        said = {asked.id: Given(options=(ids(asked)[0],))}
        needs = Needs(access="výtah", consent_text="Souhlasím.")
        a, b = twice(session, meeting, organisation="Spolek", needs=needs, answers=said)
        before = {one: getattr(a, one) for columns in merging.FILLED.values() for one in columns}
        search = a.search_key
        merge(session, a, b)
        assert back(session, a) is b
        assert {one: getattr(a, one) for one in before} == before
        assert (a.search_key, said_by(session, a)) == (search, {})
        assert said_by(session, b)[asked.id].without_place == ()
        assert (places(a, b), b.ended_at, lineage(session, a)) == ("CC", None, [a.id])
        assert told(session, b)[-2:] == [("cancelled", "CANCEL", 1), ("confirmed", "REQUEST", 2)]
        assert acts(session, a)[-2:] == ["attendee:merge", "attendee:undo_merge"]
        assert_sound(session)

    def test_the_seat_goes_back_to_who_brought_it(self, session):
        meeting = small_meeting(session, 1)
        a, b = twice(session, meeting)
        c = register(session, meeting, PETR, now=later(3))[0]
        merge(session, b, a)
        back(session, b)
        assert places(a, b, c) == "CWW"
        assert b.queue_number < c.queue_number
        assert told(session, b)[-1] == ("changed", "CANCEL", 2)
        assert_sound(session)

    def test_a_seat_that_went_to_another_is_waited_for(self, session):
        meeting = small_meeting(session, 2)
        a, b = twice(session, meeting)
        c = register(session, meeting, PETR, now=later(3))[0]
        merge(session, a, b)
        back(session, a)
        assert places(a, b, c) == "CWC"
        assert told(session, b)[-1] == ("waiting", None, None)
        assert_sound(session)

    def test_what_was_changed_since_stays(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting, organisation="Spolek")
        merge(session, a, b)
        a.organisation_name = "Úřad"
        back(session, a)
        assert a.organisation_name == "Úřad"

    def test_the_newest_first_and_each_once(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting)
        c = register(session, meeting, person(JANA, "third@example.org"), now=later(3))[0]
        merge(session, a, b)
        merge(session, a, c, now=later(11))
        assert back(session, a) is c
        assert back(session, a, 21) is b
        with pytest.raises(rules.ChangeRefused):
            back(session, a, 22)
        assert places(a, b, c) == "CCC"

    def test_not_once_the_person_registered_anew_or_left(self, session):
        meeting = small_meeting(session, 5)
        a, b = twice(session, meeting)
        merge(session, a, b)
        register(session, meeting, person("jana NOVAKOVA", OTHER), now=later(12))
        with pytest.raises(rules.AlreadyRegistered):
            back(session, a)
        personal.cancel(session, a.id, now=later(13), actor=ATTENDEE)
        with pytest.raises(rules.ChangeRefused):
            back(session, a)
        with pytest.raises(rules.ChangeRefused):
            personal.undo_cancel(session, b.id, now=later(14), actor=DESK)


def check_in(session, row, minute):
    at = later(minute)
    event = DoorEvent(
        meeting_id=row.meeting_id,
        attendee_id=row.id,
        client_id=f"phone-{row.id}-{minute}",
        act="in",
        verdict="in",
        way="list",
        at=at,
        taken_at=at,
        door="",
        code="",
    )
    mark = AttendanceMark(
        meeting_id=row.meeting_id, attendee_id=row.id, mark=Mark.PRESENT, batch="b", made_at=at
    )
    session.add_all([event, mark])
    session.flush()


def test_what_the_door_noted_goes_along_and_comes_back(session):
    meeting = small_meeting(session, 5)
    a, b = twice(session, meeting)
    check_in(session, a, 6)
    check_in(session, b, 5)
    same_person.merge(session, meeting.id, a.id, b.id, now=MERGED, actor=DESK)
    session.flush()
    assert arrivals(session, meeting.id) == {a.id: later(5)}
    assert acts(session, a)[-1] == "attendee:carry_attendance"
    same_person.take_back(session, meeting.id, a.id, now=later(20), actor=DESK)
    assert arrivals(session, meeting.id) == {a.id: later(6), b.id: later(5)}
    assert set(session.scalars(select(AttendanceMark.attendee_id))) == {a.id, b.id}
    assert (a.place, b.place) == (Place.CONFIRMED, Place.CONFIRMED)
    assert_sound(session, now=later(30))


def test_whoever_is_in_stays_in_under_another_address(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, JANA, now=later(1))
    check_in(session, a, 6)
    new = same_person.correct_address(session, a.id, OTHER, now=later(8), actor=DESK, mail_domain=DOMAIN)
    assert arrivals(session, meeting.id) == {new.id: later(6)}
    assert set(session.scalars(select(AttendanceMark.attendee_id))) == {new.id}
    assert acts(session, new)[-1] == "attendee:carry_attendance"
    assert (
        same_person.correct_address(session, new.id, OTHER, now=later(9), actor=DESK, mail_domain=DOMAIN)
        is new
    )
    assert_sound(session, now=later(30))


def test_file_and_labels_go_along_and_come_back(session):
    meeting = small_meeting(session, 5)
    slides = ask(session, meeting, QuestionKind.FILE, "Slides", file_kinds=("pdf",))
    a, b = twice(session, meeting, answers={slides.id: kept(session, slides)})
    for name, rows in {"VIP": [b], "Host": [a, b]}.items():
        labels.put_on(session, meeting.id, [one.id for one in rows], name, now=later(3), actor=DESK)
    merge(session, a, b)
    assert get_file(session, a.id, slides.id).name == "slides.pdf"
    assert said_by(session, b) == {}
    assert label_names(session, meeting)[a.id] == ["Host", "VIP"]
    back(session, a)
    assert get_file(session, b.id, slides.id).name == "slides.pdf"
    assert said_by(session, a) == {}
    assert label_names(session, meeting) == {a.id: ["Host"], b.id: ["Host", "VIP"]}


def test_a_file_that_came_after_joining_stays_with_who_gave_it(session):
    meeting = small_meeting(session, 5)
    slides = ask(session, meeting, QuestionKind.FILE, "Slides", file_kinds=("pdf",))
    a, b = twice(session, meeting, answers={slides.id: kept(session, slides)})
    merge(session, a, b)
    own = {slides.id: kept(session, slides, "own.pdf")}
    edit_questions.fill_in(session, a.id, own, now=later(12), actor=DESK)
    back(session, a)
    assert get_file(session, a.id, slides.id).name == "own.pdf"
    assert said_by(session, b) == {}


def label_names(session, meeting):
    return {one: sorted(names) for one, names in by_attendee(session, meeting.id).items()}
