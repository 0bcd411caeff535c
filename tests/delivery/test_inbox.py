"""What becomes of each mail that comes back: who changes, what is written down, and what must change nothing."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.base import clock
from app.delivery import inbox
from app.delivery.reader import Taken
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Letter, State
from app.domain.registration import changes, invitations, news, personal, seating
from app.domain.registration.models import Answer, Attendee
from app.domain.replies.models import Reply
from app.domain.reports import invariants
from tests.cpu_time import cpu_time
from tests.delivery import hostile_mails, other_mails
from tests.delivery.reply_mails import AUTHSERV_ID, CLIENTS, failed, passed, reply_mail
from tests.domain.registration.cast import DESK
from tests.factories import DOMAIN, make_meeting, person, register

OLENA = "olena@example.com"
STRANGER = "stranger@example.net"
SURE = (passed(OLENA),)


@pytest.fixture(autouse=True)
def our_server(app, monkeypatch):
    """Our own mail server says of itself `AUTHSERV_ID`."""
    config = replace(app.extensions["setkani_config"], mail_authserv_id=AUTHSERV_ID)
    monkeypatch.setitem(app.extensions, "setkani_config", config)


@pytest.fixture
def olena(session):
    """She has the one seat; Jana waits for it. Both letters have left."""
    meeting = make_meeting(session, capacity=1)
    (made,) = register(session, meeting, person("Olena Ševčenková", OLENA))
    register(session, meeting, person("Jana Nováková", "jana@example.org"))
    letters_leave(session)
    return made


def letters_leave(session) -> None:
    """The worker has sent all that was queued."""
    session.flush()
    for letter in session.scalars(select(Letter).where(Letter.state == State.QUEUED)).all():
        letter.state, letter.sent_at, letter.perhaps_sent = State.SENT, clock.now(), True
        if letter.sequence is not None:
            session.get_one(Attendee, letter.attendee_id).sent_sequence = letter.sequence
    session.commit()


def rsvp(attendee: Attendee) -> str:
    """The address that the invite names as organiser."""
    return f"rsvp+{attendee.organizer_token}@{DOMAIN}"


def answer(attendee: Attendee, /, client: str = "outlook", **facts: Any) -> bytes:
    """A reply to the invite of this attendee, sure to be theirs unless said otherwise."""
    basis = {
        "uid": attendee.uid,
        "attendee": attendee.email,
        "organizer": rsvp(attendee),
        "envelope_to": rsvp(attendee),
        "sequence": attendee.sent_sequence or 0,
        "dtstamp": clock.now() + timedelta(seconds=1),
        "authentication": (passed(attendee.email or ""),),
    }
    return reply_mail(client, **(basis | facts))


def take(session, raw: bytes, via: str = "imap") -> Reply | None:
    """Let the inbox take a mail; gives its line in the log."""
    session.commit()
    before = session.scalar(select(Reply.id).order_by(Reply.id.desc()).limit(1)) or 0
    session.rollback()
    inbox.take(raw, via=via)
    session.expire_all()
    return session.scalar(select(Reply).where(Reply.id > before))


def state(session) -> list[tuple[Any, ...]]:
    """Everything about people, and every letter: what must not change."""
    session.rollback()
    people = select(Attendee).order_by(Attendee.id)
    letters = session.scalars(select(Letter.key).order_by(Letter.id)).all()
    return [
        *(
            (one.place, one.answer, one.queue_number, one.revision, one.answer_note)
            for one in session.scalars(people)
        ),
        *((key,) for key in letters),
    ]


# --- what counts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("partstat", "said", "place"),
    [
        ("ACCEPTED", Answer.YES, "confirmed"),
        ("TENTATIVE", Answer.MAYBE, "confirmed"),
        ("DECLINED", Answer.NO, "declined"),
    ],
)
def test_each_program_is_understood(session, olena, client, partstat, said, place):
    seated = [one.id for one in session.scalars(select(Letter)).all()]
    reply = take(session, answer(olena, client, partstat=partstat, comment="Omlouvám se."))
    assert (reply.decision, reply.reason) in {("applied", place), ("noted", "same_answer")}
    assert (olena.place, olena.answer, olena.answer_by) == (place, said, "reply")
    assert olena.answer_note == "Omlouvám se."
    assert (reply.method, reply.partstat, reply.authenticity) == ("REPLY", partstat, "strong")
    assert reply.raw is None
    jana = session.scalars(select(Attendee).where(Attendee.name == "Jana Nováková")).one()
    written = session.scalars(select(Letter).where(Letter.id.not_in(seated))).all()
    if said == Answer.NO:
        assert jana.place == "confirmed"
        assert [(one.attendee_id, one.kind, one.calendar) for one in written] == [
            (jana.id, "moved_up", "REQUEST")
        ]
    else:
        assert (jana.place, written) == ("waiting", [])
    assert invariants.broken(session, now=clock.now()) == []


def test_a_no_of_the_calendar_gets_no_letter_back(session, olena):
    take(session, answer(olena, partstat="DECLINED"))
    assert olena.ended_at is not None
    letters = session.scalars(select(Letter.kind).where(Letter.attendee_id == olena.id)).all()
    assert letters == ["confirmed"]


def test_an_invited_person_gets_a_seat_by_the_calendar(session):
    meeting = make_meeting(session, capacity=1)
    ivan = invited(session, meeting, "Ivan Hůl")
    reply = take(session, answer(ivan, "gmail", partstat="ACCEPTED"))
    assert (reply.decision, ivan.place, ivan.answer) == ("applied", "confirmed", "yes")
    assert session.scalars(select(Letter.kind).where(Letter.attendee_id == ivan.id)).all() == ["invited"]


def test_a_yes_to_a_full_meeting_waits_and_is_told(session, olena):
    ivan = invited(session, seating.meeting_of(session, olena), "Ivan Hůl")
    reply = take(session, answer(ivan, "gmail", partstat="ACCEPTED"))
    assert (reply.decision, reply.reason, ivan.place) == ("applied", "waiting", "waiting")
    last = session.scalars(select(Letter).where(Letter.attendee_id == ivan.id).order_by(Letter.id)).all()[-1]
    assert (last.kind, last.calendar, last.facts["auto"]) == ("waiting", "CANCEL", "replied")


def test_the_token_finds_an_alias(session, olena):
    reply = take(
        session, answer(olena, attendee="olena.work@example.com", sender=OLENA, partstat="TENTATIVE")
    )
    assert (reply.decision, olena.answer) == ("applied", "maybe")


def test_without_a_token_a_sure_sender_is_found_by_the_uid(session, olena):
    plain = f"rsvp@{DOMAIN}"
    reply = take(session, answer(olena, organizer=plain, envelope_to=plain, partstat="TENTATIVE"))
    assert (reply.decision, olena.answer) == ("applied", "maybe")


def test_mind_changes_by_the_calendar_come_in_order(session, olena):
    first = clock.now()
    take(session, answer(olena, partstat="TENTATIVE", dtstamp=first))
    take(session, answer(olena, partstat="DECLINED", dtstamp=first + timedelta(minutes=1)))
    assert olena.place == "declined"
    reply = take(session, answer(olena, partstat="ACCEPTED", dtstamp=first + timedelta(minutes=2)))
    assert (reply.decision, olena.place, olena.answer) == ("applied", "waiting", "yes")


def test_a_no_to_an_older_version_still_frees_the_seat(session, olena):
    move(session, olena)
    reply = take(session, answer(olena, partstat="DECLINED", sequence=0))
    assert (reply.decision, olena.place) == ("applied", "declined")


def test_while_a_change_is_held_answers_are_about_what_left(session, olena):
    move(session, olena, plan=changes.Plan(hold=True))
    reply = take(session, answer(olena, partstat="TENTATIVE", sequence=0))
    assert (reply.decision, olena.answer) == ("applied", "maybe")


def test_a_proposal_is_shown_and_changes_nothing(session, olena):
    before, at = state(session), clock.now() + timedelta(days=3)
    reply = take(
        session, answer(olena, "gmail", partstat="TENTATIVE", proposed_start=at.replace(microsecond=0))
    )
    assert (reply.decision, reply.proposed_starts_at) == ("proposed", at.replace(microsecond=0))
    assert state(session) == before
    assert session.scalars(select(Entry.act).where(Entry.act == "reply:propose")).all()


def test_a_refresh_sends_the_invite_again_once_an_hour(session, olena):
    for letter in session.scalars(select(Letter)).all():
        letter.created_at -= timedelta(hours=2)
    reply = take(session, answer(olena, "gmail", method="REFRESH", partstat="NEEDS-ACTION"))
    assert (reply.decision, reply.reason) == ("noted", "refresh")
    again = session.scalars(select(Letter).where(Letter.state == State.QUEUED)).one()
    assert (again.attendee_id, again.calendar, again.sequence) == (olena.id, "REQUEST", olena.sent_sequence)
    reply = take(session, answer(olena, "gmail", method="REFRESH", partstat="NEEDS-ACTION"))
    assert (reply.decision, reply.reason) == ("ignored", "asked_enough")


# --- what is asked back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authentication", [(), (passed(OLENA, authserv_id="mx.evil.example"),), (failed(OLENA, policy="NONE"),)]
)
def test_a_no_that_nobody_vouches_for_is_asked_back(session, olena, authentication):
    reply = take(session, answer(olena, partstat="DECLINED", authentication=authentication))
    assert (reply.decision, reply.reason, olena.place) == ("asked", "unverified", "confirmed")
    letter = session.scalars(select(Letter).where(Letter.kind == "confirm_answer")).one()
    assert (letter.recipient, letter.calendar, letter.facts["answer"]) == (OLENA, None, "no")


def test_a_yes_that_nobody_vouches_for_counts(session, olena):
    reply = take(session, answer(olena, partstat="TENTATIVE", authentication=()))
    assert (reply.decision, reply.authenticity, olena.answer) == ("applied", "weak", "maybe")


def test_a_forwarded_invite_is_told_to_the_registered_address_alone(session, olena):
    raw = answer(
        olena, attendee=STRANGER, sender=STRANGER, authentication=(passed(STRANGER),), partstat="DECLINED"
    )
    reply = take(session, raw)
    assert (reply.decision, reply.reason, olena.place) == ("asked", "stranger", "confirmed")
    letter = session.scalars(select(Letter).where(Letter.kind == "confirm_answer")).one()
    assert letter.recipient == OLENA
    assert STRANGER not in str(letter.facts)


def test_who_passes_the_invite_on_is_asked_for_the_colleague(session, olena):
    reply = take(session, answer(olena, partstat="DELEGATED", delegated_to="kolega@example.com"))
    assert (reply.decision, reply.reason, olena.place) == ("asked", "delegated", "confirmed")
    letter = session.scalars(select(Letter).where(Letter.kind == "confirm_answer")).one()
    assert (letter.recipient, letter.facts["why"]) == (OLENA, "delegated")
    assert "kolega@example.com" not in str(letter.facts)


def test_nobody_is_asked_more_than_three_times_a_day(session, olena):
    for minute in range(5):
        raw = answer(
            olena, partstat="DECLINED", authentication=(), dtstamp=clock.now() + timedelta(minutes=minute)
        )
        reply = take(session, raw)
    assert (reply.decision, reply.reason) == ("ignored", "asked_enough")
    assert len(session.scalars(select(Letter).where(Letter.kind == "confirm_answer")).all()) == 3


# --- what must change nothing (the table of ical.md §10) --------------------------------------------------------

Mail = Callable[[Any, Attendee], bytes]
NOTHING: dict[str, tuple[Mail, str, str]] = {
    "out of office": (
        lambda _session, olena: other_mails.out_of_office(sender=OLENA, to=rsvp(olena)),
        "ignored",
        "automatic",
    ),
    "a forwarded invite in a person's own words": (
        lambda _session, olena: other_mails.forwarded(sender=OLENA, to=rsvp(olena)),
        "review",
        "no_calendar",
    ),
    "a bounce of an unknown letter": (
        lambda _session, _olena: other_mails.report(to=f"bounce+{'a' * 26}@{DOMAIN}"),
        "ignored",
        "unknown",
    ),
    "a bounce that carries our invite back": (
        lambda _session, olena: other_mails.attached_bounce(to=rsvp(olena)),
        "ignored",
        "unknown",
    ),
    "a wrong uid": (
        lambda _session, olena: answer(olena, uid=f"r-other@{DOMAIN}", partstat="DECLINED"),
        "ignored",
        "wrong_uid",
    ),
    "a version that never was": (
        lambda _session, olena: answer(olena, sequence=9, partstat="DECLINED"),
        "ignored",
        "future_sequence",
    ),
    "a forged sender": (
        lambda _session, olena: answer(olena, partstat="DECLINED", authentication=(failed(OLENA),)),
        "ignored",
        "forged",
    ),
    "not decided": (lambda _session, olena: answer(olena, partstat="NEEDS-ACTION"), "ignored", "no_answer"),
    "an unknown token": (
        lambda _session, olena: answer(
            olena,
            organizer=f"rsvp+{'b' * 26}@{DOMAIN}",
            envelope_to=f"rsvp+{'b' * 26}@{DOMAIN}",
            authentication=(),
        ),
        "ignored",
        "unknown",
    ),
    "no token and a sender nobody vouches for": (
        lambda _session, olena: answer(
            olena,
            organizer=f"rsvp@{DOMAIN}",
            envelope_to=f"rsvp@{DOMAIN}",
            authentication=(),
            partstat="DECLINED",
        ),
        "ignored",
        "unknown",
    ),
    "our own invite": (
        lambda _session, olena: answer(olena, method="REQUEST", partstat="DECLINED"),
        "ignored",
        "other_method",
    ),
    "a cancel": (
        lambda _session, olena: answer(olena, method="CANCEL", partstat="DECLINED"),
        "ignored",
        "other_method",
    ),
    "from ourselves": (
        lambda _session, olena: answer(olena, sender="akce@example.org", partstat="DECLINED"),
        "ignored",
        "own",
    ),
}


@pytest.mark.parametrize("what", NOTHING)
def test_this_changes_nothing_and_the_reason_is_kept(session, olena, what):
    mail, decision, reason = NOTHING[what]
    before = state(session)
    reply = take(session, mail(session, olena))
    assert (reply.decision, reply.reason) == (decision, reason)
    assert (reply.raw is not None) is (decision == "review")
    assert state(session) == before


def test_an_old_yes_does_not_answer_for_the_new_date(session, olena):
    move(session, olena)
    assert olena.answer == "none"
    reply = take(session, answer(olena, partstat="ACCEPTED", sequence=0))
    assert (reply.decision, reply.reason, olena.answer) == ("ignored", "old_version", "none")


def test_an_older_answer_comes_too_late(session, olena):
    now = clock.now()
    take(session, answer(olena, partstat="TENTATIVE", dtstamp=now))
    before = state(session)
    reply = take(session, answer(olena, partstat="DECLINED", dtstamp=now - timedelta(minutes=5)))
    assert (reply.decision, reply.reason) == ("ignored", "older_answer")
    assert state(session) == before


def test_a_clock_far_ahead_does_not_shut_out_later_answers(session, olena):
    take(session, answer(olena, partstat="TENTATIVE", dtstamp=clock.now() + timedelta(days=400)))
    reply = take(session, answer(olena, partstat="DECLINED", dtstamp=clock.now() + timedelta(minutes=1)))
    assert (reply.decision, olena.place) == ("applied", "declined")


def test_the_same_mail_twice_is_one(session, olena):
    raw = answer(olena, partstat="DECLINED", message_id="<1@example.com>")
    assert take(session, raw).decision == "applied"
    before = state(session)
    assert take(session, raw) is None
    assert take(session, raw.replace(b"Return-Path", b"X-Other: 1\r\nReturn-Path")) is None
    assert state(session) == before


def test_whom_an_organiser_took_off_the_list_does_not_come_back(session, olena):
    personal.cancel(session, olena.id, now=clock.now(), actor=DESK)
    letters_leave(session)
    before = state(session)
    reply = take(session, answer(olena, partstat="ACCEPTED"))
    assert (reply.decision, reply.reason) == ("ignored", "not_yours")
    assert state(session) == before


def test_after_the_start_an_answer_is_only_noted(session, olena):
    meeting = seating.meeting_of(session, olena)
    meeting.starts_at, meeting.ends_at = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    reply = take(session, answer(olena, partstat="DECLINED"))
    assert (reply.decision, reply.reason) == ("noted", "past")
    assert (olena.place, olena.answer) == ("confirmed", "no")


# --- letters that come back ---------------------------------------------------------------------------------------


def test_a_dead_address_is_marked_with_the_servers_words(session, olena):
    letter = session.scalars(select(Letter).where(Letter.attendee_id == olena.id)).one()
    raw = other_mails.report(to=f"bounce+{letter.bounce_token}@{DOMAIN}")
    before = olena.place
    reply = take(session, raw)
    assert (reply.decision, reply.attendee_id, reply.letter_id) == ("bounced", olena.id, letter.id)
    assert olena.bounced_at is not None
    assert "5.1.1" in olena.bounce_words or "unknown" in olena.bounce_words.lower()
    assert (letter.state, letter.last_error, olena.place) == (State.BOUNCED, olena.bounce_words, before)


def test_an_answer_from_the_address_shows_that_it_lives(session, olena):
    olena.bounced_at, olena.bounce_words = clock.now(), "550 unknown"
    take(session, answer(olena, partstat="TENTATIVE"))
    assert (olena.bounced_at, olena.bounce_words) == (None, "")


def test_a_bounce_in_prose_is_kept_for_review(session, olena):
    letter = session.scalars(select(Letter).where(Letter.attendee_id == olena.id)).one()
    reply = take(session, other_mails.qmail_bounce(to=f"bounce+{letter.bounce_token}@{DOMAIN}"))
    assert (reply.decision, reply.reason, reply.raw is not None) == ("review", "unclear_bounce", True)
    assert olena.bounced_at is None


# --- what cannot be read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(hostile_mails.MAILS))
def test_a_hostile_mail_changes_nothing_and_is_kept(session, olena, name):
    before = state(session)
    with cpu_time() as took:
        reply = take(session, hostile_mails.MAILS[name], via="pipe")
    assert took.seconds < 1
    assert reply.decision in ("review", "ignored")
    assert state(session) == before


@pytest.mark.parametrize(
    "name", ["NULs", "nested components", "bad charset", "no boundary", "two calendars", "fifty calendars"]
)
def test_a_hostile_mail_takes_little_room_on_its_whole_way(session, olena, name):
    mails = hostile_mails.MAILS | {"bad charset": hostile_mails.bad_charset()}
    tracemalloc.start()
    try:
        take(session, mails[name], via="pipe")
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_reply_to_another_persons_token_changes_nothing(session, olena):
    jana = session.scalars(select(Attendee).where(Attendee.name == "Jana Nováková")).one()
    before = state(session)
    reply = take(session, answer(olena, partstat="DECLINED", envelope_to=rsvp(jana), organizer=rsvp(jana)))
    assert (reply.decision, reply.reason) == ("ignored", "wrong_uid")
    assert state(session) == before


def test_a_fault_of_ours_keeps_the_mail(session, olena, monkeypatch):
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("app.domain.registration.answers.answer_invite", broken)
    before = state(session)
    raw = answer(olena, partstat="DECLINED")
    assert take(session, raw).reason == "fault"
    assert session.scalars(select(Reply.raw)).one() == raw
    assert state(session) == before


def test_what_is_kept_says_so_to_the_mailbox(session, olena):
    session.commit()
    raw = other_mails.forwarded(sender=OLENA, to=rsvp(olena))
    assert inbox.take(raw, via="imap") == Taken.KEPT
    assert inbox.take(answer(olena, partstat="DECLINED"), via="imap") == Taken.DONE


def invited(session, meeting, name: str) -> Attendee:
    """Somebody who was invited; the letter has left."""
    command = invitations.Invitation(people=(person(name),), language="cs")
    (made,) = invitations.invite(
        session, meeting.id, command, now=clock.now(), actor=DESK, mail_domain=DOMAIN
    ).attendees
    letters_leave(session)
    return made


def move(session, attendee: Attendee, plan: changes.Plan = changes.TELL) -> None:
    """The meeting moves by an hour; the letters leave, if there are any."""
    meeting = seating.meeting_of(session, attendee)
    before = news.snapshot(meeting)
    meeting.starts_at += timedelta(hours=1)
    meeting.ends_at += timedelta(hours=1)
    changes.announce(session, meeting, before, now=clock.now(), actor=ATTENDEE, plan=plan)
    letters_leave(session)
