"""The retention run: what goes when, to the moment; twice is once; a dry run changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.base.db import Base
from app.base.tokens import new_token
from app.domain.accounts.models import Account, AccountSession, OneTimeLink, SecondFactor, SignInStep
from app.domain.attendance.queries import counts
from app.domain.history.models import Entry
from app.domain.meetings.models import Meeting, MeetingState, ProgrammeItem
from app.domain.outbox.models import Letter, State
from app.domain.privacy.erase import NEEDS_EMPTY, PERSON_EMPTY
from app.domain.privacy.service import expire, months_before, names_expire_on
from app.domain.questions.commands import Given, Owner
from app.domain.questions.models import Question
from app.domain.registration.commands import Needs
from app.domain.registration.models import Attendee, Party
from tests.domain.attendance.cast import events, platform, scan, take
from tests.domain.registration.cast import NOW, START, assert_sound, letters_to, small_meeting
from tests.factories import make_account, make_meeting, person, register
from tests.questionnaires import ask, said_by

END = START + timedelta(hours=3)
MOMENT = timedelta(microseconds=1)
NEEDS = Needs(interpreter="uk", access="rampa", diet="vegan", note="sluch", consent_text="I agree")


@pytest.fixture
def jana(session):
    """Somebody with needs, whose letter was sent; and noise at a meeting far ahead that must stay as it is."""
    (made,) = register(session, small_meeting(session), person("Jana Nováková", needs=NEEDS), now=NOW)
    noise = small_meeting(session)
    noise.starts_at += timedelta(days=4000)
    noise.ends_at += timedelta(days=4000)
    register(session, noise, person("Noise Nobody", needs=NEEDS), now=END + timedelta(days=3000))
    session.flush()
    letter = letters_to(session, made)[0]
    letter.state, letter.sent_at, letter.last_error = State.SENT, NOW, "250 jana"
    session.flush()
    return made


def deleted_draft(session, at):
    """A draft with a question and a letter to many, thrown away at that moment."""
    meeting = make_meeting(session, state=MeetingState.DRAFT)
    ask(session, Owner(meeting_id=meeting.id))
    meeting.deleted_at = at
    session.flush()
    return meeting.id


def run(session, now, *, months=12, dry_run=False):
    session.flush()
    found = expire(session, now=now, retention_months=months, dry_run=dry_run)
    session.expire_all()
    return found


def image(session):
    """Every row of every table."""
    session.flush()
    return {
        table.name: [
            tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in Base.metadata.sorted_tables
    }


@pytest.mark.parametrize(
    ("after", "gone"),
    [
        (timedelta(days=13), False),
        (timedelta(days=14), False),
        (timedelta(days=14) + MOMENT, True),
        (timedelta(days=15), True),
    ],
)
def test_needs_go_fourteen_days_after_the_meeting(session, jana, after, gone):
    found = run(session, END + after)
    assert found.needs == int(gone)
    assert jana.has_needs is not gone
    assert (jana.needs_consent_at is None) is gone
    assert jana.name == "Jana Nováková"
    if gone:
        assert {name: getattr(jana, name) for name in NEEDS_EMPTY} == NEEDS_EMPTY


@pytest.mark.parametrize(
    ("months", "now", "gone"),
    [
        (12, datetime(2028, 4, 6, 14, tzinfo=UTC), False),
        (12, datetime(2028, 4, 6, 14, 0, 0, 1, tzinfo=UTC), True),
        (12, datetime(2028, 4, 5, 23, tzinfo=UTC), False),
        (1, datetime(2027, 5, 6, 14, 0, 0, 1, tzinfo=UTC), True),
        (1, datetime(2027, 5, 6, 13, 59, tzinfo=UTC), False),
        (24, datetime(2028, 4, 7, tzinfo=UTC), False),
        (24, datetime(2029, 4, 7, tzinfo=UTC), True),
    ],
)
def test_names_go_after_the_months_that_are_set(session, jana, months, now, gone):
    found = run(session, now, months=months)
    assert found.names == int(gone)
    assert (jana.name == "") is gone
    assert jana.erased_at == (now if gone else None)
    if gone:
        assert {name: getattr(jana, name) for name in PERSON_EMPTY} == PERSON_EMPTY
        assert jana.place == "confirmed"
        assert letters_to(session, jana)[0].recipient is None


@pytest.mark.parametrize(
    ("after", "gone"),
    [(timedelta(days=89), False), (timedelta(days=90), False), (timedelta(days=90) + MOMENT, True)],
)
def test_facts_go_ninety_days_after_sending(session, jana, after, gone):
    letter = letters_to(session, jana)[0]
    letter.sent_at = NOW + timedelta(days=1)
    assert run(session, letter.sent_at + after).letters == int(gone)
    assert (letter.recipient is None) is (letter.facts == {}) is (letter.last_error is None) is gone
    assert letter.message_id


@pytest.mark.parametrize("state", list(State))
def test_only_letters_that_are_over_are_emptied(session, jana, state):
    letter = letters_to(session, jana)[0]
    letter.state, letter.sent_at = state, None
    run(session, NOW + timedelta(days=91))
    assert (letter.recipient is None) is (state not in (State.QUEUED, State.SENDING))


@pytest.mark.parametrize(
    ("after", "gone"), [(timedelta(days=90), False), (timedelta(days=90) + MOMENT, True)]
)
def test_submissions_go_after_ninety_days(session, jana, after, gone):
    party = session.get_one(Party, jana.party_id)
    before = party.content_hash
    assert run(session, NOW + after).submissions == int(gone)
    assert (party.typed == {}) is (party.reference == "") is (party.content_hash != before) is gone
    assert jana.party_id == party.id


def test_sign_in_traces_go(session):
    account = make_account(session)
    for name, age in (("old", timedelta(days=7, seconds=1)), ("new", timedelta(days=7))):
        session.add(AccountSession(token_hash=name, account_id=account.id, created_at=NOW - age, seen_at=NOW))
    for name, left in (("over", -MOMENT), ("valid", timedelta(0))):
        session.add(
            OneTimeLink(token_hash=name, account_id=account.id, purpose="sign_in", expires_at=NOW + left)
        )
    session.flush()
    assert run(session, NOW, dry_run=True).sign_in == 2
    assert run(session, NOW).sign_in == 2
    assert session.scalars(select(AccountSession.token_hash)).all() == ["new"]
    assert session.scalars(select(OneTimeLink.token_hash)).all() == ["valid"]
    assert session.scalars(select(Account)).one() is account


def test_unfinished_sign_ins_and_codes_that_nobody_kept_go(session):
    account = make_account(session)
    for name, left in (("over", -MOMENT), ("valid", timedelta(0))):
        session.add(SignInStep(token_hash=name, account_id=account.id, expires_at=NOW + left))
    factor = SecondFactor(
        account_id=account.id,
        secret="s",
        last_step=0,
        set_at=NOW,
        fresh_codes="sealed",
        fresh_until=NOW - MOMENT,
    )
    session.add(factor)
    session.flush()
    assert run(session, NOW, dry_run=True).sign_in == 2
    assert run(session, NOW).sign_in == 2
    assert session.scalars(select(SignInStep.token_hash)).all() == ["valid"]
    session.refresh(factor)
    assert (factor.fresh_codes, factor.fresh_until, factor.secret) == (None, None, "s")


DAYS = [13, 14, 15, 89, 90, 91, 130, 364, 366, 401, 800]


@pytest.mark.parametrize("days", DAYS)
def test_a_dry_run_tells_the_same_and_changes_nothing(session, jana, days):
    now = END + timedelta(days=days)
    before = image(session)
    first = run(session, now, dry_run=True)
    assert image(session) == before
    assert run(session, now) == first


@pytest.mark.parametrize("days", DAYS)
def test_twice_is_once(session, jana, days):
    now = END + timedelta(days=days)
    run(session, now)
    after = image(session)
    assert run(session, now).total == 0
    assert image(session) == after
    assert_sound(session, now=now)


def test_a_run_is_recorded_when_it_did_something(session, jana):
    run(session, NOW)
    run(session, END + timedelta(days=15), dry_run=True)
    query = select(Entry).where(Entry.act == "privacy:expire")
    assert session.scalars(query).all() == []
    run(session, END + timedelta(days=15))
    entry = session.scalars(query).one()
    assert (entry.actor, entry.details["needs"], entry.details["names"]) == ("system", 1, 0)


def test_letters_of_names_that_go_now_go_with_them(session, jana):
    """A letter that was sent late, less than 90 days before the names expire."""
    letter = letters_to(session, jana)[0]
    letter.sent_at = datetime(2028, 4, 1, tzinfo=UTC)
    now = datetime(2028, 4, 8, tzinfo=UTC)
    assert run(session, now, dry_run=True).letters == 1
    assert run(session, now).letters == 1
    assert letter.facts == {}


def test_counts_stay(session, jana):
    run(session, END + timedelta(days=800))
    assert (jana.place, jana.mode, jana.answer, jana.language) == ("confirmed", "room", "yes", "cs")
    assert session.scalars(select(Letter.kind).where(Letter.attendee_id == jana.id)).all() == ["confirmed"]
    assert session.scalars(select(Attendee.name).where(Attendee.erased_at.is_(None))).all() == [
        "Noise Nobody"
    ]


@pytest.mark.parametrize(
    ("now", "months", "expected"),
    [
        ("2027-03-31T10:00", 1, "2027-02-28T10:00"),
        ("2028-03-31T10:00", 1, "2028-02-29T10:00"),
        ("2028-02-29T10:00", 12, "2027-02-28T10:00"),
        ("2028-02-29T10:00", 48, "2024-02-29T10:00"),
        ("2027-01-15T10:00", 1, "2026-12-15T10:00"),
        ("2027-12-31T10:00", 12, "2026-12-31T10:00"),
        ("2027-06-15T10:00", 120, "2017-06-15T10:00"),
    ],
)
def test_months_have_different_lengths(now, months, expected):
    given_now, then = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, expected))
    assert months_before(given_now, months) == then


@pytest.mark.parametrize(
    ("end", "months", "promised"),
    [
        ("2027-04-06T14:00", 12, "2028-04-06T14:00"),
        ("2027-01-31T14:00", 1, "2027-03-01T00:00"),
        ("2028-02-29T14:00", 12, "2029-03-01T00:00"),
        ("2027-10-31T14:00", 1, "2027-12-01T00:00"),
        ("2027-12-31T14:00", 2, "2028-03-01T00:00"),
    ],
)
def test_the_day_that_pages_promise(end, months, promised):
    ended, then = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (end, promised))
    assert names_expire_on(Meeting(ends_at=ended), months) == then


@given(
    end=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    months=st.integers(1, 120),
)
def test_the_day_that_pages_promise_is_the_day_of_the_run(end, months):
    promised = names_expire_on(Meeting(ends_at=end), months)
    assert end < months_before(promised + MOMENT, months)
    assert not end < months_before(promised - MOMENT, months)


def test_a_door_keeps_who_came_as_a_count_and_forgets_who_stood_there(session):
    meeting, (adam, *_others) = platform(session)
    take(session, meeting, scan(adam, 5), scan(new_token(), 6), name="north")
    due = months_before(END, -12)
    assert run(session, due).doors == 0
    assert run(session, due + MOMENT).doors == 2
    assert [(one.attendee_id, one.account_id, one.door, one.code) for one in events(session)] == [
        (adam.id, None, "", ""),
        (None, None, "", ""),
    ]
    assert counts(session, meeting).present == 1
    assert run(session, due + MOMENT).doors == 0


def test_answers_go_with_the_name_and_sensitive_ones_as_early_as_needs(session):
    meeting = small_meeting(session)
    plain, special = ask(session, meeting, label="plain"), ask(session, meeting, sensitive=True)
    said = {plain.id: Given(text="one"), special.id: Given(text="two")}
    (guest,) = register(session, meeting, person(answers=said), now=NOW)
    assert run(session, END + timedelta(days=14)).answers == 0
    late = END + timedelta(days=14) + MOMENT
    assert run(session, late, dry_run=True).answers == 1
    assert run(session, late).answers == 1
    assert set(said_by(session, guest)) == {plain.id}
    assert run(session, END + timedelta(days=400)).answers == 1
    assert said_by(session, guest) == {}
    assert run(session, END + timedelta(days=401)).answers == 0


def test_deleted_drafts_of_meetings_go_after_thirty_days(session):
    due = NOW - timedelta(days=30)
    gone, stays = deleted_draft(session, due - MOMENT), deleted_draft(session, due)
    kept = make_meeting(session, state=MeetingState.DRAFT).id

    assert run(session, NOW, dry_run=True).drafts == 1
    assert session.get(Meeting, gone) is not None
    assert run(session, NOW).drafts == 1

    assert session.get(Meeting, gone) is None
    assert {session.get(Meeting, one).id for one in (stays, kept)} == {stays, kept}
    owners = set(session.scalars(select(Question.meeting_id)))
    assert owners == {stays}
    assert gone not in set(session.scalars(select(ProgrammeItem.meeting_id)))
    assert run(session, NOW).drafts == 0
