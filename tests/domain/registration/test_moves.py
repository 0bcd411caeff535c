"""Moving people to another meeting: who goes, what goes along, who is told, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.delivery.letters import preview
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Format, MeetingState
from app.domain.questions.commands import Given, Owner
from app.domain.questions.models import QuestionKind
from app.domain.questions.queries import get_file, given_by
from app.domain.registration import answers, invitations, moves, organiser, personal, rules
from app.domain.registration.commands import Needs
from app.domain.registration.models import Answer, Attendee, Mode
from tests.domain.registration.cast import (
    DESK,
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
from tests.factories import DOMAIN, make_series, person, register
from tests.questionnaires import ask, ids, kept, option, said_by

A, B, C, D = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml", "Dana Dvořáková"
MOVED = later(10)


@pytest.fixture
def two(session):
    """Two meetings of one series; the other one is a week later and has two seats."""
    old = small_meeting(session, 2)
    return old, other_meeting(session, 2)


def other_meeting(session, capacity, **values):
    meeting = small_meeting(session, capacity, number=66, **values)
    meeting.starts_at, meeting.ends_at = START + timedelta(days=7), START + timedelta(days=7, hours=3)
    session.flush()
    return meeting


def move(session, old, new, *people, now=MOVED):
    return moves.move(
        session, old.id, [one.id for one in people], to_id=new.id, now=now, actor=DESK, mail_domain=DOMAIN
    )


def back(session, old, *, moved_at=MOVED, minute=20):
    return moves.take_back(session, old.id, moved_at, now=later(minute), actor=DESK)


def plain(text):
    """Without the spaces that do not break."""
    return text.replace("\xa0", " ")


def test_a_note_and_the_place_on_the_participants_list_stay_within_their_series(session, two):
    old, new = two
    new.series_id = make_series(session, "Jiná řada").id
    needs = Needs(diet="bez lepku", consent_text="Souhlasím s údaji.")
    (one,) = register(session, old, person(A, needs=needs, handout_consent="Smíte."))
    organiser.set_note(session, one.id, "Minule se nedostavil.", now=later(1), actor=DESK)
    row = move(session, old, new, one).arrived[0]
    assert (row.note, row.handout_consent_at, row.handout_consent_text) == ("", None, "")
    assert (row.needs_diet, row.needs_consent_text) == ("bez lepku", "Souhlasím s údaji.")
    assert (one.note, one.handout_consent_text) == ("Minule se nedostavil.", "Smíte.")


def reads_and_changes(seen):
    """SQLite inserts row by row where it gives ids back, so that inserts are not counted."""
    return sum(not one.startswith("INSERT") for one in seen)


def test_seats_go_first_to_who_had_one_and_the_old_queue_moves_up_once(session, two):
    old, new = two
    a, b, c, d = register(session, old, A, B, C, D)
    assert places(a, b, c, d) == "CCWW"
    expected = moves.forecast(session, old, [new], [c.id, b.id, a.id])[new.id]
    assert expected == moves.Forecast(going=3, waiting=1, already=0)
    done = move(session, old, new, c, b, a)
    there = {one.name: one for one in done.arrived}
    assert places(a, b, c, d) == "XXXC"
    assert places(there[A], there[B], there[C]) == "CCW"
    assert (there[A].answer, there[A].uid == a.uid) == (Answer.NONE, False)
    assert_sound(session)


def test_each_gets_two_letters_and_both_say_why(session, two):
    old, new = two
    a, b, c = register(session, old, A, B, C)
    there = {one.name: one for one in move(session, old, new, a, b, c).arrived}
    assert told(session, a)[-1] == ("cancelled", "CANCEL", 1)
    assert told(session, there[A]) == [("confirmed", "REQUEST", 0)]
    assert told(session, there[C]) == [("waiting", None, None)]
    gone, came = preview(letters_to(session, a)[-1]), preview(letters_to(session, there[A])[0])
    gone, came = replace(gone, text=plain(gone.text)), replace(came, text=plain(came.text))
    assert gone.calendar is None  # no REQUEST has left yet
    assert new.title["cs"] in gone.text
    assert "PARTSTAT=NEEDS-ACTION" in came.calendar.replace("\r\n ", "")
    assert "13. 4. 2027" in gone.text
    assert "6. 4. 2027" in came.text
    assert came.text.count("6. 4. 2027") == 1


def test_what_was_agreed_and_said_goes_along(session):
    old, new = hybrid(session, 5, 5), other_meeting(session, 5)
    asked = ask(
        session, Owner(series_id=make_series(session).id), QuestionKind.ONE, "Oběd", option("A", 1), "B"
    )
    own = ask(session, old, QuestionKind.SHORT, "Jen zde")
    first, _second = ids(asked)
    needs = Needs(diet="bez lepku", consent_text="Souhlasím s údaji.")
    said = {asked.id: Given(options=(first,)), own.id: Given(text="ano")}
    one = register(
        session,
        old,
        person(
            A, organisation="Spolek", mode=Mode.ONLINE, needs=needs, handout_consent="Smíte.", answers=said
        ),
    )[0]
    taken = register(session, new, person(B, answers={asked.id: Given(options=(first,))}))[0]
    organiser.set_note(session, one.id, "Mluví tiše.", now=later(1), actor=DESK)
    row = move(session, old, new, one).arrived[0]
    same = ("name", "email", "organisation_name", "language", "note", "needs_diet", "sort_key", "search_key")
    agreed = ("needs_consent_at", "needs_consent_text", "handout_consent_at", "handout_consent_text")
    for column in (*same, *agreed):
        assert getattr(row, column) == getattr(one, column), column
    assert (row.mode, row.party_id, row.registered_at) == (Mode.ROOM, None, MOVED)
    answers_there = given_by(session, [row.id, taken.id])
    assert answers_there[row.id] == {asked.id: Given(options=(first,))}
    assert answers_there[row.id][asked.id].without_place == (first,)
    assert answers_there[taken.id][asked.id].without_place == ()
    assert_sound(session)


def test_who_is_there_already_is_left(session, two):
    old, new = two
    a, b = register(session, old, A, B)
    register(session, new, A)
    assert moves.forecast(session, old, [new], [a.id, b.id])[new.id].already == 1
    done = move(session, old, new, a, b)
    assert ([one.id for one in done.left], [one.name for one in done.arrived]) == ([a.id], [B])
    assert places(a, b) == "CX"
    assert [kind for kind, *_ in told(session, a)] == ["confirmed", "party_summary"]


def test_invited_stay_invited_and_pending_are_judged_where_they_come(session, two):
    old, new = two
    command = invitations.Invitation(people=(person(C),), language="cs")
    invitations.invite(session, old.id, command, now=later(1), actor=DESK, mail_domain=DOMAIN)
    guest = session.scalars(select(Attendee).where(Attendee.name == C)).one()
    old.approval = True
    pending = register(session, old, D, now=later(2))[0]
    done = move(session, old, new, guest, pending)
    assert {one.name: one.place for one in done.arrived} == {C: "invited", D: "confirmed"}
    assert [kind for kind, *_ in told(session, done.arrived[0])] == ["invited"]
    assert places(*back(session, old)) == "IP"
    assert_sound(session)


def test_nobody_without_a_place_is_moved_nor_a_stranger(session, two):
    old, new = two
    a, b = register(session, old, A, B)
    stranger = register(session, new, C)[0]
    personal.cancel(session, a.id, now=later(1), actor=ATTENDEE)
    assert move(session, old, new, a, stranger) == moves.Moved([], 0, [])
    assert places(a, b, stranger) == "DCC"


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(("spoil", "reason"), [("state", "called_off"), ("past", "past")])
def test_both_meetings_must_be_ahead(session, two, which, spoil, reason):
    old, new = two
    a = register(session, old, A)[0]
    if spoil == "state":
        two[which].state = MeetingState.CALLED_OFF
    else:
        two[which].starts_at = MOVED
    with pytest.raises(rules.ChangeRefused) as refused:
        move(session, old, new, a)
    assert refused.value.reason == reason
    assert places(a) == "C"


def test_not_to_the_same_meeting(session, two):
    old, _new = two
    a = register(session, old, A)[0]
    with pytest.raises(rules.ChangeRefused):
        move(session, old, old, a)


def test_an_undo_brings_everybody_back_to_the_old_seats(session, two):
    old, new = two
    a, b, c = register(session, old, A, B, C)
    x, y = register(session, new, "Xaver", "Yveta Žlutá")
    done = move(session, old, new, a, c)
    assert places(a, b, c, *done.arrived, x, y) == "XCXWWCC"
    assert {one.id for one in back(session, old)} == {a.id, c.id}
    assert places(a, b, c, *done.arrived) == "CCWXX"
    assert told(session, a)[-1] == ("confirmed", "REQUEST", 2)
    assert told(session, done.arrived[0])[-1] == ("cancelled", "CANCEL", 1)
    assert acts(session, a)[-1] == "attendee:undo_cancel"
    assert back(session, old, minute=30) == []
    assert_sound(session)


def test_an_undo_lets_the_queue_of_the_other_meeting_move_up(session, two):
    old, new = two
    a, b = register(session, old, A, B)
    move(session, old, new, a, b)
    waits = register(session, new, C, now=later(11))[0]
    assert places(waits) == "W"
    back(session, old)
    assert places(a, b, waits) == "CCC"
    assert_sound(session)


def test_who_did_something_there_or_registered_here_anew_stays_there(session, two):
    old, new = two
    a, b = register(session, old, A, B)
    there = {one.name: one for one in move(session, old, new, a, b).arrived}
    answers.answer(session, there[A].id, Answer.YES, now=later(12), actor=ATTENDEE)
    register(session, old, B, now=later(13))
    assert back(session, old) == []
    assert places(a, b, there[A], there[B]) == "XXCC"
    assert_sound(session)


def test_an_act_of_another_instant_is_no_move(session, two):
    old, new = two
    a = register(session, old, A)[0]
    move(session, old, new, a)
    assert back(session, old, moved_at=later(11)) == []
    assert places(a) == "X"


def test_history_names_both_ends_and_no_person(session, two):
    old, new = two
    a = register(session, old, A)[0]
    row = move(session, old, new, a).arrived[0]
    session.flush()
    entries = {one.act: one for one in session.scalars(select(Entry).where(Entry.at == MOVED))}
    left, came = entries["attendee:cancel"].details, entries["attendee:moved_in"].details
    assert (left["other_meeting"], left["other"], left["title"]) == (new.id, row.id, new.title)
    assert (came["other_meeting"], came["other"], came["title"]) == (old.id, a.id, old.title)
    assert "Adam" not in str([left, came])


def test_the_number_of_statements_does_not_grow(session, two, statements):
    old, new = two
    people = register(session, old, A, B)
    with statements() as few:
        move(session, old, new, *people)
        session.flush()
    many_old, many_new = other_meeting(session, 50), other_meeting(session, 50)
    crowd = [register(session, many_old, f"Osoba {chr(65 + n)}{chr(65 + n)}")[0] for n in range(20)]
    with statements() as many_statements:
        move(session, many_old, many_new, *crowd)
        session.flush()
    assert reads_and_changes(many_statements) <= reads_and_changes(few) + 1


def test_an_address_less_person_moves_without_a_letter(session, two):
    old, new = two
    hand = organiser.add_by_hand(
        session, old.id, person(A, ""), language="cs", note="", now=later(1), actor=DESK, mail_domain=DOMAIN
    )
    row = move(session, old, new, hand).arrived[0]
    assert (row.place, row.email, letters_to(session, row)) == ("confirmed", None, [])
    assert new.format == Format.IN_PERSON


def test_a_file_goes_along_once_and_comes_back(session, two):
    old, new = two
    slides = ask(session, Owner(series_id=old.series_id), QuestionKind.FILE, "Slides", file_kinds=("pdf",))
    a, b = register(session, old, person(A, answers={slides.id: kept(session, slides)}), B)
    done = move(session, old, new, a, b)
    there = {one.name: one for one in done.arrived}
    assert get_file(session, there[A].id, slides.id).name == "slides.pdf"
    assert said_by(session, a) == said_by(session, there[B]) == {}
    back(session, old)
    assert get_file(session, a.id, slides.id).name == "slides.pdf"
    assert said_by(session, there[A]) == {}
