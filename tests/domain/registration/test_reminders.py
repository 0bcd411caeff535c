"""The laws of reminders: once, in time, by day, and only to whom they help."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.base.errors import NotFound
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import (
    answers,
    changes,
    invitations,
    news,
    organiser,
    personal,
    reminders,
    substitutes,
)
from app.domain.registration.invitations import Invitation
from app.domain.registration.models import Answer, Place
from app.domain.registration.substitutes import Substitution
from tests.domain.registration.cast import DESK, NOW, START, small_meeting
from tests.factories import DOMAIN, make_meeting, meeting_text, person, register

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"
WEEK_BEFORE, DAY_BEFORE = START - timedelta(days=7), START - timedelta(days=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def tick(session, now):
    """What a worker does at `now`; gives how many reminders it wrote."""
    session.flush()
    found = reminders.meetings_with_due(session, now=now)
    written = sum(reminders.enqueue_due(session, meeting_id, now=now) for meeting_id in found)
    session.flush()
    return written


def reminded(session, attendee):
    """The rules by which somebody was reminded, oldest first."""
    query = select(Letter).where(Letter.kind == Kind.REMINDER, Letter.attendee_id == attendee.id)
    return [letter.facts["rule"] for letter in session.scalars(query.order_by(Letter.id))]


def invite(session, meeting, *names, now=NOW):
    people = tuple(person(name) for name in names)
    command = Invitation(people=people, language="cs")
    return invitations.invite(session, meeting.id, command, now=now, actor=DESK, mail_domain=DOMAIN).attendees


def move(session, meeting, start, *, now):
    """Let the meeting begin at another time, as an edit does."""
    before = news.snapshot(meeting)
    meeting.starts_at, meeting.ends_at = start, start + 3 * HOUR
    changes.announce(session, meeting, before, now=now, actor=DESK)


# --- when -----------------------------------------------------------------------------------------------------


def test_people_are_reminded_a_week_and_a_day_before_and_not_earlier(session):
    (one,) = register(session, small_meeting(session, 9), A, now=NOW)
    for due, rule in ((WEEK_BEFORE, "7d"), (DAY_BEFORE, "1d")):
        assert tick(session, due - SECOND) == 0
        assert tick(session, due) == 1
        assert reminded(session, one)[-1] == rule
        assert tick(session, due + MINUTE) == 0
    assert reminded(session, one) == ["7d", "1d"]


def test_the_organiser_chooses_the_days(session):
    meeting = small_meeting(session, 9, reminder_days=[3])
    (one,) = register(session, meeting, A, now=NOW)
    assert tick(session, WEEK_BEFORE) == tick(session, DAY_BEFORE) == 0
    assert tick(session, START - timedelta(days=3)) == 1
    assert reminded(session, one) == ["3d"]


def test_without_days_nobody_is_reminded(session):
    register(session, small_meeting(session, 9, reminder_days=[]), A, now=NOW)
    assert tick(session, WEEK_BEFORE) == tick(session, DAY_BEFORE) == 0


@pytest.mark.parametrize(("late", "number"), [(12 * HOUR - SECOND, 1), (12 * HOUR, 0), (20 * HOUR, 0)])
def test_no_reminder_is_more_than_twelve_hours_late(session, late, number):
    """A morning meeting: the reminder is due at nine o'clock, so that the night does not decide."""
    meeting = make_meeting(session, starts_at=datetime(2027, 4, 6, 6, tzinfo=UTC))  # eight o'clock there
    register(session, meeting, A, now=NOW)
    assert tick(session, meeting.starts_at - timedelta(days=1) + late) == number


def test_a_worker_that_slept_through_a_rule_does_not_make_up_for_it(session):
    (one,) = register(session, small_meeting(session, 9), A, now=NOW)
    assert tick(session, WEEK_BEFORE + timedelta(days=2)) == 0
    assert tick(session, DAY_BEFORE) == 1
    assert reminded(session, one) == ["1d"]


