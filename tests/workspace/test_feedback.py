"""Feedback at the organiser's desk: building it, its results, taking them along, the letter of thanks."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.domain.accounts.models import Role
from app.domain.attendance import corrections
from app.domain.attendance.models import Mark
from app.domain.broadcasts.models import Broadcast
from app.domain.feedback import queries
from app.domain.history.models import Entry
from app.domain.history.service import organiser
from app.domain.meetings.models import Meeting
from app.domain.questions.models import FeedbackForm, Question, QuestionKind
from tests.domain.feedback.cast import AFTER, END, after, give, platform, saying
from tests.domain.registration.cast import NOW, START
from tests.factories import make_account, make_meeting
from tests.questionnaires import ask
from tests.workspace.desk import Desk

WORDS = ("the coffee", "<b>all</b> of it", "žluťoučký kůň")
NAME = "Běla Bílá"


@pytest.fixture(autouse=True)
def _after_the_meeting():
    with time_machine.travel(AFTER, tick=False):
        yield


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def empty(session):
    meeting = make_meeting(session, starts_at=START)
    session.commit()
    return meeting.id


def at_another_time(app, session):
    """Signed in only now: nobody stays so for weeks."""
    return Desk(app, session, make_account(session, Role.ORGANISER, email="then@example.org"))


def place(meeting_id, page=""):
    return f"/workspace/meetings/{meeting_id}/feedback/{page}"


def answered(session, *, anonymous=True, number=3):
    """A meeting with so many answers; its id."""
    meeting, people, asked = platform(session, anonymous=anonymous)
    for who, words in zip(people[:number], WORDS, strict=False):
        give(session, who, saying(asked, words, good=words == WORDS[0]))
    session.commit()
    return meeting.id


def form(session, meeting_id):
    session.rollback()
    return queries.form_of(session, session.get_one(Meeting, meeting_id))


def asked(session, meeting_id):
    session.rollback()
    return queries.asked(session, session.get_one(Meeting, meeting_id))


def shown(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", markup.partition("<main")[2]).split())


class TestBuilding:
    def test_four_questions_in_each_language_to_begin_with(self, desk, session, empty):
        assert "Nothing is asked after this meeting yet." in desk.read(place(empty))
        answer = desk.post(place(empty, "ready-made"), follow=True)
        assert "Four questions are there." in answer.get_data(as_text=True)
        made = asked(session, empty)
        assert [one.kind for one in made] == ["one", "long", "long", "email"]
        assert all(set(one.label) == {"cs", "en"} for one in made)
        assert [option.label["en"][0] for option in made[0].options] == ["5", "4", "3", "2", "1"]
        desk.post(place(empty, "ready-made"))
        assert len(asked(session, empty)) == 4, "a second press adds nothing"

    def test_with_names_nobody_need_leave_an_address(self, desk, session, empty):
        desk.post(place(empty, "settings"), mode="named", days="7")
        desk.post(place(empty, "ready-made"))
        assert [one.kind for one in asked(session, empty)] == ["one", "long", "long", "yes_no"]

    def test_the_editor_is_that_of_other_questions_without_places_and_early_erasing(
        self, desk, session, empty
    ):
        new = desk.read(place(empty, "questions/new/?kind=one"))
        assert "Questions after the meeting" not in new
        assert 'name="options-0-places"' not in new
        assert 'name="sensitive"' not in new
        answer = desk.post(
            place(empty, "questions/new/?kind=one"),
            label_cs="Jaké to bylo?",
            label_en="How was it?",
            **{
                "options-0-label_cs": "dobré",
                "options-1-label_cs": "špatné",
                "options-0-places": "1",
                "sensitive": "y",
            },
        )
        assert answer.status_code == 303
        assert answer.location == place(empty, "questions/")
        (made,) = asked(session, empty)
        assert [option.places for option in made.options] == [None, None]
        assert not made.sensitive
        index = desk.read(place(empty, "questions/"))
        assert "How was it?" in index
        assert "As people see it" in index
        assert "How was it?" not in desk.read(f"/workspace/meetings/{empty}/questions/")

    def test_a_question_is_moved_retired_and_brought_back_on_its_own_page(self, desk, session, empty):
        desk.post(place(empty, "ready-made"))
        first, second, *_rest = [one.id for one in asked(session, empty)]
        assert desk.post(place(empty, f"questions/{second}/move"), to="0").location == place(
            empty, "questions/"
        )
        assert [one.id for one in asked(session, empty)][:2] == [second, first]
        page = desk.post(place(empty, f"questions/{first}/retire"), follow=True).get_data(as_text=True)
        assert "Their answers stay in the results." in page
        assert first not in [one.id for one in asked(session, empty)]
        desk.post(place(empty, f"questions/{first}/restore"))
        assert first in [one.id for one in asked(session, empty)]

    def test_neither_kind_is_found_at_the_address_of_the_other(self, desk, session, empty):
        desk.post(place(empty, "ready-made"))
        number = asked(session, empty)[0].id
        early = ask(session, session.get_one(Meeting, empty)).id
        session.commit()
        assert desk.get(f"/workspace/meetings/{empty}/questions/{number}/").status_code == 404
        assert desk.get(place(empty, f"questions/{early}/")).status_code == 404
        assert desk.post(f"/workspace/meetings/{empty}/questions/{number}/retire").status_code == 404

    def test_how_it_is_asked_is_chosen_and_said(self, desk, session, empty):
        desk.post(place(empty, "ready-made"))
        page = desk.post(place(empty, "settings"), mode="named", days="30", follow=True)
        assert "With names" in page.get_data(as_text=True)
        assert "6\u00a0May\u00a02027" in page.get_data(as_text=True)
        stored = form(session, empty)
        assert (stored.anonymous, stored.days) == (False, 30)

    @pytest.mark.parametrize("typed", [{"mode": "x", "days": "7"}, {"mode": "named", "days": "0"}, {}])
    def test_nonsense_is_asked_back(self, desk, session, empty, typed):
        assert desk.post(place(empty, "settings"), **typed).status_code == 422
        session.rollback()
        assert list(session.scalars(select(FeedbackForm))) == []

    def test_whether_names_are_kept_does_not_change_once_somebody_answered(self, desk, session):
        number = answered(session, number=1)
        answer = desk.post(place(number, "settings"), mode="named", days="14")
        assert answer.status_code == 422
        assert "Somebody has answered already" in answer.get_data(as_text=True)
        assert form(session, number).anonymous


class TestResults:
    def test_two_answers_without_names_are_counted_and_not_shown(self, desk, session):
        number = answered(session, number=2)
        page = shown(desk.read(place(number)))
        assert "Results are shown from 3 answers on" in page
        assert "2 of 4 people asked" in page
        assert WORDS[0] not in page
        assert desk.post(place(number, "file")).status_code == 409

    def test_three_are_shown_as_charts_with_tables_and_texts_by_nobody(self, desk, session):
        page = desk.read(place(answered(session)))
        assert re.search(r'good</bdi></th><td class="number">1</td>.*?<rect', page, re.DOTALL)
        assert re.search(r'bad</bdi></th><td class="number">2</td>', page)
        for words in ("the coffee", "&lt;b&gt;all&lt;/b&gt; of it", "žluťoučký kůň"):
            assert words in page
        assert "Bílá" not in page
        assert "attendees/" not in page.partition('id="results"')[2].partition("</main>")[0]

    def test_with_names_each_text_leads_to_its_person(self, desk, session):
        page = desk.read(place(answered(session, anonymous=False, number=2)))
        results = page.partition('id="results"')[2]
        assert NAME in results
        assert re.search(r'href="/workspace/meetings/\d+/attendees/\d+/"', results)

    def test_a_viewer_sees_results_and_can_change_and_take_nothing(self, viewer, session):
        number = answered(session)
        page = viewer.read(place(number))
        assert "the coffee" in page
        assert "Your role may only look." in page
        for path in ("file", "thanks", "ready-made"):
            assert viewer.post(place(number, path)).status_code == 403
        assert viewer.get(place(number, "settings")).status_code == 403

    def test_before_the_meeting_nobody_is_asked_yet(self, app, session):
        meeting, _people, _asked = platform(session)
        with time_machine.travel(NOW, tick=False):
            page = shown(at_another_time(app, session).read(place(meeting.id)))
        assert "begins when the meeting is over" in page
        assert "Write a thank-you" not in page


class TestTheFile:
    def table(self, answer):
        assert answer.status_code == 200, answer.status
        text = answer.get_data().decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    def test_without_names_has_a_row_for_each_value_and_text(self, desk, session):
        number = answered(session)
        answer = desk.post(place(number, "file"))
        heads, *rows = self.table(answer)
        assert heads == ["Question", "Answer", "People"]
        assert rows[:2] == [["Overall?", "good", "1"], ["Overall?", "bad", "2"]]
        assert sorted(row[1] for row in rows[2:]) == sorted(WORDS)
        assert "feedback-2027-04-06.csv" in answer.headers["Content-Disposition"]

    def test_with_names_has_a_row_for_each_person(self, desk, session):
        heads, *rows = self.table(desk.post(place(answered(session, anonymous=False), "file")))
        assert heads == ["Name", "Organisation", "Overall?", "What helped?"]
        assert [NAME, "", "bad", WORDS[1]] in rows
        assert len(rows) == 3

    def test_taking_it_is_noted_and_said(self, desk, session):
        number = answered(session)
        desk.post(place(number, "file"))
        session.rollback()
        entry = session.scalars(select(Entry).where(Entry.act == "list:feedback")).one()
        assert (entry.meeting_id, entry.details) == (number, {"number": 3})
        page = desk.read(f"/workspace/meetings/{number}/export/")
        assert "downloaded the results of the feedback, 3 people." in page
        history = desk.read(f"/workspace/meetings/{number}/history/")
        assert "The results of the feedback were downloaded. People who answered: 3." in history


class TestThanks:
    def draft(self, session, desk, number):
        answer = desk.post(place(number, "thanks"))
        session.rollback()
        made = session.scalars(select(Broadcast)).one()
        assert answer.location == f"/workspace/meetings/{number}/letters/{made.id}/write"
        return made, desk.read(answer.location)

    def test_is_a_draft_in_each_language_with_both_placeholders(self, desk, session):
        made, page = self.draft(session, desk, answered(session))
        assert set(made.subject) == set(made.body) == {"cs", "en"}
        assert made.subject["en"] == "Thank you for coming: %meeting%"
        assert all("%feedback%" in text and "%documents%" in text for text in made.body.values())
        assert "Your answers are anonymous." in made.body["en"]
        assert made.segment["presence"] == []
        assert "4 people get this letter." in page
        assert "%documents% stands for nothing: add a file to the letter, or take it out." in page
        assert "%feedback% leads nowhere" not in page

    def test_goes_to_those_who_came_where_that_is_known(self, desk, session):
        number = answered(session, anonymous=False)
        person = queries.given_with_names(session, session.get_one(Meeting, number))[0][0]
        account = make_account(session, email="other@example.org")
        corrections.mark(session, number, [person.id], Mark.PRESENT, now=END, actor=organiser(account.id))
        session.commit()
        made, page = self.draft(session, desk, number)
        assert made.segment["presence"] == ["came"]
        assert "1 person gets this letter." in page
        assert "anonymous" not in made.body["en"]

    def test_says_nothing_of_feedback_where_none_is_asked(self, desk, session, empty):
        made, _page = self.draft(session, desk, empty)
        assert "%feedback%" not in made.body["en"]

    def test_is_written_only_once_the_meeting_has_begun(self, app, session, empty):
        with time_machine.travel(NOW, tick=False):
            early = at_another_time(app, session)
            page = early.post(place(empty, "thanks"), follow=True).get_data(as_text=True)
        assert "only then is it known who came" in page
        session.rollback()
        assert list(session.scalars(select(Broadcast))) == []

    def test_a_placeholder_that_stands_for_nothing_keeps_it_from_being_sent(self, app, desk, session):
        number = answered(session)
        made, _page = self.draft(session, desk, number)
        sent = {f"subject_{code}": made.subject[code] for code in ("cs", "en")}
        sent |= {f"body_{code}": made.body[code] for code in ("cs", "en")}
        sent |= {"purpose": "about", "places": "confirmed", "version": str(made.version), "act": "send"}
        answer = desk.post(f"/workspace/meetings/{number}/letters/{made.id}/write", **sent)
        assert answer.status_code == 422
        assert "%documents% stands for nothing" in answer.get_data(as_text=True)
        with time_machine.travel(END + timedelta(days=60), tick=False):
            late = at_another_time(app, session)
            answer = late.post(f"/workspace/meetings/{number}/letters/{made.id}/write", **sent)
        assert "%feedback% leads nowhere" in answer.get_data(as_text=True)

    def test_is_offered_today_and_on_the_attendance_list(self, app, desk, session):
        number = answered(session)
        for page in ("/workspace/", f"/workspace/meetings/{number}/attendance/"):
            assert f'action="{place(number, "thanks")}"' in desk.read(page)
        with time_machine.travel(END + timedelta(days=15), tick=False):
            assert "Just over" not in at_another_time(app, session).read("/workspace/")


def test_feedback_is_in_no_list_download_sheet_or_number(desk, session):
    """Everything else that an organiser sees of a meeting knows nothing of these questions and their answers."""
    number = answered(session, anonymous=False)
    meeting = session.get_one(Meeting, number)
    yes = ask(session, after(meeting), QuestionKind.YES_NO, "Overall again?")
    question = session.scalars(select(Question.id).where(Question.kind == QuestionKind.ONE)).one()
    person = queries.given_with_names(session, meeting)[0][0].id
    session.commit()
    base = f"/workspace/meetings/{number}"
    pages = [
        f"{base}/",
        f"{base}/attendees/",
        f"{base}/attendees/?column={question}&said={yes.id}:yes",
        f"{base}/attendees/{person}/",
        f"{base}/attendees/{person}/answers/",
        f"{base}/attendees/add/",
        f"{base}/export/",
        f"{base}/sheets/",
        f"{base}/statistics/",
        f"{base}/statistics/numbers.csv",
        f"{base}/attendance/",
        f"{base}/questions/",
    ]
    seen = {page: desk.read(page) for page in pages}
    taken = desk.post(f"{base}/export/", format="excel-csv", needs="y", column=str(question))
    assert taken.status_code == 200
    seen["export"] = taken.get_data().decode("utf-8-sig")
    assert NAME in seen["export"]
    for page, text in seen.items():
        assert "Overall" not in text, page
        assert "What helped?" not in text, page
        assert "the coffee" not in text, page
    assert "Bílá" in seen[pages[1]]
    assert "Bílá" in seen[pages[2]], "a filter by such an answer narrows nothing"
