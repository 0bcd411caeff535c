"""The second factor: time-based codes (RFC 6238) and ten recovery codes.

The secret is sealed with a `Sealer`; of a recovery code (80 random bits) only the hash is stored. Each code works once.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING

import pyotp
from sqlalchemy import CursorResult, delete, update

from app.base.errors import NotFound
from app.base.tokens import hash_token
from app.domain.accounts import queries
from app.domain.accounts.models import Account, Purpose, RecoveryCode, SecondFactor, SignInStep, Switch
from app.domain.accounts.rules import (
    SECOND_FACTOR,
    OwnAccount,
    SecondFactorRequired,
    StepSpent,
    WrongCode,
    WrongPresentCode,
)
from app.domain.accounts.service import begin_session, close_ways_in, locked, tell
from app.domain.history.service import organiser, record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.base.sealing import Sealer
    from app.domain.accounts.service import NewSession
    from app.domain.history.service import Actor

STEP = 30
NEIGHBOURS = (0, -1, 1)  # clocks of phones go wrong by half a minute
CODES = 10
FEW = 3
# Crockford's base 32: no letter that one could take for another.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
MISREAD = str.maketrans("oil", "011", " -\t\u00a0\u2010\u2011\u2013")
CODE_LENGTH = 16
SHOWN_FOR = timedelta(minutes=30)


def new_secret() -> str:
    """160 random bits in base 32, as apps take them."""
    return pyotp.random_base32(32)


def address_for_app(secret: str, *, email: str, site_name: str) -> str:
    """The otpauth address that the picture holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=site_name)


def matching_step(secret: str, code: str, *, now: datetime, after: int = 0) -> int | None:
    """The half minute to which `code` belongs, of this one and its neighbours and later than `after`; else None."""
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    typed = "".join(code.split())
    found = None
    for step in (present + offset for offset in NEIGHBOURS):
        fits = compare_digest(totp.generate_otp(step).encode(), typed.encode("utf-8", "replace"))
        if fits and step > after:
            found = step
    return found


def set_up(
    session: Session,
    account_id: int,
    secret: str,
    code: str,
    *,
    sealer: Sealer,
    session_token: str,
    now: datetime,
    present: str = "",
) -> None:
    """Switch the second factor on, now that `code` shows that the app has the secret.

    A former one is replaced for a code of it, `present`. All other browsers are signed out.
    Raises `WrongPresentCode`, `WrongCode`, `NotFound`.
    """
    account = _account(session, account_id)
    if queries.find_second_factor(session, account_id) is not None:
        try:
            _use(session, account, present, sealer=sealer, now=now)
        except WrongCode as wrong:
            raise WrongPresentCode from wrong
    step = matching_step(secret, code, now=now)
    if step is None:
        raise WrongCode
    session.merge(
        SecondFactor(
            account_id=account.id,
            secret=sealer.seal(secret),
            last_step=step,
            set_at=now,
            fresh_codes=_new_codes(session, account.id, sealer),
            fresh_until=now + SHOWN_FOR,
        )
    )
    close_ways_in(session, account.id, but=session_token)
    record(session, "account:factor_on", subject_id=account.id, actor=organiser(account.id), now=now)
    tell(session, account, "on", now=now)


def finish_sign_in(
    session: Session,
    step_token: str,
    code: str,
    *,
    sealer: Sealer,
    now: datetime,
    device: str = "",
) -> NewSession:
    """The second half of a sign-in. Raises `StepSpent`, `WrongCode`."""
    step = queries.find_step(session, step_token, now=now)
    account = locked(session, step.account_id) if step else None
    if step is None or account is None or not account.active:
        raise StepSpent
    purpose = Purpose(step.purpose) if step.purpose else None
    by = _use(session, account, code, sealer=sealer, now=now)
    spent = delete(SignInStep).where(SignInStep.token_hash == hash_token(step_token))
    if _run(session, spent) != 1:  # two windows at once: the other was quicker
        raise StepSpent
    return begin_session(session, account, now=now, device=device, purpose=purpose, second=by)


def renew_codes(session: Session, account_id: int, code: str, *, sealer: Sealer, now: datetime) -> None:
    """Ten new recovery codes; the old ones are void. Raises `WrongCode`, `NotFound`."""
    account = _account(session, account_id)
    _use(session, account, code, sealer=sealer, now=now)
    factor = _factor(session, account_id)
    factor.fresh_codes, factor.fresh_until = _new_codes(session, account_id, sealer), now + SHOWN_FOR
    record(session, "account:factor_codes", subject_id=account_id, actor=organiser(account_id), now=now)
    tell(session, account, "codes", now=now)


