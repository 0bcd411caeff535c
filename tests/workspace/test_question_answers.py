"""Answers to questions on the attendee's page, in the list, in downloads, and added by hand."""

import csv
import io
import re

import pytest
from openpyxl import load_workbook

from app.domain.accounts.models import Role
from app.domain.questions.commands import Given
from app.domain.questions.models import QuestionKind
from app.domain.registration.models import Attendee
from tests import factories
from tests.questionnaires import ask, ids, option, said_by
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import sent_by


class Asked:
    """A meeting with questions; Jana answered all, Petr none."""

    def __init__(self, session):
        self.meeting = factories.make_meeting(session)
        shop = ask(
            session, self.meeting, QuestionKind.ONE, "Workshop", option("Housing", 1), option("School", 2)
        )
        lunch = ask(session, self.meeting, QuestionKind.YES_NO, "Lunch?", required=True)
        health = ask(session, self.meeting, QuestionKind.SHORT, "Health", sensitive=True)
        number = ask(session, self.meeting, QuestionKind.NUMBER, "Clients")
        day = ask(session, self.meeting, QuestionKind.DATE, "Since")
        many = ask(session, self.meeting, QuestionKind.MANY, "Topics", "Law", "=Health")
        self.shop, self.lunch, self.health, self.number = shop.id, lunch.id, health.id, number.id
        self.housing, self.school = ids(shop)
        said = {
            shop.id: Given(options=(self.housing,)),
            lunch.id: Given(text="yes"),
            health.id: Given(text="secret"),
            number.id: Given(text="2.5"),
            day.id: Given(text="2020-04-04"),
            many.id: Given(options=tuple(ids(many))),
        }
        (jana,) = factories.register(session, self.meeting, factories.person("Jana Nováková", answers=said))
        (petr,) = factories.register(session, self.meeting, "Petr Svoboda")
        self.jana, self.petr = jana.id, petr.id
        session.commit()
        self.list = f"/workspace/meetings/{self.meeting.id}/attendees/"
        self.export = f"/workspace/meetings/{self.meeting.id}/export/"


@pytest.fixture
def asked(session):
    return Asked(session)


@pytest.fixture
def desk(app, session, asked):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session, asked):
    return Desk(app, session, factories.make_account(session, Role.VIEWER))


def answers_of(session, attendee_id):
    session.rollback()
    return said_by(session, session.get_one(Attendee, attendee_id))


def table(answer, delimiter=";"):
    assert answer.status_code == 200
    text = answer.get_data().decode("utf-8-sig")
    heads, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return {row[2]: dict(zip(heads, row, strict=True)) for row in rows}


def test_the_page_of_a_person_shows_and_changes_what_was_said(desk, session, asked):
    page = desk.read(f"{asked.list}{asked.jana}/")
    for words in ("Workshop", "Housing", "secret", "2.5", "4\u00a0Apr\u00a02020"):
        assert words in page
    url = f"{asked.list}{asked.petr}/answers/"
    form = sent_by(desk.read(url), "answers")
    assert f"q{asked.lunch}" not in form  # required of people, not of the organiser
    assert desk.post(url, **{**form, f"q{asked.shop}": str(asked.school)}).status_code == 303
    assert answers_of(session, asked.petr) == {asked.shop: Given(options=(asked.school,))}
    page = desk.read(f"{asked.list}{asked.petr}/")
    assert "The organiser changed the answers to questions." in page
    form = sent_by(desk.read(url), "answers")
    assert form[f"q{asked.shop}"] == str(asked.school)


def test_a_full_option_and_a_wrong_number_are_said_at_the_field(desk, session, asked):
    url = f"{asked.list}{asked.petr}/answers/"
    form = sent_by(desk.read(url), "answers")
    answer = desk.post(url, **{**form, f"q{asked.shop}": str(asked.housing)})
    assert answer.status_code == 422
    assert "“Housing” is full now." in answer.get_data(as_text=True)
    answer = desk.post(url, **{**form, f"q{asked.number}": "many"})
    assert answer.status_code == 422
    assert answers_of(session, asked.petr) == {}


def test_somebody_added_by_hand_brings_answers(desk, session, asked):
    url = f"{asked.list}add/"
    form = sent_by(desk.read(url), "add")
    full = desk.post(url, **{**form, "name": "Ivan", f"q{asked.shop}": str(asked.housing)})
    assert full.status_code == 422
    assert "“Housing” is full now." in full.get_data(as_text=True)
    answer = desk.post(url, **{**form, "name": "Ivan", f"q{asked.shop}": str(asked.school)})
    number = int(answer.location.split("?")[0].rstrip("/").split("/")[-1])
    assert answers_of(session, number) == {asked.shop: Given(options=(asked.school,))}


