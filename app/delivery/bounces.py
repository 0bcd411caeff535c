"""What a mail server reports about a letter that it could not deliver (RFC 3464).

Which letter it was, the token in the envelope says (`Incoming.bounce_token`); the letter that a report encloses is
never opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from app.base.addresses import read_address

if TYPE_CHECKING:
    from app.delivery.incoming import Incoming

MAX_REPORT = 64 * 1024
MAX_WORDS = 300

_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_FOLD = re.compile(r"\n[ \t]+")
_COMMENT = re.compile(r"\([^()]*\)")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b", re.ASCII)


class Outcome(StrEnum):
    """PERMANENT: this address takes nothing. PASSING: nothing has to be done. UNCLEAR: a person has to read it."""

    PERMANENT = "permanent"
    PASSING = "passing"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """One report. `words` are the server's own, one line, perhaps empty; `recipient` is None when it is not named."""

    outcome: Outcome
    action: str = ""
    status: str = ""
    words: str = field(default="", repr=False)
    recipient: str | None = field(default=None, repr=False)


def read(mail: Incoming) -> Bounce | None:
    """What a bounce says of its first recipient that failed, else of its first; None for a mail that is no bounce.

    A bounce without a report, as qmail and old Exchange write it, is UNCLEAR: its text may say anything.
    """
    if not mail.is_bounce:
        return None
    recipients = _recipients(mail.delivery_status or b"")
    if not recipients:
        return Bounce(outcome=Outcome.UNCLEAR)
    found = next((one for one in recipients if _action(one) == "failed"), recipients[0])
    action, status = _action(found), _status(found.get("status", ""))
    permanent = action == "failed" and status.startswith("5.")
    return Bounce(
        outcome=Outcome.PERMANENT if permanent else Outcome.PASSING,
        action=action,
        status=status,
        words=_words(found.get("diagnostic-code", "")),
        recipient=_recipient(found),
    )


def _recipients(report: bytes) -> list[dict[str, str]]:
    """The fields of each recipient; the block about the whole message has no Action and is left out."""
    text = report[:MAX_REPORT].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    blocks = (_fields(block) for block in _EMPTY_LINE.split(text))
    return [fields for fields in blocks if "action" in fields]


def _fields(block: str) -> dict[str, str]:
    """Names in small letters; of several fields of a name the first."""
    found: dict[str, str] = {}
    for line in _FOLD.sub(" ", block.strip("\n")).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _action(fields: dict[str, str]) -> str:
    word = _COMMENT.sub("", fields["action"]).strip().lower()
    return word if word.isascii() and word.isalpha() else ""


def _status(value: str) -> str:
    """The enhanced code of RFC 3463, `5.1.1`; empty when there is none."""
    code = _STATUS.search(_COMMENT.sub("", value))
    return code[0] if code is not None else ""


def _words(value: str) -> str:
    """What the server said, without the kind of server (`smtp;`), as one line of printable characters."""
    kind, semicolon, rest = value.partition(";")
    said = rest if semicolon and kind.strip().replace("-", "").isalnum() else value
    printable = "".join(char if char.isprintable() else " " for char in said)
    return " ".join(printable.split())[:MAX_WORDS].rstrip()


def _recipient(fields: dict[str, str]) -> str | None:
    """The address that the letter ended at; where that is not told, the one that we wrote to."""
    for name in ("final-recipient", "original-recipient"):
        text = fields.get(name, "").rpartition(";")[2].strip().removeprefix("<").removesuffix(">")
        if address := read_address(text):
            return address
    return None
