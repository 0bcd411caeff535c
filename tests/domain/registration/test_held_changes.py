"""Changes that an organiser holds back: what is told later, to whom, and what they were told before."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.base.errors import Conflict, NotFound
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.registration import changes, edit_meeting, personal, rules
from app.domain.registration.changes import Plan
from app.domain.registration.models import Mode
from tests.domain.registration.cast import (
    DESK,
    NOW,
    START,
    assert_sound,
    hybrid,
    later,
    letters_to,
    small_meeting,
    told,
)
from tests.factories import SLOTS, make_contact, make_series, meeting_text, person, register

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"
HOLD = Plan(hold=True)
HOUR = timedelta(hours=1)


def edit(session, meeting, *, at, plan=changes.TELL, **values):
    """Edit at a minute of the story; the other fields stay."""
    names = ("starts_at", "ends_at", "capacity", "format", "online_capacity", "online_url", "venue", "title")
    present = {name: getattr(meeting, name) for name in (*names, "contact_id", "series_id")}
    if "starts_at" in values:
        values.setdefault("ends_at", values["starts_at"] + 3 * HOUR)
    text = meeting_text(session, **(present | values))
    return edit_meeting.edit(
        session, meeting.id, text, SLOTS, version=meeting.version, now=later(at), actor=DESK, plan=plan
    )[1]


def tell_held(session, meeting, *, at, **plan):
    return changes.tell_held(
        session, meeting.id, version=meeting.version, plan=Plan(**plan), now=later(at), actor=DESK
    )


def last(session, attendee):
    return letters_to(session, attendee)[-1]


def kinds(session, attendee):
    return [kind for kind, *_ in told(session, attendee)]


def test_a_held_change_is_stored_and_told_to_nobody(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    assert edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR) == 0
    assert (meeting.starts_at, meeting.revision, a.answer) == (START + HOUR, 1, "yes")
    assert kinds(session, a) == ["confirmed"]
    assert changes.count_untold(session, meeting) == 1
    assert_sound(session)


def test_it_is_told_later_with_what_people_knew(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    assert tell_held(session, meeting, at=2) == 1
    assert told(session, a)[-1] == ("rescheduled", "REQUEST", 1)
    facts = last(session, a).facts
    assert facts["before"]["starts_at"] == START.isoformat()
    assert facts["meeting"]["starts_at"] == (START + HOUR).isoformat()
    assert (a.answer, facts["invite"]["partstat"]) == ("none", "NEEDS-ACTION")
    assert meeting.untold is None
    assert tell_held(session, meeting, at=3) == 0
    assert_sound(session)


def test_answers_are_kept_where_the_plan_says_so(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    tell_held(session, meeting, at=2, keep_answers=True)
    assert (a.answer, last(session, a).facts["invite"]["partstat"]) == ("yes", "ACCEPTED")
    edit(session, meeting, at=3, plan=Plan(keep_answers=True), starts_at=START)
    assert (a.answer, last(session, a).facts["invite"]["partstat"]) == ("yes", "ACCEPTED")


def test_who_comes_meanwhile_knows_and_is_neither_told_nor_asked_again(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    (b,) = register(session, meeting, B, now=later(2))
    assert last(session, b).facts["meeting"]["starts_at"] == (START + HOUR).isoformat()
    assert tell_held(session, meeting, at=3) == 1
    assert (kinds(session, a)[-1], kinds(session, b)) == ("rescheduled", ["confirmed"])
    assert (a.answer, b.answer) == ("none", "yes")
    assert_sound(session)


def test_two_holds_are_told_together(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    edit(session, meeting, at=2, plan=HOLD, venue={"cs": "Jinde"})
    assert tell_held(session, meeting, at=3) == 1
    facts = last(session, a).facts
    assert facts["changed"] == ["starts_at", "ends_at", "venue"]
    assert (facts["before"]["starts_at"], facts["before"]["venue"]) == (
        START.isoformat(),
        "Sál architektů, Staroměstská radnice",
    )
    assert last(session, a).sequence == 2


def test_who_came_between_two_holds_is_told_the_second_alone(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    (b,) = register(session, meeting, B, now=later(2))
    edit(session, meeting, at=3, plan=HOLD, venue={"cs": "Jinde"})
    (c,) = register(session, meeting, C, now=later(4))
    assert changes.count_untold(session, meeting) == 2
    assert tell_held(session, meeting, at=5) == 2
    assert last(session, a).facts["changed"] == ["starts_at", "ends_at", "venue"]
    assert last(session, b).facts["changed"] == ["venue"]
    assert last(session, b).facts["before"]["starts_at"] == (START + HOUR).isoformat()
    assert (a.answer, b.answer) == ("none", "yes")
    assert kinds(session, c) == ["confirmed"]


def test_the_next_change_that_is_told_tells_each_what_is_new_to_them(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    (b,) = register(session, meeting, B, now=later(2))
    assert edit(session, meeting, at=3, starts_at=START + 2 * HOUR) == 2
    assert last(session, a).facts["before"]["starts_at"] == START.isoformat()
    assert last(session, b).facts["before"]["starts_at"] == (START + HOUR).isoformat()
    assert (a.answer, b.answer, meeting.untold) == ("none", "none", None)
    assert_sound(session)


@pytest.mark.parametrize("plan", [HOLD, changes.TELL])
def test_held_and_changed_back_leaves_nothing_to_tell(session, plan):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    assert edit(session, meeting, at=2, plan=plan, starts_at=START) == 0
    assert (meeting.untold, a.answer, kinds(session, a)) == (None, "yes", ["confirmed"])
    assert tell_held(session, meeting, at=3) == 0


@pytest.mark.parametrize("plan", [HOLD, changes.TELL])
def test_changed_back_is_told_to_who_came_meanwhile(session, plan):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    (b,) = register(session, meeting, B, now=later(2))
    number = edit(session, meeting, at=3, plan=plan, starts_at=START)
    if plan.hold:
        assert changes.count_untold(session, meeting) == 1
        number = tell_held(session, meeting, at=4)
    assert number == 1
    assert (kinds(session, a), kinds(session, b)[-1]) == (["confirmed"], "rescheduled")
    assert last(session, b).facts["before"]["starts_at"] == (START + HOUR).isoformat()


def test_a_new_link_that_is_held_concerns_those_online(session):
    meeting = hybrid(session, 5, 5)
    a, b = register(session, meeting, A, person(B, mode=Mode.ONLINE), now=NOW)
    edit(session, meeting, at=1, plan=HOLD, online_url="https://meet.example.org/other")
    assert changes.count_untold(session, meeting) == 1
    tell_held(session, meeting, at=2)
    assert ("rescheduled" in kinds(session, a), "rescheduled" in kinds(session, b)) == (False, True)
    assert "meet.example.org/secret-room" not in str(last(session, b).facts)


def test_without_people_there_is_nothing_to_hold(session):
    meeting = small_meeting(session, 5)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    assert meeting.untold is None


def test_when_everybody_left_the_held_change_is_closed(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    personal.cancel(session, a.id, now=later(2), actor=ATTENDEE)
    assert changes.count_untold(session, meeting) == 0
    assert tell_held(session, meeting, at=3) == 0
    assert meeting.untold is None


def test_somebody_else_saved_meanwhile(session):
    meeting = small_meeting(session, 5)
    register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    version = meeting.version
    edit(session, meeting, at=2, capacity=6)
    with pytest.raises(Conflict):
        changes.tell_held(session, meeting.id, version=version, now=later(3), actor=DESK)
    assert meeting.untold


@pytest.mark.parametrize(
    ("called_off", "now", "reason"), [(True, later(3), "called_off"), (False, START + HOUR, "past")]
)
def test_not_while_called_off_nor_when_it_has_begun(session, called_off, now, reason):
    meeting = small_meeting(session, 5)
    register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    if called_off:
        changes.call_off(session, meeting.id, reason={}, now=later(2), actor=DESK)
    with pytest.raises(rules.ChangeRefused, match=reason):
        changes.tell_held(session, meeting.id, version=meeting.version, now=now, actor=DESK)


def test_there_must_be_a_meeting(session):
    with pytest.raises(NotFound):
        changes.tell_held(session, 999, version=1, now=NOW, actor=DESK)


def test_restoring_tells_what_was_held_and_asks_again(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, starts_at=START + HOUR)
    (b,) = register(session, meeting, B, now=later(2))
    changes.call_off(session, meeting.id, reason={}, now=later(3), actor=DESK)
    assert (a.answer, b.answer) == ("yes", "yes")
    changes.restore(session, meeting.id, now=later(4), actor=DESK)
    assert [told(session, one)[-1] for one in (a, b)] == [("restored", "REQUEST", 3)] * 2
    assert (a.answer, b.answer) == ("none", "yes")
    assert [last(session, one).facts["invite"]["partstat"] for one in (a, b)] == ["NEEDS-ACTION", "ACCEPTED"]
    assert meeting.untold is None
    assert_sound(session)


def test_history_says_what_was_held_and_what_was_told(session):
    meeting = small_meeting(session, 5)
    register(session, meeting, A, now=NOW)
    edit(session, meeting, at=1, plan=HOLD, venue={"cs": "Jinde"})
    tell_held(session, meeting, at=2)
    session.flush()
    query = (
        select(Entry).where(Entry.act.in_(("meeting:hold_change", "meeting:reschedule"))).order_by(Entry.id)
    )
    entries = session.scalars(query).all()
    assert [(one.act, one.details["changed"]) for one in entries] == [
        ("meeting:hold_change", ["venue"]),
        ("meeting:reschedule", ["venue"]),
    ]


def test_letters_name_the_series_and_contact_that_the_edit_chose(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    other, contact = make_series(session, "Fórum migrantů"), make_contact(session)
    edit(session, meeting, at=1, venue={"cs": "Jinde"}, series_id=other.id, contact_id=contact.id)
    facts = last(session, a).facts["meeting"]
    assert (facts["series"], facts["contact_email"]) == ("Fórum migrantů", "platforma@example.org")
