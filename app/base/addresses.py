"""Mail addresses and the domains in them: one form to compare, and who owns what."""

from __future__ import annotations

import re

from app.base.text import fold_email

MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1.3
# Endings below which anybody may register a name. Not the whole public suffix list: it only has to tell
# whether two addresses of the same institution belong together, and errs towards refusing.
SHARED_ENDINGS = frozenset({"co.uk", "org.uk", "gov.uk", "ac.uk", "com.au", "co.jp", "com.pl", "com.ua"})

_ADDRESS = re.compile(r"""[^\s"(),:;<>@\[\]\\]+@[^\s"(),:;<>@\[\]\\]+""")


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