def test_the_list_has_columns_to_choose_and_is_filtered_by_an_answer(desk, asked):
    assert "Housing</bdi>" not in desk.read(asked.list)
    page = desk.read(f"{asked.list}?column={asked.shop}&column={asked.health}")
    assert "<bdi>Housing</bdi>" in page
    assert "<bdi>secret</bdi>" in page
    assert len(re.findall(r"name=\"column\"[^>]* checked", page)) == 2
    page = desk.read(f"{asked.list}?said={asked.shop}:{asked.housing}")
    assert "Nováková" in page
    assert "Svoboda" not in page
    page = desk.read(f"{asked.list}?said={asked.lunch}:no")
    assert "Nobody fits this search." in page
    for nonsense in ("x", "1:2:3", f"{asked.shop}:99999", "9999999999:1", f"{asked.shop}:"):
        assert "Svoboda" in desk.read(f"{asked.list}?said={nonsense}&column={nonsense}")


def test_the_filter_and_the_columns_stay_in_every_link(desk, asked):
    page = desk.read(f"{asked.list}?said={asked.lunch}:yes&column={asked.shop}")
    assert f"column={asked.shop}" in page.split('aria-sort="ascending"')[1].split(">")[1]
    assert f"said={asked.lunch}:yes" in page.replace("%3A", ":")


def test_whoever_does_not_see_needs_sees_no_sensitive_answer_by_any_way(viewer, asked):
    page = viewer.read(f"{asked.list}{asked.jana}/")
    assert "Housing" in page
    assert "secret" not in page
    page = viewer.read(f"{asked.list}?column={asked.health}&column={asked.shop}")
    assert "secret" not in page
    assert f"column-{asked.health}" not in page
    assert viewer.get(f"{asked.list}{asked.jana}/answers/").status_code == 403


def test_csv_has_a_column_for_each_question(desk, asked):
    rows = table(desk.post(asked.export, format="excel-csv"))
    jana, petr = rows["Jana Nováková"], rows["Petr Svoboda"]
    assert (jana["Workshop"], jana["Lunch?"], jana["Clients"], jana["Since"], jana["Topics"]) == (
        "Housing",
        "Yes",
        "2,5",
        "4.4.2020",
        "Law; =Health",
    )
    assert "Health" not in jana
    assert petr["Workshop"] == petr["Clients"] == ""
    plain = table(desk.post(asked.export, format="csv", needs="y"), ",")["Jana Nováková"]
    assert (plain["Clients"], plain["Since"], plain["Health"]) == ("2.5", "2020-04-04", "secret")


def test_a_workbook_has_real_numbers_and_days(desk, asked):
    answer = desk.post(asked.export, format="xlsx", needs="y")
    heads, jana, _petr = load_workbook(io.BytesIO(answer.get_data())).active.iter_rows(values_only=True)
    found = dict(zip(heads, jana, strict=True))
    assert found["Clients"] == 2.5
    assert (found["Since"].year, found["Since"].month, found["Since"].day) == (2020, 4, 4)
    assert found["Health"] == "secret"


def test_same_as_on_the_screen_means_the_filter_too(desk, asked):
    rows = table(desk.post(f"{asked.export}?said={asked.lunch}:yes", format="csv"), ",")
    assert list(rows) == ["Jana Nováková"]
    assert "Lunch? · Yes" in desk.read(f"{asked.export}?said={asked.lunch}:yes")


def test_a_retired_question_keeps_its_column_while_somebody_answered_it(desk, session, asked):
    url = f"/workspace/meetings/{asked.meeting.id}/questions/"
    desk.post(f"{url}{asked.shop}/retire")
    rows = table(desk.post(asked.export, format="csv"), ",")
    assert rows["Jana Nováková"]["Workshop"] == "Housing"
    assert "Housing" in desk.read(f"{asked.list}{asked.jana}/")
    form = sent_by(desk.read(f"{asked.list}{asked.jana}/answers/"), "answers")
    assert f"q{asked.shop}" not in form
    desk.post(f"{asked.list}{asked.jana}/answers/", **form)
    assert answers_of(session, asked.jana)[asked.shop].options == (asked.housing,)
