"""Header lines of strangers, taken apart: quoted strings, comments, signs, words (RFC 5322, 3.2).

The standard library's parsers of such lines recurse into nested comments until Python gives up, and guess. This one
reads each character once, and says "not understood".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from app.base.addresses import read_address

MAX_VALUE = 64 * 1024  # characters of one header line that are looked at
MAX_PIECES = 5_000  # that one header line may be made of; a thousand recipients with names are fewer

_BLANK = re.compile(r"\s+")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ADDRESS_SIGNS = "<>,;:"


class Kind(StrEnum):
    """What a piece of a header line is."""

    BLANK = "blank"
    COMMENT = "comment"
    QUOTED = "quoted"
    SIGN = "sign"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a header line; `text` is without quotes, parentheses and escapes."""

    kind: Kind
    text: str

    @property
    def is_space(self) -> bool:
        """Whether it only separates: white space and comments."""
        return self.kind in (Kind.BLANK, Kind.COMMENT)


def pieces(value: str, *, signs: str) -> list[Piece] | None:
    """The pieces of a header's value; each character of `signs` outside of quotes and comments is one by itself.

    None when it is too long, made of too many pieces, or a quote or a comment does not end.
    """
    if len(value) > MAX_VALUE:
        return None
    word = re.compile(rf'[^\s"(){re.escape(signs)}]+')
    found: list[Piece] = []
    at = 0
    while at < len(value):
        step = _piece(value, at, signs, word)
        if step is None or len(found) == MAX_PIECES:
            return None
        piece, at = step
        found.append(piece)
    return found


def _piece(value: str, at: int, signs: str, word: re.Pattern[str]) -> tuple[Piece, int] | None:
    """The piece that begins at `at` and where the next one begins."""
    char = value[at]
    if char == "(":
        return _comment(value, at)
    if char == '"':
        quoted = _QUOTED.match(value, at)
        return (Piece(Kind.QUOTED, _ESCAPED.sub(r"\1", quoted[1])), quoted.end()) if quoted else None
    if char in signs:
        return Piece(Kind.SIGN, char), at + 1
    for kind, pattern in ((Kind.BLANK, _BLANK), (Kind.WORD, word)):
        if matched := pattern.match(value, at):
            return Piece(kind, matched[0]), matched.end()
    return None


def _comment(value: str, at: int) -> tuple[Piece, int] | None:
    """A comment with those inside it, as deep as they go."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(value, at):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            inside = value[at + 1 : mark.start()]
            return Piece(Kind.COMMENT, _ESCAPED.sub(r"\1", inside)), mark.end()
    return None


def addresses(value: str) -> list[str | None]:
    """The mailboxes of an address line, folded as `fold_email` does; None for each that is not understood."""
    read = pieces(value, signs=_ADDRESS_SIGNS)
    return [None] if read is None else [_address(one) for one in _listed(read)]


def _listed(read: list[Piece]) -> list[list[Piece]]:
    """One list of pieces per mailbox. A group (`Team: a@…, b@…;`) gives its members and loses its name."""
    members: list[list[Piece]] = [[]]
    inside = False
    for piece in read:
        if piece.kind == Kind.SIGN and piece.text in "<>":
            inside = piece.text == "<"
        if piece.kind != Kind.SIGN or inside or piece.text == ">":
            members[-1].append(piece)
        elif piece.text == ":":
            members[-1] = []
        else:
            members.append([])
    return [member for member in members if not all(piece.is_space for piece in member)]


def _address(member: list[Piece]) -> str | None:
    """The address of one mailbox: what stands in angle brackets, or all of it where there are none."""
    brackets = [at for at, piece in enumerate(member) if piece.kind == Kind.SIGN and piece.text in "<>"]
    inside = member
    if brackets:
        first, last = brackets[0], brackets[-1]
        well_formed = [member[at].text for at in brackets] == ["<", ">"]
        if not well_formed or not all(piece.is_space for piece in member[last + 1 :]):
            return None
        inside = member[first + 1 : last]
    solid = [at for at, piece in enumerate(inside) if not piece.is_space]
    words = inside[solid[0] : solid[-1] + 1] if solid else []
    if any(piece.kind != Kind.WORD for piece in words):
        return None
    return read_address("".join(piece.text for piece in words))
