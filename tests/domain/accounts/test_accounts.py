"""Accounts, sessions and one-time links, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.base.errors import NotFound
from app.base.tokens import hash_token
from app.domain.accounts import queries, service
from app.domain.accounts.models import AccountSession, OneTimeLink, Purpose, Role
from app.domain.accounts.rules import AddressTaken, LinkSpent, SignInRefused
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.outbox.models import Kind, Letter
from tests.factories import make_account, make_series

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def create(session, email="jana@example.org", role=Role.ORGANISER, **more):
    return service.create_account(session, email, role, language="cs", now=NOW, actor=SYSTEM, **more)


def begin(session, account):
    token = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=NOW)
    return service.sign_in_by_link(session, token, now=NOW).token


def test_one_account_for_an_address(session):
    create(session)
    with pytest.raises(AddressTaken) as refusal:
        create(session, "JANA@example.org")
    assert refusal.value.active


def test_an_administrator_is_never_bound(session):
    series = make_series(session)
    assert (
        create(session, "a@example.org", Role.ADMINISTRATOR, series_ids=[series.id]).series_ids == frozenset()
    )
    assert create(session, "b@example.org", Role.VIEWER, series_ids=[series.id]).series_ids == {series.id}


def test_let_in_creates_an_account_or_brings_one_back(session):
    first = service.let_in(session, "a@example.org", Role.VIEWER, language="cs", now=NOW, actor=SYSTEM)
    first.active = False
    series = make_series(session)
    bound = create(session, "b@example.org", Role.ORGANISER, series_ids=[series.id])
    for account in (first, bound):
        token = begin(session, account) if account.active else ""
        again = service.let_in(
            session,
            account.email,
            Role.ADMINISTRATOR,
            language="cs",
            now=NOW,
            actor=SYSTEM,
            password_hash="$hash",
        )
        assert again is account
        assert (account.active, account.role, account.series_ids) == (True, Role.ADMINISTRATOR, frozenset())
        assert account.password_hash == "$hash"
        assert queries.find_session(session, token, now=NOW) is None, "a new password ends old sessions"


def test_a_session_is_stored_as_a_hash_only(session):
    account = make_account(session)
    token = begin(session, account)
    stored = session.scalars(select(AccountSession)).one()
    assert stored.token_hash == hash_token(token)
    assert len(token) >= 43
    assert queries.find_session(session, token, now=NOW).account is account
    assert queries.find_session(session, stored.token_hash, now=NOW) is None


@pytest.mark.parametrize(
    ("used_for", "then", "lives"),
    [
        (timedelta(), timedelta(hours=11, minutes=59), True),
        (timedelta(), timedelta(hours=12), False),
        (timedelta(days=6, hours=23), timedelta(minutes=59), True),
        (timedelta(days=6, hours=23), timedelta(hours=1), False),
    ],
)
def test_a_session_ends_after_12_idle_hours_or_7_days(session, used_for, then, lives):
    token = begin(session, make_account(session))
    hours = int(used_for.total_seconds() // 3600)
    for hour in range(hours + 1):
        service.touch(session, token, now=NOW + timedelta(hours=hour))
    found = queries.find_session(session, token, now=NOW + used_for + then)
    assert (found is not None) is lives


def test_use_is_noted_every_five_minutes_only(session):
    token = begin(session, make_account(session))
    for minutes, noted in ((4, 0), (5, 5), (9, 5), (10, 10)):
        service.touch(session, token, now=NOW + timedelta(minutes=minutes))
        session.expire_all()
        assert session.scalars(select(AccountSession)).one().seen_at == NOW + timedelta(minutes=noted)


def test_signing_out_ends_one_session_and_everywhere_all(session):
    account = make_account(session)
    first, second, third = (begin(session, account) for _ in range(3))
    service.sign_out(session, first, now=NOW)
    service.sign_out(session, "unknown", now=NOW)
    assert queries.find_session(session, first, now=NOW) is None
    assert queries.count_sessions(session, account.id, now=NOW) == 2
    assert service.sign_out_everywhere(session, account.id, now=NOW, actor=SYSTEM) == 2
    assert queries.find_session(session, second, now=NOW) is None
    assert queries.find_session(session, third, now=NOW) is None


def test_an_inactive_account_has_no_session(session):
    account = make_account(session)
    token = begin(session, account)
    account.active = False
    session.flush()
    assert queries.find_session(session, token, now=NOW) is None


def test_a_password_sign_in_is_decided_again_inside_the_write(session):
    account = make_account(session)
    account.password_hash = "$one"
    session.flush()
    found = queries.credentials(session, "ADMINISTRATOR@example.org")
    assert service.sign_in(session, found, now=NOW).account_id == account.id
    account.password_hash = "$two"
    session.flush()
    with pytest.raises(SignInRefused):
        service.sign_in(session, found, now=NOW)
    account.password_hash, account.active = "$one", False
    session.flush()
    with pytest.raises(SignInRefused):
        service.sign_in(session, found, now=NOW)
    assert queries.credentials(session, account.email) == queries.Credentials()
    assert queries.credentials(session, "nobody@example.org") == queries.Credentials()


def test_a_link_works_once_within_an_hour(session):
    account = make_account(session)
    token = service.new_one_time_link(session, account.id, "password", now=NOW)
    assert session.scalars(select(OneTimeLink)).one().token_hash == hash_token(token)
    assert queries.link_works(session, token, now=NOW + timedelta(minutes=59))
    assert service.use_one_time_link(session, token, now=NOW + timedelta(minutes=59)) is account
    assert not queries.link_works(session, token, now=NOW + timedelta(minutes=59))
    with pytest.raises(LinkSpent):
        service.use_one_time_link(session, token, now=NOW + timedelta(minutes=59))


def test_a_link_is_refused_after_an_hour_for_unknown_tokens_and_inactive_accounts(session):
    account = make_account(session)
    late = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=NOW)
    early = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=NOW)
    with pytest.raises(LinkSpent):
        service.use_one_time_link(session, late, now=NOW + timedelta(hours=1))
    with pytest.raises(LinkSpent):
        service.sign_in_by_link(session, "unknown", now=NOW)
    account.active = False
    session.flush()
    assert not queries.link_works(session, early, now=NOW)
    with pytest.raises(LinkSpent):
        service.sign_in_by_link(session, early, now=NOW)


def test_the_purpose_of_a_link_comes_with_its_session(session):
    account = make_account(session)
    for purpose in Purpose:
        token = service.new_one_time_link(session, account.id, purpose, now=NOW)
        assert service.sign_in_by_link(session, token, now=NOW).purpose == purpose
    assert account.signed_in_at == NOW


def test_signing_in_again_ends_the_session_it_replaces(session):
    account = make_account(session)
    old = begin(session, account)
    token = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=NOW)
    new = service.sign_in_by_link(session, token, now=NOW, replaces=old)
    assert queries.find_session(session, old, now=NOW) is None
    assert queries.find_session(session, new.token, now=NOW) is not None


def test_a_new_password_ends_all_sessions_and_links(session):
    account = make_account(session)
    old = begin(session, account)
    link = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=NOW)
    new = service.set_password(session, account.id, "$hash", now=NOW, actor=SYSTEM)
    assert queries.find_session(session, old, now=NOW) is None
    assert queries.find_session(session, new.token, now=NOW) is not None
    assert not queries.link_works(session, link, now=NOW)
    with pytest.raises(NotFound):
        service.set_password(session, 999, "$hash", now=NOW, actor=SYSTEM)


def test_asking_for_a_link_writes_one_letter_without_a_secret(session):
    account = make_account(session, email="Jana@example.org")
    for _ in range(2):
        service.request_link(session, "jana@EXAMPLE.org", Purpose.SIGN_IN, now=NOW)
    service.request_link(session, "jana@example.org", Purpose.PASSWORD, now=NOW)
    session.flush()
    letters = list(session.scalars(select(Letter).order_by(Letter.id)))
    assert [letter.kind for letter in letters] == [Kind.SIGN_IN, Kind.SIGN_IN, Kind.PASSWORD]
    assert {letter.account_id for letter in letters} == {account.id}
    assert {letter.recipient for letter in letters} == {"Jana@example.org"}
    assert {letter.language for letter in letters} == {"en"}
    assert letters[0].facts == {"invited": False}
    assert len({letter.key for letter in letters}) == 3
    assert session.scalar(select(func.count()).select_from(OneTimeLink)) == 0, "made when the letter is sent"


def test_strangers_and_people_shut_out_get_no_letter_but_cost_a_write_too(session):
    make_account(session, email="gone@example.org").active = False
    session.flush()
    for address in ("nobody@example.org", "gone@example.org"):
        service.request_link(session, address, Purpose.SIGN_IN, now=NOW)
    session.flush()
    assert session.scalar(select(func.count()).select_from(Letter)) == 0
    noted = list(session.scalars(select(Entry).where(Entry.act == "account:ask_link_in_vain")))
    assert [(entry.subject_id, entry.account_id, entry.details) for entry in noted] == [(0, None, {})] * 2
