"""Adding many people behind the lock, once, and taking just these off again."""

import pytest
from sqlalchemy import select

from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Calendar, Kind, State
from app.domain.questions.commands import Given
from app.domain.questions.models import QuestionKind
from app.domain.registration import import_undo, imports, organiser, personal, rules
from app.domain.registration.imports import Import, Newcomer
from app.domain.registration.models import Attendee, Mode
from app.domain.reports import invariants
from tests.domain.registration.cast import DESK, NOW, START, later, letters_to, small_meeting, told
from tests.factories import DOMAIN, make_meeting, person, register
from tests.questionnaires import ask, ids, option, said_by


def bring(session, meeting, *people, key="key", tell=True, now=NOW, **more):
    """Import these people."""
    newcomers = tuple(Newcomer(person=one, language="cs") for one in people)
    command = Import(people=newcomers, tell=tell, key=key, **more)
    done = imports.add_all(session, meeting.id, command, now=now, actor=DESK, mail_domain=DOMAIN)
    session.flush()
    return done


def everybody(session, meeting):
    """All rows, in the order of adding."""
    return list(
        session.scalars(select(Attendee).where(Attendee.meeting_id == meeting.id).order_by(Attendee.id))
    )


def test_a_key_counts_for_its_meeting_alone(session):
    one, other = small_meeting(session, 5), small_meeting(session, 5)
    first = bring(session, one, person("Jana"), person("Petr", ""))
    assert (first.added, first.waiting, first.told, first.left) == (2, 0, 1, 0)
    assert bring(session, one, person("Jana"), person("Petr", ""), person("Eva"), now=later(1)) == first
    assert bring(session, other, person("Jana")).added == 1
    assert [len(everybody(session, meeting)) for meeting in (one, other)] == [2, 1]


def test_seats_are_given_in_the_order_of_the_file_behind_those_who_wait(session):
    meeting = small_meeting(session, 2)
    register(session, meeting, "První", now=NOW)
    done = bring(session, meeting, person("Druhá"), person("Třetí"), person("Čtvrtá"))
    assert (done.added, done.waiting) == (3, 2)
    assert [(one.place, one.queue_number) for one in everybody(session, meeting)[1:]] == [
        ("confirmed", None),
        ("waiting", 1),
        ("waiting", 2),
    ]
    full = select(Entry.act).where(Entry.act == "meeting:full", Entry.meeting_id == meeting.id)
    assert len(session.scalars(full).all()) == 1
    assert invariants.broken(session, now=NOW) == []


def test_the_last_place_of_an_option_goes_once(session):
    meeting = small_meeting(session, 5)
    shop = ask(session, meeting, QuestionKind.ONE, "Workshop", option("Housing", 1), option("School"))
    housing = {shop.id: Given(options=(ids(shop)[0],))}
    done = bring(session, meeting, person("Jana", answers=housing), person("Petr", answers=housing), shown=3)
    assert (done.added, done.left) == (1, 2)
    (jana,) = everybody(session, meeting)
    assert said_by(session, jana) == housing
    assert invariants.broken(session, now=NOW) == []


def test_who_has_left_since_and_whose_address_was_corrected_are_left_alone(session):
    meeting = small_meeting(session, 5)
    done = bring(session, meeting, person("Jana"), person("Petr"), person("Eva"))
    jana, petr, eva = everybody(session, meeting)
    personal.cancel(session, jana.id, now=later(1), actor=ATTENDEE)
    new = organiser.correct_address(
        session, petr.id, "petr.novy@example.org", now=later(2), actor=DESK, mail_domain=DOMAIN
    )
    back = import_undo.take_back(session, meeting.id, done.at, now=later(3), actor=DESK)
    assert (back.people, back.told) == (1, 0)
    session.flush()
    session.expire_all()
    assert [one.place for one in (jana, petr, eva, new)] == [
        "declined",
        "cancelled",
        "cancelled",
        "confirmed",
    ]
    again = bring(session, meeting, person("Eva"), key="other", now=later(4))
    assert again.added == 1, "whoever was taken off can come again"


def test_a_letter_that_perhaps_left_is_followed_by_a_cancel(session):
    meeting = small_meeting(session, 5)
    done = bring(session, meeting, person("Jana"), person("Petr"))
    jana, petr = everybody(session, meeting)
    (letter,) = letters_to(session, jana)
    letter.state, letter.perhaps_sent = State.QUEUED, True  # the line broke after the text had gone out
    session.flush()
    back = import_undo.take_back(session, meeting.id, done.at, now=later(1), actor=DESK)
    session.expire_all()
    assert back.told == 1
    assert told(session, jana) == [
        (Kind.ADDED, Calendar.REQUEST, 0),
        (Kind.CANCELLED, Calendar.CANCEL, 1),
    ]
    assert [(one.kind, one.state) for one in letters_to(session, petr)] == [(Kind.ADDED, State.SUPERSEDED)]


def test_nobody_is_written_to_once_the_meeting_has_begun(session):
    meeting = small_meeting(session, 5)
    done = bring(session, meeting, person("Jana"), now=START)
    assert done.told == 0
    assert import_undo.take_back(session, meeting.id, done.at, now=START, actor=DESK).told == 0
    assert letters_to(session, everybody(session, meeting)[0]) == []


def test_refusals(session):
    draft = make_meeting(session, state=MeetingState.DRAFT)
    off = make_meeting(session, state=MeetingState.CALLED_OFF)
    with pytest.raises(rules.RegistrationClosed):
        bring(session, draft, person("Jana"))
    with pytest.raises(rules.ChangeRefused):
        bring(session, off, person("Jana"))
    with pytest.raises(rules.ModeNotOffered):
        bring(session, small_meeting(session, 5), person("Jana", mode=Mode.ONLINE))
