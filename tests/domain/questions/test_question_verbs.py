"""Adding, changing, moving, retiring questions of meetings and series."""

import pytest

from app.base import clock
from app.base.errors import NotFound
from app.domain.history.service import SYSTEM
from app.domain.meetings import service as meetings
from app.domain.questions import queries, service
from app.domain.questions.commands import NewQuestion, OptionText, Owner
from app.domain.questions.models import QuestionKind
from app.domain.questions.rules import MOST_QUESTIONS, QuestionRefused
from app.domain.registration.edit_questions import change_question, fill_in
from tests.factories import DOMAIN, make_meeting, register
from tests.questionnaires import ask, ids, option, question_text, said_by


def labels(questions):
    return [one.label["en"] for one in questions]


def does(verb, session, *args, **more):
    return verb(session, *args, now=clock.now(), actor=SYSTEM, **more)


@pytest.fixture
def meeting(session):
    return make_meeting(session)


def test_those_of_the_series_come_before_the_own_ones_at_each_of_its_meetings(session, meeting):
    other = make_meeting(session, title={"en": "Other"})
    ask(session, meeting, label="own")
    ask(session, Owner(series_id=meeting.series_id), label="common")
    assert labels(queries.asked_at(session, meeting)) == ["common", "own"]
    assert labels(queries.asked_at(session, other)) == ["common"]


def test_a_copy_of_a_meeting_asks_the_same(session, meeting):
    eats = ask(session, meeting, QuestionKind.ONE, "Eats?", "Yes", "No")
    hangs = ask(session, meeting, label="What?", condition_id=eats.id, condition_value=str(ids(eats)[0]))
    gone = ask(session, meeting, label="Old")
    does(service.retire, session, gone.id)
    copy = does(meetings.duplicate, session, meeting.id, mail_domain=DOMAIN)
    service.copy(session, meeting.id, copy.id, now=clock.now())
    session.flush()
    session.expire_all()
    first, second = queries.of_owner(session, Owner(meeting_id=copy.id))
    assert labels([first, second]) == ["Eats?", "What?"]
    assert (second.condition_id, second.condition_value) == (first.id, str(ids(first)[0]))
    assert (first.id, ids(first)) != (eats.id, ids(eats))
    assert hangs.condition_id == eats.id


def test_moving_keeps_what_hangs_together(session, meeting):
    eats = ask(session, meeting, QuestionKind.YES_NO, "eats")
    what = ask(session, meeting, label="what", condition_id=eats.id, condition_value="yes")
    last = ask(session, meeting, label="last")
    does(service.move, session, last.id, 0)
    assert labels(queries.asked_at(session, meeting)) == ["last", "eats", "what"]
    with pytest.raises(QuestionRefused, match="depend"):
        does(service.move, session, what.id, 1)
    with pytest.raises(QuestionRefused, match="depend"):
        does(service.move, session, eats.id, 2)


def test_an_own_question_may_hang_on_one_of_the_series(session, meeting):
    eats = ask(session, Owner(series_id=meeting.series_id), QuestionKind.YES_NO, "eats")
    what = ask(session, meeting, label="what", condition_id=eats.id, condition_value="yes")
    other = ask(session, meeting, label="other")
    does(service.move, session, what.id, 1)
    assert labels(queries.asked_at(session, meeting)) == ["eats", "other", "what"]
    assert other.position == 0
    with pytest.raises(QuestionRefused, match="depend"):
        does(service.retire, session, eats.id)


def test_retired_is_not_asked_and_comes_back_to_its_place(session, meeting):
    first, second = ask(session, meeting, label="first"), ask(session, meeting, label="second")
    does(service.retire, session, first.id)
    assert labels(queries.asked_at(session, meeting)) == ["second"]
    does(service.retire, session, first.id)
    does(service.restore, session, first.id)
    does(service.restore, session, first.id)
    assert labels(queries.asked_at(session, meeting)) == ["first", "second"]
    assert second.retired_at is None


