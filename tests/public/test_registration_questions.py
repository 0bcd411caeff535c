"""Questions of organisers on the form of registration."""

import pytest
from sqlalchemy import select

from app.domain.questions.models import QuestionAnswer, QuestionKind
from tests import factories
from tests.public.registration_pages import (
    attendees,
    fill,
    form_fields,
    register_url,
    sign_up,
    tree_of,
    words,
)
from tests.questionnaires import ask, ids, option, said_by

OLENA = {"name": "Olena Ševčenková", "email": "olena@example.org"}


class Form:
    """A meeting with one question of each kind; the second hangs on the first."""

    def __init__(self, session):
        self.meeting = factories.make_meeting(session, capacity=5)
        self.eats = ask(session, self.meeting, QuestionKind.YES_NO, "Do you eat with us?", required=True)
        self.diet = ask(
            session,
            self.meeting,
            QuestionKind.SHORT,
            "What do you eat?",
            required=True,
            sensitive=True,
            condition_id=self.eats.id,
            condition_value="yes",
        )
        self.shop = ask(
            session, self.meeting, QuestionKind.ONE, "Workshop", option("Housing", 1), option("School", 12)
        )
        self.topics = ask(
            session, self.meeting, QuestionKind.MANY, "Topics", "Law", "Health", hint={"en": "All"}
        )
        self.since = ask(session, self.meeting, QuestionKind.DATE, "Since when?")
        self.many = ask(session, self.meeting, QuestionKind.NUMBER, "How many?")
        self.page = ask(session, self.meeting, QuestionKind.LINK, "Your page")
        self.other = ask(session, self.meeting, QuestionKind.EMAIL, "Another address")
        self.words = ask(session, self.meeting, QuestionKind.LONG, "Your words")
        self.housing, self.school = ids(self.shop)
        self.law, self.health = ids(self.topics)
        for name, one in vars(self).copy().items():
            if hasattr(one, "kind"):
                setattr(self, name, f"q{one.id}")
                setattr(self, f"{name}_id", one.id)
        session.commit()

    def good(self, **changes):
        return OLENA | {
            self.eats: "yes",
            self.diet: "vegan",
            self.shop: str(self.housing),
            self.topics: [str(self.law), str(self.health)],
            self.since: "4. 4. 2020",
            self.many: "1 200,5",
            self.page: "example.org",
            self.other: "jana@Example.org",
            self.words: "one\r\ntwo",
            **{getattr(self, name): value for name, value in changes.items()},
        }


@pytest.fixture
def form(session):
    return Form(session)


def errors(response):
    return [
        " ".join("".join(one.itertext()).split())
        for one in tree_of(response).iterfind(".//div[@id='errors']//li")
    ]


def test_answers_of_each_kind_are_kept_in_one_form(client, session, form):
    assert sign_up(client, form.meeting, form.good()).status_code == 303
    (olena,) = attendees(session)
    said = said_by(session, olena)
    assert {key: given.text or given.options for key, given in said.items()} == {
        form.eats_id: "yes",
        form.diet_id: "vegan",
        form.shop_id: (form.housing,),
        form.topics_id: (form.law, form.health),
        form.since_id: "2020-04-04",
        form.many_id: "1200.5",
        form.page_id: "https://example.org",
        form.other_id: "jana@example.org",
        form.words_id: "one\ntwo",
    }


def test_the_form_asks_in_the_language_of_the_page_and_says_for_whom(client, form):
    page = words(client.get(register_url(form.meeting)))
    assert "Only if you answered “Yes” to “Do you eat with us?”." in page
    assert "We erase your answer 14 days after the meeting." in page
    assert "1 place left" in page
    assert "12 places left" in page
    assert "What do you eat? (cs)" in words(client.get(register_url(form.meeting, "cs")))
    assert "What do you eat? (cs)" not in page


def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(client, session, form):
    wrong = form.good(since="soon", many="many", page="javascript:x", other="jana", diet="", shop="")
    answer = sign_up(client, form.meeting, wrong)
    assert answer.status_code == 422
    assert errors(answer) == [
        "Answer “What do you eat?”.",
        "Enter a day like 4. 4. 2027 in “Since when?”.",
        "Enter a number in “How many?”, for example 12 or 2.5.",
        "Enter a web address that begins with https://",
        "Enter an e-mail address like name@example.org",
    ]
    fields = form_fields(answer)
    assert fields[f"people-0-{form.many}"] == "many"
    assert fields[f"people-0-{form.eats}"] == "yes"
    assert fields[f"people-0-{form.words}"].split() == ["one", "two"]
    assert fields[f"people-0-{form.topics}"] == str(form.health)
    assert attendees(session) == []


