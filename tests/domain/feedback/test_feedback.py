"""Feedback: when and from whom it is taken, once or again, what becomes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.domain.attendance import corrections
from app.domain.attendance.models import Mark
from app.domain.feedback import queries, rules, service
from app.domain.feedback.rules import FeedbackRefused, Stage
from app.domain.history.models import Entry
from app.domain.meetings.models import Format, MeetingState
from app.domain.privacy.erase import erase_attendee
from app.domain.privacy.service import expire
from app.domain.questions import queries as questions_of
from app.domain.questions import service as questions
from app.domain.questions.commands import Given, Owner
from app.domain.questions.models import FeedbackForm, FeedbackGiven, QuestionAnswer, QuestionKind
from app.domain.questions.rules import QuestionRefused
from app.domain.registration.edit_questions import change_question
from app.domain.registration.models import Mode, Place
from tests.domain.attendance.cast import door
from tests.domain.feedback.cast import AFTER, END, NAMES, after, give, platform, saying
from tests.domain.registration.cast import DESK, NOW, START
from tests.factories import DOMAIN, make_meeting, person, register
from tests.questionnaires import ask, ids, option, question_text


def refusal(session, who, answers, now=AFTER):
    with pytest.raises(FeedbackRefused) as caught:
        give(session, who, answers, now=now)
    return caught.value.reason


def results(session, meeting):
    return queries.results(session, meeting, queries.form_of(session, meeting))


def present(session, meeting, *people):
    corrections.mark(
        session, meeting.id, [one.id for one in people], Mark.PRESENT, now=END, actor=door(session).actor
    )
    session.flush()


def asked_people(session, meeting):
    return [one for one in session.info["people"] if queries.is_invited(session, meeting, one.id)]


class TestWhen:
    def test_from_the_end_to_the_last_moment_of_the_last_day_where_the_meeting_is(self, session):
        meeting, (someone, *_), asked = platform(session)
        form = queries.form_of(session, meeting)
        last = datetime(2027, 4, 20, 22, tzinfo=UTC)  # midnight in Prague, fourteen days on
        for now, stage in [
            (END - timedelta(seconds=1), Stage.AHEAD),
            (END, Stage.OPEN),
            (last - timedelta(seconds=1), Stage.OPEN),
            (last, Stage.CLOSED),
        ]:
            assert rules.stage_of(meeting, form, asks=True, now=now) == stage
            assert queries.is_open(session, meeting, now=now) == (stage == Stage.OPEN)
        assert refusal(session, someone, saying(asked), END - timedelta(seconds=1)) == "ahead"
        assert refusal(session, someone, saying(asked), last) == "closed"

    def test_a_day_without_one_hour_changes_nothing(self, session):
        start = datetime(2027, 3, 20, 11, tzinfo=UTC)
        meeting = make_meeting(session, starts_at=start)
        form = queries.usual_form(meeting.id)
        form.days = 8  # the clocks jump on the last of these days
        assert rules.last_day(meeting, form).isoformat() == "2027-03-28"
        assert rules.closes_at(meeting, form).astimezone(UTC) == datetime(2027, 3, 28, 22, tzinfo=UTC)

    def test_not_where_nothing_is_asked_or_there_was_no_meeting(self, session):
        meeting, (someone, *_), asked = platform(session)
        answers = saying(asked)
        meeting.state = MeetingState.CALLED_OFF
        session.flush()
        assert refusal(session, someone, answers) == "off"
        meeting.state = MeetingState.PUBLISHED
        for one in reversed(asked):
            questions.retire(session, one.id, now=NOW, actor=DESK)
        session.flush()
        assert refusal(session, someone, answers) == "off"
        assert not queries.is_open(session, meeting, now=AFTER)


class TestWho:
    def test_whoever_had_a_seat_where_nobody_noted_who_came(self, session):
        meeting, people, asked = platform(session, *NAMES, capacity=3)
        assert people[3].place == Place.WAITING
        session.info["people"] = people
        assert asked_people(session, meeting) == people[:3]
        assert queries.count_invited(session, meeting) == 3
        assert refusal(session, people[3], saying(asked)) == "not_asked"

    def test_only_who_came_once_anybody_was_noted(self, session):
        meeting, people, asked = platform(session)
        session.info["people"] = people
        present(session, meeting, people[0], people[2])
        assert asked_people(session, meeting) == [people[0], people[2]]
        assert refusal(session, people[1], saying(asked)) == "not_asked"
        give(session, people[2], saying(asked))

    def test_who_takes_part_online_is_not_seen_by_the_door_and_asked_all_the_same(self, session):
        meeting, people, _asked = platform(
            session,
            format=Format.HYBRID,
            online_capacity=10,
            online_url="https://meet.example.org/x",
        )
        session.info["people"] = people
        people[1].mode = people[3].mode = Mode.ONLINE
        session.flush()
        present(session, meeting, people[0])
        corrections.mark(session, meeting.id, [people[3].id], Mark.ABSENT, now=END, actor=door(session).actor)
        session.flush()
        assert asked_people(session, meeting) == people[:2]


class TestWithoutNames:
    def test_once_and_nothing_is_shown_before_the_third(self, session):
        meeting, people, asked = platform(session)
        overall, helped = asked
        give(session, people[0], saying(asked, "the coffee"))
        assert refusal(session, people[0], saying(asked, "again")) == "given"
        give(session, people[1], saying(asked, "the talks", good=False))
        assert results(session, meeting) == []
        assert queries.count_given(session, queries.form_of(session, meeting)) == 2
        give(session, people[2], saying(asked))
        first, second = results(session, meeting)
        assert (first.question, first.people) == (overall, 3)
        assert first.values == {str(ids(overall)[0]): 2, str(ids(overall)[1]): 1}
        assert (second.question, second.people) == (helped, 2)
        assert sorted(text.words for text in second.texts) == ["the coffee", "the talks"]
        assert {(text.name, text.attendee_id) for text in second.texts} == {("", None)}

    def test_yes_and_no_are_counted_numbers_and_days_are_texts(self, session):
        meeting, people, _asked = platform(session)
        yes = ask(session, after(meeting), QuestionKind.YES_NO, "Again?")
        number = ask(session, after(meeting), QuestionKind.NUMBER, "How many?")
        for who, said in zip(people, ("yes", "yes", "no"), strict=False):
            give(session, who, {yes.id: Given(text=said), number.id: Given(text="3")})
        found = {one.question.id: one for one in results(session, meeting)}
        assert found[yes.id].values == {"yes": 2, "no": 1}
        assert found[yes.id].texts == []
        assert [text.words for text in found[number.id].texts] == ["3"] * 3

    def test_what_was_said_keeps_its_question_and_its_option(self, session):
        meeting, people, (overall, helped) = platform(session)
        good, bad = ids(overall)
        give(session, people[0], {overall.id: Given(options=(good,))})
        text = question_text("Overall?", option("bad", id=bad), option("fine"))
        change_question(session, overall.id, text, now=AFTER, actor=DESK)
        offered = [one.id for one in questions_of.get_question(session, overall.id).offered]
        assert bad in offered
        assert good not in offered
        assert good in ids(overall)
        questions.retire(session, overall.id, now=AFTER, actor=DESK)
        with pytest.raises(QuestionRefused) as caught:
            questions.delete(session, overall.id, now=AFTER, actor=DESK)
        assert caught.value.reason == "answered"
        assert questions_of.answer_counts(session, [overall.id, helped.id]) == {overall.id: 1}
        give(session, people[1], {helped.id: Given(text="x"), overall.id: Given(options=(bad,))})
        assert queries.form_of(session, meeting).tally[str(overall.id)]["values"] == {str(good): 1}

    def test_saying_nothing_is_refused_and_spends_nothing(self, session):
        _meeting, (someone, *_), asked = platform(session)
        assert refusal(session, someone, {}) == "nothing"
        assert refusal(session, someone, {asked[0].id: Given(options=(987654,))}) == "nothing"
        assert not queries.has_given(session, someone.id)


class TestWithNames:
    def test_the_answers_can_be_changed_and_say_whose_they_are(self, session):
        meeting, people, asked = platform(session, anonymous=False)
        overall, helped = asked
        give(session, people[1], saying(asked, "the talks"))
        give(session, people[0], saying(asked))
        give(session, people[1], saying(asked, "all of it", good=False))
        first, second = results(session, meeting)
        assert first.values == {str(ids(overall)[0]): 1, str(ids(overall)[1]): 1}
        assert [(text.words, text.name) for text in second.texts] == [("all of it", people[1].name)]
        assert queries.count_given(session, queries.form_of(session, meeting)) == 2
        give(session, people[1], {helped.id: Given(text="the room")})
        assert results(session, meeting)[0].people == 1

    def test_what_was_said_at_registering_stays(self, session):
        meeting, (someone, *_), asked = platform(session, anonymous=False)
        early = ask(session, meeting)
        session.add(QuestionAnswer(attendee_id=someone.id, question_id=early.id, text="before"))
        give(session, someone, saying(asked, "after"))
        give(session, someone, saying(asked))
        said = questions_of.given_by(session, [someone.id])[someone.id]
        assert said == {early.id: Given(text="before"), **saying(asked)}

    def test_they_go_with_the_person(self, session):
        meeting, (someone, other, *_), asked = platform(session, anonymous=False)
        give(session, someone, saying(asked, "the talks"))
        give(session, other, saying(asked))
        erase_attendee(session, someone.id, now=AFTER, actor=DESK)
        session.flush()
        assert set(session.scalars(select(QuestionAnswer.attendee_id))) == {other.id}
        assert list(session.scalars(select(FeedbackGiven.attendee_id))) == [other.id]
        assert queries.count_given(session, queries.form_of(session, meeting)) == 1


class TestHowItIsAsked:
    def test_without_names_for_two_weeks_unless_chosen_otherwise(self, session):
        meeting = make_meeting(session, starts_at=START)
        form = queries.form_of(session, meeting)
        assert (form.anonymous, form.days) == (True, 14)
        assert list(session.scalars(select(FeedbackForm))) == []

    def test_whether_names_are_kept_stays_once_somebody_answered(self, session):
        meeting, (someone, *_), asked = platform(session)
        give(session, someone, saying(asked))
        with pytest.raises(FeedbackRefused) as caught:
            service.choose(session, meeting.id, anonymous=False, days=14, now=AFTER, actor=DESK)
        assert caught.value.reason == "answered"
        service.choose(session, meeting.id, anonymous=True, days=30, now=AFTER, actor=DESK)
        assert queries.form_of(session, meeting).days == 30

    def test_choosing_is_noted_once_and_choosing_the_same_is_not(self, session):
        meeting, _people, _asked = platform(session, anonymous=False)
        for _ in range(2):
            service.choose(session, meeting.id, anonymous=False, days=14, now=NOW, actor=DESK)
        session.flush()
        acts = session.scalars(select(Entry.act).where(Entry.meeting_id == meeting.id))
        assert list(acts).count("feedback:change") == 1

    def test_no_places_and_nothing_that_goes_early(self, session):
        meeting = make_meeting(session, starts_at=START)
        made = ask(
            session, after(meeting), QuestionKind.ONE, "?", option("a", 1), option("b", 2), sensitive=True
        )
        assert [one.places for one in made.options] == [None, None]
        assert not made.sensitive
        text = question_text("?", *(option("c", 3, id=one) for one in ids(made)), sensitive=True)
        change_question(session, made.id, text, now=NOW, actor=DESK)
        assert [one.places for one in made.options] == [None, None]
        assert not made.sensitive

    @pytest.mark.parametrize("verb", [questions.duplicate_meeting, questions.prepare_next])
    def test_the_next_meeting_asks_the_same_and_knows_no_answer(self, session, verb):
        meeting, (someone, *_), asked = platform(session)
        service.choose(session, meeting.id, anonymous=True, days=30, now=NOW, actor=DESK)
        early = ask(session, meeting)
        give(session, someone, saying(asked, "words"))
        made = verb(session, meeting.id, now=AFTER, actor=DESK, mail_domain=DOMAIN)
        session.flush()
        copied = queries.asked(session, made)
        assert [one.label for one in copied] == [one.label for one in asked]
        assert not {one.id for one in copied} & {one.id for one in asked}
        assert [one.label for one in questions_of.asked_at(session, made)] == [early.label]
        form = queries.form_of(session, made)
        assert (form.anonymous, form.days, form.number, form.tally) == (True, 30, 0, {})


class TestTheTwoKindsNeverMix:
    def test_a_question_after_the_meeting_is_not_on_the_form_of_registration(self, session):
        meeting, _people, asked = platform(session)
        assert questions_of.asked_at(session, meeting) == []
        assert questions_of.every_of(session, meeting) == []
        assert questions_of.of_owner(session, Owner(meeting_id=meeting.id)) == []
        assert questions_of.get_published(session, meeting.slug) == (meeting, False)
        assert questions_of.earlier_than(session, Owner(meeting_id=meeting.id)) == []
        ask(session, Owner(series_id=meeting.series_id))
        assert questions_of.earlier_than(session, after(meeting)) == list(asked)
        assert queries.asked(session, meeting) == list(asked)

    def test_registering_with_an_answer_to_it_keeps_nothing(self, session):
        meeting, _people, asked = platform(session)
        register(session, meeting, person("Eva Early", answers=saying(asked, "too early")), now=NOW)
        assert list(session.scalars(select(QuestionAnswer))) == []

    def test_the_order_of_one_kind_does_not_count_the_other(self, session):
        meeting, _people, (overall, helped) = platform(session)
        early = [ask(session, meeting, label=str(number)) for number in range(2)]
        questions.move(session, helped.id, 0, now=NOW, actor=DESK)
        questions.move(session, early[1].id, 0, now=NOW, actor=DESK)
        session.flush()
        assert queries.asked(session, meeting) == [helped, overall]
        assert questions_of.asked_at(session, meeting) == [early[1], early[0]]


def test_texts_go_with_the_names_and_numbers_stay(session):
    meeting, people, asked = platform(session)
    for who in people:
        give(session, who, saying(asked, f"words of {who.name}"))
    before = END + timedelta(days=365)
    assert expire(session, now=before, retention_months=12).feedback == 0
    late = END + timedelta(days=367)
    assert expire(session, now=late, retention_months=12, dry_run=True).feedback == 5
    assert expire(session, now=late, retention_months=12).feedback == 5
    session.flush()
    session.expire_all()
    assert list(session.scalars(select(FeedbackGiven))) == []
    form = queries.form_of(session, meeting)
    assert "words" not in str(form.tally)
    first, second = queries.results(session, meeting, form)
    assert (first.people, second.people, second.texts) == (4, 4, [])
    assert expire(session, now=late, retention_months=12).feedback == 0
