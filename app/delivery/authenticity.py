"""How sure it is that the person in From sent a mail: what our own mail server wrote about it (RFC 8601).

Everybody can write Authentication-Results. Only lines with the configured authserv-id count, and of those only the
topmost: servers put their lines above what they received, so one that came with the mail stands below ours.
Whatever is not clear to the letter is no result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.base.addresses import are_related
from app.delivery.header_words import Kind, Piece, pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LINES = 50
VERSION = "1"
SEVERE = frozenset({"reject", "quarantine"})

_SIGNS = ";="
_POLICY = re.compile(r"(?<![\w.])(?:p|policy)\s*=\s*(\w+)", re.IGNORECASE)
_METHOD_VERSION = re.compile(r"/\d+\Z")


class Authenticity(StrEnum):
    """STRONG: the domain in From vouches for it. FAILED: that domain wants it rejected. WEAK: neither is known."""

    STRONG = "strong"
    WEAK = "weak"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What one method found: `dmarc`, `pass`, its properties (`header.from`), its comments."""

    method: str
    result: str
    properties: dict[str, str]
    comments: tuple[str, ...]


def judge(lines: Sequence[str], *, sender: str | None, authserv_id: str | None) -> Authenticity:
    """Judge a mail from the one author `sender`; `lines` are its Authentication-Results, topmost first.

    Without a `sender` or an `authserv_id` nothing can be known. A failed DMARC is never made good by a signature:
    the owner of the domain may ask for more than we do.
    """
    if not sender or not authserv_id:
        return Authenticity.WEAK
    domain = sender.rpartition("@")[2]
    results = _ours(lines[:MAX_LINES], authserv_id)
    dmarc = [one for one in results if one.method == "dmarc"]
    if len(dmarc) > 1:  # one of them came from the mail itself
        return Authenticity.WEAK
    about = [one for one in dmarc if one.properties.get("header.from", "").lower() == domain]
    if any(one.result == "fail" for one in dmarc):
        return Authenticity.FAILED if any(map(_is_severe, about)) else Authenticity.WEAK
    by_dmarc = any(one.result == "pass" for one in about)
    by_signature = any(_is_signed(one, domain) for one in results)
    return Authenticity.STRONG if by_dmarc or by_signature else Authenticity.WEAK


def _ours(lines: Sequence[str], authserv_id: str) -> list[Result]:
    """The results in the topmost line of our own server.

    A line that cannot be read ends the search: it may be ours, and what is below it a stranger's.
    """
    for line in lines:
        statements = _statements(line)
        if statements is None:
            return []
        words = [piece.text for piece in statements[0] if not piece.is_space]
        if words and words[0].lower() == authserv_id.lower():
            found = (
                (_result(statement) for statement in statements[1:]) if words[1:] in ([], [VERSION]) else ()
            )
            return [one for one in found if one is not None]
    return []


def _statements(line: str) -> list[list[Piece]] | None:
    """The pieces between semicolons; None where the line cannot be read to its end."""
    read = pieces(line, signs=_SIGNS)
    if read is None:
        return None
    statements: list[list[Piece]] = [[]]
    for piece in read:
        if piece == Piece(Kind.SIGN, ";"):
            statements.append([])
        else:
            statements[-1].append(piece)
    return statements


def _result(statement: list[Piece]) -> Result | None:
    """`method[/version]=result`, then pairs of different names; None for anything else."""
    pairs = _pairs(statement)
    if not pairs:
        return None
    (method, result), *more = pairs
    properties = dict(more)
    if len(properties) != len(more):
        return None
    comments = tuple(piece.text for piece in statement if piece.kind == Kind.COMMENT)
    return Result(_METHOD_VERSION.sub("", method), result.lower(), properties, comments)


def _pairs(statement: list[Piece]) -> list[tuple[str, str]] | None:
    """All of a statement as name and value; None when something in it is neither."""
    rest = [Piece(Kind.BLANK, "") if piece.kind == Kind.COMMENT else piece for piece in statement]
    equals = Piece(Kind.SIGN, "=")
    found: list[tuple[str, str]] = []
    at = _after_blanks(rest, 0)
    while at < len(rest):
        name, sign = rest[at], _after_blanks(rest, at + 1)
        value = _after_blanks(rest, sign + 1)
        if name.kind != Kind.WORD or rest[sign : sign + 1] != [equals]:
            return None
        end = value
        while end < len(rest) and rest[end].kind != Kind.BLANK:
            end += 1
        if end == value:
            return None
        found.append((name.text.lower(), "".join(piece.text for piece in rest[value:end])))
        at = _after_blanks(rest, end)
    return found


def _after_blanks(rest: list[Piece], at: int) -> int:
    while at < len(rest) and rest[at].kind == Kind.BLANK:
        at += 1
    return at


def _is_signed(one: Result, domain: str) -> bool:
    """Whether a signature that holds is by the domain in From, or by one above or below it."""
    signer = one.properties.get("header.d") or one.properties.get("header.i", "").rpartition("@")[2]
    return one.method == "dkim" and one.result == "pass" and bool(signer) and are_related(signer, domain)


def _is_severe(one: Result) -> bool:
    """Whether the owner's policy is to reject, or to set aside; Gmail, OpenDMARC and rspamd say it in a comment.

    Exchange says it as `action`, with an o before it when it lets the mail in all the same.
    """
    action = one.properties.get("action", "").lower()
    said = [one.properties.get("policy.dmarc", ""), action, action.removeprefix("o.").removeprefix("o")]
    said += [policy for comment in one.comments for policy in _POLICY.findall(comment)]
    return one.result == "fail" and any(word.lower() in SEVERE for word in said)