@pytest.mark.parametrize(
    "start",
    [
        datetime(2027, 4, 6, 21, tzinfo=UTC),  # 23:00 in summer
        datetime(2027, 3, 6, 21, tzinfo=UTC),  # 22:00 in winter
        datetime(2027, 3, 29, 0, 30, tzinfo=UTC),  # a day after the clocks went forward at night
        datetime(2027, 11, 1, 0, 30, tzinfo=UTC),  # a day after they went back
    ],
)
def test_what_is_due_at_night_goes_at_seven_in_the_morning(session, start):
    meeting = make_meeting(session, starts_at=start, reminder_days=[1])
    register(session, meeting, A, now=start - timedelta(days=20))
    written = [
        now
        for now in (start - timedelta(days=1) + minutes * MINUTE for minutes in range(0, 12 * 60, 10))
        if tick(session, now)
    ]
    assert len(written) == 1
    local = written[0].astimezone(reminders.ZoneInfo("Europe/Prague"))
    assert (local.hour, local.minute) == (7, 0)


@pytest.mark.parametrize(
    ("night", "offset_before", "offset_after"), [(date(2027, 3, 28), 1, 2), (date(2027, 10, 31), 2, 1)]
)
def test_between_twenty_one_and_seven_nothing_goes_also_in_the_two_odd_nights(
    session, night, offset_before, offset_after
):
    eve = datetime.combine(night - timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    last_evening = eve + timedelta(hours=21 - offset_before)
    first_morning = eve + timedelta(days=1, hours=7 - offset_after)
    meeting = make_meeting(session, starts_at=last_evening + timedelta(days=1), reminder_days=[1])
    register(session, meeting, A, now=eve - timedelta(days=20))
    assert reminders.due_rules(meeting, now=last_evening) == []
    meeting.starts_at -= MINUTE
    assert reminders.due_rules(meeting, now=last_evening - SECOND) != []
    now = last_evening
    while now < first_morning:
        assert tick(session, now) == 0, now
        now += 10 * MINUTE
    assert tick(session, first_morning) == 1


def test_it_is_night_where_the_meeting_is(session):
    meeting = make_meeting(session, starts_at=START, timezone="America/New_York", reminder_days=[1])
    register(session, meeting, A, now=NOW)
    assert START.astimezone(reminders.ZoneInfo("America/New_York")).hour == 7
    assert tick(session, DAY_BEFORE - 2 * HOUR) == 0
    assert tick(session, DAY_BEFORE) == 1


def test_nothing_goes_once_the_meeting_has_begun(session):
    meeting = small_meeting(session, 9, reminder_days=[0])
    register(session, meeting, A, now=NOW)
    assert tick(session, START) == 0


# --- who ------------------------------------------------------------------------------------------------------


def test_whoever_comes_is_reminded_and_nobody_else(session):
    meeting = small_meeting(session, 3)
    comes, says_maybe, leaves, waits = (
        register(session, meeting, name, now=NOW)[0] for name in (A, B, C, "Dana Dvořáková")
    )
    meeting.capacity = 2
    answers.answer(session, says_maybe.id, Answer.MAYBE, now=NOW, actor=ATTENDEE)
    personal.cancel(session, leaves.id, now=NOW, actor=ATTENDEE)
    assert waits.place == Place.WAITING
    assert tick(session, DAY_BEFORE) == 2
    assert [bool(reminded(session, one)) for one in (comes, says_maybe, leaves, waits)] == [
        True,
        True,
        False,
        False,
    ]


def test_pending_people_are_not_reminded_of_what_they_may_not_attend(session):
    register(session, small_meeting(session, 9, approval=True), A, now=NOW)
    assert tick(session, DAY_BEFORE) == 0


def test_whoever_was_invited_is_reminded_until_they_answer(session):
    meeting = small_meeting(session, 9)
    silent, says_no, says_yes = invite(session, meeting, A, B, C)
    assert tick(session, WEEK_BEFORE) == 3
    answers.answer(session, says_no.id, Answer.NO, now=WEEK_BEFORE + HOUR, actor=ATTENDEE)
    answers.answer(session, says_yes.id, Answer.YES, now=WEEK_BEFORE + HOUR, actor=ATTENDEE)
    assert tick(session, DAY_BEFORE) == 2
    assert [reminded(session, one) for one in (silent, says_no, says_yes)] == [
        ["7d", "1d"],
        ["7d"],
        ["7d", "1d"],
    ]


@pytest.mark.parametrize(("when", "number"), [(DAY_BEFORE, 1), (DAY_BEFORE + SECOND, 0)])
def test_whoever_came_after_the_due_time_has_just_had_a_letter(session, when, number):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=when)
    assert tick(session, DAY_BEFORE + HOUR) == number


