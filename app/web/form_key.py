"""The signed key of public forms: a random name and the time of issue, no cookie needed.

It makes a repeated post recognisable (together with a hash of what was sent) and says when the page was made.
It does not expire on a person: `LIFETIME` only ends keys that no open page can still hold.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from app.base import clock
from app.base.tokens import new_token
from app.extensions import settings

LIFETIME = timedelta(days=400)
LONGEST = 200  # characters; ours have about 90
NONCE_LENGTH = 22


@dataclass(frozen=True, slots=True)
class FormKey:
    """`nonce`: 22 URL-safe characters, new for each page; `issued_at`: UTC."""

    nonce: str
    issued_at: datetime


def new_form_key() -> str:
    """A key for a page that is being made now."""
    return str(_serializer().dumps([new_token(), int(clock.now().timestamp())]))


def read_form_key(value: str | None) -> FormKey | None:
    """What a key says, or None when it is not ours, or older than `LIFETIME`.

    A time of issue in the future is accepted: clocks step back, also between two web nodes.
    """
    if not value or len(value) > LONGEST:
        return None
    try:
        nonce, issued = _serializer().loads(value)
        key = FormKey(str(nonce)[:NONCE_LENGTH], datetime.fromtimestamp(int(issued), UTC))
    except (BadData, TypeError, ValueError, OverflowError):
        return None
    return key if clock.now() - key.issued_at <= LIFETIME else None


def _serializer() -> URLSafeSerializer:
    config = settings()
    return URLSafeSerializer(
        [*reversed(config.secret_key_fallbacks), config.secret_key],  # the last one signs
        salt="setkani.form-key",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