def test_what_is_not_asked_is_ignored(client, session, form):
    assert sign_up(client, form.meeting, form.good(eats="no", diet="x" * 9000)).status_code == 303
    (olena,) = attendees(session)
    assert form.diet_id not in said_by(session, olena)


def test_a_value_that_is_not_offered_is_refused(client, session, form):
    for changes in ({"shop": "99999"}, {"shop": "²"}, {"topics": ["1", "x"]}, {"eats": "perhaps"}):
        answer = sign_up(client, form.meeting, form.good(**changes))
        assert answer.status_code == 422, changes
    assert session.scalar(select(QuestionAnswer.id)) is None


def test_the_last_place_is_given_once_and_the_refusal_keeps_what_was_typed(client, session, form):
    url = register_url(form.meeting)
    fields = form_fields(client.get(url))  # opened while a place was left
    sign_up(client, form.meeting, form.good())
    second = form.good() | {"name": "Petr", "email": "petr@example.org"}
    answer = client.post(url, data=fields | fill(second))
    assert answer.status_code == 422
    assert errors(answer) == ["“Housing” is full now. Choose something else."]
    kept = form_fields(answer)
    assert kept["people-0-name"] == "Petr"
    assert kept[f"people-0-{form.diet}"] == "vegan"
    assert len(attendees(session)) == 1
    page = tree_of(client.get(url))
    (full,) = [one for one in page.iter("input") if one.get("disabled") is not None]
    assert (full.get("name"), full.get("value")) == (f"people-0-{form.shop}", str(form.housing))
    chosen = fill({form.shop: str(form.school)})
    assert client.post(url, data=fields | fill(second) | chosen).status_code == 303


def test_each_person_of_a_party_answers_and_adding_one_keeps_all(client, session, form):
    url = register_url(form.meeting)
    fields = form_fields(client.get(url))
    added = client.post(url, data=fields | fill(form.good()) | {"add": "1"})
    kept = form_fields(added)
    assert kept[f"people-0-{form.diet}"] == "vegan"
    assert kept[f"people-0-{form.shop}"] == str(form.housing)
    second = {"name": "Petr", "email": "petr@example.org", form.eats: "no"}
    assert client.post(url, data=kept | fill({}, second)).status_code == 303
    first, other = attendees(session)
    assert said_by(session, first)[form.diet_id].text == "vegan"
    assert {key: given.text for key, given in said_by(session, other).items()} == {form.eats_id: "no"}


def test_the_second_person_hears_of_their_own_mistake(client, form):
    second = {"name": "Petr", "email": "petr@example.org"}
    answer = sign_up(client, form.meeting, form.good(), second)
    assert errors(answer) == ["Person 2: Answer “Do you eat with us?”."]


def test_switching_the_language_keeps_the_answers(client, form):
    fields = form_fields(client.get(register_url(form.meeting)))
    page = client.post(
        register_url(form.meeting, "cs"), data=fields | fill(form.good(since="soon")) | {"switch": "1"}
    )
    kept = form_fields(page)
    assert kept[f"people-0-{form.since}"] == "soon"
    assert kept[f"people-0-{form.shop}"] == str(form.housing)
    assert "Since when? (cs)" in words(page)


@pytest.mark.parametrize("nasty", ["a\x00b", "<script>alert(1)</script>", "\u202e" * 10, "x" * 5000])
def test_hostile_answers_are_refused_or_shown_as_text(client, form, nasty):
    for name in (form.diet, form.words, form.many, form.since, form.page, form.other, form.shop, form.eats):
        answer = sign_up(client, form.meeting, form.good() | {name: nasty, "name": ""})
        assert answer.status_code == 422
        assert "<script>alert" not in answer.get_data(as_text=True)


def test_markup_in_a_question_is_text(client, session):
    meeting = factories.make_meeting(session)
    ask(session, meeting, QuestionKind.ONE, "<b>x</b>", "<i>y</i>", "z", hint={"cs": "<u>w</u>"})
    session.commit()
    page = client.get(register_url(meeting)).get_data(as_text=True)
    assert "<b>x" not in page
    assert "<i>y" not in page
    assert '<span lang="cs">&lt;u&gt;w&lt;/u&gt;</span>' in page
