"""Published meetings that change: everybody whom it concerns is told, and no seat is lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.base.errors import Conflict, NotFound
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Format, MeetingState
from app.domain.meetings.rules import NotPublishable
from app.domain.outbox.models import Letter
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import changes, edit_meeting, organiser, personal, rules
from app.domain.registration.models import Attendee, Mode, Place
from app.domain.reports import invariants
from tests.domain.registration.cast import (
    DESK,
    LATE,
    NOW,
    START,
    assert_sound,
    hybrid,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, SLOTS, meeting_text, person, register

A, B, C, D = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml", "Dana Dvořáková"


def edit(session, meeting, *, now=None, version=None, **values):
    """Change some fields; the others stay as they are."""
    present = {
        name: getattr(meeting, name)
        for name in ("starts_at", "ends_at", "capacity", "online_capacity", "format", "online_url", "venue")
    }
    if "starts_at" in values:
        values.setdefault("ends_at", values["starts_at"] + timedelta(hours=3))
    text = meeting_text(session, **(present | values))
    return edit_meeting.edit(
        session,
        meeting.id,
        text,
        SLOTS,
        version=version or meeting.version,
        now=now or later(1),
        actor=DESK,
    )


def sequences(session, attendee):
    return [sequence for *_, sequence in told(session, attendee) if sequence is not None]


class TestCapacity:
    def test_more_seats_let_people_in_in_order(self, session):
        meeting = small_meeting(session, 1)
        people = register(session, meeting, A, B, C, D, now=NOW)
        edit(session, meeting, capacity=3)
        assert places(*people) == "CCCW"
        assert_sound(session)

    def test_no_limit_lets_everybody_in(self, session):
        meeting = small_meeting(session, 0)
        people = register(session, meeting, A, B, now=NOW)
        edit(session, meeting, capacity=None)
        assert places(*people) == "CC"

    def test_fewer_seats_take_nobodys_seat_away(self, session):
        meeting = small_meeting(session, 3)
        people = register(session, meeting, A, B, C, D, now=NOW)
        edit(session, meeting, capacity=1)
        assert places(*people) == "CCCW"
        assert all(len(letters_to(session, one)) == 1 for one in people[1:])
        assert_sound(session)
        personal.cancel(session, people[0].id, now=later(2), actor=ATTENDEE)
        personal.cancel(session, people[1].id, now=later(3), actor=ATTENDEE)
        assert places(*people) == "DDCW"
        personal.cancel(session, people[2].id, now=later(4), actor=ATTENDEE)
        assert places(*people) == "DDDC"
        assert_sound(session)

    def test_a_chair_is_allowed_above_a_lowered_capacity(self, session):
        meeting = small_meeting(session, 2)
        people = register(session, meeting, A, B, C, now=NOW)
        edit(session, meeting, capacity=1)
        organiser.move_up(session, people[2].id, add_chair=True, now=later(2), actor=DESK)
        assert places(*people) == "CCC"
        assert_sound(session)

    def test_late_the_organiser_decides(self, session):
        meeting = small_meeting(session, 1)
        people = register(session, meeting, A, B, now=NOW)
        edit(session, meeting, capacity=5, now=LATE)
        assert places(*people) == "CW"

    def test_capacity_alone_tells_nobody(self, session):
        meeting = small_meeting(session, 1)
        (a,) = register(session, meeting, A, now=NOW)
        assert edit(session, meeting, capacity=3)[1] == 0
        assert (meeting.revision, len(letters_to(session, a))) == (0, 1)

    def test_more_were_never_confirmed_than_there_were_seats(self, session):
        """The invariant still finds an oversold meeting whose capacity was lowered once."""
        meeting = small_meeting(session, 3)
        register(session, meeting, A, B, C, D, now=NOW)
        edit(session, meeting, capacity=2)
        assert_sound(session)
        session.scalars(select(Attendee).where(Attendee.name == D)).one().place = Place.CONFIRMED
        session.flush()
        (sentence,) = [one for one in invariants.broken(session, now=NOW) if "seats" in one]
        assert sentence == f"Meeting {meeting.id}: 4 confirmed for 3 seats (room)."


class TestRescheduling:
    def test_everybody_who_comes_or_waits_is_told(self, session):
        meeting = small_meeting(session, 1)
        a, b, c = register(session, meeting, A, B, C, now=NOW)
        personal.cancel(session, c.id, now=NOW, actor=ATTENDEE)
        silent = organiser.add_by_hand(
            session,
            meeting.id,
            person(D, ""),
            language="cs",
            note="",
            now=NOW,
            actor=DESK,
            mail_domain=DOMAIN,
        )
        assert changes.count_told(session, meeting.id) == 2
        _, told_number = edit(session, meeting, starts_at=START + timedelta(days=1))
        assert told_number == 2
        assert told(session, a)[-1] == ("rescheduled", "REQUEST", 1)
        assert told(session, b)[-1] == ("rescheduled", None, None)
        assert told(session, c)[-1][0] == "cancelled"
        assert told(session, silent) == []
        assert meeting.revision == 1
        assert_sound(session)

    def test_letters_say_what_was_before_and_what_changed(self, session):
        meeting = small_meeting(session)
        (a,) = register(session, meeting, A, now=NOW)
        (b,) = register(session, meeting, B, now=NOW)
        b.language = "en"
        edit(session, meeting, starts_at=START + timedelta(days=1), venue={"cs": "Jinde", "en": "Elsewhere"})
        facts = letters_to(session, a)[-1].facts
        assert facts["changed"] == ["starts_at", "ends_at", "venue"]
        assert facts["before"]["starts_at"] == START.isoformat()
        assert facts["before"]["venue"] == "Sál architektů, Staroměstská radnice"
        assert facts["before"]["title"] == "Bydlení a přechod do nájmů"
        assert facts["meeting"]["starts_at"] == (START + timedelta(days=1)).isoformat()
        assert facts["meeting"]["venue"] == "Jinde"
        assert letters_to(session, b)[-1].facts["before"]["venue"] == "Architects' Hall, Old Town Hall"

    def test_a_moved_time_asks_anew_and_keeps_seats(self, session):
        meeting = small_meeting(session, 1)
        a, b = register(session, meeting, A, B, now=NOW)
        edit(session, meeting, starts_at=START + timedelta(hours=1))
        for one in (a, b):
            assert (one.answer, one.answer_at, one.answer_by, one.answer_revision) == (
                "none",
                None,
                None,
                None,
            )
        assert places(a, b) == "CW"
        assert letters_to(session, a)[-1].facts["invite"]["partstat"] == "NEEDS-ACTION"

    def test_a_moved_place_keeps_the_answers(self, session):
        meeting = small_meeting(session, 1)
        (a,) = register(session, meeting, A, now=NOW)
        edit(session, meeting, venue={"cs": "Jinde"})
        assert (a.answer, a.answer_revision) == ("yes", 0)
        assert told(session, a)[-1] == ("rescheduled", "REQUEST", 1)

    @pytest.mark.parametrize(
        "values",
        [{"summary": {"cs": "x"}}, {"access_notes": {"cs": "x"}}, {"deadline": NOW.date()}, {"number": 9}],
    )
    def test_small_changes_tell_nobody(self, session, values):
        meeting = small_meeting(session)
        (a,) = register(session, meeting, A, now=NOW)
        assert edit(session, meeting, **values)[1] == 0
        assert (meeting.revision, len(letters_to(session, a))) == (0, 1)

    def test_several_moves_each_raise_the_sequence(self, session):
        meeting = small_meeting(session)
        (a,) = register(session, meeting, A, now=NOW)
        for day in (1, 2, 3):
            edit(session, meeting, starts_at=START + timedelta(days=day))
        personal.cancel(session, a.id, now=later(9), actor=ATTENDEE)
        assert sequences(session, a) == [0, 1, 2, 3, 4]
        assert_sound(session)

    def test_a_later_start_opens_the_queue_again(self, session):
        meeting = small_meeting(session, 1)
        a, b = register(session, meeting, A, B, now=NOW)
        personal.cancel(session, a.id, now=LATE, actor=ATTENDEE)
        assert places(a, b) == "DW"
        edit(session, meeting, starts_at=START + timedelta(days=7), now=LATE + timedelta(minutes=1))
        assert places(a, b) == "DC"
        assert [kind for kind, *_ in told(session, b)] == ["waiting", "rescheduled", "moved_up"]
        assert_sound(session, now=LATE + timedelta(minutes=1))

    def test_a_meeting_that_is_over_tells_nobody(self, session):
        meeting = small_meeting(session)
        (a,) = register(session, meeting, A, now=NOW)
        assert edit(session, meeting, venue={"cs": "Jinde"}, now=meeting.ends_at)[1] == 0
        assert edit(session, meeting, starts_at=START - timedelta(days=1), now=meeting.ends_at)[1] == 0
        assert (a.answer, meeting.revision, len(letters_to(session, a))) == ("yes", 0, 1)

    def test_a_new_online_link_concerns_those_who_may_have_it(self, session):
        meeting = hybrid(session, 5, 1)
        a, b, c = register(
            session, meeting, A, person(B, mode=Mode.ONLINE), person(C, mode=Mode.ONLINE), now=NOW
        )
        assert changes.count_told(session, meeting.id, ["online_url"]) == 1
        assert edit(session, meeting, online_url="https://meet.example.org/other")[1] == 1
        assert told(session, b)[-1] == ("rescheduled", "REQUEST", 1)
        assert {told(session, one)[-1][0] for one in (a, c)} == {"party_summary", "waiting"}
        assert_sound(session)

    def test_two_who_edit_at_once(self, session):
        meeting = small_meeting(session)
        edit(session, meeting, capacity=5)
        with pytest.raises(Conflict):
            edit(session, meeting, capacity=6, version=1)

    def test_a_draft_concerns_nobody(self, session):
        meeting = small_meeting(session, state=MeetingState.DRAFT)
        assert edit(session, meeting, starts_at=START + timedelta(days=1))[1] == 0
        assert meeting.revision == 0
        assert session.scalars(select(Letter)).all() == []

    def test_a_published_meeting_keeps_what_it_needs(self, session):
        meeting = small_meeting(session)
        with pytest.raises(NotPublishable):
            edit(session, meeting, venue={})

    def test_a_format_that_people_use_stays(self, session):
        meeting = hybrid(session, 5, 5)
        register(session, meeting, person(A, mode=Mode.ONLINE), now=NOW)
        with pytest.raises(rules.ModeInUse):
            edit(session, meeting, format=Format.IN_PERSON)

    def test_a_format_that_nobody_uses_may_go(self, session):
        meeting = hybrid(session, 5, 5)
        a, b = register(session, meeting, A, person(B, mode=Mode.ONLINE), now=NOW)
        personal.cancel(session, b.id, now=NOW, actor=ATTENDEE)
        assert edit(session, meeting, format=Format.IN_PERSON)[1] == 1
        assert told(session, a)[-1] == ("rescheduled", "REQUEST", 1)

    def test_there_must_be_a_meeting(self, session):
        text = meeting_text(session)
        with pytest.raises(NotFound):
            edit_meeting.edit(session, 999, text, [], version=1, now=NOW, actor=DESK)

    def test_no_more_statements_for_more_people(self, session, statements):
        counts = []
        for number in (2, 30):
            meeting = small_meeting(session, None)
            for who in range(number):
                register(session, meeting, f"Host {who}", now=NOW)
            session.flush()
            with statements() as seen:
                edit(session, meeting, starts_at=START + timedelta(days=1))
                session.flush()
            counts.append(len(seen))
        assert counts[0] == counts[1]


class TestCallingOff:
    def test_no_row_changes_and_every_entry_is_cancelled(self, session):
        meeting = small_meeting(session, 1)
        a, b, c = register(session, meeting, A, B, C, now=NOW)
        personal.cancel(session, c.id, now=NOW, actor=ATTENDEE)
        columns = Attendee.__table__.columns.keys()
        session.flush()
        before = [[getattr(one, name) for name in columns] for one in (a, b, c)]
        changes.call_off(
            session, meeting.id, reason={"cs": "Nemoc", "en": "Illness"}, now=later(1), actor=DESK
        )
        session.flush()
        session.expire_all()
        assert [[getattr(one, name) for name in columns] for one in (a, b, c)] == before
        assert told(session, a)[-1] == ("called_off", "CANCEL", 1)
        assert told(session, b)[-1] == ("called_off", None, None)
        assert letters_to(session, a)[-1].facts["reason"] == "Nemoc"
        assert (meeting.state, meeting.called_off_at) == (MeetingState.CALLED_OFF, later(1))
        assert_sound(session)

    def test_only_once(self, session):
        meeting = small_meeting(session)
        changes.call_off(session, meeting.id, reason={}, now=later(1), actor=DESK)
        with pytest.raises(rules.ChangeRefused, match="called_off"):
            changes.call_off(session, meeting.id, reason={}, now=later(2), actor=DESK)

    def test_not_when_it_is_over(self, session):
        meeting = small_meeting(session)
        (a,) = register(session, meeting, A, now=NOW)
        with pytest.raises(rules.ChangeRefused, match="past"):
            changes.call_off(session, meeting.id, reason={}, now=meeting.ends_at, actor=DESK)
        assert len(letters_to(session, a)) == 1
        changes.call_off(session, meeting.id, reason={}, now=START + timedelta(hours=1), actor=DESK)
        assert told(session, a)[-1] == ("called_off", "CANCEL", 1)

    def test_nothing_moves_while_it_is_off(self, session):
        meeting = small_meeting(session, 1)
        a, b = register(session, meeting, A, B, now=NOW)
        changes.call_off(session, meeting.id, reason={}, now=later(1), actor=DESK)
        for verb in (personal.cancel, personal.undo_cancel):
            if verb is personal.undo_cancel:
                assert verb(session, a.id, now=later(2), actor=ATTENDEE) is a
                continue
            with pytest.raises(rules.ChangeRefused, match="called_off"):
                verb(session, a.id, now=later(2), actor=ATTENDEE)
        with pytest.raises(rules.ChangeRefused, match="called_off"):
            organiser.move_up(session, b.id, add_chair=True, now=later(2), actor=DESK)
        with pytest.raises(rules.ChangeRefused, match="called_off"):
            organiser.add_chair(session, meeting.id, Mode.ROOM, now=later(2), actor=DESK)

    def test_restoring_sends_the_invite_again_under_the_same_uid(self, session):
        meeting = small_meeting(session, 1)
        a, b = register(session, meeting, A, B, now=NOW)
        uid = a.uid
        changes.call_off(session, meeting.id, reason={"cs": "x"}, now=later(1), actor=DESK)
        changes.restore(session, meeting.id, now=later(2), actor=DESK)
        assert (meeting.state, meeting.called_off_at, meeting.called_off_reason) == ("published", None, {})
        assert told(session, a)[-1] == ("restored", "REQUEST", 2)
        assert letters_to(session, a)[-1].facts["invite"]["uid"] == uid
        assert told(session, b)[-1] == ("restored", None, None)
        assert_sound(session)

    def test_restoring_fills_seats_that_became_free(self, session):
        meeting = small_meeting(session, 1)
        a, b, c = register(session, meeting, A, B, C, now=NOW)
        changes.call_off(session, meeting.id, reason={}, now=later(1), actor=DESK)
        erase_attendee(session, a.id, now=later(2), actor=ATTENDEE)
        edit(session, meeting, capacity=2, now=later(3))
        assert places(b, c) == "WW"
        changes.restore(session, meeting.id, now=later(4), actor=DESK)
        assert places(b, c) == "CC"
        assert_sound(session)

    def test_a_time_moved_while_it_was_off_is_asked_anew(self, session):
        meeting = small_meeting(session, 1)
        (a,) = register(session, meeting, A, now=NOW)
        changes.call_off(session, meeting.id, reason={}, now=later(1), actor=DESK)
        assert edit(session, meeting, starts_at=START + timedelta(days=9), now=later(2))[1] == 0
        changes.restore(session, meeting.id, now=later(3), actor=DESK)
        assert a.answer == "none"
        assert told(session, a)[-1] == ("restored", "REQUEST", 2)
        facts = letters_to(session, a)[-1].facts
        assert facts["meeting"]["starts_at"] == (START + timedelta(days=9)).isoformat()
        assert facts["invite"]["partstat"] == "NEEDS-ACTION"

    def test_what_is_on_or_over_is_not_restored(self, session):
        meeting = small_meeting(session)
        with pytest.raises(rules.ChangeRefused, match="not_ended"):
            changes.restore(session, meeting.id, now=later(1), actor=DESK)
        changes.call_off(session, meeting.id, reason={}, now=later(1), actor=DESK)
        with pytest.raises(rules.ChangeRefused, match="past"):
            changes.restore(session, meeting.id, now=START, actor=DESK)


def test_every_act_is_in_the_history_of_the_meeting(session):
    meeting = small_meeting(session, 1)
    register(session, meeting, A, now=NOW)
    edit(session, meeting, starts_at=START + timedelta(days=1), capacity=2)
    changes.call_off(session, meeting.id, reason={}, now=later(2), actor=DESK)
    changes.restore(session, meeting.id, now=later(3), actor=DESK)
    organiser.add_chair(session, meeting.id, Mode.ROOM, now=later(4), actor=DESK)
    session.flush()
    query = select(Entry).where(Entry.meeting_id == meeting.id, Entry.subject == "meeting").order_by(Entry.id)
    entries = session.scalars(query).all()
    assert [entry.act.partition(":")[2] for entry in entries] == [
        "create",
        "publish",
        "full",
        "edit",
        "reschedule",
        "capacity",
        "call_off",
        "restore",
        "add_chair",
    ]
    assert {entry.account_id for entry in entries[3:]} == {7}
