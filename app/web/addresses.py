"""A hint when a letter of a mail address seems swapped."""

from __future__ import annotations

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
