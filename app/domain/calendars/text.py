"""Text that people typed, made fit for a calendar: only what would break the object is taken out."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from app.base.text import one_line_for_header

# C0 controls but tab and line breaks, DEL, byte order marks, and surrogates, which have no form in UTF-8
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_BLANKS = re.compile(r"[ \t\n]+")
_URI_SIGNS = "%:/?#[]@!$&'()*+,;=~"


def several_lines(value: str) -> str:
    r"""NFC without control characters; every kind of line break becomes `\n`, a tab a space."""
    kept = unicodedata.normalize("NFC", _FORBIDDEN.sub("", value))
    return "\n".join(kept.replace("\t", " ").splitlines()).strip()


def one_line(value: str) -> str:
    """The same in one line; a no-break space stays."""
    return _BLANKS.sub(" ", several_lines(value)).strip()


def parameter(value: str) -> str:
    """A name or label that becomes a parameter; no encoded word of a mail header can stand in it.

    Nor can one arise where it is written: `CN=` and a name that begins with `?` would be its beginning.
    """
    return one_line_for_header(one_line(value)).lstrip("? ")


def uri(value: str) -> str:
    """An address of the web as a URI: ASCII, no blanks; what is percent-encoded already stays."""
    return quote(_FORBIDDEN.sub("", value).strip(), safe=_URI_SIGNS)
