"""Organisers add, change, order and retire questions."""

import pytest

from app.domain.accounts.models import Role
from app.domain.questions import queries
from app.domain.questions.commands import Given, Owner
from app.domain.questions.models import QuestionKind
from tests import factories
from tests.questionnaires import ask, ids, option
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import sent_by


@pytest.fixture
def meeting(session):
    made = factories.make_meeting(session)
    session.commit()
    return made


@pytest.fixture
def desk(app, session, meeting):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


@pytest.fixture
def url(meeting):
    return f"/workspace/meetings/{meeting.id}/questions/"


def asked(session, meeting):
    session.rollback()
    session.expire_all()
    return queries.asked_at(session, meeting)


def labels(session, meeting):
    return [one.label["en"] for one in asked(session, meeting)]


def form_of(page, **typed):
    return {**sent_by(page, "question"), **typed}


def test_a_first_question_of_each_kind_in_three_clicks(desk, session, meeting, url, client):
    page = desk.read(url)
    assert "Nothing is asked beyond name" in page
    assert desk.read(f"{url}new/").count("?kind=") == len(QuestionKind)
    for kind in QuestionKind:
        form = form_of(desk.read(f"{url}new/?kind={kind}"), label_cs=f"Otázka {kind}", label_en=str(kind))
        if "options-0-id" in form:
            form |= {"options-0-label_cs": "Jedna", "options-1-label_cs": "Dvě", "options-1-places": "12"}
        assert desk.post(f"{url}new/?kind={kind}", **form).status_code == 303
    assert labels(session, meeting) == [str(kind) for kind in QuestionKind]
    one = next(found for found in asked(session, meeting) if found.kind == "one")
    assert [(item.label, item.places) for item in one.options] == [
        ({"cs": "Jedna"}, None),
        ({"cs": "Dvě"}, 12),
    ]
    page = client.get(f"/cs/meetings/{meeting.slug}/register").get_data(as_text=True)
    assert "Otázka date" in page
    assert "Otázka date" in desk.read(f"{url}?show=cs")


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("short", {"label_cs": ""}, "Enter the question (Čeština)."),
        ("short", {"label_cs": "x" * 301}, "is too long"),
        ("one", {"options-0-label_cs": "A"}, "Offer at least two options"),
        ("one", {"options-0-places": "-1"}, "Option 1: Enter a whole number"),
        ("short", {"label_cs": "nul\0"}, "contains a character"),
    ],
)
def test_what_is_wrong_is_said_and_kept(desk, session, meeting, url, kind, typed, words):
    form = form_of(desk.read(f"{url}new/?kind={kind}"), label_cs="Otázka", hint_en="kept")
    answer = desk.post(f"{url}new/?kind={kind}", **(form | typed))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert sent_by(page, "question")["hint_en"] == "kept"
    assert asked(session, meeting) == []


def test_a_condition_is_chosen_from_the_questions_before(desk, session, meeting, url):
    eats = ask(session, meeting, QuestionKind.YES_NO, "Lunch?")
    number = eats.id
    session.commit()
    page = desk.read(f"{url}new/?kind=short")
    assert "those who answered “Yes” to “Lunch?”" in page
    form = form_of(page, label_cs="Co?", label_en="What?", condition=f"{number}:yes")
    assert desk.post(f"{url}new/?kind=short", **form).status_code == 303
    assert asked(session, meeting)[1].condition_id == number
    assert "Only for those who answered “Yes” to “Lunch?”." in desk.read(url)
    refused = desk.post(f"{url}{number}/retire", follow=True).get_data(as_text=True)
    assert "Another question depends on this one." in refused
    assert len(asked(session, meeting)) == 2


def test_the_order_is_changed_by_buttons(desk, session, meeting, url):
    for name in ("one", "two", "three"):
        ask(session, meeting, label=name)
    session.commit()
    third = asked(session, meeting)[2].id
    assert desk.post(f"{url}{third}/move", to="1").status_code == 303
    assert labels(session, meeting) == ["one", "three", "two"]
    desk.post(f"{url}{third}/move", to="nonsense")
    assert labels(session, meeting) == ["three", "one", "two"]


def test_retiring_offers_an_undo_and_deleting_is_for_what_nobody_answered(desk, session, meeting, url):
    first, second = ask(session, meeting, label="first"), ask(session, meeting, label="second")
    one, other = first.id, second.id
    factories.register(session, meeting, factories.person(answers={one: Given(text="x")}))
    session.commit()
    page = desk.post(f"{url}{one}/retire", follow=True).get_data(as_text=True)
    assert f'action="{url}{one}/restore"' in page.split("<h1")[0]
    assert labels(session, meeting) == ["second"]
    desk.post(f"{url}{one}/delete")
    desk.post(f"{url}{one}/restore")
    assert labels(session, meeting) == ["first", "second"]
    desk.post(f"{url}{other}/retire")
    assert "Delete for good" in desk.read(url)
    desk.post(f"{url}{other}/delete")
    session.rollback()
    assert [row.id for row in queries.of_owner(session, Owner(meeting_id=meeting.id))] == [one]