def test_without_an_address_there_is_no_reminder(session):
    meeting = small_meeting(session, 9)
    organiser.add_by_hand(
        session,
        meeting.id,
        person(A, ""),
        language="cs",
        note="",
        now=NOW,
        actor=DESK,
        mail_domain=DOMAIN,
    )
    assert tick(session, DAY_BEFORE) == 0


def test_whoever_was_erased_gets_nothing(session):
    (one,) = register(session, small_meeting(session, 9), A, now=NOW)
    one.erased_at = NOW
    assert tick(session, DAY_BEFORE) == 0


def test_a_substitute_named_after_the_reminders_gets_none(session):
    meeting = small_meeting(session, 9)
    (old,) = register(session, meeting, A, now=NOW)
    assert tick(session, DAY_BEFORE) == 1
    new = substitutes.substitute(
        session,
        old.id,
        Substitution(person=person(B), language="cs"),
        now=DAY_BEFORE + HOUR,
        actor=ATTENDEE,
        mail_domain=DOMAIN,
    )
    assert new.registered_at == NOW, "the place is inherited with its time"
    assert tick(session, DAY_BEFORE + 2 * HOUR) == 0


def test_a_substitute_named_before_is_reminded_as_anybody(session):
    meeting = small_meeting(session, 9)
    (old,) = register(session, meeting, A, now=NOW)
    new = substitutes.substitute(
        session,
        old.id,
        Substitution(person=person(B), language="cs"),
        now=DAY_BEFORE - HOUR,
        actor=ATTENDEE,
        mail_domain=DOMAIN,
    )
    assert tick(session, DAY_BEFORE) == 1
    assert reminded(session, new) == ["1d"]
    assert reminded(session, old) == []


def test_an_address_corrected_after_the_reminders_gets_no_second_one(session):
    meeting = small_meeting(session, 9)
    (old,) = register(session, meeting, A, now=NOW)
    assert tick(session, DAY_BEFORE) == 1
    organiser.correct_address(
        session, old.id, "right@example.org", now=DAY_BEFORE + HOUR, actor=DESK, mail_domain=DOMAIN
    )
    assert tick(session, DAY_BEFORE + 2 * HOUR) == 0


# --- maybe ----------------------------------------------------------------------------------------------------


def test_whoever_said_maybe_is_asked_two_days_before_the_deadline(session):
    meeting = small_meeting(session, 9, deadline=date(2027, 3, 30), reminder_days=[])
    comes, says_maybe = (register(session, meeting, name, now=NOW)[0] for name in (A, B))
    (silent,) = invite(session, meeting, C)
    answers.answer(session, says_maybe.id, Answer.MAYBE, now=NOW, actor=ATTENDEE)
    due = datetime(2027, 3, 28, 21, 59, 59, tzinfo=UTC)  # the deadline is the last second of its day there
    assert tick(session, due) == 0, "it is night"
    morning = datetime(2027, 3, 29, 5, tzinfo=UTC)
    assert tick(session, morning) == 1
    assert tick(session, morning + HOUR) == 0
    assert [reminded(session, one) for one in (comes, says_maybe, silent)] == [[], ["deadline"], []]


def test_without_a_deadline_a_maybe_is_asked_two_days_before_the_start(session):
    meeting = small_meeting(session, 9, reminder_days=[])
    (one,) = register(session, meeting, A, now=NOW)
    answers.answer(session, one.id, Answer.MAYBE, now=NOW, actor=ATTENDEE)
    assert tick(session, START - timedelta(days=2) - SECOND) == 0
    assert tick(session, START - timedelta(days=2)) == 1
    assert reminded(session, one) == ["deadline"]


# --- once -----------------------------------------------------------------------------------------------------


