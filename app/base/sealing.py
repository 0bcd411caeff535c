"""Secrets that must be readable again, sealed under a key derived from the application's secret.

The cipher is Fernet (AES-128-CBC with HMAC-SHA256) of `cryptography`; the key comes by HKDF (RFC 5869), so that it is
no other key of ours. A thief of the database alone reads nothing.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from datetime import timedelta

PURPOSE = b"setkani: sealed secrets"


class Sealer:
    """Seals with the first of `keys` and opens with any of them: the present secret first, then former ones."""

    def __init__(self, *keys: str) -> None:
        self._boxes = tuple(_box(key) for key in keys)

    def seal(self, text: str) -> str:
        """The text, unreadable; a different one each time."""
        return self._boxes[0].encrypt(text.encode()).decode()

    def open(self, sealed: str, *, within: timedelta | None = None) -> str | None:
        """The text again; None when no key fits, when it was tampered with, or is older than `within`."""
        seconds = int(within.total_seconds()) if within else None
        for box in self._boxes:
            try:
                return box.decrypt(sealed.encode("utf-8", "replace"), ttl=seconds).decode()
            except InvalidToken:
                continue
        return None


@cache
def _box(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
