"""Places of options: taken with the seat, freed with it, never more than there are."""

from dataclasses import replace

import pytest

from app.domain.history.service import ATTENDEE
from app.domain.privacy.erase import erase_attendee
from app.domain.questions.commands import NOTHING, Given
from app.domain.questions.models import QuestionKind
from app.domain.questions.rules import OptionFull
from app.domain.registration import (
    answers,
    approval,
    edit_questions,
    invitations,
    option_places,
    organiser,
    personal,
    rules,
    substitutes,
)
from app.domain.registration.invitations import Invitation
from app.domain.registration.models import Answer
from app.domain.registration.substitutes import Substitution
from tests.domain.registration.cast import (
    DESK,
    NOW,
    assert_sound,
    change_to,
    hybrid,
    later,
    letters_to,
    places,
    small_meeting,
)
from tests.factories import DOMAIN, person, register
from tests.questionnaires import ask, ids, option, question_text, said_by


@pytest.fixture
def meeting(session):
    return small_meeting(session, 2)


@pytest.fixture
def workshop(session, meeting):
    return ask(session, meeting, QuestionKind.ONE, "Workshop", option("A", 1), option("B", 2), "None")


def wants(question, letter):
    return {question.id: Given(options=(ids(question)["ABN".index(letter)],))}


def come(session, meeting, name, said, now=NOW):
    (attendee,) = register(session, meeting, person(name, answers=said), now=now)
    return attendee


def invited(session, meeting):
    guests = Invitation(people=(person("Guest"),), language="cs")
    made = invitations.invite(session, meeting.id, guests, now=NOW, actor=DESK, mail_domain=DOMAIN)
    return made.attendees[0]


def holds(session, question, *attendees):
    """A letter for an option with its place, the small one for a wish in vain."""
    found = ""
    for attendee in attendees:
        given = said_by(session, attendee).get(question.id, NOTHING)
        for chosen in given.options or (None,):
            letter = "-" if chosen is None else "ABN"[ids(question).index(chosen)]
            found += letter.lower() if chosen in given.without_place else letter
    return found


def test_the_last_place_of_an_option_refuses_the_next_who_wants_it(session, meeting, workshop):
    come(session, meeting, "First", wants(workshop, "A"))
    with pytest.raises(OptionFull) as caught:
        come(session, meeting, "Second", wants(workshop, "A"))
    assert (caught.value.question_id, caught.value.option_id) == (workshop.id, ids(workshop)[0])
    assert caught.value.position == 0


def test_the_people_of_a_party_count_for_each_other_in_the_order_typed(session, meeting, workshop):
    people = [person(name, answers=wants(workshop, "A")) for name in ("First", "Second")]
    with pytest.raises(OptionFull) as caught:
        register(session, meeting, *people, now=NOW)
    assert caught.value.position == 1
    people[1] = person("Second", answers=wants(workshop, "B"))
    both = register(session, meeting, *people, now=NOW)
    assert holds(session, workshop, *both) == "AB"


def test_a_refusal_does_not_tell_who_is_registered(session, meeting, workshop):
    come(session, meeting, "First", wants(workshop, "A"))
    for name in ("First", "Stranger"):
        with pytest.raises(OptionFull):
            come(session, meeting, name, wants(workshop, "A"))


