"""Mail addresses as people type them: one stored form, and a hint when a letter seems swapped."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from app.base.text import clean_line

MAX_EMAIL = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
COMMON_DOMAINS = (
    "gmail.com", "seznam.cz", "email.cz", "centrum.cz", "post.cz", "volny.cz", "atlas.cz", "tiscali.cz",
    "azet.sk", "zoznam.sk", "outlook.com", "hotmail.com", "live.com", "icloud.com", "yahoo.com",
    "protonmail.com", "proton.me", "ukr.net", "meta.ua", "praha.eu",
)  # fmt: skip
# Real services that are one letter away from a more common one: never "corrected".
NEIGHBOURS = frozenset(
    {"mail.com", "ymail.com", "gmx.com", "gmx.cz", "email.com", "post.sk", "me.com", "mac.com"}
)
SHORTEST_GUESS = 7  # below this length one letter is too much of the whole to guess from


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


def suggest_email(address: str) -> str | None:
    """What was probably meant (`a@gmial.com` → `a@gmail.com`), or None. A hint, never a refusal."""
    local, _, domain = address.rpartition("@")
    domain = domain.lower()
    if not local or len(domain) < SHORTEST_GUESS or domain in COMMON_DOMAINS or domain in NEIGHBOURS:
        return None
    near = [known for known in COMMON_DOMAINS if _one_slip(domain, known)]
    return f"{local}@{near[0]}" if len(near) == 1 else None


def _one_slip(typed: str, meant: str) -> bool:
    """One letter too many, missing or wrong, or two neighbours swapped."""
    if len(typed) > len(meant):
        typed, meant = meant, typed
    if len(meant) - len(typed) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), len(typed))
    left, right = typed[start:], meant[start:]
    if len(typed) != len(meant):
        return left == right[1:]
    return left[1:] == right[1:] or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
