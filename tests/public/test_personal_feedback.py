"""Feedback behind the personal link, as people fill it in without scripts."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.domain.feedback import queries, service
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox.models import Letter
from app.domain.questions.models import FeedbackGiven, QuestionKind
from app.domain.registration.models import Attendee, Place
from tests.domain.feedback.cast import AFTER, END, after, platform
from tests.domain.registration.cast import DESK, NOW, START
from tests.factories import make_contact
from tests.public.registration_pages import form_fields, words
from tests.questionnaires import ask, ids


@pytest.fixture(params=[True, False], ids=["without names", "with names"])
def anonymous(request):
    return request.param


@pytest.fixture
def stage(session, anonymous):
    meeting, people, asked = platform(session, anonymous=anonymous)
    meeting.contact_id = make_contact(session).id
    session.commit()
    return meeting, people[0], asked


def my(attendee, page="feedback/", lang="en"):
    return f"/{lang}/my/{attendee.token}/{page}"


def at(moment):
    return time_machine.travel(moment, tick=False)


def send(client, attendee, asked, *, good=0, text="the talks"):
    overall, helped = asked
    with at(AFTER):
        fields = form_fields(client.get(my(attendee)), "feedback")
        filled = {f"q{overall.id}": str(ids(overall)[good]), f"q{helped.id}": text}
        return client.post(my(attendee), data=fields | filled, follow_redirects=True)


def tally(session, meeting):
    session.rollback()
    return queries.form_of(session, session.get_one(Meeting, meeting.id)).tally


class TestThePage:
    def test_says_whether_the_name_is_kept_before_anything_is_asked(self, client, stage, anonymous):
        _meeting, someone, _asked = stage
        with at(AFTER):
            said = words(client.get(my(someone)))
        assert ("Your answers are anonymous." in said) == anonymous
        assert ("The organiser sees your name with your answers." in said) != anonymous
        assert "Overall?" in said
        assert "20 Apr 2027" in said

    def test_speaks_the_language_of_its_address(self, client, stage):
        with at(AFTER):
            page = client.get(my(stage[1], lang="cs"))
        assert page.status_code == 200
        assert "What helped? (cs)" in words(page)

    def test_keeps_what_was_typed_when_the_language_is_switched(self, client, session, stage):
        _meeting, someone, (_overall, helped) = stage
        with at(AFTER):
            fields = form_fields(client.get(my(someone)), "feedback")
            page = client.post(
                my(someone, lang="cs"), data=fields | {f"q{helped.id}": "half a word", "switch": "cs"}
            )
        assert "half a word" in page.get_data(as_text=True)
        assert list(session.scalars(select(FeedbackGiven))) == []

    @pytest.mark.parametrize(
        ("moment", "said"),
        [
            (END - timedelta(minutes=1), "You can answer when the meeting is over."),
            (END + timedelta(days=20), "The time for answers is over."),
        ],
    )
    def test_says_that_it_is_too_early_or_too_late(self, client, session, stage, moment, said):
        _meeting, someone, asked = stage
        with at(AFTER):
            fields = form_fields(client.get(my(someone)), "feedback")
        with at(moment):
            assert said in words(client.get(my(someone)))
            sent = client.post(my(someone), data=fields | {f"q{asked[1].id}": "x"})
        assert said in words(sent)
        assert list(session.scalars(select(FeedbackGiven))) == []

    def test_is_not_there_where_nothing_is_asked(self, client, session, stage):
        meeting, someone, _asked = stage
        session.get_one(Meeting, meeting.id).state = MeetingState.CALLED_OFF
        session.commit()
        with at(AFTER):
            assert client.get(my(someone)).status_code == 404

    def test_tells_who_was_not_there_why_they_are_not_asked(self, client, session, stage):
        _meeting, someone, _asked = stage
        session.get_one(Attendee, someone.id).place = Place.DECLINED
        session.commit()
        with at(AFTER):
            page = client.get(my(someone))
        assert "for people who were at the meeting" in words(page)
        assert "platforma@example.org" in words(page)
        assert 'id="feedback"' not in page.get_data(as_text=True)

    def test_no_cache_keeps_what_was_said(self, client, stage):
        with at(AFTER):
            assert client.get(my(stage[1])).headers["Cache-Control"] == "no-store"

    def test_opens_no_door_to_strangers(self, client, stage):
        with at(AFTER):
            assert client.get("/en/my/nobodys-token-at-all-x/feedback/").status_code == 404


class TestSending:
    @pytest.mark.parametrize("anonymous", [True], indirect=True)
    def test_without_names_once_and_the_page_says_why(self, client, session, stage):
        meeting, someone, asked = stage
        page = send(client, someone, asked)
        assert "Thank you for your answers." in words(page)
        assert 'id="feedback"' not in page.get_data(as_text=True)
        assert tally(session, meeting)[str(asked[1].id)]["texts"] == ["the talks"]
        with at(AFTER):
            again = client.get(my(someone))
        assert "Nobody knows which answers are yours" in words(again)
        assert "the talks" not in words(again)

    def test_nothing_is_kept_in_another_way_than_the_page_said(self, client, session, stage, anonymous):
        meeting, someone, asked = stage
        with at(AFTER):
            fields = form_fields(client.get(my(someone)), "feedback") | {f"q{asked[1].id}": "a secret"}
            service.choose(session, meeting.id, anonymous=not anonymous, days=14, now=AFTER, actor=DESK)
            session.commit()
            page = client.post(my(someone), data=fields)
        assert page.status_code == 422
        assert "It has changed whether your name is kept." in words(page)
        assert ("The organiser sees your name with your answers." in words(page)) == anonymous
        assert list(session.scalars(select(FeedbackGiven))) == []
        again = form_fields(page, "feedback")
        assert again[f"q{asked[1].id}"] == "a secret"
        with at(AFTER):
            assert client.post(my(someone), data=again).status_code == 303

    def test_the_same_form_sent_twice_counts_once(self, client, session, stage):
        meeting, someone, asked = stage
        with at(AFTER):
            fields = form_fields(client.get(my(someone)), "feedback") | {f"q{asked[1].id}": "once"}
            for _ in range(2):
                assert client.post(my(someone), data=fields).status_code in (303, 200)
        session.rollback()
        form = queries.form_of(session, session.get_one(Meeting, meeting.id))
        assert queries.count_given(session, form) == 1
        assert str(form.tally).count("once") <= 1

    @pytest.mark.parametrize("anonymous", [False], indirect=True)
    def test_with_names_the_form_comes_back_filled_in_and_can_be_changed(self, client, session, stage):
        meeting, someone, asked = stage
        page = send(client, someone, asked)
        assert "Your answers are saved." in words(page)
        fields = form_fields(page, "feedback")
        assert fields[f"q{asked[1].id}"] == "the talks"
        assert fields[f"q{asked[0].id}"] == str(ids(asked[0])[0])
        assert "Change my answers" in words(page)
        send(client, someone, asked, good=1, text="the room")
        session.rollback()
        row = session.get_one(Meeting, meeting.id)
        results = queries.results(session, row, queries.form_of(session, row))
        assert [(text.words, text.name) for text in results[1].texts] == [("the room", someone.name)]
        assert results[0].values == {str(ids(asked[0])[1]): 1}

    def test_an_empty_sheet_is_asked_back_and_spends_nothing(self, client, session, stage):
        _meeting, someone, _asked = stage
        with at(AFTER):
            fields = form_fields(client.get(my(someone)), "feedback")
            page = client.post(my(someone), data=fields)
        assert page.status_code == 422
        assert "Answer at least one question." in words(page)
        assert list(session.scalars(select(FeedbackGiven))) == []

    def test_what_must_be_answered_is_asked_back_with_the_rest_as_typed(self, client, session, stage):
        meeting, someone, asked = stage
        ask(session, after(meeting), QuestionKind.YES_NO, "Again?", required=True)
        session.commit()
        with at(AFTER):
            fields = form_fields(client.get(my(someone)), "feedback")
            page = client.post(my(someone), data=fields | {f"q{asked[1].id}": "kept words"})
        assert page.status_code == 422
        assert "Answer “Again?”." in words(page)
        assert "kept words" in page.get_data(as_text=True)

    def test_who_sends_an_option_that_went_meanwhile_is_told_and_loses_nothing(
        self, client, session, stage, monkeypatch
    ):
        _meeting, someone, asked = stage

        def refuse(*_args, **_values):
            raise service.FeedbackRefused("nothing")

        with at(AFTER):
            fields = form_fields(client.get(my(someone)), "feedback")
            monkeypatch.setattr(service, "give", refuse)
            page = client.post(my(someone), data=fields | {f"q{asked[1].id}": "kept words"})
        assert page.status_code == 422
        assert "The questions have changed meanwhile." in words(page)
        assert "kept words" in page.get_data(as_text=True)

    def test_no_letter_tells_when_somebody_answered(self, client, session, stage):
        _meeting, someone, asked = stage
        before = len(list(session.scalars(select(Letter))))
        send(client, someone, asked)
        session.rollback()
        assert len(list(session.scalars(select(Letter)))) == before


class TestTheWayThere:
    def test_is_on_the_personal_page_while_feedback_is_taken(self, client, stage, anonymous):
        _meeting, someone, asked = stage
        for moment, there in [(START, False), (AFTER, True), (END + timedelta(days=20), False)]:
            with at(moment):
                assert ("Give feedback" in words(client.get(my(someone, "")))) == there
        send(client, someone, asked)
        with at(AFTER):
            said = words(client.get(my(someone, "")))
        assert "Give feedback" not in said
        assert ("Change my feedback" in said) != anonymous

    def test_the_questions_are_on_no_other_page(self, client, stage):
        meeting, someone, _asked = stage
        with at(NOW):
            pages = [
                client.get(my(someone, "")),
                client.get(my(someone, "change")),
                client.get(f"/en/meetings/{meeting.slug}/"),
                client.get(f"/en/meetings/{meeting.slug}/register"),
            ]
        for page in pages:
            assert page.status_code == 200
            assert "What helped?" not in words(page)
            assert "Overall?" not in words(page)


def test_how_it_is_asked_may_change_until_somebody_answered(client, session, stage, anonymous):
    meeting, someone, _asked = stage
    service.choose(session, meeting.id, anonymous=not anonymous, days=14, now=NOW, actor=DESK)
    session.commit()
    with at(AFTER):
        assert ("Your answers are anonymous." in words(client.get(my(someone)))) != anonymous
