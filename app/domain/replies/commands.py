"""What delivery hands over: a mail that came back, read and judged as far as that needs no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.calendars.reply import CalendarAnswer


class Trust(StrEnum):
    """How sure our own mail server is of the sender (RFC 8601): `strong`, `weak`, or known to be `failed`."""

    STRONG = "strong"
    WEAK = "weak"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A report that a letter could not be given to anybody (RFC 3464).

    `permanent` is None where the report does not say. `words` are the server's.
    """

    permanent: bool | None
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One mail that came to the address for replies.

    `tokens` are the tokens of invites in its addresses, the envelope's first; `bounce_token` that of a letter.
    `answer` is the calendar's answer, None where there is none or `unreadable` says why it cannot be used.
    `is_own`: it came from ourselves; `is_automatic`: a program says so of itself (RFC 3834). `raw` is kept only
    for review.
    """

    via: str
    digest: str
    message_id: str = field(repr=False)
    sent_at: datetime | None
    sender: str | None = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    bounce_token: str | None = field(repr=False)
    trust: Trust
    answer: CalendarAnswer | None
    unreadable: str
    returned: Returned | None
    is_own: bool
    is_automatic: bool
    raw: bytes = field(repr=False)
