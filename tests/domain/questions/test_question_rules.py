"""What counts as an answer, who is asked, and in which order."""

import pytest

from app.domain.questions import rules
from app.domain.questions.commands import NOTHING, Given, OptionText, QuestionText
from app.domain.questions.models import Question, QuestionKind, QuestionOption
from app.domain.questions.rules import BadAnswer, QuestionRefused, judge, judge_all


def question(kind=QuestionKind.SHORT, number=1, options=(), **values):
    made = Question(id=number, kind=kind, required=False, condition_id=None, condition_value="")
    made.options = [QuestionOption(id=one) for one in options]
    for name, value in values.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (QuestionKind.SHORT, "  a  b ", "a b"),
        (QuestionKind.LONG, "a\r\nb ", "a\nb"),
        (QuestionKind.YES_NO, "yes", "yes"),
        (QuestionKind.NUMBER, "12", "12"),
        (QuestionKind.NUMBER, "1 234,50", "1234.5"),
        (QuestionKind.NUMBER, "1\u00a0234", "1234"),
        (QuestionKind.NUMBER, "-0,5", "-0.5"),
        (QuestionKind.NUMBER, "\u22127", "-7"),
        (QuestionKind.NUMBER, "-0", "0"),
        (QuestionKind.NUMBER, "007.000", "7"),
        (QuestionKind.DATE, "4. 4. 2027", "2027-04-04"),
        (QuestionKind.DATE, "2027-04-04", "2027-04-04"),
        (QuestionKind.EMAIL, "Jana@Example.ORG", "Jana@example.org"),
        (QuestionKind.LINK, "example.org/x", "https://example.org/x"),
    ],
)
def test_a_text_is_kept_in_one_form(kind, typed, kept):
    assert judge(question(kind), [typed]) == Given(text=kept)
    assert judge(question(kind), [kept]) == Given(text=kept)


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [
        (QuestionKind.SHORT, "x" * 301, "too_long"),
        (QuestionKind.SHORT, "a\nb", "control"),
        (QuestionKind.LONG, "a\x00b", "control"),
        (QuestionKind.SHORT, "\ud800", "surrogate"),
        (QuestionKind.YES_NO, "perhaps", "choice"),
        (QuestionKind.NUMBER, "many", "number"),
        (QuestionKind.NUMBER, "1e9", "number"),
        (QuestionKind.NUMBER, "٣", "number"),
        (QuestionKind.NUMBER, "9" * 16, "number"),
        (QuestionKind.DATE, "31. 2. 2027", "date"),
        (QuestionKind.EMAIL, "jana", "email"),
        (QuestionKind.LINK, "javascript:alert(1)", "link"),
        (QuestionKind.LINK, "ftp://example.org", "link"),
        (QuestionKind.LINK, "example.org/" + "x" * 1988, "too_long"),
    ],
)
def test_what_cannot_be_an_answer_says_why(kind, typed, reason):
    with pytest.raises(BadAnswer) as caught:
        judge(question(kind), [typed])
    assert caught.value.reason == reason


@pytest.mark.parametrize("kind", list(QuestionKind))
@pytest.mark.parametrize("raw", [[], [""], ["", ""]])
def test_nothing_said_is_an_answer_only_where_none_is_required(kind, raw):
    assert judge(question(kind), raw) == NOTHING
    with pytest.raises(BadAnswer, match="missing"):
        judge(question(kind, required=True), raw)


def test_one_of_many_is_one():
    one = question(QuestionKind.ONE, options=[5, 6])
    assert judge(one, ["6"]) == Given(options=(6,))
    for raw in (["5", "6"], ["7"], ["x"], ["5", "7"]):
        with pytest.raises(BadAnswer, match="choice"):
            judge(one, raw)


def test_many_of_many_come_in_one_order_and_once():
    many = question(QuestionKind.MANY, options=[10, 9])
    assert judge(many, ["10", "9", "10"]) == Given(options=(9, 10))