def test_whoever_was_registered_before_keeps_what_they_said(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    register(session, meeting, person("First", answers=wants(workshop, "B")), now=later(1))
    assert holds(session, workshop, first) == "A"


def test_a_cancel_frees_the_place_at_once(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    personal.cancel(session, first.id, now=later(1), actor=ATTENDEE)
    second = come(session, meeting, "Second", wants(workshop, "A"))
    assert holds(session, workshop, second) == "A"
    personal.undo_cancel(session, first.id, now=later(2), actor=ATTENDEE)
    assert places(first, second) == "CC"
    assert holds(session, workshop, first, second) == "aA"
    assert_sound(session)


def test_whoever_waits_takes_no_place_but_may_wish_for_one(session, workshop, meeting):
    seated = [come(session, meeting, name, wants(workshop, "N")) for name in ("First", "Second")]
    waits = [come(session, meeting, name, wants(workshop, "A")) for name in ("Third", "Fourth")]
    assert holds(session, workshop, *waits) == "aa"
    personal.cancel(session, seated[0].id, now=later(1), actor=ATTENDEE)
    personal.cancel(session, seated[1].id, now=later(2), actor=ATTENDEE)
    assert places(*waits) == "CC"
    assert holds(session, workshop, *waits) == "Aa"  # the second keeps seat and wish, with a mark


def test_two_move_up_at_once_in_their_turn(session, workshop, meeting):
    for name in ("First", "Second"):
        come(session, meeting, name, {})
    waits = [come(session, meeting, name, wants(workshop, "A")) for name in ("Third", "Fourth")]
    organiser.add_chair(session, meeting.id, "room", now=later(1), actor=DESK)
    organiser.move_up(session, waits[1].id, add_chair=True, now=later(2), actor=DESK)
    assert places(*waits) == "CC"
    assert holds(session, workshop, *waits) == "Aa"


def test_approval_gives_the_place(session):
    meeting = small_meeting(session, 5, approval=True)
    workshop = ask(session, meeting, QuestionKind.ONE, "Workshop", option("A", 1), option("B"), "None")
    pending = [come(session, meeting, name, wants(workshop, "A")) for name in ("First", "Second")]
    assert holds(session, workshop, *pending) == "aa"
    approval.approve(session, pending[1].id, now=later(1), actor=DESK)
    approval.approve(session, pending[0].id, now=later(2), actor=DESK)
    assert holds(session, workshop, *pending) == "aA"


def test_a_wish_is_tried_again_when_the_person_saves(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    personal.cancel(session, first.id, now=later(1), actor=ATTENDEE)
    second = come(session, meeting, "Second", wants(workshop, "A"))
    personal.undo_cancel(session, first.id, now=later(2), actor=ATTENDEE)
    same = change_to(first, answers=wants(workshop, "A"))
    personal.change(session, first.id, same, now=later(3), actor=ATTENDEE)
    assert holds(session, workshop, first) == "a"
    personal.change(
        session, second.id, change_to(second, answers=wants(workshop, "B")), now=later(4), actor=ATTENDEE
    )
    personal.change(session, first.id, same, now=later(5), actor=ATTENDEE)
    assert holds(session, workshop, first, second) == "AB"


def test_changing_frees_one_place_and_takes_another(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    second = come(session, meeting, "Second", wants(workshop, "B"))
    with pytest.raises(OptionFull):
        personal.change(
            session, second.id, change_to(second, answers=wants(workshop, "A")), now=later(1), actor=ATTENDEE
        )
    personal.change(
        session, first.id, change_to(first, answers=wants(workshop, "N")), now=later(2), actor=ATTENDEE
    )
    personal.change(
        session, second.id, change_to(second, answers=wants(workshop, "A")), now=later(3), actor=ATTENDEE
    )
    assert holds(session, workshop, first, second) == "NA"
    assert [letter.kind for letter in letters_to(session, second)] == ["confirmed", "changed"]


def test_the_same_answers_again_change_nothing(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    same = change_to(first, answers=wants(workshop, "A"))
    personal.change(session, first.id, same, now=later(1), actor=ATTENDEE)
    assert len(letters_to(session, first)) == 1


def test_answers_stay_as_they_are_after_the_deadline(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    meeting.deadline = NOW.date()
    after = later(24 * 60)
    other = change_to(first, answers=wants(workshop, "B"))
    with session.begin_nested() as nested:
        with pytest.raises(rules.ChangeRefused, match="deadline"):
            personal.change(session, first.id, other, now=after, actor=ATTENDEE)
        nested.rollback()
    session.expire_all()
    assert holds(session, workshop, first) == "A"
    personal.change(session, first.id, change_to(first, organisation="InBáze"), now=after, actor=ATTENDEE)
    edit_questions.fill_in(session, first.id, wants(workshop, "B"), now=after, actor=DESK)
    assert holds(session, workshop, first) == "B"


def test_changing_the_mode_settles_the_place_anew(session):
    meeting = hybrid(session, 2, 1)
    workshop = ask(session, meeting, QuestionKind.ONE, "Workshop", option("A", 1), option("B"), "None")
    first = come(session, meeting, "First", wants(workshop, "A"))
    online = come(session, meeting, "Online", wants(workshop, "N"))
    personal.change(session, online.id, change_to(online, mode="online"), now=later(1), actor=ATTENDEE)
    personal.change(session, first.id, change_to(first, mode="online"), now=later(2), actor=ATTENDEE)
    assert places(first, online) == "WC"
    assert option_places.taken(session, meeting.id, ids(workshop))[ids(workshop)[0]] == 0
    personal.change(session, first.id, change_to(first, mode="room"), now=later(3), actor=ATTENDEE)
    assert holds(session, workshop, first) == "A"


def test_an_invitation_answered_gives_the_place(session, meeting, workshop):
    guest = invited(session, meeting)
    edit_questions.fill_in(session, guest.id, wants(workshop, "A"), now=NOW, actor=DESK)
    assert holds(session, workshop, guest) == "a"
    answers.answer(session, guest.id, Answer.YES, now=later(1), actor=ATTENDEE)
    assert holds(session, workshop, guest) == "A"


def test_the_form_of_somebody_invited_goes_over_what_was_said(session, meeting, workshop):
    guest = invited(session, meeting)
    edit_questions.fill_in(session, guest.id, wants(workshop, "A"), now=NOW, actor=DESK)
    register(session, meeting, person("Guest", answers=wants(workshop, "B")), now=later(1))
    assert holds(session, workshop, guest) == "B"


def test_a_corrected_address_keeps_place_and_answers(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    new = organiser.correct_address(
        session, first.id, "new@example.org", now=later(1), actor=DESK, mail_domain=DOMAIN
    )
    assert holds(session, workshop, new, first) == "A-"


def test_a_substitute_answers_for_themselves(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    command = Substitution(person=person("Colleague"), language="cs")
    colleague = substitutes.substitute(
        session, first.id, command, now=later(1), actor=ATTENDEE, mail_domain=DOMAIN
    )
    assert holds(session, workshop, colleague) == "-"
    edit_questions.fill_in(session, colleague.id, wants(workshop, "A"), now=later(2), actor=DESK)
    assert holds(session, workshop, colleague) == "A"


def test_somebody_added_by_hand_takes_a_place_like_everybody(session, meeting, workshop):
    def add(name):
        return organiser.add_by_hand(
            session,
            meeting.id,
            person(name, answers=wants(workshop, "A")),
            language="cs",
            note="",
            now=NOW,
            actor=DESK,
            mail_domain=DOMAIN,
        )

    assert holds(session, workshop, add("First")) == "A"
    with pytest.raises(OptionFull):
        add("Second")


def test_a_limit_that_falls_fulfils_every_wish(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    personal.cancel(session, first.id, now=later(1), actor=ATTENDEE)
    come(session, meeting, "Second", wants(workshop, "A"))
    personal.undo_cancel(session, first.id, now=later(2), actor=ATTENDEE)
    a, b, none = ids(workshop)
    free = question_text("x", option("A", id=a), option("B", 2, id=b), option("None", id=none))
    edit_questions.change_question(session, workshop.id, free, now=later(3), actor=DESK)
    assert holds(session, workshop, first) == "A"


def test_erasing_takes_the_answers_too(session, meeting, workshop):
    first = come(session, meeting, "First", wants(workshop, "A"))
    erase_attendee(session, first.id, now=later(1), actor=DESK)
    assert said_by(session, first) == {}
    assert holds(session, workshop, come(session, meeting, "Second", wants(workshop, "A"))) == "A"


def test_answers_to_a_question_that_is_asked_no_more_are_left_out(session, meeting, workshop):
    from app.domain.questions import service

    said = wants(workshop, "A")
    service.retire(session, workshop.id, now=NOW, actor=DESK)
    assert said_by(session, come(session, meeting, "First", said)) == {}


def test_the_content_of_a_form_is_told_apart_by_its_answers(session, meeting, workshop):
    from app.domain.registration.commands import SignUp
    from app.domain.registration.sign_up import content_hash

    one = SignUp(people=(person("First", answers=wants(workshop, "A")),), language="cs", form_key="k")
    other = replace(one, people=(person("First", answers=wants(workshop, "B")),))
    assert content_hash(meeting.id, one) != content_hash(meeting.id, other)
