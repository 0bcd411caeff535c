"""Header lines that carry text which people typed, encoded by RFC 2047.

The standard library's own folding of such lines loses quotes and lets encoded words of the user's be decoded
(CPython before 3.11.10), so names and subjects are encoded here and then written as they are.
"""

from __future__ import annotations

import re
from email.header import Header
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any

from app.base.text import one_line_for_header

LINE = 76
LINE_END = "\r\n"
OURS = frozenset({"subject", "from", "to", "list-unsubscribe"})
# They say the same in every letter and nothing of a person. Taking them apart was a fifth of making a mail.
ALIKE = frozenset({"mime-version", "content-type", "content-transfer-encoding", "content-disposition"})
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9'+/ -]*")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class LetterPolicy(EmailPolicy):
    """Writes the headers in `OURS` as they were given; everything else as the standard library does."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep our own lines; raises `ValueError` for a line break that does not continue the header."""
        if name.lower() in ALIKE and type(value) is str and "\n" not in value and "\r" not in value:
            return name, _alike(name, value)
        if name.lower() not in OURS:
            return super().header_store_parse(name, value)
        if re.search(r"[\r\n](?![ \t])", value.replace(LINE_END, "\n")):
            raise ValueError("a header ends before its end")
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """A header as it is read from a mail."""
        if name.lower() in ALIKE and type(value) is str and "\n" not in value and "\r" not in value:
            return _alike(name, value)
        return super().header_fetch_parse(name, value)


@lru_cache(maxsize=256)
def _alike(name: str, value: str) -> Any:
    return _FACTORY(name, value)


_FACTORY = EmailPolicy().header_factory
POLICY = LetterPolicy(linesep=LINE_END, max_line_length=LINE, refold_source="none", cte_type="7bit")


def is_address(address: str) -> bool:
    """Whether `address` can stand in a header and in an envelope as it is: ASCII, no quotes, no comments."""
    return len(address) <= 254 and bool(_ADDRESS.fullmatch(address))  # noqa: PLR2004 - RFC 5321 §4.5.3.1.3


def encoded_text(name: str, text: str) -> str:
    """The value of header `name` for a text: as it is where short and ASCII, else encoded words, folded."""
    line = one_line_for_header(text)
    if line.isascii() and line.isprintable() and len(name) + len(line) + 2 <= LINE:
        return line
    return Header(line, "utf-8", maxlinelen=LINE, header_name=name).encode(linesep=LINE_END)


def encoded_mailbox(name: str, display_name: str, address: str) -> str:
    """The value of header `name` for one person; raises `ValueError` for a bad address."""
    if not is_address(address):
        raise ValueError("not an address for a header")
    line = one_line_for_header(display_name)
    if not line:
        return address
    if not (_PLAIN_WORDS.fullmatch(line) and len(name) + len(line) + 2 <= LINE):
        line = Header(line, "utf-8", maxlinelen=LINE, header_name=name).encode(linesep=LINE_END)
    last = line.rpartition(LINE_END)[2]
    used = len(last) + (0 if LINE_END in line else len(name) + 2)
    space = " " if used + len(address) + 3 <= LINE else f"{LINE_END} "
    return f"{line}{space}<{address}>"
