"""The parts of a stranger's mail (RFC 2045, 2046), at a cost that its sender cannot raise.

The standard library's parser takes up to a minute for what one mail of 1 MiB can describe: parts in parts, each
with a boundary of its own, that are all compared with every line. Here each depth is looked through once, by
searching, and there are ten at most. Mails inside a mail (`message/rfc822`) stay closed: they are not the sender's
words.
"""

from __future__ import annotations

import binascii
import quopri
import re
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING

from app.base.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1024 * 1024
MAX_PARTS = 50
MAX_DEPTH = 10
MAX_HEADER_BYTES = 128 * 1024
MAX_HEADER_LINES = 2_000
MAX_CONTENT_TYPE = 4 * 1024

_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_KIND = re.compile(r"\s*([\w.+-]+/[\w.+-]+)\s*(?=;|\(|$)", re.ASCII)
_PARAMETER = re.compile(r';\s*([\w.+-]+)\s*=\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s";]+))', re.ASCII)
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


class Reason(StrEnum):
    """Why a mail is not read."""

    TOO_LARGE = "too_large"
    NOT_A_MAIL = "not_a_mail"
    HEADERS_TOO_LARGE = "headers_too_large"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_DEEP = "too_deep"


class UnreadableMail(Refusal):
    """A mail that is not read; `reason` says why and nothing of what it held."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Part:
    """A mail or a part of one. A multipart has `parts`; everything else a `body`, encoded as it came.

    Names of headers and parameters, and `kind` (`text/calendar`), are in small letters. Values are unfolded, with
    spaces for control characters, and nothing in them is decoded.
    """

    headers: tuple[tuple[str, str], ...] = field(repr=False)
    kind: str
    parameters: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    parts: tuple[Part, ...]

    def values(self, name: str) -> list[str]:
        """The values of all headers of a name, topmost first."""
        return [value for key, value in self.headers if key == name]

    def value(self, name: str) -> str:
        """The topmost value, or an empty text."""
        return next(iter(self.values(name)), "")

    def walk(self) -> Iterator[Part]:
        """The part itself and all in it, in order."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def content(self) -> bytes:
        """The body with its transfer encoding undone as far as it goes."""
        encoding = self.value("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return _from_base64(self.body)
        if encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        return self.body


def open_mail(raw: bytes) -> Part:
    """Take a raw mail apart. Raises `UnreadableMail`."""
    if len(raw) > MAX_BYTES:
        raise UnreadableMail(Reason.TOO_LARGE)
    mail = _Opening().part(raw, depth=0)
    if not mail.headers:
        raise UnreadableMail(Reason.NOT_A_MAIL)
    return mail


class _Opening:
    """One mail being opened; it counts the parts."""

    def __init__(self) -> None:
        self.found = 0

    def part(self, data: bytes, *, depth: int) -> Part:
        """The part that `data` is."""
        if depth > MAX_DEPTH:
            raise UnreadableMail(Reason.TOO_DEEP)
        head, body = _split(data)
        headers = _headers(head)
        kind, parameters = _content_type(next((v for name, v in headers if name == "content-type"), ""))
        boundary = parameters.get("boundary", "").rstrip()
        if not kind.startswith("multipart/") or not boundary:
            return Part(headers, kind, parameters, body, ())
        parts = [self.part(inside, depth=depth + 1) for inside in self._between(body, boundary)]
        return Part(headers, kind, parameters, b"", tuple(parts))

    def _between(self, body: bytes, boundary: str) -> list[bytes]:
        """What stands between the lines that a boundary makes; the last one need not be closed."""
        mark = b"--" + boundary.encode("utf-8", "replace")
        found: list[bytes] = []
        begin: int | None = None
        for start, end, is_last in _marks(body, mark):
            if begin is not None:
                found.append(body[begin:start])
            begin = None if is_last else end
            self.found += not is_last
            if self.found > MAX_PARTS:
                raise UnreadableMail(Reason.TOO_MANY_PARTS)
            if is_last:
                break
        if begin is not None:
            found.append(body[begin:])
        return found


def _marks(body: bytes, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """(where the text before ends, where the text after begins, whether it is the closing one) of each boundary.

    One search that gives nothing back (`*+`), for lines that only begin like a boundary may be all there are.
    """
    line = re.escape(mark) + rb"(--)?[ \t]*+(?=\r?\n|\r?\Z)"
    first = re.compile(line).match(body)
    for found in chain([first] if first else [], re.compile(rb"\n" + line).finditer(body)):
        at = found.start()
        before = at - 1 if at > 0 and body[at - 1 : at] == b"\r" else at
        # the line end after one boundary is also the one before the next, so it is looked at and not taken
        line_end = body.find(b"\n", found.end())
        yield before, line_end + 1 if line_end >= 0 else len(body), found[1] is not None


def _split(data: bytes) -> tuple[bytes, bytes]:
    """(headers, body). Without an empty line all is headers."""
    if data.startswith((b"\n", b"\r\n")):
        return b"", data.partition(b"\n")[2]
    ends = [(at, len(mark)) for mark in (b"\n\n", b"\n\r\n") if (at := data.find(mark)) >= 0]
    if not ends:
        return data, b""
    at, length = min(ends)
    return data[:at], data[at + length :]


def _headers(head: bytes) -> tuple[tuple[str, str], ...]:
    """The header lines, unfolded. What is none, such as the `From ` line of a mailbox file, is passed over."""
    if len(head) > MAX_HEADER_BYTES or head.count(b"\n") > MAX_HEADER_LINES:
        raise UnreadableMail(Reason.HEADERS_TOO_LARGE)
    found = []
    for line in _FOLD.sub(b"", head).split(b"\n"):
        if parts := _FIELD.fullmatch(line):
            value = _CONTROL.sub(" ", parts[2].decode("utf-8", "replace")).strip()
            found.append((parts[1].decode("ascii").lower(), value))
    return tuple(found)


def _content_type(value: str) -> tuple[str, dict[str, str]]:
    """(`text/calendar`, its parameters); what says nothing clear is `text/plain` (RFC 2045, 5.2)."""
    kind = _KIND.match(value)
    if kind is None or len(value) > MAX_CONTENT_TYPE:
        return "text/plain", {}
    parameters: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(value, kind.end()):
        parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else plain)
    return kind[1].lower(), parameters


def _from_base64(body: bytes) -> bytes:
    """Undo base 64. Signs that are none are left out, and so is what too few signs leave at the end."""
    signs = _NO_BASE64.sub(b"", body.partition(b"=")[0])
    whole = signs[: len(signs) - (len(signs) % 4 == 1)]
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
