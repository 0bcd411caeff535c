"""Taking replies that are read already: what is logged, kept, counted and held back. Mails as bytes are in delivery."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.base.errors import NotFound
from app.domain.calendars.reply import Method, Said
from app.domain.history.models import Entry
from app.domain.history.service import organiser
from app.domain.outbox.models import Kind, Letter, State
from app.domain.registration.models import Answer, Place
from app.domain.replies import queries, service
from app.domain.replies.commands import Returned, Trust
from tests.domain.registration.cast import LATE, NOW, START, assert_sound, later, small_meeting
from tests.domain.replies.reply_cast import answer_of, arrival_of
from tests.factories import person, register

STRANGER = "stranger@example.net"


@pytest.fixture
def people(session):
    """Olena has the one seat, Jana waits."""
    meeting = small_meeting(session)
    olena, jana = (
        register(session, meeting, person(name, email), now=NOW)[0]
        for name, email in (("Olena Ševčenková", "olena@example.com"), ("Jana Nová", "jana@example.org"))
    )
    return olena, jana


def take(session, attendee, said=Said.ACCEPTED, /, *, now=None, mail=None, **values):
    """Let the domain take a reply of this attendee."""
    answer = None if said is None else answer_of(attendee, said, **values)
    return service.take(session, arrival_of(attendee, answer, **(mail or {})), now=now or later(10))


def acts(session):
    """The words of history about replies."""
    return session.scalars(select(Entry.act).where(Entry.subject == "reply").order_by(Entry.id)).all()


def test_a_no_frees_the_seat_and_the_next_person_moves_up(session, people):
    olena, jana = people
    reply = take(session, olena, Said.DECLINED, comment="Nemohu.", guests=2)
    assert (reply.decision, reply.reason, reply.words, reply.guests) == ("applied", "declined", "Nemohu.", 2)
    assert (olena.place, olena.answer, olena.answer_note) == (Place.DECLINED, Answer.NO, "Nemohu.")
    assert (olena.reply_sequence, olena.reply_stamp) == (0, later(10))
    assert jana.place == Place.CONFIRMED
    assert_sound(session)


def test_the_same_mail_or_message_id_is_taken_once(session, people):
    olena, _jana = people
    first = arrival_of(olena, answer_of(olena, Said.TENTATIVE))
    assert service.take(session, first, now=later(1)) is not None
    assert service.take(session, first, now=later(2)) is None
    same_id = arrival_of(olena, answer_of(olena), message_id=first.message_id)
    assert service.take(session, same_id, now=later(3)) is None
    assert olena.answer == Answer.MAYBE


def test_two_mails_without_a_message_id_are_two(session, people):
    olena, _jana = people
    replies = [take(session, olena, now=later(n), mail={"message_id": ""}) for n in (1, 2)]
    assert all(replies)


def test_the_same_answer_again_is_noted(session, people):
    olena, _jana = people
    reply = take(session, olena, Said.ACCEPTED)
    assert (reply.decision, reply.reason) == ("noted", "same_answer")


def test_after_the_start_it_is_noted(session, people):
    olena, _jana = people
    reply = take(session, olena, Said.TENTATIVE, now=START + timedelta(hours=1))
    assert (reply.decision, reply.reason) == ("noted", "past")


@pytest.mark.parametrize("why", ["stranger", "delegated", "unverified"])
def test_the_registered_address_is_asked_at_most_three_times_a_day(session, people, why):
    olena, _jana = people
    cases = {
        "stranger": (Said.ACCEPTED, {"sender": STRANGER}, {"attendee": STRANGER}),
        "delegated": (Said.DELEGATED, {}, {"delegated_to": STRANGER}),
        "unverified": (Said.DECLINED, {"trust": Trust.WEAK}, {}),
    }
    said, mail, values = cases[why]
    found = [take(session, olena, said, now=later(n), mail=mail, **values) for n in range(1, 5)]
    assert [(one.decision, one.reason) for one in found] == [("asked", why)] * 3 + [
        ("ignored", "asked_enough")
    ]
    letters = session.scalars(select(Letter).where(Letter.kind == Kind.CONFIRM_ANSWER)).all()
    assert {one.recipient for one in letters} == {"olena@example.com"}
    assert {one.facts["why"] for one in letters} == {why}
    assert STRANGER not in str([one.facts for one in letters])
    assert take(session, olena, said, now=later(25 * 60), mail=mail, **values).decision == "asked"
    assert (olena.place, olena.answer) == (Place.CONFIRMED, Answer.YES)


@pytest.mark.parametrize("now", [START, START + timedelta(hours=1)])
def test_nobody_is_asked_once_it_has_begun(session, people, now):
    olena, _jana = people
    reply = take(session, olena, Said.DELEGATED, now=now)
    assert (reply.decision, reply.reason) == ("ignored", "delegated")
    assert session.scalar(select(func.count()).where(Letter.kind == Kind.CONFIRM_ANSWER)) == 0


def test_a_proposal_is_kept_with_its_times(session, people):
    olena, _jana = people
    ends = START + timedelta(hours=2)
    reply = take(session, olena, method=Method.COUNTER, proposed_start=START, proposed_end=ends)
    assert (reply.decision, reply.proposed_starts_at, reply.proposed_ends_at) == ("proposed", START, ends)
    assert acts(session) == ["reply:propose"]
    assert reply.raw is None


def test_what_no_one_can_use_is_kept_whole_for_a_person(session, people):
    olena, _jana = people
    reply = take(session, olena, None)
    assert (reply.decision, reply.reason, reply.attendee_id) == ("review", "no_calendar", olena.id)
    assert reply.meeting_id == olena.meeting_id
    assert reply.raw is not None
    assert acts(session) == ["reply:review"]


def test_strangers_do_not_fill_the_database(session, people, monkeypatch):
    olena, _jana = people
    monkeypatch.setattr(service, "MOST_STRAYS", 2)
    strays = [take(session, olena, None, mail={"tokens": ("unknown",)}) for _ in range(3)]
    assert [one.raw is not None for one in strays] == [True, True, False]
    assert take(session, olena, None).raw is not None


def test_another_persons_token_does_not_answer_for_them(session, people):
    olena, jana = people
    reply = take(session, olena, Said.DECLINED, mail={"tokens": (jana.organizer_token,)})
    assert (reply.decision, reply.reason) == ("ignored", "wrong_uid")
    forged = take(
        session, jana, Said.DECLINED, mail={"sender": "olena@example.com"}, attendee="olena@example.com"
    )
    assert (forged.decision, forged.reason) == ("asked", "stranger")
    assert (olena.place, jana.place) == (Place.CONFIRMED, Place.WAITING)


@pytest.mark.parametrize(
    ("permanent", "decision", "state"),
    [(True, "bounced", State.BOUNCED), (False, "ignored", State.SENT), (None, "review", State.SENT)],
)
def test_a_letter_that_came_back(session, people, permanent, decision, state):
    olena, _jana = people
    letter = session.scalars(select(Letter).where(Letter.attendee_id == olena.id)).first()
    letter.state, letter.bounce_token = State.SENT, "b-token"
    mail = {"returned": Returned(permanent=permanent, words="550 no such user"), "bounce_token": "b-token"}
    reply = take(session, olena, None, mail=mail)
    assert (reply.decision, reply.letter_id, reply.method) == (decision, letter.id, "DSN")
    assert letter.state == state
    assert (olena.bounce_words == "550 no such user") is (permanent is True)


def test_a_letter_to_an_older_address_does_not_mark_the_new_one(session, people):
    olena, _jana = people
    letter = session.scalars(select(Letter).where(Letter.attendee_id == olena.id)).first()
    letter.state, letter.bounce_token, letter.recipient = State.SENT, "b-token", "old@example.com"
    mail = {"returned": Returned(permanent=True), "bounce_token": "b-token"}
    assert take(session, olena, None, mail=mail).decision == "bounced"
    assert olena.bounced_at is None


def test_handled_and_back(session, people):
    olena, _jana = people
    reply = take(session, olena, None)
    assert queries.counts(session)["open"] == 1
    service.handle(session, reply.id, now=LATE, actor=organiser(7))
    service.handle(session, reply.id, now=LATE + timedelta(days=1), actor=organiser(8))
    assert (reply.handled_at, reply.handled_by) == (LATE, 7)
    session.flush()
    assert queries.counts(session)["open"] == 0
    service.handle(session, reply.id, now=LATE, actor=organiser(7), handled=False)
    assert (reply.handled_at, reply.handled_by) == (None, None)
    with pytest.raises(NotFound):
        service.handle(session, 4711, now=LATE, actor=organiser(7))


def test_what_a_fault_of_ours_stopped_is_kept(session, people):
    olena, _jana = people
    arrival = arrival_of(olena, answer_of(olena, Said.DECLINED))
    reply = service.keep(session, arrival, "fault", now=later(1))
    assert (reply.decision, reply.reason, reply.raw) == ("review", "fault", arrival.raw)
    assert service.keep(session, arrival, "fault", now=later(2)) is None
    assert olena.place == Place.CONFIRMED


def test_when_the_mailbox_was_read(session):
    assert queries.unread_since(session, now=NOW) is None
    service.note_reading(session, now=NOW, trouble="x" * 400)
    session.flush()
    assert len(queries.reading(session).trouble) == 300
    service.note_reading(session, now=later(5))
    assert queries.reading(session).trouble == ""
    service.note_reading(session, now=later(65), trouble="[AUTHENTICATIONFAILED]")
    assert queries.unread_since(session, now=later(65)) == 3600