def test_a_meeting_that_moved_is_reminded_of_anew(session):
    meeting = small_meeting(session, 9)
    (one,) = register(session, meeting, A, now=NOW)
    tick(session, DAY_BEFORE)
    move(session, meeting, START + timedelta(days=14), now=DAY_BEFORE + HOUR)
    assert tick(session, DAY_BEFORE + timedelta(days=14)) == 1
    assert reminded(session, one) == ["1d", "1d"]


def test_another_place_within_the_hours_reminds_nobody_twice(session):
    meeting = small_meeting(session, 9)
    (one,) = register(session, meeting, A, now=NOW)
    tick(session, DAY_BEFORE)
    before = news.snapshot(meeting)
    meeting.venue = {"cs": "Velký sál"}
    assert changes.announce(session, meeting, before, now=DAY_BEFORE + HOUR, actor=DESK) == 1
    assert meeting.revision == 1, "the key of a reminder would be another one"
    assert tick(session, DAY_BEFORE + 2 * HOUR) == 0
    assert reminded(session, one) == ["1d"]


def test_a_change_of_ones_own_place_within_the_hours_reminds_nobody_twice(session):
    meeting = small_meeting(session, 9)
    (one,) = register(session, meeting, A, now=NOW)
    tick(session, DAY_BEFORE)
    personal.cancel(session, one.id, now=DAY_BEFORE + HOUR, actor=ATTENDEE)
    personal.undo_cancel(session, one.id, now=DAY_BEFORE + HOUR, actor=ATTENDEE)
    assert tick(session, DAY_BEFORE + 2 * HOUR) == 0


@pytest.mark.parametrize("back", [MINUTE, HOUR, timedelta(days=2), timedelta(days=40)])
def test_a_clock_that_steps_back_reminds_nobody_twice(session, back):
    (one,) = register(session, small_meeting(session, 9), A, now=NOW)
    assert tick(session, DAY_BEFORE + 2 * MINUTE) == 1
    assert tick(session, DAY_BEFORE + 2 * MINUTE - back) == 0
    assert tick(session, DAY_BEFORE + 3 * MINUTE) == 0
    assert reminded(session, one) == ["1d"]


def test_rules_that_are_due_together_are_each_told_once(session):
    """Two days before the start is also two days before the deadline: a maybe is reminded and asked."""
    meeting = small_meeting(session, 9, reminder_days=[2])
    (one,) = register(session, meeting, A, now=NOW)
    answers.answer(session, one.id, Answer.MAYBE, now=NOW, actor=ATTENDEE)
    assert tick(session, START - timedelta(days=2)) == 2
    assert tick(session, START - timedelta(days=2) + MINUTE) == 0
    assert sorted(reminded(session, one)) == ["2d", "deadline"]


@pytest.mark.parametrize("state", [MeetingState.DRAFT, MeetingState.CALLED_OFF])
def test_a_meeting_that_is_not_on_reminds_nobody(session, state):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=NOW)
    meeting.state = state
    assert tick(session, DAY_BEFORE) == 0
    assert reminders.enqueue_due(session, meeting.id, now=DAY_BEFORE) == 0


def test_a_meeting_that_is_gone_is_said_so(session):
    with pytest.raises(NotFound):
        reminders.enqueue_due(session, 4711, now=NOW)


def test_a_reminder_holds_the_facts_of_the_moment_and_moves_no_calendar_entry(session):
    meeting = small_meeting(session, 9)
    (one,) = register(session, meeting, A, now=NOW)
    meeting.title = meeting_text(session).title | {"cs": "Nový název"}
    tick(session, DAY_BEFORE)
    letter = session.scalars(select(Letter).where(Letter.kind == Kind.REMINDER)).one()
    assert letter.facts["meeting"]["title"] == "Nový název"
    assert (letter.calendar, letter.sequence, letter.attendee_id) == (None, None, one.id)
    assert letter.key == f"reminder:1d:{one.id}:0"


def test_the_look_takes_no_lock_and_skips_what_is_far_away(session, statements):
    near, far = small_meeting(session, 9), make_meeting(session, starts_at=START + timedelta(days=90))
    register(session, near, A, now=NOW)
    register(session, far, A, now=NOW)
    session.commit()
    with statements() as seen:
        assert reminders.meetings_with_due(session, now=DAY_BEFORE) == [near.id]
    assert len(seen) == 1
    assert "FOR UPDATE" not in seen[0]
