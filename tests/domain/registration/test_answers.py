"""Answers on the personal page: what each does to the seat, to the note, and which one letter it writes."""

from __future__ import annotations

import pytest

from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Format, Meeting
from app.domain.registration import answers, edit_meeting, invitations, personal, rules
from app.domain.registration.models import Answer, Attendee, Mode, Place
from tests.domain.registration.cast import (
    DESK,
    NOW,
    START,
    assert_sound,
    hybrid,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, meeting_text, person, register


def invite(session, meeting: Meeting, *people: str, mode: Mode = Mode.ROOM) -> list[Attendee]:
    """Invite people of these names."""
    command = invitations.Invitation(people=tuple(person(name, mode=mode) for name in people), language="cs")
    return invitations.invite(session, meeting.id, command, now=NOW, actor=DESK, mail_domain=DOMAIN).attendees


def say(session, row: Attendee, said: Answer, minutes: int = 5, **more) -> Attendee:
    """Answer on the personal page."""
    return answers.answer(session, row.id, said, now=later(minutes), actor=ATTENDEE, **more)


def test_an_invitation_is_taken_in_the_way_that_was_chosen(session):
    meeting = hybrid(session, 1, 5)
    (row,) = invite(session, meeting, "Olena")
    say(session, row, Answer.YES, mode=Mode.ONLINE)
    assert (row.place, row.mode) == (Place.CONFIRMED, Mode.ONLINE)
    assert [kind for kind, *_rest in told(session, row)] == ["invited", "confirmed"]
    assert letters_to(session, row)[-1].sequence > letters_to(session, row)[0].sequence
    assert letters_to(session, row)[-1].facts["meeting"]["online_url"]
    assert_sound(session)


def test_a_full_way_means_the_queue_and_takes_the_entry_out(session):
    meeting = hybrid(session, 5, 1)
    register(session, meeting, person("A", mode=Mode.ONLINE), now=NOW)
    (row,) = invite(session, meeting, "Olena")
    say(session, row, Answer.MAYBE, mode=Mode.ONLINE)
    assert (row.place, row.mode, row.answer) == (Place.WAITING, Mode.ONLINE, Answer.MAYBE)
    assert [(kind, part) for kind, part, _ in told(session, row)] == [
        ("invited", "REQUEST"),
        ("waiting", "CANCEL"),
    ]
    assert_sound(session)


def test_another_way_with_the_answer_is_a_move_and_lets_the_next_one_in(session):
    meeting = hybrid(session, 1, 1)
    a, b = (register(session, meeting, name, now=later(number))[0] for number, name in enumerate("AB"))
    say(session, a, Answer.MAYBE, mode=Mode.ONLINE)
    assert (a.place, a.mode, a.answer, b.place) == (
        Place.CONFIRMED,
        Mode.ONLINE,
        Answer.MAYBE,
        Place.CONFIRMED,
    )
    assert told(session, a)[-1][:2] == ("answered", "REQUEST")
    assert len(letters_to(session, a)) == 2
    assert told(session, b)[-1][0] == "moved_up"
    assert_sound(session)


def test_a_move_to_a_full_way_gives_the_seat_up(session):
    meeting = hybrid(session, 1, 1)
    register(session, meeting, person("X", mode=Mode.ONLINE), now=NOW)
    a, b = (register(session, meeting, name, now=later(number))[0] for number, name in enumerate("AB"))
    say(session, a, Answer.YES, mode=Mode.ONLINE)
    assert places(a, b) == "WC"
    assert told(session, a)[-1][:2] == ("waiting", "CANCEL")
    assert_sound(session)


def test_who_waits_gets_a_seat_by_another_way(session):
    meeting = hybrid(session, 1, 1)
    _a, b = (register(session, meeting, name, now=later(number))[0] for number, name in enumerate("AB"))
    say(session, b, Answer.YES, mode=Mode.ONLINE)
    assert (b.place, b.mode) == (Place.CONFIRMED, Mode.ONLINE)
    assert told(session, b)[-1][:2] == ("confirmed", "REQUEST")
    assert_sound(session)


def test_whoever_comes_back_chooses_too(session):
    meeting = hybrid(session, 1, 1)
    (a,) = register(session, meeting, "A", now=NOW)
    say(session, a, Answer.NO, note="Jsem nemocná.")
    say(session, a, Answer.MAYBE, 6, note="Snad.", mode=Mode.ONLINE)
    assert (a.place, a.mode, a.answer, a.answer_note) == (
        Place.CONFIRMED,
        Mode.ONLINE,
        Answer.MAYBE,
        "Snad.",
    )


def test_the_way_follows_a_meeting_that_went_online_before_the_answer(session):
    meeting = hybrid(session, 5, 5)
    asked, gone = invite(session, meeting, "Olena", "Petr")
    say(session, gone, Answer.NO)
    changed = meeting_text(session, starts_at=START, format=Format.ONLINE, online_url=meeting.online_url)
    edit_meeting.edit(session, meeting.id, changed, [], version=meeting.version, now=later(10), actor=DESK)
    assert letters_to(session, asked)[-1].facts["attendee"]["mode"] == Mode.ONLINE
    for row in (asked, gone):
        say(session, row, Answer.YES, 20)
        assert (row.place, row.mode) == (Place.CONFIRMED, Mode.ONLINE)
    assert_sound(session)


@pytest.mark.parametrize("said", [Answer.YES, Answer.MAYBE])
def test_a_way_that_is_not_offered_is_refused(session, said):
    meeting = small_meeting(session)
    (row,) = invite(session, meeting, "Olena")
    with pytest.raises(rules.ModeNotOffered):
        say(session, row, said, mode=Mode.ONLINE)


def test_a_no_asks_for_no_way(session):
    meeting = small_meeting(session)
    (row,) = invite(session, meeting, "Olena")
    assert say(session, row, Answer.NO, mode=Mode.ONLINE).place == Place.DECLINED


@pytest.mark.parametrize("said", [Answer.YES, Answer.MAYBE, Answer.NO])
def test_the_same_answer_again_changes_the_note_alone(session, said):
    meeting = hybrid(session, 3, 3)
    (row,) = invite(session, meeting, "Olena")
    say(session, row, said, note="První.", mode=Mode.ROOM)
    before = (row.place, row.revision, row.answer_at)
    say(session, row, said, 6, mode=Mode.ROOM)
    assert row.answer_note == "První."
    say(session, row, said, 7, note="Druhé.", mode=Mode.ROOM)
    assert row.answer_note == "Druhé."
    say(session, row, said, 8, note="")
    assert row.answer_note == ""
    assert (row.place, row.revision, row.answer_at) == before
    assert len(letters_to(session, row)) == 2


def test_a_no_says_nothing_about_a_place_that_an_organiser_took(session):
    meeting = small_meeting(session)
    (row,) = register(session, meeting, "Olena", now=NOW)
    personal.cancel(session, row.id, now=later(1), actor=DESK)
    say(session, row, Answer.NO, note="Ale já chtěla.")
    assert (row.place, row.answer, row.answer_note) == (Place.CANCELLED, Answer.YES, "")
    assert len(letters_to(session, row)) == 2


def test_a_note_is_cut_where_its_column_ends(session):
    meeting = small_meeting(session)
    (row,) = invite(session, meeting, "Olena")
    say(session, row, Answer.NO, note="x" * 600)
    assert row.answer_note == "x" * 500
    say(session, row, Answer.NO, 6, note="y" * 600)
    assert row.answer_note == "y" * 500
