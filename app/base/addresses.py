"""Mail addresses and the domains in them: one form to compare, and who owns what."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from app.base.text import clean_line, fold_email

MAX_EMAIL = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1.3
# Endings below which anybody may register a name. Not the whole public suffix list: it only has to tell
# whether two addresses of the same institution belong together, and errs towards refusing.
SHARED_ENDINGS = frozenset({"co.uk", "org.uk", "gov.uk", "ac.uk", "com.au", "co.jp", "com.pl", "com.ua"})

_ADDRESS = re.compile(r"""[^\s"(),:;<>@\[\]\\]+@[^\s"(),:;<>@\[\]\\]+""")


class BadAddress(ValueError):  # noqa: N818 - says what is the matter
    """Not an address that mail can be sent to."""


def normalise_email(text: str) -> str:
    """The form that is stored: stripped, domain in lower-case ASCII (punycode), so that any server takes it.

    Raises `BadAddress`; `BadText` for control characters, lone surrogates and too many characters. Whether
    the domain exists is not asked: a request must not wait for the network.
    """
    line = clean_line(text, max_length=MAX_EMAIL)
    try:
        found = validate_email(line, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from error
    if found.ascii_email is None or len(found.ascii_email) > MAX_EMAIL:
        raise BadAddress("too long")
    return found.ascii_email


def web_address(text: str) -> str | None:
    """An http or https address with its scheme; `example.org/x` is completed to https, None for anything else."""
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and "." in (parts.hostname or "") and " " not in address
        usable = usable and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return address if usable else None


def read_address(text: str) -> str | None:
    """An address that a stranger's program wrote, folded as `fold_email` does; None for what is none.

    Quoted local parts and addresses of machines (`a@[127.0.0.1]`) are none here: nobody registers with them.
    """
    if len(text) > MAX_ADDRESS or not _ADDRESS.fullmatch(text) or not text.isprintable():
        return None
    folded = fold_email(text)
    return folded if len(folded) <= MAX_ADDRESS and _ADDRESS.fullmatch(folded) else None


def organisational_domain(address: str) -> str:
    """The part of a mail address's domain that one institution owns: `a@x.example.org` → `example.org`."""
    labels = address.rpartition("@")[2].lower().split(".")
    keep = 3 if ".".join(labels[-2:]) in SHARED_ENDINGS else 2
    return ".".join(labels[-keep:])


def are_related(one: str, other: str) -> bool:
    """Whether two domains are equal or one lies in the other, which is no ending that strangers share.

    Narrower than DMARC's relaxed alignment (RFC 7489, 3.1), which knows every shared ending: sisters such as
    `mail.example.org` and `news.example.org` are not related here.
    """
    inner, outer = sorted((one.lower().rstrip("."), other.lower().rstrip(".")), key=len, reverse=True)
    if inner != outer and not inner.endswith(f".{outer}"):
        return False
    labels = outer.split(".")
    return len(labels) > 1 and all(labels) and outer not in SHARED_ENDINGS
