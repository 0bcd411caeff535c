"""The attendance list: from the answers and the door, and put right by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from app.base.errors import NotFound
from app.domain.attendance import after, corrections, service
from app.domain.attendance.models import AttendanceMark, Mark, Way
from app.domain.attendance.rules import NoAttendanceYet
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import MeetingState
from app.domain.privacy import service as privacy
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import approval, personal
from app.domain.registration.models import Attendee, Mode, Place
from tests.domain.attendance.cast import OPEN, door, events, platform
from tests.domain.registration.cast import DESK, NOW, START, acts, assert_sound
from tests.factories import make_meeting, person, register

AFTER = START + timedelta(hours=3)


def check_in(session, meeting, who):
    service.check_in(session, meeting.id, who.id, way=Way.LIST, now=OPEN, door=door(session))


def mark(session, meeting, who, as_, now=AFTER):
    number, batch = corrections.mark(
        session, meeting.id, [one.id for one in who], as_, now=now, actor=door(session).actor
    )
    session.flush()
    return number, batch


def standings(session, meeting):
    session.flush()
    return {line.attendee.name.split()[0]: str(line.standing) for line in after.attendance(session, meeting)}


def counted(session, meeting):
    session.flush()
    one = after.attended(session, [meeting.id])[meeting.id]
    return (one.present, one.absent) if one.known else None


class TestTheList:
    def test_nobody_noted_is_not_absent(self, session):
        meeting, _people = platform(session)
        assert set(standings(session, meeting).values()) == {"unknown"}
        assert counted(session, meeting) is None

    def test_the_door_tells_present_from_absent(self, session):
        meeting, (adam, *_others) = platform(session)
        check_in(session, meeting, adam)
        assert standings(session, meeting) == {"Adam": "present", "Běla": "absent", "Cyril": "absent"}
        assert counted(session, meeting) == (1, 2)

    def test_a_check_in_that_was_taken_back_does_not_count(self, session):
        meeting, (adam, bela, _cyril) = platform(session)
        check_in(session, meeting, adam)
        check_in(session, meeting, bela)
        service.undo(session, meeting.id, adam.id, now=AFTER, door=door(session))
        assert standings(session, meeting)["Adam"] == "absent"

    def test_who_gave_the_place_up_is_excused(self, session):
        meeting, (adam, bela, _cyril) = platform(session)
        personal.cancel(session, adam.id, now=NOW, actor=ATTENDEE)
        personal.cancel(session, bela.id, now=NOW, actor=DESK)
        assert standings(session, meeting) == {"Adam": "excused", "Běla": "excused", "Cyril": "unknown"}

    def test_who_had_no_seat_stands_apart(self, session):
        meeting, (_adam, bela) = platform(session, "Adam Adamec", "Běla Bílá", capacity=1)
        assert bela.place == Place.WAITING
        assert standings(session, meeting)["Běla"] == "apart"
        personal.cancel(session, bela.id, now=NOW, actor=DESK)
        assert standings(session, meeting)["Běla"] == "apart"

    def test_who_was_turned_down_stands_apart(self, session):
        meeting, (adam, *_others) = platform(session, approval=True)
        approval.disapprove(session, adam.id, now=NOW, actor=DESK, reason="")
        assert adam.place == Place.CANCELLED
        assert standings(session, meeting)["Adam"] == "apart"

    def test_the_door_does_not_see_who_is_online(self, session):
        meeting = make_meeting(
            session, starts_at=START, format="hybrid", online_capacity=5, online_url="https://x.cz"
        )
        (adam,) = register(session, meeting, "Adam Adamec", now=NOW)
        register(session, meeting, person("Olena Online", mode=Mode.ONLINE), now=NOW)
        check_in(session, meeting, adam)
        assert standings(session, meeting) == {"Adam": "present", "Olena": "unknown"}
        assert counted(session, meeting) == (1, 0)

    def test_by_organisation_and_name_in_czech(self, session):
        meeting = make_meeting(session, starts_at=START)
        for name, organisation in (
            ("Petr Chalupa", "Člověk"),
            ("Ivo Hrách", "Člověk"),
            ("Jan Bez", ""),
            ("Eva Nová", "Charita"),
            ("Ota Ibl", "Diakonie"),
        ):
            register(session, meeting, person(name, organisation=organisation), now=NOW)
        assert list(standings(session, meeting)) == ["Ivo", "Petr", "Ota", "Eva", "Jan"]


class TestByHand:
    def test_a_correction_leaves_what_the_door_noted(self, session):
        meeting, (adam, bela, _cyril) = platform(session)
        check_in(session, meeting, adam)
        before = [(one.id, one.verdict, one.undone_at) for one in events(session)]
        assert mark(session, meeting, [adam], Mark.ABSENT)[0] == 1
        assert mark(session, meeting, [bela], Mark.PRESENT)[0] == 1
        assert standings(session, meeting) == {"Adam": "absent", "Běla": "present", "Cyril": "absent"}
        assert counted(session, meeting) == (1, 2)
        assert [(one.id, one.verdict, one.undone_at) for one in events(session)] == before
        assert acts(session, adam)[-1] == "attendee:mark_absent"
        assert_sound(session)

    def test_what_changes_nothing_is_not_kept(self, session):
        meeting, (adam, bela, _cyril) = platform(session)
        check_in(session, meeting, adam)
        assert mark(session, meeting, [adam], Mark.PRESENT)[0] == 0
        assert mark(session, meeting, [bela, bela], Mark.EXCUSED)[0] == 1
        assert mark(session, meeting, [bela], Mark.EXCUSED)[0] == 0
        assert len(session.scalars(select(AttendanceMark)).all()) == 1

    def test_undo_brings_the_earlier_correction_back(self, session):
        meeting, (adam, bela, _cyril) = platform(session)
        _number, first = mark(session, meeting, [adam, bela], Mark.PRESENT)
        _number, second = mark(session, meeting, [adam], Mark.EXCUSED)
        actor = door(session).actor
        assert corrections.undo(session, meeting.id, second, now=AFTER, actor=actor) == 1
        assert standings(session, meeting)["Adam"] == "present"
        assert corrections.undo(session, meeting.id, second, now=AFTER, actor=actor) == 0
        assert corrections.undo(session, meeting.id, first, now=AFTER, actor=actor) == 2
        assert set(standings(session, meeting).values()) == {"unknown"}
        assert acts(session, adam)[-2:] == ["attendee:undo_mark", "attendee:undo_mark"]

    def test_clearing_goes_back_to_the_door(self, session):
        meeting, (adam, *_others) = platform(session)
        check_in(session, meeting, adam)
        mark(session, meeting, [adam], Mark.ABSENT)
        mark(session, meeting, [adam], Mark.EXCUSED)
        actor = door(session).actor
        assert corrections.clear(session, meeting.id, [adam.id], now=AFTER, actor=actor) == 1
        assert standings(session, meeting)["Adam"] == "present"

    def test_not_before_it_begins_and_not_when_called_off(self, session):
        meeting, people = platform(session)
        with pytest.raises(NoAttendanceYet):
            mark(session, meeting, people, Mark.PRESENT, now=START - timedelta(seconds=1))
        assert mark(session, meeting, people, Mark.PRESENT, now=START)[0] == 3
        meeting.state = MeetingState.CALLED_OFF
        session.flush()
        with pytest.raises(NoAttendanceYet):
            mark(session, meeting, people, Mark.ABSENT)

    def test_strangers_to_the_meeting_are_passed_over(self, session):
        meeting, _people = platform(session)
        other, (stranger,) = platform(session, "Dan Dub")
        _number, batch = mark(session, other, [stranger], Mark.PRESENT)
        assert mark(session, meeting, [stranger], Mark.ABSENT)[0] == 0
        actor = door(session).actor
        assert corrections.undo(session, meeting.id, batch, now=AFTER, actor=actor) == 0
        assert corrections.clear(session, meeting.id, [stranger.id], now=AFTER, actor=actor) == 0
        with pytest.raises(NotFound):
            corrections.mark(session, 4711, [stranger.id], Mark.ABSENT, now=AFTER, actor=actor)


class TestPrivacy:
    def test_the_erased_stay_a_count_without_a_name(self, session):
        meeting, (adam, bela, _cyril) = platform(session)
        check_in(session, meeting, adam)
        mark(session, meeting, [bela], Mark.PRESENT)
        erase_attendee(session, bela.id, now=AFTER + timedelta(days=1), actor=DESK)
        assert "Běla" not in standings(session, meeting)
        assert counted(session, meeting) == (2, 1)

    def test_who_corrected_goes_with_the_names(self, session):
        meeting, people = platform(session)
        mark(session, meeting, people[:2], Mark.PRESENT)
        later = START + timedelta(days=200)
        assert privacy.expire(session, now=later, retention_months=12).doors == 0
        late = START + timedelta(days=400)
        assert privacy.expire(session, now=late, retention_months=12, dry_run=True).doors == 2
        assert privacy.expire(session, now=late, retention_months=12).doors == 2
        session.expire_all()
        kept = session.scalars(select(AttendanceMark)).all()
        assert [(one.account_id, one.mark) for one in kept] == [(None, "present")] * 2
        assert counted(session, meeting) == (2, 1)
        assert privacy.expire(session, now=late, retention_months=12).doors == 0


def test_a_thousand_people_cost_no_more_statements(session):
    meeting, people = platform(session)
    model = {column.key: getattr(people[0], column.key) for column in Attendee.__table__.columns}
    del model["id"]
    rows = [
        model
        | dict.fromkeys(("uid", "token", "checkin_token", "organizer_token"), f"x{number}")
        | {"email_key": f"x{number}", "name": f"N {number}"}
        for number in range(1000)
    ]
    session.execute(Attendee.__table__.insert(), rows)
    session.commit()
    seen = []
    listener = lambda *args: seen.append(args[2])  # noqa: E731
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", listener)
    try:
        assert len(after.attendance(session, meeting)) == 1003
        assert after.attended(session, [meeting.id])
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    assert len(seen) <= 6
