"""Letters about invitations and answers: their facts, and which of them may be sent again."""

import pytest

from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Kind, Letter, State
from app.domain.registration import (
    answers,
    approval,
    changes,
    corrections,
    invitations,
    letters,
    organiser,
    reminders,
    rules,
    substitutes,
)
from app.domain.registration.models import Answer, Place
from tests.domain.registration.cast import DESK, NOW, START, later, letters_to, small_meeting
from tests.factories import DOMAIN, person, register

A, B = "Adam Adamec", "Běla Bílá"


@pytest.fixture
def meeting(session):
    return small_meeting(session, 5)


def invite(session, meeting, name=A):
    command = invitations.Invitation(people=(person(name),), language="cs", words="Přijďte.")
    found = invitations.invite(session, meeting.id, command, now=NOW, actor=DESK, mail_domain=DOMAIN)
    return found.attendees[0]


def answer(session, attendee, said, at=2):
    return answers.answer(session, attendee.id, said, now=later(at), actor=ATTENDEE)


def ask_to_confirm(session, meeting, attendee, said=Answer.NO, at=3):
    """As after a calendar's reply that could not be trusted."""
    letters.write(
        session,
        Kind.CONFIRM_ANSWER,
        meeting,
        attendee,
        now=later(at),
        answer=said,
        why="unverified",
        auto="replied",
    )


def sent(session, attendee, kind):
    """The newest letter of a kind, as if it and all before had gone out."""
    found = [one for one in letters_to(session, attendee) if one.kind == kind][-1]
    for one in letters_to(session, attendee):
        one.state = State.SENT
    return found


def again(session, letter, *, now=None):
    return organiser.send_again(session, letter.id, now=now or later(60), actor=DESK)


def remind(session, meeting):
    return reminders.enqueue_due(session, meeting.id, now=START.replace(day=START.day - 1))


# --- again --------------------------------------------------------------------------------------------------


def test_an_invitation_goes_again_with_the_words_of_the_organiser(session, meeting):
    letter = sent(session, invite(session, meeting), Kind.INVITED)
    new = again(session, letter)
    assert (new.kind, new.calendar, new.sequence) == (Kind.INVITED, "REQUEST", letter.sequence)
    assert new.facts["words"] == "Přijďte."
    assert new.facts["invite"]["partstat"] == "NEEDS-ACTION"


@pytest.mark.parametrize("said", [Answer.YES, Answer.MAYBE, Answer.NO])
def test_an_invitation_does_not_go_again_after_an_answer(session, meeting, said):
    one = invite(session, meeting)
    letter = sent(session, one, Kind.INVITED)
    answer(session, one, said)
    with pytest.raises(rules.ChangeRefused, match="overtaken"):
        again(session, letter)


def test_a_reminder_goes_again_with_the_answer_of_today(session, meeting):
    (one,) = register(session, meeting, A, now=NOW)
    answer(session, one, Answer.MAYBE)
    assert remind(session, meeting) == 1
    letter = sent(session, one, Kind.REMINDER)
    answer(session, one, Answer.YES, at=5)
    new = again(session, letter)
    assert (new.kind, new.calendar, new.facts["attendee"]["answer"]) == (Kind.REMINDER, None, "yes")
    assert new.key.startswith(letter.key)


@pytest.mark.parametrize("kind", [Kind.INVITED, Kind.REMINDER, Kind.CONFIRM_ANSWER])
def test_what_asks_does_not_go_again_after_the_start(session, meeting, kind):
    one = invite(session, meeting)
    ask_to_confirm(session, meeting, one)
    remind(session, meeting)
    letter = sent(session, one, kind)
    assert again(session, letter).kind == kind
    with pytest.raises(rules.ChangeRefused, match="past"):
        again(session, letter, now=START)


@pytest.mark.parametrize("kind", [Kind.INVITED, Kind.REMINDER, Kind.CONFIRM_ANSWER])
def test_what_asks_does_not_go_again_when_the_meeting_is_off(session, meeting, kind):
    one = invite(session, meeting)
    ask_to_confirm(session, meeting, one)
    remind(session, meeting)
    letter = sent(session, one, kind)
    changes.call_off(session, meeting.id, reason={}, now=later(30), actor=DESK)
    with pytest.raises(rules.ChangeRefused, match="overtaken"):
        again(session, letter)


def test_a_question_about_an_answer_goes_again_until_there_is_another(session, meeting):
    (one,) = register(session, meeting, A, now=NOW)
    ask_to_confirm(session, meeting, one)
    letter = sent(session, one, Kind.CONFIRM_ANSWER)
    new = again(session, letter)
    assert (new.facts["answer"], new.facts["why"]) == ("no", "unverified")
    assert "auto" not in new.facts  # an organiser sends it, not a program that answers a mail
    assert letter.facts["auto"] == "replied"
    answer(session, one, Answer.MAYBE, at=70)
    with pytest.raises(rules.ChangeRefused, match="overtaken"):
        again(session, letter)


