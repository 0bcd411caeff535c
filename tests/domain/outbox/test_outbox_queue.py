"""The outbox: what is claimed when, what overtakes what, and what a claim is worth."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.base.errors import NotFound
from app.domain.outbox import queries, rules, service
from app.domain.outbox.models import Calendar, Kind, Letter, State
from app.domain.outbox.service import Claim, NewLetter
from tests.factories import make_meeting, register

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def write(session):
    """Put a letter into the outbox; keywords replace fields."""
    numbers = iter(range(1000))

    def make(*, now=NOW, **values):
        basis = {
            "kind": Kind.CONFIRMED,
            "recipient": "jana@example.org",
            "language": "cs",
            "key": f"confirmed:{next(numbers)}",
            "facts": {"a": 1},
        }
        letter = service.enqueue(session, NewLetter(**(basis | values)), now=now)
        session.flush()
        return letter

    return make


@pytest.fixture
def somebody(session):
    """The id of an attendee without letters, and of a second one."""
    meeting = make_meeting(session)
    people = register(session, meeting, "Jana Nováková") + register(session, meeting, "Petr Svoboda")
    session.query(Letter).delete()
    return [one.id for one in people]


def claim(session, *, now=NOW, worker="w1"):
    found = service.claim_next(session, worker=worker, now=now)
    session.expire_all()
    return found


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (9, 256), (10, 360), (13, 360), (500, 360)]
)
def test_pauses_double_up_to_six_hours(attempts, minutes):
    for _ in range(50):
        pause = rules.next_try(attempts, created_at=NOW, now=NOW) - NOW
        assert timedelta(minutes=minutes) * 0.8 <= pause <= timedelta(minutes=minutes) * 1.2


def test_after_three_days_it_gives_up():
    end = NOW + timedelta(days=3)
    assert rules.next_try(20, created_at=NOW, now=end - SECOND)
    assert rules.next_try(1, created_at=NOW, now=end) is None


class TestWriting:
    def test_a_letter_is_queued_and_due(self, write):
        letter = write(calendar=Calendar.REQUEST, sequence=3)
        assert (letter.state, letter.due_at, letter.created_at, letter.attempts) == ("queued", NOW, NOW, 0)
        assert letter.message_id.endswith(".3")
        assert (letter.perhaps_sent, letter.forget) == (False, False)

    def test_one_cause_makes_one_letter(self, write, session):
        write(key="same")
        with pytest.raises(IntegrityError):
            write(key="same")
        session.rollback()

    def test_names_are_never_the_same(self, write):
        letters = [write() for _ in range(50)]
        assert len({letter.message_id for letter in letters}) == 50
        assert len({letter.bounce_token for letter in letters}) == 50


class TestClaiming:
    def test_nothing_is_due(self, session, write):
        assert claim(session) is None
        write(due_at=NOW + SECOND)
        assert claim(session) is None
        assert not queries.is_anything_due(session, now=NOW)
        assert queries.is_anything_due(session, now=NOW + SECOND)

    def test_the_longest_due_first(self, session, write):
        later, first, also = write(due_at=NOW), write(due_at=NOW - SECOND), write(due_at=NOW)
        assert [claim(session).letter_id for _ in range(3)] == [first.id, later.id, also.id]
        assert claim(session) is None

    def test_a_claim_is_a_lease(self, session, write):
        letter = write()
        mine = claim(session)
        assert mine == Claim(letter.id, "w1", 1)
        assert (letter.state, letter.worker, letter.due_at) == ("sending", "w1", NOW + service.LEASE)
        assert claim(session, now=NOW + service.LEASE - SECOND, worker="w2") is None
        assert queries.perhaps_sent(session, now=NOW + service.LEASE - SECOND) == 0
        assert queries.perhaps_sent(session, now=NOW + service.LEASE) == 1
        theirs = claim(session, now=NOW + service.LEASE, worker="w2")
        assert theirs == Claim(letter.id, "w2", 2)
        assert letter.perhaps_sent
        assert not service.mark_sent(session, mine, now=NOW)
        assert service.mark_sent(session, theirs, now=NOW)

    @pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.SUPERSEDED])
    def test_what_is_over_is_never_claimed(self, session, write, state):
        write().state = state
        session.flush()
        assert claim(session, now=NOW + timedelta(days=9)) is None


class TestOvertaking:
    @pytest.mark.parametrize(
        ("first", "second", "sent"),
        [
            (("REQUEST", 0), ("CANCEL", 1), 1),
            (("REQUEST", 0), ("REQUEST", 1), 1),
            (("REQUEST", 0), ("REQUEST", 0), 1),
            (("REQUEST", 2), ("CANCEL", 1), 0),
        ],
    )
    def test_of_two_calendar_letters_the_later_one_goes(self, session, write, somebody, first, second, sent):
        letters = [
            write(calendar=calendar, sequence=sequence, attendee_id=somebody[0])
            for calendar, sequence in (first, second)
        ]
        assert claim(session).letter_id == letters[sent].id
        assert letters[1 - sent].state == "superseded"
        assert claim(session) is None

    def test_plain_letters_and_other_people_are_left_alone(self, session, write, somebody):
        plain = write(attendee_id=somebody[0])
        other = write(calendar="REQUEST", sequence=0, attendee_id=somebody[1])
        last = write(calendar="CANCEL", sequence=1, attendee_id=somebody[0])
        assert [claim(session).letter_id for _ in range(3)] == [plain.id, other.id, last.id]

    def test_one_at_a_time_for_each_person(self, session, write, somebody):
        write(calendar="REQUEST", sequence=0, attendee_id=somebody[0])
        mine = claim(session)
        write(calendar="CANCEL", sequence=1, attendee_id=somebody[0])
        assert claim(session, worker="w2") is None
        service.mark_sent(session, mine, now=NOW)
        assert claim(session, worker="w2")

    def test_a_held_back_invite_is_overtaken_too(self, session, write, somebody):
        held = write(calendar="REQUEST", sequence=0, attendee_id=somebody[0], due_at=NOW + timedelta(hours=2))
        write(calendar="CANCEL", sequence=1, attendee_id=somebody[0])
        assert claim(session)
        assert held.state == "superseded"
        assert claim(session, now=NOW + timedelta(hours=3), worker="w2")  # the lease of the first ran out

    def test_one_that_is_not_due_overtakes_nothing(self, session, write, somebody):
        first = write(calendar="REQUEST", sequence=0, attendee_id=somebody[0])
        write(calendar="REQUEST", sequence=1, attendee_id=somebody[0], due_at=NOW + timedelta(hours=2))
        assert claim(session).letter_id == first.id

    def test_a_letter_that_perhaps_left_is_remembered_when_overtaken(self, session, write, somebody):
        first = write(calendar="REQUEST", sequence=0, attendee_id=somebody[0])
        claim(session)
        late = NOW + service.LEASE
        write(calendar="CANCEL", sequence=1, attendee_id=somebody[0], now=late)
        claim(session, now=late)
        assert (first.state, first.perhaps_sent) == ("superseded", True)
        assert queries.request_may_have_left(session, somebody[0])


class TestMarking:
    def test_sent(self, session, write):
        letter = write()
        mine = claim(session)
        letter.last_error = "earlier"
        assert service.mark_sent(session, mine, now=NOW + SECOND)
        session.expire_all()
        assert (letter.state, letter.sent_at, letter.worker) == ("sent", NOW + SECOND, None)
        assert (letter.last_error, letter.perhaps_sent) == (None, True)
        assert not service.mark_sent(session, mine, now=NOW)

    def test_failed(self, session, write):
        letter = write()
        assert service.mark_failed(session, claim(session), error="550 " + "x" * 2000)
        session.expire_all()
        assert (letter.state, len(letter.last_error)) == ("failed", 1000)

    @pytest.mark.parametrize("perhaps", [True, False])
    def test_again_later(self, session, write, perhaps):
        letter = write()
        mine = claim(session)
        assert service.mark_retry(
            session, mine, error="451", perhaps_sent=perhaps, created_at=NOW, now=NOW + SECOND
        )
        session.expire_all()
        assert (letter.state, letter.last_error, letter.perhaps_sent) == ("queued", "451", perhaps)
        assert NOW < letter.due_at < NOW + timedelta(minutes=2)

    def test_given_up(self, session, write):
        letter = write()
        mine = claim(session)
        now = NOW + timedelta(days=3)
        service.mark_retry(session, mine, error="451", perhaps_sent=False, created_at=NOW, now=now)
        session.expire_all()
        assert (letter.state, letter.last_error) == ("failed", "451")

    def test_given_back(self, session, write):
        letter = write()
        mine = claim(session)
        assert service.give_back(session, mine, now=NOW)
        session.expire_all()
        assert (letter.state, letter.worker, letter.due_at) == ("queued", None, NOW)
        assert not service.give_back(session, mine, now=NOW)

    def test_trouble_is_noted_at_what_is_due(self, session, write):
        due, ahead = write(), write(due_at=NOW + SECOND)
        service.note_trouble(session, error="535 wrong password", now=NOW)
        session.expire_all()
        assert (due.last_error, ahead.last_error) == ("535 wrong password", None)

    def test_forgetting(self, session, write):
        kept, gone = write(), write(forget=True)
        for letter in (kept, gone):
            service.forget_if_asked(session, letter.id)
        session.expire_all()
        assert (kept.recipient, kept.facts) == ("jana@example.org", {"a": 1})
        assert (gone.recipient, gone.facts, gone.last_error) == (None, {}, None)


class TestReading:
    def test_counts_and_pages(self, session, write, somebody):
        meeting_id = session.scalar(Letter.__table__.metadata.tables["meetings"].select())
        letters = [write(meeting_id=meeting_id if number % 2 else None) for number in range(60)]
        letters[0].state = State.FAILED
        session.flush()
        assert queries.counts(session)["queued"] == 59
        assert queries.counts(session, meeting_ids=[meeting_id]) == {
            "queued": 30,
            "sending": 0,
            "sent": 0,
            "failed": 0,
            "superseded": 0,
            "bounced": 0,
        }
        first = queries.page(session)
        assert (first.total, len(first.rows), first.rows[0].id) == (60, 50, letters[-1].id)
        assert [row.id for row in queries.page(session, state="failed").rows] == [letters[0].id]
        assert queries.page(session, meeting_ids=[meeting_id], number=9).total == 30
        assert queries.page(session, meeting_ids=[]).total == 0

    def test_letters_of_one_attendee(self, session, write, somebody):
        first, second = (write(attendee_id=somebody[0]) for _ in range(2))
        other = write(attendee_id=somebody[1])
        second.state = State.SENT
        session.flush()
        assert queries.of_attendee(session, somebody[0]) == [second, first]
        assert queries.first_message_id(session, somebody[0], before_id=other.id) == second.message_id
        assert queries.first_message_id(session, somebody[0], before_id=second.id) is None

    @pytest.mark.parametrize(
        ("state", "perhaps", "left"),
        [
            (State.QUEUED, False, False),
            (State.QUEUED, True, True),
            (State.SENDING, False, True),
            (State.SENT, True, True),
            (State.FAILED, False, False),
            (State.FAILED, True, True),
            (State.SUPERSEDED, False, False),
            (State.SUPERSEDED, True, True),
        ],
    )
    def test_whether_an_invite_may_have_left(self, session, write, somebody, state, perhaps, left):
        letter = write(calendar="REQUEST", sequence=0, attendee_id=somebody[0])
        letter.state, letter.perhaps_sent = state, perhaps
        write(calendar="CANCEL", sequence=1, attendee_id=somebody[0]).state = State.SENT
        session.flush()
        assert queries.request_may_have_left(session, somebody[0]) is left
        assert not queries.request_may_have_left(session, somebody[0], before_id=letter.id)
        assert not queries.request_may_have_left(session, somebody[1])

    def test_a_letter_by_its_id(self, session, write):
        assert queries.get_letter(session, write().id)
        with pytest.raises(NotFound):
            queries.get_letter(session, 999)


def rows_of(*keys):
    """Letters as rows, for the way past the session's objects."""
    news = (
        NewLetter(
            kind=Kind.RESCHEDULED,
            recipient="jana@example.org",
            language="cs",
            key=key,
            facts={"title": 'Š\t"\\N\n', "none": None, "list": [1, {"a": "ž"}]},
            due_at=NOW + SECOND,
        )
        for key in keys
    )
    return [service.letter_row(new, now=NOW) for new in news]


def test_many_at_once_are_stored_like_one(session):
    rows = rows_of("a:1", "a:2")
    service.enqueue_rows(session, rows)
    found = session.scalars(select(Letter).order_by(Letter.key)).all()
    assert [{name: getattr(letter, name) for name in rows[0]} for letter in found] == rows


def test_of_many_at_once_none_is_doubled(session):
    service.enqueue_rows(session, rows_of("a:1"))
    with pytest.raises(IntegrityError):
        service.enqueue_rows(session, rows_of("a:2", "a:1"))