def turn_off(session: Session, account_id: int, code: str, *, sealer: Sealer, now: datetime) -> None:
    """Go without from now on. Raises `SecondFactorRequired`, `WrongCode`, `NotFound`."""
    account = _account(session, account_id)
    if queries.second_factor_required(session):
        raise SecondFactorRequired
    _use(session, account, code, sealer=sealer, now=now)
    _remove(session, account_id)
    record(session, "account:factor_off", subject_id=account_id, actor=organiser(account_id), now=now)
    tell(session, account, "off", now=now)


def reset(session: Session, account_id: int, *, now: datetime, actor: Actor) -> Account:
    """Take the second factor away from somebody who lost it; they are signed out and told.

    Raises `OwnAccount` (one's own goes by a code) and `NotFound`, also where there is none.
    """
    account = _account(session, account_id)
    if account_id == actor.account_id:
        raise OwnAccount
    _factor(session, account_id)
    _remove(session, account_id)
    close_ways_in(session, account_id)
    record(session, "account:factor_reset", subject_id=account_id, actor=actor, now=now)
    tell(session, account, "reset", now=now)
    return account


def shown_codes(factor: SecondFactor | None, *, sealer: Sealer, now: datetime) -> list[str]:
    """New recovery codes that the person has not kept yet, for half an hour; else none."""
    if factor is None or not factor.fresh_codes or factor.fresh_until is None or factor.fresh_until <= now:
        return []
    return (sealer.open(factor.fresh_codes) or "").split()


def codes_kept(session: Session, account_id: int) -> None:
    """The person has kept the new recovery codes: nobody sees them again."""
    factor = session.get(SecondFactor, account_id, with_for_update=True)
    if factor is not None:
        factor.fresh_codes = factor.fresh_until = None


def require_for_all(session: Session, *, required: bool, now: datetime, actor: Actor) -> None:
    """Switch on or off that everybody must have a second factor."""
    switch = session.get(Switch, SECOND_FACTOR, with_for_update=True)
    if required == (switch is not None):
        return
    if switch is None:
        session.add(Switch(name=SECOND_FACTOR, since=now))
    else:
        session.delete(switch)
    act = "team:factor_required" if required else "team:factor_optional"
    record(session, act, subject_id=0, actor=actor, now=now)


def _use(session: Session, account: Account, code: str, *, sealer: Sealer, now: datetime) -> str:
    """Use up a code of a locked account; gives `app` or `recovery`. Raises `WrongCode`, `NotFound`."""
    factor = _factor(session, account.id)
    secret = sealer.open(factor.secret)
    step = matching_step(secret, code, now=now, after=factor.last_step) if secret else None
    if secret and step is not None:
        factor.last_step, factor.secret = step, sealer.seal(secret)  # under the present key from now on
        return "app"
    statement = update(RecoveryCode).where(
        RecoveryCode.code_hash == _hash(account.id, code),
        RecoveryCode.account_id == account.id,
        RecoveryCode.used_at.is_(None),
    )
    if _run(session, statement.values(used_at=now)) != 1:
        raise WrongCode
    tell(session, account, "code_used", now=now)
    return "recovery"


def _new_codes(session: Session, account_id: int, sealer: Sealer) -> str:
    """Replace all recovery codes; gives the new ones, sealed."""
    _run(session, delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    session.add_all(RecoveryCode(code_hash=_hash(account_id, one), account_id=account_id) for one in codes)
    return sealer.seal(" ".join(_in_groups(codes)))


def _in_groups(codes: Iterable[str]) -> Iterable[str]:
    return ("-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)) for code in codes)


def _hash(account_id: int, code: str) -> str:
    return hash_token(f"{account_id}:{code.lower().translate(MISREAD)}")


def _remove(session: Session, account_id: int) -> None:
    _run(session, delete(SecondFactor).where(SecondFactor.account_id == account_id))
    _run(session, delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def _account(session: Session, account_id: int) -> Account:
    account = locked(session, account_id)
    if account is None or not account.active:
        raise NotFound
    return account


def _factor(session: Session, account_id: int) -> SecondFactor:
    factor = session.get(SecondFactor, account_id, populate_existing=True, with_for_update=True)
    if factor is None:
        raise NotFound
    return factor


def _run(session: Session, statement: object) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[attr-defined]
    assert isinstance(result, CursorResult)  # noqa: S101 - what execute() gives for UPDATE and DELETE
    return result.rowcount