def test_a_retired_option_cannot_be_chosen():
    one = question(QuestionKind.ONE, options=[5, 6])
    one.options[0].retired_at = "yesterday"
    with pytest.raises(BadAnswer, match="choice"):
        judge(one, ["5"])


def test_a_question_whose_condition_does_not_hold_is_not_asked_and_makes_no_mistake():
    eats = question(QuestionKind.YES_NO, 1)
    what = question(QuestionKind.ONE, 2, [5, 6], condition_id=1, condition_value="yes", required=True)
    why = question(QuestionKind.SHORT, 3, condition_id=2, condition_value="6", required=True)
    form = [eats, what, why]
    assert judge_all(form, {1: ["no"], 2: ["77"], 3: ["x"]}) == ({1: Given(text="no")}, {})
    assert judge_all(form, {1: ["yes"], 2: ["77"], 3: ["x"]}) == (
        {1: Given(text="yes")},
        {2: "choice"},
    )
    assert judge_all(form, {1: ["yes"], 2: ["6"]}) == (
        {1: Given(text="yes"), 2: Given(options=(6,))},
        {3: "missing"},
    )
    assert judge_all(form, {2: ["6"], 3: ["x"]}) == ({}, {})  # hidden by a hidden one


def test_a_condition_may_ask_for_one_of_several_choices():
    then = question(QuestionKind.SHORT, 2, condition_id=1, condition_value="6")
    assert rules.is_asked(then, {1: Given(options=(5, 6))})
    assert not rules.is_asked(then, {1: Given(options=(5,))})


def test_what_hangs_on_a_question_comes_after_it():
    first, second = question(number=1), question(number=2, condition_id=1)
    rules.check_order([first, second])
    with pytest.raises(QuestionRefused, match="depend"):
        rules.check_order([second, first])


def test_a_condition_needs_an_earlier_question_that_offers_the_answer():
    eats = question(QuestionKind.YES_NO, 1)

    def text(condition_id, value):
        return QuestionText(label={"en": "x"}, condition_id=condition_id, condition_value=value)

    rules.check_text(QuestionKind.SHORT, text(1, "yes"), [eats])
    for condition_id, value, earlier in ((1, "maybe", [eats]), (1, "yes", []), (2, "yes", [eats])):
        with pytest.raises(QuestionRefused, match="condition"):
            rules.check_text(QuestionKind.SHORT, text(condition_id, value), earlier)


@pytest.mark.parametrize(
    ("kind", "number", "fits"),
    [
        (QuestionKind.ONE, 0, False),
        (QuestionKind.ONE, 1, False),
        (QuestionKind.ONE, 2, True),
        (QuestionKind.MANY, 1, True),
        (QuestionKind.MANY, 0, False),
        (QuestionKind.ONE, rules.MOST_OPTIONS, True),
        (QuestionKind.ONE, rules.MOST_OPTIONS + 1, False),
        (QuestionKind.SHORT, 0, True),
    ],
)
def test_a_choice_needs_something_to_choose_from(kind, number, fits):
    options = (*(OptionText(label={"en": "x"}) for _ in range(number)), OptionText(label={}, retired=True))
    text = QuestionText(label={"en": "x"}, options=options)
    if fits:
        rules.check_text(kind, text, [])
        return
    with pytest.raises(QuestionRefused, match="options"):
        rules.check_text(kind, text, [])


def test_no_option_gets_fewer_places_than_people_have_it():
    rules.check_places([OptionText(id=5, label={}, places=3), OptionText(label={}, places=0)], {5: 3})
    rules.check_places([OptionText(id=5, label={})], {5: 3})
    with pytest.raises(QuestionRefused) as caught:
        rules.check_places([OptionText(id=5, label={}, places=2)], {5: 3})
    assert (caught.value.reason, caught.value.number) == ("places", 3)


@pytest.mark.parametrize(("to", "order"), [(0, [3, 1, 2]), (1, [1, 3, 2]), (9, [1, 2, 3]), (-5, [3, 1, 2])])
def test_moving(to, order):
    assert rules.move([1, 2, 3], 3, to) == order
