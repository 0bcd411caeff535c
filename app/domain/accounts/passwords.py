"""Hashing and judging passwords. Slow on purpose: call it outside of every transaction.

Argon2id through pwdlib. Each hash takes 64 MiB, so only a few are computed at once in each process. What is too common
is known from two lists beside this file: words in three languages, and passwords that became public when others were
robbed (docs/decisions/0018). Both are looked up as a whole and as parts, also spelt with look-alike signs.
"""

from __future__ import annotations

import gzip
import re
import secrets
from base64 import b64encode
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from app.base.errors import Refusal
from app.base.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST = 12
LONGEST = 128
AT_ONCE = 2
COMMON = Path(__file__).with_name("common_passwords.txt")
BREACHED = Path(__file__).with_name("breached_passwords.txt.gz")
LONGEST_WORD = 24
SHORTEST_RUN = 3
# A password must be worth this many characters that nobody can guess; a common word or run is worth few.
ENOUGH = 8
WORTH_OF_WORD = 2
WORTH_OF_RUN = 1
SHORTEST_OWN_WORD = 4
YEAR = re.compile("(19|20)[0-9]{2}")
LOOKALIKES = str.maketrans("0134578@$!", "oleastbasi")

_hasher = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=4),))
_slots = BoundedSemaphore(AT_ONCE)


class WeakPassword(Refusal):
    """The password is `short`, `long`, `common`, or `personal` (has the site's name or the address in it)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def hash_password(password: str) -> str:
    """The argon2id hash to store. Takes about half a second."""
    with _slots:
        return _hasher.hash(password)


def verify_password(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to the hash; without one, False after the same time."""
    with _slots:
        try:
            right = _hasher.verify(password, stored or _hash_of_nobody())
        except PwdlibError:
            right = False
    return right and stored is not None


def _hash_of_nobody() -> str:
    """A hash that nothing belongs to; comparing with it takes as long as with any other."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m=65536,t=3,p=4${salt}${digest}"


def judge_password(password: str, *, email: str, site_name: str) -> None:
    """Raise `WeakPassword` for one that is too short, too long, common, or has the address or site in it."""
    if len(password) < SHORTEST:
        raise WeakPassword("short")
    if len(password) > LONGEST:
        raise WeakPassword("long")
    folded = fold(password)
    if any(word in folded for word in _own_words(email, site_name)):
        raise WeakPassword("personal")
    if _worth(_unit(folded)) < ENOUGH:
        raise WeakPassword("common")


def _own_words(email: str, site_name: str) -> Iterable[str]:
    local = fold(email).partition("@")[0]
    return (word for word in (local, fold(site_name)) if len(word) >= SHORTEST_OWN_WORD)


def _unit(text: str) -> str:
    """What `text` repeats: `heslo` for `hesloheslo`."""
    period = (text + text).find(text, 1)
    return text[:period] if period > 0 else text


def _worth(text: str) -> int:
    """The least that `text` is worth, however it is cut into words, runs, years and single characters."""
    plain, guessed = text, text.translate(LOOKALIKES)
    least = [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        least[end] = least[end - 1] + 1
        for start in range(max(0, end - LONGEST_WORD), end - SHORTEST_RUN + 1):
            if plain[start:end] in _common() or guessed[start:end] in _common():
                least[end] = min(least[end], least[start] + WORTH_OF_WORD)
            elif _is_run(plain[start:end]) or YEAR.fullmatch(plain, start, end):
                least[end] = min(least[end], least[start] + WORTH_OF_RUN)
    return least[-1]


def _is_run(text: str) -> bool:
    """`aaaa`, `1234`, `fedc`: every step is the same and at most one."""
    steps = {ord(right) - ord(left) for left, right in pairwise(text)}
    return len(steps) == 1 and abs(steps.pop()) <= 1


@cache
def _common() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    with gzip.open(BREACHED, "rt", encoding="ascii") as breached:
        return frozenset([*(line for line in lines if not line.startswith("#")), *breached.read().split()])