def test_an_answer_that_was_noted_goes_again_until_there_is_another(session, meeting):
    one = answer(session, invite(session, meeting), Answer.MAYBE)
    letter = sent(session, one, Kind.ANSWERED)
    assert again(session, letter).facts["answer"] == "maybe"
    answer(session, one, Answer.YES, at=70)
    with pytest.raises(rules.ChangeRefused, match="overtaken"):
        again(session, letter)


def test_what_ended_a_place_goes_again_with_its_facts(session, meeting):
    one = answer(session, invite(session, meeting), Answer.MAYBE)
    answers.release(session, meeting.id, [one.id], now=later(3), actor=DESK)
    new = again(session, sent(session, one, Kind.RELEASED))
    assert (new.calendar, new.facts["may_register"]) == ("CANCEL", True)


def test_a_substitute_is_told_again_by_whom(session, meeting):
    one = invite(session, meeting)
    command = substitutes.Substitution(person=person(B), language="cs")
    new = substitutes.substitute(session, one.id, command, now=later(1), actor=ATTENDEE, mail_domain=DOMAIN)
    letter = sent(session, new, Kind.SUBSTITUTE)
    assert again(session, letter).facts["registered_by"] == A
    answer(session, new, Answer.NO)
    with pytest.raises(rules.ChangeRefused, match="overtaken"):
        again(session, letter)


def test_a_decision_goes_again_but_not_after_another(session):
    meeting = small_meeting(session, 5, approval=True)
    (one,) = register(session, meeting, A, now=NOW)
    pending = sent(session, one, Kind.PENDING)
    assert again(session, pending).kind == Kind.PENDING
    approval.disapprove(session, one.id, reason="Je plno", now=later(61), actor=DESK)
    with pytest.raises(rules.ChangeRefused, match="overtaken"):
        again(session, pending)
    assert again(session, sent(session, one, Kind.NOT_APPROVED)).facts["reason"] == "Je plno"


# --- facts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [Answer.YES, Answer.MAYBE])
def test_letters_keep_answer_and_deadline(session, said):
    meeting = small_meeting(session, 5, deadline=START.date())
    one = answer(session, invite(session, meeting), said)
    first, second = (letter.facts for letter in letters_to(session, one))
    assert (first["attendee"]["answer"], second["attendee"]["answer"]) == ("none", said)
    assert first["meeting"]["deadline"] == START.date().isoformat()
    meeting.deadline = None
    assert letters.meeting_facts(meeting, one)["deadline"] is None


@pytest.mark.parametrize(
    ("values", "may"), [({}, True), ({"invitation_only": True}, False), ({"deadline": NOW.date()}, True)]
)
def test_whoever_lost_a_seat_is_told_whether_one_may_register_again(session, values, may):
    meeting = small_meeting(session, 5, **values)
    one = answer(session, invite(session, meeting), Answer.MAYBE)
    answers.release(session, meeting.id, [one.id], now=later(3), actor=DESK)
    assert letters_to(session, one)[-1].facts["may_register"] is may


def test_after_the_deadline_one_may_not_register_again(session):
    meeting = small_meeting(session, 5, deadline=NOW.date())
    one = answer(session, invite(session, meeting), Answer.MAYBE)
    answers.release(session, meeting.id, [one.id], now=later(60 * 24), actor=DESK)
    assert letters_to(session, one)[-1].facts["may_register"] is False


@pytest.mark.parametrize(("by_invitation", "was"), [(True, "invited"), (False, "confirmed")])
def test_a_wrong_address_is_told_what_it_had(session, meeting, by_invitation, was):
    one = invite(session, meeting) if by_invitation else register(session, meeting, A, now=NOW)[0]
    correction = corrections.Correction(
        email="right@example.com", now=later(1), actor=DESK, mail_domain=DOMAIN
    )
    corrections.move_to_address(session, meeting, one, correction)
    facts = letters_to(session, one)[-1].facts
    assert (one.place, facts["by"], facts["was"]) == (Place.CANCELLED, "address", was)


# --- a reminder that waited -----------------------------------------------------------------------------------


def overtaken(meeting, one, letter, now=NOW):
    return reminders.is_overtaken(meeting, one, letter.facts, now=now)


def test_a_reminder_is_overtaken_by_an_answer_a_move_the_start_and_calling_off(session, meeting):
    (one,) = register(session, meeting, A, now=NOW)
    remind(session, meeting)
    letter = session.query(Letter).filter_by(kind=Kind.REMINDER).one()
    assert not overtaken(meeting, one, letter)
    assert overtaken(meeting, one, letter, now=START)
    one.answer = Answer.MAYBE
    assert overtaken(meeting, one, letter)
    one.answer, one.place = Answer.YES, Place.WAITING
    assert overtaken(meeting, one, letter)
    one.place = Place.CONFIRMED
    before = meeting.starts_at
    meeting.starts_at = before.replace(hour=before.hour + 1)
    assert overtaken(meeting, one, letter)
    meeting.starts_at = before
    assert not overtaken(meeting, one, letter)
    changes.call_off(session, meeting.id, reason={}, now=later(30), actor=DESK)
    assert overtaken(meeting, one, letter)