def test_options_are_added_ordered_and_retired(desk, session, meeting, url):
    one = ask(session, meeting, QuestionKind.ONE, "Which?", option("A", 1), "B")
    number, (a, b) = one.id, ids(one)
    factories.register(session, meeting, factories.person(answers={number: Given(options=(a,))}))
    session.commit()
    page = f"{url}{number}/"
    form = form_of(desk.read(page))
    longer = desk.post(page, **form, act="add")
    assert longer.status_code == 200
    form = sent_by(longer.get_data(as_text=True), "question") | {"options-2-label_en": "C"}
    moved = sent_by(desk.post(page, **form, act="down-1").get_data(as_text=True), "question")
    assert [moved[f"options-{at}-label_en"] for at in range(3)] == ["A", "C", "B"]
    assert moved["options-2-id"] == str(b)
    assert desk.post(page, **moved, **{"options-0-retired": "y"}).status_code == 303
    (found,) = asked(session, meeting)
    assert [(item.label["en"], item.retired_at is None) for item in found.options] == [
        ("A", False),
        ("C", True),
        ("B", True),
    ]


def test_a_limit_below_what_is_taken_is_refused_with_the_number(desk, session, meeting, url):
    one = ask(session, meeting, QuestionKind.ONE, "Which?", option("A", 5), "B")
    number, (a, _b) = one.id, ids(one)
    for name in ("Jana Nováková", "Petr Svoboda"):
        factories.register(session, meeting, factories.person(name, answers={number: Given(options=(a,))}))
    session.commit()
    form = form_of(desk.read(f"{url}{number}/"), **{"options-0-places": "1"})
    answer = desk.post(f"{url}{number}/", **form)
    assert answer.status_code == 422
    assert "2 people have a place of this option already." in answer.get_data(as_text=True)


def test_questions_of_a_series_are_on_the_form_of_each_meeting(desk, session, meeting, url):
    series_url = f"/workspace/series/{meeting.series_id}/questions/"
    form = form_of(desk.read(f"{series_url}new/?kind=short"), label_cs="Společná", label_en="Common")
    assert desk.post(f"{series_url}new/?kind=short", **form).status_code == 303
    (found,) = asked(session, meeting)
    page = desk.read(url)
    assert "From the series" in page
    assert series_url in page
    assert desk.get(f"{url}{found.id}/").status_code == 404
    assert desk.post(f"{url}{found.id}/retire").status_code == 404
    assert desk.get(f"{series_url}{found.id}/").status_code == 200


def test_a_copy_of_the_meeting_has_them_too(desk, session, meeting, url):
    ask(session, meeting, label="own")
    session.commit()
    answer = desk.post(f"/workspace/meetings/{meeting.id}/duplicate/")
    copy_id = answer.location.rstrip("/").split("/")[-2]
    assert ">own<" in desk.read(f"/workspace/meetings/{copy_id}/questions/")


def test_switching_the_language_keeps_what_was_typed(desk, url):
    form = form_of(desk.read(f"{url}new/?kind=one"), label_cs="Psáno", **{"options-0-label_cs": "Jedna"})
    page = desk.post(f"{url}new/?kind=one&lang=cs", **form, switch="1").get_data(as_text=True)
    assert sent_by(page, "question")["options-0-label_cs"] == "Jedna"


def test_a_viewer_only_looks(app, session, meeting, url):
    question = ask(session, meeting)
    number = question.id
    viewer = Desk(app, session, factories.make_account(session, Role.VIEWER))
    assert "Your role may only look." in viewer.read(url)
    for path in ("new/", f"{number}/"):
        assert viewer.get(f"{url}{path}").status_code == 403
    for act in ("move", "retire", "restore", "delete"):
        assert viewer.post(f"{url}{number}/{act}").status_code == 403


def test_other_series_are_out_of_reach(app, session, meeting, url):
    other = factories.make_series(session, "Jiná řada")
    bound = Desk(app, session, factories.make_account(session, Role.ORGANISER, series=(other,)))
    assert bound.get(url).status_code == 404
    assert bound.get(f"/workspace/series/{meeting.series_id}/questions/").status_code == 404
    assert bound.get(f"/workspace/series/{other.id}/questions/").status_code == 200
