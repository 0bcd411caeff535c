"""From what was scanned or typed to the code of an attendee."""

from __future__ import annotations

import re

from app.base.tokens import hash_token

IN_ADDRESS = re.compile(r"/c/([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])")
ALONE = re.compile(r"[A-Za-z0-9_-]{22}")
# A scanner that acts as a keyboard presses the keys of an American one; this is what a Czech one makes of them.
CZECH_KEYS = str.maketrans('+ěščřžýáíé=%-"yzYZ', "1234567890-_/:zyZY")


def code_of(text: str) -> str | None:
    """The hash of the check-in code in a text: an address, the bare code, or either typed by Czech keys; or None."""
    for one in (text.strip(), text.strip().translate(CZECH_KEYS)):
        if found := IN_ADDRESS.search(one):
            return hash_token(found[1])
        if ALONE.fullmatch(one):
            return hash_token(one)
    return None