def test_what_comes_back_goes_behind_what_it_hangs_on_or_not_at_all(session, meeting):
    eats = ask(session, meeting, QuestionKind.YES_NO, "eats")
    what = ask(session, meeting, label="what", condition_id=eats.id, condition_value="yes")
    ask(session, meeting, label="last")
    does(service.retire, session, what.id)
    does(service.move, session, eats.id, 1)
    does(service.restore, session, what.id)
    assert labels(queries.asked_at(session, meeting)) == ["last", "eats", "what"]
    does(service.retire, session, what.id)
    does(service.retire, session, eats.id)
    with pytest.raises(QuestionRefused, match="condition"):
        does(service.restore, session, what.id)


def test_only_a_retired_question_without_answers_can_be_thrown_away(session, meeting):
    question = ask(session, meeting)
    with pytest.raises(QuestionRefused, match="answered"):
        does(service.delete, session, question.id)
    does(service.retire, session, question.id)
    does(service.delete, session, question.id)
    session.flush()
    assert queries.of_owner(session, Owner(meeting_id=meeting.id)) == []
    with pytest.raises(NotFound):
        does(service.retire, session, question.id)


def test_answers_keep_a_question_and_a_chosen_option(session, meeting):
    one = ask(session, meeting, QuestionKind.ONE, "Which?", "A", "B", "C")
    a, b, c = ids(one)
    (guest,) = register(session, meeting)
    does(fill_in, session, guest.id, queries_given(one, a))
    text = question_text("Which?", OptionText(id=b, label={"en": "B"}), OptionText(label={"en": "D"}))
    does(change_question, session, one.id, text)
    question = queries.get_question(session, one.id)
    assert [(item.label["en"], item.retired_at is None) for item in question.options] == [
        ("B", True),
        ("D", True),
        ("A", False),
    ]
    assert c not in ids(question)
    assert said_by(session, guest)[one.id].options == (a,)
    does(service.retire, session, one.id)
    with pytest.raises(QuestionRefused, match="answered"):
        does(service.delete, session, one.id)
    back = tuple(OptionText(id=item.id, label=item.label) for item in question.options)
    does(change_question, session, one.id, question_text("Which?", *back))
    assert not [item for item in question.options if item.retired_at]


def queries_given(question, *options):
    from app.domain.questions.commands import Given

    return {question.id: Given(options=options)}


def test_an_option_on_which_a_question_hangs_stays(session, meeting):
    one = ask(session, meeting, QuestionKind.ONE, "Which?", "A", "B", "C")
    a, b, c = ids(one)
    ask(session, meeting, condition_id=one.id, condition_value=str(a))
    with pytest.raises(QuestionRefused, match="depend"):
        does(change_question, session, one.id, question_text("x", option("B", id=b), option("C", id=c)))


def test_a_limit_does_not_go_below_what_is_taken(session, meeting):
    one = ask(session, meeting, QuestionKind.ONE, "Which?", option("A", 2), option("B"))
    a, b = ids(one)
    for name in ("Jana Nováková", "Petr Svoboda"):
        (guest,) = register(session, meeting, name)
        does(fill_in, session, guest.id, queries_given(one, a))

    def typed(places):
        return question_text("x", option("A", places, id=a), option("B", id=b))

    with pytest.raises(QuestionRefused) as caught:
        does(change_question, session, one.id, typed(1))
    assert (caught.value.reason, caught.value.number) == ("places", 2)
    does(change_question, session, one.id, typed(5))
    does(change_question, session, one.id, typed(None))


def test_there_is_an_end_to_questions(session, meeting):
    for _number in range(MOST_QUESTIONS):
        ask(session, meeting)
    with pytest.raises(QuestionRefused, match="many"):
        ask(session, meeting)


def test_an_owner_has_to_be_there(session):
    text = question_text()
    for owner in (Owner(meeting_id=999), Owner(series_id=999)):
        with pytest.raises(NotFound):
            service.add(
                session,
                owner,
                NewQuestion(kind=QuestionKind.SHORT, text=text),
                now=clock.now(),
                actor=SYSTEM,
            )
