"""Checking in one by one: who may come in, what is said otherwise, undo, walk-ins."""

from datetime import timedelta

import pytest

from app.base.errors import NotFound
from app.base.tokens import hash_token, new_token
from app.domain.attendance import queries, service
from app.domain.attendance.commands import WalkIn
from app.domain.attendance.models import Verdict, Way
from app.domain.attendance.rules import CheckInRefused
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Format, MeetingState
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import personal, rules
from app.domain.registration.models import Answer, Mode, Place
from app.domain.reports import invariants
from tests.domain.attendance.cast import OPEN, A, B, C, clock, door, events, platform
from tests.domain.registration.cast import (
    DESK,
    NOW,
    START,
    acts,
    assert_sound,
    hybrid,
    letters_to,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, make_meeting, person, register


def check_in(session, meeting, who, minutes=0, **more):
    return service.check_in(
        session, meeting.id, who.id, way=Way.LIST, now=clock(minutes), door=door(session), **more
    )


def walk_in(session, meeting, who, *, minutes=0, client_id=None, came=None):
    return service.add_walk_in(
        session,
        meeting.id,
        WalkIn(client_id=client_id or service.new_client_id(), person=who, language="cs", came=came),
        now=clock(minutes),
        door=door(session),
        mail_domain=DOMAIN,
    )


def refused(session, meeting, who, minutes=0, **more):
    with pytest.raises(CheckInRefused) as why:
        check_in(session, meeting, who, minutes, **more)
    return why.value.verdict


class TestComing:
    def test_the_first_time_counts_and_the_second_is_kept(self, session):
        meeting, (adam, *_others) = platform(session)
        assert check_in(session, meeting, adam, 5).verdict == Verdict.IN
        assert check_in(session, meeting, adam, 9).verdict == Verdict.AGAIN
        assert queries.arrivals(session, meeting.id) == {adam.id: clock(5)}
        assert acts(session, adam) == ["attendee:register", "attendee:check_in"]
        assert len(events(session, adam)) == 2
        assert_sound(session)

    def test_by_the_code_of_the_letter(self, session):
        meeting, (adam, *_others) = platform(session)
        event = service.check_in_code(
            session,
            meeting.id,
            hash_token(adam.checkin_token),
            way=Way.CODE,
            now=clock(1),
            door=door(session, "north"),
        )
        assert (event.attendee_id, event.way, event.door, event.code) == (adam.id, "code", "north", "")

    def test_the_personal_link_is_no_ticket(self, session):
        meeting, (adam, *_others) = platform(session)
        with pytest.raises(CheckInRefused) as why:
            service.check_in_code(
                session,
                meeting.id,
                hash_token(adam.token),
                way=Way.CODE,
                now=clock(0),
                door=door(session),
            )
        assert why.value.verdict == Verdict.UNKNOWN
        with pytest.raises(NotFound):
            queries.get_by_code(session, adam.token)
        with pytest.raises(NotFound):
            queries.get_by_code(session, new_token())
        assert queries.get_by_code(session, adam.checkin_token).id == adam.id

    def test_somebody_of_another_meeting_is_not_here(self, session):
        meeting, _people = platform(session)
        other = make_meeting(session, starts_at=START + timedelta(hours=2))
        stranger = register(session, other, "Dana Dlouhá", now=NOW)[0]
        with pytest.raises(NotFound):
            check_in(session, meeting, stranger)
        with pytest.raises(NotFound):
            service.undo(session, meeting.id, stranger.id, now=clock(0), door=door(session))
        with pytest.raises(CheckInRefused) as why:
            service.check_in_code(
                session,
                meeting.id,
                hash_token(stranger.checkin_token),
                way=Way.QR,
                now=clock(0),
                door=door(session),
            )
        assert why.value.verdict == Verdict.ELSEWHERE

    def test_not_before_the_day_before_but_also_afterwards(self, session):
        meeting, (adam, bela, _cyril) = platform(session)
        early = -(24 * 60) + 29  # the door is "opened" half an hour before the start
        assert refused(session, meeting, adam, early) == Verdict.EARLY
        assert check_in(session, meeting, adam, early + 1).verdict == Verdict.IN
        assert check_in(session, meeting, bela, 60 * 24 * 9).verdict == Verdict.IN

    def test_not_to_a_meeting_that_does_not_take_place(self, session):
        meeting, (adam, bela, _cyril) = platform(session)
        meeting.state = MeetingState.CALLED_OFF
        assert refused(session, meeting, adam) == Verdict.CALLED_OFF
        meeting.state = MeetingState.DRAFT
        assert refused(session, meeting, bela) == Verdict.DRAFT


class TestUndo:
    def test_takes_everything_back_that_is_known(self, session):
        meeting, (adam, *_others) = platform(session)
        check_in(session, meeting, adam, 1)
        check_in(session, meeting, adam, 2)
        undone = service.undo(session, meeting.id, adam.id, now=clock(3), door=door(session))
        assert undone.verdict == Verdict.UNDONE
        assert queries.arrivals(session, meeting.id) == {}
        assert acts(session, adam)[-1] == "attendee:undo_check_in"
        assert check_in(session, meeting, adam, 4).verdict == Verdict.IN
        assert queries.arrivals(session, meeting.id) == {adam.id: clock(4)}

    def test_of_nothing_changes_nothing(self, session):
        meeting, (adam, *_others) = platform(session)
        event = service.undo(session, meeting.id, adam.id, now=clock(3), door=door(session))
        assert event.verdict == Verdict.NOTHING
        assert acts(session, adam) == ["attendee:register"]


class TestWithoutASeat:
    def test_who_waits_is_let_in_openly(self, session):
        meeting = small_meeting(session, 1)
        adam, bela = (register(session, meeting, name, now=NOW)[0] for name in (A, B))
        assert refused(session, meeting, bela) == Verdict.WAITING
        assert check_in(session, meeting, bela, let_in=True).verdict == Verdict.IN
        assert (bela.place, bela.queue_number, meeting.capacity) == (Place.CONFIRMED, None, 2)
        assert told(session, bela)[-1] == ("moved_up", "REQUEST", 1)
        assert acts(session, bela)[-2:] == ["attendee:let_in", "attendee:check_in"]
        assert queries.counts(session, meeting) == queries.Counts(1, 1, 0)
        assert adam.place == Place.CONFIRMED
        assert_sound(session)

    def test_after_the_start_no_letter_goes(self, session):
        meeting = small_meeting(session, 1)
        _adam, bela = (register(session, meeting, name, now=NOW)[0] for name in (A, B))
        before = told(session, bela)
        check_in(session, meeting, bela, 45, let_in=True)
        assert told(session, bela) == before
        assert_sound(session, now=clock(45))

    def test_who_said_no_may_come_after_all(self, session):
        meeting, (adam, *_others) = platform(session, capacity=None)
        personal.cancel(session, adam.id, now=NOW, actor=ATTENDEE)
        assert refused(session, meeting, adam) == Verdict.DECLINED
        assert check_in(session, meeting, adam, let_in=True).verdict == Verdict.IN
        assert (adam.place, adam.answer, adam.ended_at) == (Place.CONFIRMED, Answer.YES, None)
        assert_sound(session)

    def test_unless_they_are_on_the_list_again(self, session):
        meeting, (adam, *_others) = platform(session)
        personal.cancel(session, adam.id, now=NOW, actor=ATTENDEE)
        register(session, meeting, A, now=NOW)
        with pytest.raises(rules.AlreadyRegistered):
            check_in(session, meeting, adam, let_in=True)

    def test_whom_the_organiser_took_off_the_list_is_not_let_in(self, session):
        meeting, (adam, *_others) = platform(session)
        personal.cancel(session, adam.id, now=NOW, actor=DESK)
        assert refused(session, meeting, adam, let_in=True) == Verdict.CANCELLED

    @pytest.mark.parametrize("values", [{"approval": True}])
    def test_who_is_to_be_approved(self, session, values):
        meeting, (adam, *_others) = platform(session, **values)
        assert refused(session, meeting, adam) == Verdict.PENDING
        check_in(session, meeting, adam, let_in=True)
        assert told(session, adam)[-1][:2] == ("confirmed", "REQUEST")
        assert_sound(session)

    def test_who_was_to_come_online_gets_a_seat_in_the_room(self, session):
        meeting = hybrid(session, 1, 5)
        adam = register(session, meeting, person(A, mode=Mode.ONLINE), now=NOW)[0]
        assert refused(session, meeting, adam) == Verdict.ONLINE
        check_in(session, meeting, adam, let_in=True)
        assert (adam.mode, adam.place) == (Mode.ROOM, Place.CONFIRMED)
        assert_sound(session)

    def test_at_a_meeting_that_is_online_everybody_is(self, session):
        meeting = make_meeting(session, starts_at=START, format=Format.ONLINE, capacity=None)
        adam = register(session, meeting, person(A, mode=Mode.ONLINE), now=NOW)[0]
        assert check_in(session, meeting, adam).verdict == Verdict.IN


class TestWalkIns:
    def test_get_a_seat_and_are_in(self, session):
        meeting, _people = platform(session, A, capacity=1)
        event = walk_in(session, meeting, person("Dana Dlouhá", ""))
        assert (event.verdict, event.way) == (Verdict.IN, "walk_in")
        assert meeting.capacity == 2
        assert queries.counts(session, meeting) == queries.Counts(1, 1, 0)
        assert_sound(session)

    def test_with_an_address_a_letter_goes_before_the_start_only(self, session):
        meeting, _people = platform(session)
        one = queries.get_at_meeting(
            session, meeting.id, walk_in(session, meeting, person("Dana Dlouhá")).attendee_id
        )
        assert told(session, one) == [("added", "REQUEST", 0)]
        late = walk_in(session, meeting, person("Eva Erbenová"), minutes=40)
        late = queries.get_at_meeting(session, meeting.id, late.attendee_id)
        assert letters_to(session, late) == []
        assert acts(session, one) == ["attendee:walk_in", "attendee:check_in"]
        assert_sound(session)

    def test_the_same_form_twice_adds_one(self, session):
        meeting, _people = platform(session)
        first = walk_in(session, meeting, person("Dana Dlouhá", ""), client_id="form-1")
        again = walk_in(session, meeting, person("Dana Dlouhá", ""), client_id="form-1")
        assert first is again

    def test_who_is_on_the_list_is_found_there(self, session):
        meeting, _people = platform(session)
        with pytest.raises(rules.AlreadyRegistered):
            walk_in(session, meeting, person(A))

    def test_nobody_walks_into_what_is_not_there(self, session):
        meeting, _people = platform(session)
        with pytest.raises(CheckInRefused):
            walk_in(session, meeting, person("Dana Dlouhá"), minutes=-60 * 30)
        online = make_meeting(session, starts_at=START, format=Format.ONLINE)
        with pytest.raises(rules.ModeNotOffered):
            walk_in(session, online, person("Dana Dlouhá"))


def test_the_numbers_of_the_door(session):
    meeting, (adam, bela, cyril) = platform(session, A, B, C, capacity=5)
    assert queries.counts(session, meeting) == queries.Counts(0, 3, 2)
    check_in(session, meeting, adam, 1)
    assert queries.counts(session, meeting) == queries.Counts(1, 2, 2)
    seen = queries.last_event(session, meeting.id)
    check_in(session, meeting, bela, 2)
    service.undo(session, meeting.id, adam.id, now=clock(3), door=door(session))
    found = [one.id for one in queries.changes(session, meeting.id, after=seen)]
    assert found == [adam.id, bela.id]
    assert queries.arrivals(session, meeting.id, found) == {bela.id: clock(2)}
    assert queries.changes(session, meeting.id, after=queries.last_event(session, meeting.id)) == []
    assert cyril.id in {one.id for one in queries.people(session, meeting.id)}


def test_open_doors_are_those_of_now_and_later(session):
    meeting, _people = platform(session)
    make_meeting(session, starts_at=START, state=MeetingState.DRAFT)
    assert queries.open_doors(session, now=OPEN) == [meeting]
    assert queries.open_doors(session, now=OPEN, series_ids=[meeting.series_id]) == [meeting]
    assert queries.open_doors(session, now=OPEN, meeting_ids=[meeting.id + 9]) == []
    assert queries.open_doors(session, now=OPEN + timedelta(days=2)) == []


def test_whoever_is_erased_stays_a_count_and_is_found_no_more(session):
    meeting, (adam, *_others) = platform(session)
    check_in(session, meeting, adam, 1)
    code = adam.checkin_token
    erase_attendee(session, adam.id, now=clock(200), actor=DESK)
    assert queries.counts(session, meeting).present == 1
    assert hash_token(code) not in queries.codes(session, meeting.id)
    with pytest.raises(NotFound):
        queries.get_by_code(session, code)
    with pytest.raises(NotFound):
        check_in(session, meeting, adam, 300)


def test_flask_check_finds_what_a_door_must_never_hold(session):
    meeting, (adam, *_others) = platform(session)
    event = check_in(session, meeting, adam, 1)
    other, _people = platform(session)
    event.meeting_id, event.at = other.id, clock(2)
    session.flush()
    assert invariants.broken(session, now=NOW) == [
        f"Door event {event.id}: it is about somebody of another meeting.",
        f"Door event {event.id}: it happened after it reached us.",
    ]
