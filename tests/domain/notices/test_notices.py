"""What organisers are told, once, at once or once a day; nothing about people, nothing of other series."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.domain.accounts.models import Account, NoticeChoice, Role
from app.domain.history import service as history
from app.domain.notices import queries, service
from app.domain.notices.rules import DEFAULTS, OLDEST, PAUSE, SETTLE, Event, Timing
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import approval, organiser, personal
from tests.domain.registration.cast import LATE, NOW, START, hybrid, later, small_meeting
from tests.factories import make_account, make_meeting, make_series, register

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"
PRAGUE = "Europe/Prague"
TOMORROW = datetime(2027, 3, 2, 6, tzinfo=UTC)  # seven o'clock there
ALL_NOW = dict.fromkeys(Event, Timing.NOW)
ALL_OFF = dict.fromkeys(Event, Timing.OFF)


def tick(session, account, now):
    """What a worker does for one account at `now`; gives how many letters it wrote."""
    session.flush()
    if account.id not in queries.accounts_with_due(session, now=now, timezone=PRAGUE):
        return 0
    written = service.enqueue_due(session, account.id, now=now, timezone=PRAGUE)
    session.flush()
    return written


def choose(session, account, now=NOW, **timings):
    """Change some choices of an account."""
    chosen = queries.timings_of(session, account.id) | {
        Event(name): Timing(at) for name, at in timings.items()
    }
    service.choose(session, account.id, chosen, now=now, timezone=PRAGUE, actor=history.organiser(account.id))
    session.flush()


def notices(session, account):
    """Notices to an account, oldest first."""
    query = select(Letter).where(Letter.kind == Kind.NOTICE, Letter.account_id == account.id)
    return list(session.scalars(query.order_by(Letter.id)))


def said(letter):
    """What a notice says: the lines of each meeting, by its number of the database, and of none."""
    notice = letter.facts["notice"]
    found = {one["id"]: dict(one["lines"]) for one in notice["meetings"]}
    return found | ({None: dict(notice["elsewhere"])} if notice["elsewhere"] else {})


@pytest.fixture
def listener(session):
    """An organiser of all series, whom notices know since before anything happened; the account hears all at once."""
    account = make_account(session, Role.ORGANISER)
    assert tick(session, account, NOW) == 0
    choose(session, account, **ALL_NOW)
    return account


@pytest.fixture
def reader(session):
    """An organiser who reads one digest a day."""
    account = make_account(session, Role.ORGANISER, email="reader@example.org")
    tick(session, account, NOW)
    choose(session, account, **dict.fromkeys(Event, Timing.DAILY))
    return account


# --- who, and of what -----------------------------------------------------------------------------------------


def test_somebody_new_hears_nothing_about_the_past_and_everything_after(session):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=NOW)
    account = make_account(session, Role.ORGANISER)
    assert tick(session, account, later(5)) == 0
    choose(session, account, registered="now")
    register(session, meeting, B, now=later(6))
    assert tick(session, account, later(8)) == 1
    assert [said(letter) for letter in notices(session, account)] == [{meeting.id: {"registered": 1}}]


def test_defaults_hold_for_whoever_chose_nothing(session):
    account = make_account(session, Role.ADMINISTRATOR)
    tick(session, account, NOW)
    assert queries.timings_of(session, account.id) == DEFAULTS
    meeting = small_meeting(session, 1)
    register(session, meeting, A, now=later(1))
    assert tick(session, account, later(3)) == 1
    assert tick(session, account, TOMORROW) == 1
    assert [said(letter) for letter in notices(session, account)] == [
        {meeting.id: {"full_room": 1}},
        {meeting.id: {"registered": 1}},
    ]


@pytest.mark.parametrize(
    ("role", "bound", "hears"),
    [
        (Role.ADMINISTRATOR, (), True),
        (Role.ADMINISTRATOR, ("other",), True),  # a leftover from another role
        (Role.ORGANISER, (), True),
        (Role.ORGANISER, ("own",), True),
        (Role.ORGANISER, ("other",), False),
        (Role.ORGANISER, ("own", "other"), True),
        (Role.VIEWER, (), False),
        (Role.VIEWER, ("own",), False),
    ],
)
def test_a_role_hears_of_its_series(session, role, bound, hears):
    series = {"own": make_series(session), "other": make_series(session, "Jiná řada")}
    account = make_account(session, role, series=tuple(series[name] for name in bound))
    tick(session, account, NOW)
    choose(session, account, **ALL_NOW)
    register(session, small_meeting(session, 9), A, now=later(1))
    tick(session, account, later(3))
    assert bool(notices(session, account)) is hears


def test_whoever_was_shut_out_hears_nothing(session, listener):
    listener.active = False
    register(session, small_meeting(session, 9), A, now=later(1))
    assert tick(session, listener, later(3)) == 0
    assert service.enqueue_due(session, listener.id, now=later(3), timezone=PRAGUE) == 0
    assert service.enqueue_due(session, 4711, now=later(3), timezone=PRAGUE) == 0


def test_mails_of_no_meeting_are_for_administrators(session, listener):
    administrator = make_account(session, Role.ADMINISTRATOR)
    tick(session, administrator, NOW)
    choose(session, administrator, **ALL_NOW)
    for act in ("reply:review", "letter:fail"):
        history.record(session, act, subject_id=1, actor=history.SYSTEM, now=later(1))
    assert tick(session, listener, later(3)) == 0
    assert tick(session, administrator, later(3)) == 1
    (letter,) = notices(session, administrator)
    assert said(letter) == {None: {"unusable": 1, "failed": 1}}
    assert "meeting" not in letter.facts


def test_entries_of_a_meeting_that_is_gone_are_told_to_nobody(session):
    administrator = make_account(session, Role.ADMINISTRATOR)
    tick(session, administrator, NOW)
    choose(session, administrator, **ALL_NOW)
    history.record(session, "letter:fail", subject_id=1, actor=history.SYSTEM, now=later(1), meeting_id=4711)
    assert tick(session, administrator, later(3)) == 0


def test_nobody_is_told_what_they_did_themselves(session, listener):
    colleague = make_account(session, Role.ORGANISER, email="colleague@example.org")
    tick(session, colleague, NOW)
    choose(session, colleague, **ALL_NOW)
    meeting = small_meeting(session, 1, approval=True)
    (one,) = register(session, meeting, A, now=NOW - timedelta(hours=1))
    tick(session, listener, later(2))
    tick(session, colleague, later(2))
    before = len(notices(session, colleague))
    approval.approve(session, one.id, now=later(10), actor=history.organiser(listener.id))
    assert tick(session, listener, later(12)) == 0
    assert tick(session, colleague, later(12)) == 1
    assert said(notices(session, colleague)[before]) == {meeting.id: {"full_room": 1}}


# --- at once --------------------------------------------------------------------------------------------------


def test_the_first_event_at_once_and_the_next_five_minutes_in_one_letter(session, listener):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=later(1))
    assert tick(session, listener, later(2)) == 1
    first = notices(session, listener)[0]
    for minute in range(3, 7):
        register(session, meeting, f"Host {minute}", now=later(minute))
        assert tick(session, listener, later(minute) + timedelta(seconds=30)) == 0
    assert tick(session, listener, first.created_at + PAUSE + SETTLE) == 1
    assert [said(letter)[meeting.id] for letter in notices(session, listener)] == [
        {"registered": 1},
        {"registered": 4},
    ]


def test_an_entry_that_is_seconds_old_waits_for_others_that_may_still_be_on_their_way(session, listener):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=later(1))
    assert tick(session, listener, later(1) + SETTLE - timedelta(seconds=1)) == 0
    assert tick(session, listener, later(1) + SETTLE) == 1


def test_a_second_tick_at_the_same_moment_writes_nothing_more(session, listener):
    register(session, small_meeting(session, 9), A, now=later(1))
    assert tick(session, listener, later(3)) == 1
    assert service.enqueue_due(session, listener.id, now=later(3), timezone=PRAGUE) == 0
    assert service.enqueue_due(session, listener.id, now=later(60), timezone=PRAGUE) == 0
    assert len(notices(session, listener)) == 1


def test_a_clock_that_steps_back_repeats_nothing_and_holds_nothing_up(session, listener):
    meeting = small_meeting(session, 9)
    ahead = NOW + timedelta(days=3)
    register(session, meeting, A, now=ahead)
    assert tick(session, listener, ahead + SETTLE) == 1
    register(session, meeting, B, now=later(10))
    assert tick(session, listener, later(12)) == 1
    assert tick(session, listener, ahead + timedelta(hours=1)) == 0
    assert [said(letter)[meeting.id]["registered"] for letter in notices(session, listener)] == [1, 1]


def test_what_was_written_while_the_clock_was_ahead_is_told_when_it_is_right_again(session, listener):
    register(session, small_meeting(session, 9), A, now=NOW + timedelta(days=30))
    assert tick(session, listener, later(5)) == 1


def test_what_is_older_than_a_week_is_passed_over(session, listener):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=later(1))
    register(session, meeting, B, now=later(1) + timedelta(days=1))
    assert tick(session, listener, later(1) + OLDEST) == 1
    assert said(notices(session, listener)[0]) == {meeting.id: {"registered": 1}}
    assert tick(session, listener, later(1) + OLDEST * 2) == 0


def test_off_is_off_also_later(session, listener):
    choose(session, listener, **ALL_OFF)
    register(session, small_meeting(session, 1), A, B, now=later(1))
    assert tick(session, listener, later(3)) == 0
    assert tick(session, listener, TOMORROW) == 0
    choose(session, listener, now=TOMORROW, **ALL_NOW)
    assert tick(session, listener, TOMORROW + PAUSE) == 0


# --- the digest -----------------------------------------------------------------------------------------------


def test_a_digest_a_day_at_seven_only_if_something_happened(session, reader):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=later(1))
    register(session, meeting, B, now=later(300))
    for minute in (3, 60, 400):
        assert tick(session, reader, later(minute)) == 0
    assert tick(session, reader, TOMORROW - timedelta(minutes=1)) == 0
    assert tick(session, reader, TOMORROW) == 1
    assert tick(session, reader, TOMORROW + timedelta(hours=1)) == 0
    assert tick(session, reader, TOMORROW + timedelta(days=1)) == 0
    (letter,) = notices(session, reader)
    assert said(letter) == {meeting.id: {"registered": 2}}
    assert letter.facts["notice"]["day"] == "2027-03-02"


def test_what_happens_after_seven_waits_for_the_next_day(session, reader):
    assert tick(session, reader, TOMORROW) == 0
    register(session, small_meeting(session, 9), A, now=TOMORROW + timedelta(minutes=5))
    assert tick(session, reader, TOMORROW + timedelta(hours=3)) == 0
    assert tick(session, reader, TOMORROW + timedelta(days=1)) == 1


def test_a_digest_that_is_late_goes_within_twelve_hours_else_with_the_next_one(session, reader):
    register(session, small_meeting(session, 9), A, now=later(1))
    assert tick(session, reader, TOMORROW + timedelta(hours=12)) == 0
    assert tick(session, reader, TOMORROW + timedelta(hours=23)) == 0
    assert tick(session, reader, TOMORROW + timedelta(days=1, hours=11, minutes=59)) == 1
    assert len(notices(session, reader)) == 1


def test_a_digest_tells_nothing_twice_when_the_clock_steps_back_a_day(session, reader):
    register(session, small_meeting(session, 9), A, now=later(1))
    assert tick(session, reader, TOMORROW) == 1
    assert tick(session, reader, later(1)) == 0, "when the entry is a second old once more"
    assert tick(session, reader, TOMORROW - timedelta(hours=20)) == 0
    assert tick(session, reader, TOMORROW + timedelta(minutes=1)) == 0


def test_meetings_stand_in_the_order_of_their_time(session, reader):
    late = make_meeting(session, starts_at=START + timedelta(days=9))
    early = make_meeting(session, starts_at=START)
    register(session, late, A, now=later(1))
    register(session, early, A, B, now=later(2))
    tick(session, reader, TOMORROW)
    notice = notices(session, reader)[0].facts["notice"]
    assert [one["id"] for one in notice["meetings"]] == [early.id, late.id]
    assert notice["total"] == 3


def test_a_digest_of_many_meetings_stays_short(session, reader):
    for day in range(14):
        register(session, make_meeting(session, starts_at=START + timedelta(days=day)), A, now=later(1))
    tick(session, reader, TOMORROW)
    notice = notices(session, reader)[0].facts["notice"]
    assert (len(notice["meetings"]), notice["left_out"], notice["total"]) == (12, 2, 14)


# --- changing one's mind --------------------------------------------------------------------------------------


def test_what_gathered_for_the_digest_is_told_when_it_becomes_at_once(session, reader):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=later(1))
    tick(session, reader, later(3))
    choose(session, reader, now=later(4), registered="now")
    assert [said(letter) for letter in notices(session, reader)] == [{meeting.id: {"registered": 1}}]
    register(session, meeting, B, now=later(5))
    tick(session, reader, later(7))
    assert tick(session, reader, TOMORROW) == 0
    assert [said(letter) for letter in notices(session, reader)] == [{meeting.id: {"registered": 1}}] * 2


def test_what_was_told_at_once_is_not_in_the_next_digest(session, listener):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=later(1))
    tick(session, listener, later(3))
    choose(session, listener, now=later(4), registered="daily")
    register(session, meeting, B, now=later(5))
    tick(session, listener, later(7))
    assert tick(session, listener, TOMORROW) == 1
    assert [said(letter) for letter in notices(session, listener)] == [{meeting.id: {"registered": 1}}] * 2


def test_what_the_worker_has_not_seen_yet_is_told_by_the_new_choice(session, listener):
    meeting = small_meeting(session, 9)
    register(session, meeting, A, now=later(1))
    choose(session, listener, now=later(1), registered="daily")
    assert tick(session, listener, later(3)) == 0
    assert tick(session, listener, TOMORROW) == 1


def test_turning_off_sends_nothing(session, reader):
    register(session, small_meeting(session, 9), A, now=later(1))
    tick(session, reader, later(3))
    choose(session, reader, now=later(4), registered="off")
    assert notices(session, reader) == []
    assert tick(session, reader, TOMORROW) == 0


def test_saving_the_same_choices_sends_nothing(session, reader):
    register(session, small_meeting(session, 9), A, now=later(1))
    tick(session, reader, later(3))
    choose(session, reader, now=later(4))
    assert notices(session, reader) == []
    assert tick(session, reader, TOMORROW) == 1


def test_viewers_choose_nothing(session):
    viewer = make_account(session, Role.VIEWER)
    choose(session, viewer, **ALL_NOW)
    assert session.get(NoticeChoice, viewer.id) is None


# --- what is told ---------------------------------------------------------------------------------------------


def test_a_free_seat_is_told_only_while_nobody_moves_up_by_themselves(session, listener):
    meeting = small_meeting(session, 2)
    first, second, *_waiting = register(
        session, meeting, A, B, C, "Dana Dvořáková", "Emil Emler", now=later(1)
    )
    tick(session, listener, later(3))
    personal.cancel(session, first.id, now=later(20), actor=history.ATTENDEE)
    tick(session, listener, later(22))
    assert said(notices(session, listener)[1]) == {meeting.id: {"cancelled": 1}}, "C moved up"

    personal.cancel(session, second.id, now=LATE, actor=history.ATTENDEE)
    assert tick(session, listener, LATE + SETTLE) == 1
    assert said(notices(session, listener)[2]) == {meeting.id: {"cancelled": 1, "seat_free": 2}}


def test_a_free_seat_that_was_given_meanwhile_is_not_told(session, listener):
    choose(session, listener, **(ALL_OFF | {Event.SEAT_FREE: Timing.NOW}))
    meeting = small_meeting(session, 1)
    first, second = register(session, meeting, A, B, now=later(1))
    personal.cancel(session, first.id, now=LATE, actor=history.ATTENDEE)
    organiser.move_up(session, second.id, add_chair=False, now=LATE, actor=history.organiser(7))
    assert tick(session, listener, LATE + SETTLE) == 0


def test_a_free_seat_is_of_no_use_once_the_meeting_has_begun(session, listener):
    choose(session, listener, **(ALL_OFF | {Event.SEAT_FREE: Timing.NOW}))
    meeting = small_meeting(session, 1)
    first, _second = register(session, meeting, A, B, now=later(1))
    personal.cancel(session, first.id, now=LATE, actor=history.ATTENDEE)
    assert tick(session, listener, START) == 0


def test_a_free_seat_in_the_room_is_nothing_to_those_who_wait_online(session, listener):
    choose(session, listener, **(ALL_OFF | {Event.SEAT_FREE: Timing.NOW}))
    meeting = hybrid(session, 1, 0)
    (first,) = register(session, meeting, A, now=later(1))
    (second,) = register(session, meeting, B, now=later(1))
    second.mode = "online"
    personal.cancel(session, first.id, now=LATE, actor=history.ATTENDEE)
    assert tick(session, listener, LATE + SETTLE) == 0


def test_approval_says_how_many_wait_for_it_now(session, listener):
    meeting = small_meeting(session, 9, approval=True)
    people = register(session, meeting, A, B, C, now=later(1))
    approval.approve(session, people[0].id, now=later(2), actor=history.organiser(7))
    tick(session, listener, later(4))
    assert said(notices(session, listener)[0]) == {meeting.id: {"pending": 2}}


def test_approval_that_was_given_meanwhile_is_not_asked_for(session, listener):
    meeting = small_meeting(session, 9, approval=True)
    (one,) = register(session, meeting, A, now=later(1))
    approval.approve(session, one.id, now=later(1), actor=history.organiser(7))
    assert tick(session, listener, later(4)) == 0


def test_a_meeting_that_is_no_longer_full_is_not_called_so(session, listener):
    meeting = small_meeting(session, 1)
    (one,) = register(session, meeting, A, now=later(1))
    personal.cancel(session, one.id, now=later(1), actor=history.ATTENDEE)
    tick(session, listener, later(3))
    assert said(notices(session, listener)[0]) == {meeting.id: {"registered": 1, "cancelled": 1}}


def test_a_queue_that_grows(session, listener):
    meeting = small_meeting(session, 0)
    register(session, meeting, A, B, now=later(1))
    tick(session, listener, later(3))
    assert said(notices(session, listener)[0]) == {meeting.id: {"waiting": 2}}


def test_replies_and_letters_of_a_meeting(session, listener):
    meeting = small_meeting(session, 9)
    for act in ("reply:propose", "reply:review", "letter:fail", "letter:bounce", "letter:bounce"):
        history.record(
            session,
            act,
            subject_id=1,
            actor=history.SYSTEM,
            now=later(1),
            meeting_id=meeting.id,
            kind="confirmed",
        )
    tick(session, listener, later(3))
    assert said(notices(session, listener)[0]) == {
        meeting.id: {"proposed": 1, "unusable": 1, "failed": 1, "bounced": 2}
    }


def test_the_letter_is_one_of_the_account_and_names_nobody(session, listener):
    listener.language = "cs"
    meeting = small_meeting(session, 9)
    register(session, meeting, "Olena Ševčenková", now=later(1))
    tick(session, listener, later(3))
    (letter,) = notices(session, listener)
    assert (letter.recipient, letter.language, letter.meeting_id, letter.attendee_id, letter.calendar) == (
        listener.email,
        "cs",
        None,
        None,
        None,
    )
    assert letter.facts["meeting"]["title"] == "Bydlení a přechod do nájmů"
    text = json.dumps(letter.facts, ensure_ascii=False)
    for secret in ("Olena", "Ševčenková", "example.org", "token"):
        assert secret not in text


def test_nobody_else_is_locked_and_the_look_writes_nothing(session, statements, listener, reader):
    register(session, small_meeting(session, 9), A, now=later(1))
    session.commit()
    with statements() as seen:
        found = queries.accounts_with_due(session, now=later(3), timezone=PRAGUE)
    assert set(found) == {listener.id, reader.id}
    assert len(seen) <= 4, seen
    assert not [one for one in seen if not one.startswith("SELECT")]


def test_a_look_with_nothing_new_finds_nobody(session, listener, reader):
    register(session, small_meeting(session, 9), A, now=later(1))
    for account in session.scalars(select(Account)).all():
        tick(session, account, later(3))
    assert queries.accounts_with_due(session, now=later(30), timezone=PRAGUE) == []
