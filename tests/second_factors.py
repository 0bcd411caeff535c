"""A phone with an app for codes, for tests."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp
from flask import Flask

from app.base import clock
from app.domain.accounts import second_factor
from app.domain.accounts.models import RecoveryCode, SecondFactor
from app.extensions import db, sealer

SECRET = re.compile(r'<code id="secret">([A-Z2-7 ]+)</code>')
SEALED = re.compile(r'name="sealed"[^>]*value="([^"]+)"')


class Phone:
    """Shows the codes of one secret; never the same twice, as if half a minute passed in between."""

    def __init__(self, secret: str, used: int = 0) -> None:
        self.totp, self.used = pyotp.TOTP(secret), used

    def code(self, now: datetime | None = None) -> str:
        """The code of the present half minute, or the next one when that was used already."""
        step = max(int((now or clock.now()).timestamp()) // 30, self.used + 1)
        self.used = step
        return self.totp.generate_otp(step)


def give_phone(app: Flask, account_id: int) -> tuple[Phone, list[str]]:
    """An account whose second factor was switched on long ago; gives the phone and the recovery codes."""
    secret = second_factor.new_secret()
    with app.app_context():
        session, box = db.session(), sealer()
        codes = box.open(second_factor._new_codes(session, account_id, box)) or ""
        session.add(
            SecondFactor(account_id=account_id, secret=box.seal(secret), last_step=0, set_at=clock.now())
        )
        session.commit()
    return Phone(secret), codes.split()


def codes_left(app: Flask, account_id: int) -> int:
    """How many recovery codes are not used."""
    with app.app_context():
        query = db.session.query(RecoveryCode).filter_by(account_id=account_id, used_at=None)
        return query.count()
