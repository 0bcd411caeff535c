"""Codes of an app and recovery codes, on both databases. The first vectors are those of RFC 6238, appendix B."""

import base64
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import select

from app.base.errors import NotFound
from app.base.sealing import Sealer
from app.base.tokens import hash_token
from app.domain.accounts import passwords, queries, second_factor, service, team
from app.domain.accounts.models import AccountSession, Purpose, RecoveryCode, Role, SecondFactor, SignInStep
from app.domain.accounts.queries import Credentials
from app.domain.accounts.rules import (
    STEP_LIFETIME,
    OwnAccount,
    SecondFactorRequired,
    StepSpent,
    WrongCode,
    WrongPresentCode,
)
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM, organiser
from app.domain.outbox.models import Kind, Letter
from tests.factories import make_account

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SEALER = Sealer("a key for tests only, 32 letters")
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


def code_at(secret, moment):
    return pyotp.TOTP(secret).at(moment)


def switch_on(session, account, *, now=NOW, **more):
    secret = second_factor.new_secret()
    second_factor.set_up(
        session, account.id, secret, code_at(secret, now), sealer=SEALER, session_token="t", now=now, **more
    )
    return secret


def fresh(session, account, now=NOW):
    return second_factor.shown_codes(session.get(SecondFactor, account.id), sealer=SEALER, now=now)


def step_of(session, account, now=LATER):
    link = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=now)
    step = service.sign_in_by_link(session, link, now=now)
    assert isinstance(step, service.NextStep)
    return step.token


def finish(session, token, code, now=LATER, sealer=SEALER):
    return second_factor.finish_sign_in(session, token, code, sealer=sealer, now=now)


@pytest.fixture
def jana(session):
    return make_account(session, Role.ORGANISER, email="jana@example.org")


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_the_standard(moment, code):
    now = datetime.fromtimestamp(moment, UTC)
    assert second_factor.matching_step(RFC_SECRET, code, now=now) == moment // 30
    assert second_factor.matching_step(RFC_SECRET, f" {code[:3]} {code[3:]} ", now=now) == moment // 30
    assert second_factor.matching_step(RFC_SECRET, f"{int(code) ^ 1:06d}", now=now) is None


