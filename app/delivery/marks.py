"""Mails in a mailbox as we speak of them, and the marks by which we know those that were dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DONE, KEPT = b"$SetkaniDone", b"$SetkaniKept"
SEEN, FLAGGED = b"\\Seen", b"\\Flagged"
ANY_KEYWORD = b"\\*"
SYSTEM_FLAGS = (SEEN, FLAGGED)  # what a folder keeps when it does not say (RFC 3501 §7.1)


@dataclass(frozen=True, slots=True, order=True)
class MailId:
    """Names one mail for ever: its UID, and the UIDVALIDITY under which that counts (RFC 3501 §2.3.1.1)."""

    validity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail, all of it; or, when it is `too_large`, the beginning of its header."""

    id: MailId
    raw: bytes
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """Flags that say that a mail was taken, or is kept for a person; empty where a folder keeps none.

    The first of each decides; the other one shows it to people. `unmarked` finds mails that have neither.
    """

    done: tuple[bytes, ...] = ()
    kept: tuple[bytes, ...] = ()
    unmarked: tuple[str, ...] = ()

    def are_in(self, flags: Iterable[bytes]) -> bool:
        """Whether a mail with these flags is marked."""
        return bool({flag.lower() for flag in flags} & {self.done[0].lower(), self.kept[0].lower()})


def marks_for(permanent: Iterable[bytes]) -> Marks:
    """The marks for a folder with these PERMANENTFLAGS. Names of flags do not depend on case."""
    kept_by_it = {flag.lower() for flag in permanent}
    seen, flagged = ((flag,) if flag.lower() in kept_by_it else () for flag in (SEEN, FLAGGED))
    if ANY_KEYWORD in kept_by_it or {DONE.lower(), KEPT.lower()} <= kept_by_it:
        unmarked = ("UNKEYWORD", DONE.decode(), "UNKEYWORD", KEPT.decode(), "UNDELETED")
        return Marks((DONE, *seen), (KEPT, *flagged), unmarked)
    if seen:
        return Marks(seen, flagged or seen, ("UNSEEN", "UNFLAGGED", "UNDELETED"))
    return Marks()