@pytest.mark.parametrize(("seconds", "fits"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_clocks_may_differ_by_one_step(seconds, fits):
    code = code_at(RFC_SECRET, NOW + timedelta(seconds=seconds))
    assert (second_factor.matching_step(RFC_SECRET, code, now=NOW) is not None) is fits


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\ud800"])
def test_what_is_no_code_does_not_fit(code):
    assert second_factor.matching_step(RFC_SECRET, code, now=NOW) is None


def test_the_address_for_the_app_names_site_and_account():
    address = second_factor.address_for_app(RFC_SECRET, email="jana@example.org", site_name="Setkání")
    assert address.startswith(f"otpauth://totp/Setk%C3%A1n%C3%AD:jana%40example.org?secret={RFC_SECRET}")
    assert "issuer=Setk%C3%A1n%C3%AD" in address


def test_setting_up_needs_the_code_and_stores_no_secret_in_the_clear(session, jana):
    secret = second_factor.new_secret()
    with pytest.raises(WrongCode):
        second_factor.set_up(session, jana.id, secret, "000000", sealer=SEALER, session_token="t", now=NOW)
    assert queries.find_second_factor(session, jana.id) is None
    secret = switch_on(session, jana)
    stored = session.get(SecondFactor, jana.id)
    assert secret not in stored.secret
    codes = fresh(session, jana)
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    rows = session.scalars(select(RecoveryCode)).all()
    assert len(rows) == 10
    assert not {row.code_hash for row in rows} & {hash_token(code) for code in codes}
    assert not any(code in f"{stored.fresh_codes}" for code in codes)
    letter = session.scalars(select(Letter)).one()
    assert (letter.kind, letter.facts, letter.account_id) == (Kind.SECURITY, {"what": "on"}, jana.id)


def test_setting_up_ends_all_other_sessions_and_links(session, jana):
    link = service.new_one_time_link(session, jana.id, Purpose.SIGN_IN, now=NOW)
    other = service.new_one_time_link(session, jana.id, Purpose.SIGN_IN, now=NOW)
    here = service.sign_in_by_link(session, link, now=NOW).token
    there = service.sign_in_by_link(session, other, now=NOW).token
    unused = service.new_one_time_link(session, jana.id, Purpose.SIGN_IN, now=NOW)
    secret = second_factor.new_secret()
    second_factor.set_up(
        session, jana.id, secret, code_at(secret, NOW), sealer=SEALER, session_token=here, now=NOW
    )
    assert queries.find_session(session, here, now=NOW) is not None
    assert queries.find_session(session, there, now=NOW) is None
    assert not queries.link_works(session, unused, now=NOW)


def test_a_password_or_a_link_alone_gives_no_session(session, jana):
    jana.password_hash = passwords.hash_password("kolibřík nese vodu")
    switch_on(session, jana)
    found = queries.credentials(session, jana.email)
    assert found == Credentials(jana.id, jana.password_hash)
    step = service.sign_in(session, found, now=LATER)
    assert isinstance(step, service.NextStep)
    assert queries.find_session(session, step.token, now=LATER) is None
    assert session.scalars(select(AccountSession)).all() == []
    step_of(session, jana)
    assert session.scalars(select(AccountSession)).all() == []


def test_the_code_finishes_the_sign_in_once(session, jana):
    secret = switch_on(session, jana)
    token = step_of(session, jana)
    with pytest.raises(WrongCode):
        finish(session, token, "000000")
    new = finish(session, token, code_at(secret, LATER))
    assert queries.find_session(session, new.token, now=LATER).account_id == jana.id
    assert new.purpose == Purpose.SIGN_IN
    entry = session.scalars(select(Entry).where(Entry.act == "account:sign_in")).one()
    assert entry.details == {"way": "link", "second": "app"}
    with pytest.raises(StepSpent):
        finish(session, token, code_at(secret, LATER + timedelta(minutes=1)))


def test_a_code_is_used_once_also_by_another_step(session, jana):
    secret = switch_on(session, jana)
    code = code_at(secret, LATER)
    first, second = step_of(session, jana), step_of(session, jana)
    finish(session, first, code)
    with pytest.raises(WrongCode):
        finish(session, second, code)
    with pytest.raises(WrongCode):
        finish(session, second, code_at(secret, LATER - timedelta(seconds=30)))
    finish(session, second, code_at(secret, LATER + timedelta(seconds=30)))


def test_the_code_of_the_set_up_does_not_sign_in(session, jana):
    secret = switch_on(session, jana)
    with pytest.raises(WrongCode):
        finish(session, step_of(session, jana, NOW), code_at(secret, NOW), now=NOW)


def test_a_step_lasts_ten_minutes_and_dies_with_the_account(session, jana):
    secret = switch_on(session, jana)
    token = step_of(session, jana)
    late = LATER + STEP_LIFETIME
    with pytest.raises(StepSpent):
        finish(session, token, code_at(secret, late), now=late)
    with pytest.raises(StepSpent):
        finish(session, "unknown", code_at(secret, LATER))
    token = step_of(session, jana)
    jana.active = False
    with pytest.raises(StepSpent):
        finish(session, token, code_at(secret, LATER))


def test_a_new_password_ends_steps_under_way(session, jana):
    secret = switch_on(session, jana)
    token = step_of(session, jana)
    service.set_password(session, jana.id, "$hash", now=LATER, actor=organiser(jana.id))
    assert session.scalars(select(SignInStep)).all() == []
    with pytest.raises(StepSpent):
        finish(session, token, code_at(secret, LATER))


def test_recovery_codes_work_once_each_however_they_are_typed(session, jana):
    switch_on(session, jana)
    first, second, *_rest = fresh(session, jana)
    finish(
        session, step_of(session, jana), first.upper().replace("-", " ").replace("0", "O").replace("1", "I")
    )
    assert queries.count_recovery_codes(session, jana.id) == 9
    with pytest.raises(WrongCode):
        finish(session, step_of(session, jana), first)
    finish(session, step_of(session, jana), second.replace("-", ""))
    assert queries.count_recovery_codes(session, jana.id) == 8
    told = [letter.facts["what"] for letter in session.scalars(select(Letter).order_by(Letter.id))]
    assert told == ["on", "code_used", "code_used"]


def test_the_recovery_codes_of_others_do_not_work(session, jana):
    other = make_account(session, Role.VIEWER)
    switch_on(session, jana)
    switch_on(session, other)
    with pytest.raises(WrongCode):
        finish(session, step_of(session, jana), fresh(session, other)[0])


def test_recovery_codes_work_when_the_key_of_the_application_is_lost(session, jana):
    secret = switch_on(session, jana)
    code = fresh(session, jana)[0]
    other = Sealer("quite another key, 32 letters yes")
    with pytest.raises(WrongCode):
        finish(session, step_of(session, jana), code_at(secret, LATER), sealer=other)
    assert finish(session, step_of(session, jana), code, sealer=other).account_id == jana.id


def test_a_change_of_the_key_is_followed_at_the_next_sign_in(session, jana):
    secret = switch_on(session, jana)
    new_key = "the next key, 32 letters, for sure"
    both = Sealer(new_key, "a key for tests only, 32 letters")
    finish(session, step_of(session, jana), code_at(secret, LATER), sealer=both)
    assert Sealer(new_key).open(session.get(SecondFactor, jana.id).secret) == secret


def test_fresh_codes_are_shown_until_they_are_kept_or_for_half_an_hour(session, jana):
    switch_on(session, jana)
    assert fresh(session, jana, NOW + timedelta(minutes=29))
    assert fresh(session, jana, NOW + timedelta(minutes=31)) == []
    second_factor.codes_kept(session, jana.id)
    assert fresh(session, jana) == []
    assert session.get(SecondFactor, jana.id).fresh_codes is None


def test_new_codes_void_the_old_ones(session, jana):
    secret = switch_on(session, jana)
    old = fresh(session, jana)[0]
    with pytest.raises(WrongCode):
        second_factor.renew_codes(session, jana.id, "000000", sealer=SEALER, now=LATER)
    second_factor.renew_codes(session, jana.id, code_at(secret, LATER), sealer=SEALER, now=LATER)
    new = fresh(session, jana, LATER)
    assert old not in new
    with pytest.raises(WrongCode):
        finish(session, step_of(session, jana), old)
    finish(session, step_of(session, jana), new[0])


def test_another_phone_needs_a_code_of_the_present_one(session, jana):
    old = switch_on(session, jana)
    recovery = fresh(session, jana)[3]
    for wrong in ("", "000000"):
        with pytest.raises(WrongPresentCode):
            switch_on(session, jana, now=LATER, present=wrong)
    new = switch_on(session, jana, now=LATER, present=recovery)
    late = LATER + timedelta(minutes=2)
    with pytest.raises(WrongCode):
        finish(session, step_of(session, jana), code_at(old, late), now=late)
    finish(session, step_of(session, jana), code_at(new, late), now=late)


def test_turning_it_off_needs_a_code_and_is_refused_where_all_must_have_one(session, jana):
    secret = switch_on(session, jana)
    with pytest.raises(WrongCode):
        second_factor.turn_off(session, jana.id, "000000", sealer=SEALER, now=LATER)
    second_factor.require_for_all(session, required=True, now=LATER, actor=SYSTEM)
    with pytest.raises(SecondFactorRequired):
        second_factor.turn_off(session, jana.id, code_at(secret, LATER), sealer=SEALER, now=LATER)
    second_factor.require_for_all(session, required=False, now=LATER, actor=SYSTEM)
    second_factor.turn_off(session, jana.id, code_at(secret, LATER), sealer=SEALER, now=LATER)
    assert queries.find_second_factor(session, jana.id) is None
    assert session.scalars(select(RecoveryCode)).all() == []
    link = service.new_one_time_link(session, jana.id, Purpose.SIGN_IN, now=LATER)
    assert isinstance(service.sign_in_by_link(session, link, now=LATER), service.NewSession)


def test_an_administrator_resets_a_colleague_but_not_themselves(session, jana):
    boss = make_account(session)
    switch_on(session, jana)
    switch_on(session, boss)
    token = step_of(session, jana)
    with pytest.raises(OwnAccount):
        second_factor.reset(session, boss.id, now=LATER, actor=organiser(boss.id))
    second_factor.reset(session, jana.id, now=LATER, actor=organiser(boss.id))
    assert queries.with_second_factor(session) == {boss.id}
    assert queries.count_recovery_codes(session, jana.id) == 0
    assert queries.find_step(session, token, now=LATER) is None
    letter = session.scalars(
        select(Letter).where(Letter.account_id == jana.id).order_by(Letter.id.desc())
    ).first()
    assert letter.facts == {"what": "reset"}
    entry = session.scalars(select(Entry).where(Entry.act == "account:factor_reset")).one()
    assert (entry.subject_id, entry.account_id) == (jana.id, boss.id)
    with pytest.raises(NotFound):
        second_factor.reset(session, jana.id, now=LATER, actor=organiser(boss.id))


def test_requiring_it_is_recorded_once_and_seen_by_the_next_request(session, jana):
    link = service.new_one_time_link(session, jana.id, Purpose.SIGN_IN, now=NOW)
    token = service.sign_in_by_link(session, link, now=NOW).token
    assert queries.find_session(session, token, now=NOW).owes_factor is False
    for _twice in range(2):
        second_factor.require_for_all(session, required=True, now=NOW, actor=SYSTEM)
    session.flush()
    session.expunge_all()
    assert queries.find_session(session, token, now=NOW).owes_factor is True
    acts = session.scalars(select(Entry.act).where(Entry.subject == "team")).all()
    assert acts == ["team:factor_required"]
    switch_on(session, session.merge(jana))
    session.expunge_all()
    assert queries.find_session(session, token, now=NOW) is None, "set up with another session's token"


def test_shutting_out_ends_steps(session, jana):
    boss = make_account(session)
    switch_on(session, jana)
    step_of(session, jana)
    team.deactivate(session, jana.id, now=LATER, actor=organiser(boss.id))
    assert session.scalars(select(SignInStep)).all() == []
