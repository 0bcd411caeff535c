"""A mail that came back, read into facts. Nothing is decided here, nothing is stored, and nothing is logged.

What is read is what `inbox` needs to match and to judge it: who wrote, to which of our addresses, what our own mail
server says of that, and the calendar in it, still closed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from app.delivery.header_words import addresses
from app.delivery.mime import Part, open_mail

if TYPE_CHECKING:
    from collections.abc import Iterable

BOUNCES = "bounce"  # the local part, before the token, to which letters have their bounces sent
TOKEN = r"[a-z2-7]{26}"  # noqa: S105 - the shape of one, base 32
MAX_MESSAGE_ID = 255
MAX_DATE = 100
MAX_RECIPIENT_LINES = 50
FIRST_YEAR, LAST_YEAR = 1971, 9998

_ENVELOPE = ("delivered-to", "x-original-to", "envelope-to")
_WRITTEN = ("to", "cc")
_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_WORD = re.compile(r"[\w-]+", re.ASCII)
_CHARSETS = re.compile(
    r"(iso-?8859-\d{1,2}|windows-12\d\d|koi8-[ru]|utf-?16([lb]e)?|gb2312|gbk|gb18030|big5|euc-(jp|kr)|shift_jis)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """The facts of one mail.

    Addresses are folded as `fold_email` does. `digest` is SHA-256 of the raw mail in hex. `message_id` has no angle
    brackets and may be empty; `date` is in UTC. `sender` is None unless there is exactly one author. `recipients`
    begins with those of the envelope. `tokens` are those of invites that stand in `recipients`, in that order;
    `bounce_token` is that of a letter. `auto_submitted` is the first word of RFC 3834, or empty.
    `authentication` are the values of Authentication-Results, topmost first, not judged yet. `delivery_status` is
    the report of a mail server (RFC 3464). `calendar` is UTF-8 where its charset was known, and never that of a
    bounce, which carries our own invite back; `calendar_method` is what its part says of it, in capitals.
    """

    digest: str
    message_id: str = field(repr=False)
    date: datetime | None
    sender: str | None = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    bounce_token: str | None = field(repr=False)
    is_bounce: bool
    auto_submitted: str
    authentication: tuple[str, ...] = field(repr=False)
    delivery_status: bytes | None = field(repr=False)
    calendar: bytes | None = field(repr=False)
    calendar_method: str | None

    @property
    def is_automatic(self) -> bool:
        """Whether no person sent it, by its own account; calendar programs say so of answers, too."""
        return self.auto_submitted not in ("", "no")


def read(raw: bytes, *, rsvp_address: str) -> Incoming:
    """Read a raw mail as it came from a mail server. `rsvp_address` is where replies go, without a token.

    Raises `UnreadableMail` and nothing else, whatever the bytes are.
    """
    mail = open_mail(raw)
    recipients = _recipients(mail)
    is_bounce = _is_bounce(mail)
    found = None if is_bounce else _calendar(mail)
    return Incoming(
        digest=hashlib.sha256(raw).hexdigest(),
        message_id=_message_id(mail.value("message-id")),
        date=_date(mail.value("date")),
        sender=_sender(mail),
        recipients=recipients,
        tokens=_tokens(recipients, rsvp_address),
        bounce_token=_bounce_token(recipients, rsvp_address),
        is_bounce=is_bounce,
        auto_submitted=_first_word(mail.value("auto-submitted")),
        authentication=tuple(mail.values("authentication-results")),
        delivery_status=_delivery_status(mail),
        calendar=_as_utf8(found) if found is not None else None,
        calendar_method=found.parameters["method"].upper()
        if found and "method" in found.parameters
        else None,
    )


def _sender(mail: Part) -> str | None:
    """The author's address; several, or one that is not understood, are nobody."""
    lines = mail.values("from")
    found = addresses(lines[0]) if len(lines) == 1 else []
    return found[0] if len(found) == 1 else None


def _recipients(mail: Part) -> tuple[str, ...]:
    lines = [line for name in _ENVELOPE + _WRITTEN for line in mail.values(name)]
    found = (one for line in lines[:MAX_RECIPIENT_LINES] for one in addresses(line) if one is not None)
    return tuple(dict.fromkeys(found))


def _tokens(recipients: Iterable[str], rsvp_address: str) -> tuple[str, ...]:
    """Tokens of invites: `rsvp+<token>@domain`, or `<token>@domain` where the domain takes everything."""
    local, _, domain = rsvp_address.lower().rpartition("@")
    shape = re.compile(rf"(?:{re.escape(local)}\+)?({TOKEN})@{re.escape(domain)}")
    found = (shape.fullmatch(address) for address in recipients)
    return tuple(dict.fromkeys(one[1] for one in found if one is not None))


def _bounce_token(recipients: Iterable[str], rsvp_address: str) -> str | None:
    domain = rsvp_address.lower().rpartition("@")[2]
    shape = re.compile(rf"{BOUNCES}\+({TOKEN})@{re.escape(domain)}")
    return next((one[1] for address in recipients if (one := shape.fullmatch(address))), None)


def _is_bounce(mail: Part) -> bool:
    """Whether a mail server wrote it: no return path, a report, or the name that such programs use."""
    return (
        mail.value("return-path").replace(" ", "") == "<>"
        or any(part.kind == "multipart/report" for part in mail.walk())
        or any("mailer-daemon" in line.lower() for line in mail.values("from"))
    )


def _delivery_status(mail: Part) -> bytes | None:
    return next((part.content() for part in mail.walk() if part.kind in _REPORTS), None)


def _calendar(mail: Part) -> Part | None:
    """The part to read: what calls itself a reply, else any calendar, else a calendar that is only a file.

    Apple's is an attachment that says neither its method nor its charset.
    """
    parts = list(mail.walk())
    calendars = [part for part in parts if part.kind == "text/calendar"]
    replies = [part for part in calendars if part.parameters.get("method", "").upper() == "REPLY"]
    files = [part for part in parts if part.kind == "application/ics"]
    return next(iter(replies + calendars + files), None)


def _as_utf8(part: Part) -> bytes:
    """The calendar in UTF-8. That is what it has to be, whatever it says; only if it is not, its charset counts."""
    data = part.content()
    charset = part.parameters.get("charset", "")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if _CHARSETS.fullmatch(charset):
            return _recoded(data, charset)
    return data


def _recoded(data: bytes, charset: str) -> bytes:
    """The data in UTF-8, if its charset makes a calendar of it."""
    try:
        text = data.decode(charset)
        return text.encode("utf-8") if "VCALENDAR" in text.upper() else data
    except (LookupError, UnicodeError):
        return data


def _message_id(value: str) -> str:
    return value.strip().removeprefix("<").removesuffix(">")[:MAX_MESSAGE_ID]


def _first_word(value: str) -> str:
    word = _WORD.match(value)
    return word[0].lower() if word is not None else ""


def _date(value: str) -> datetime | None:
    """The Date line in UTC; None when it is missing or broken."""
    try:
        local = parsedate_to_datetime(value[:MAX_DATE])
        instant = local.replace(tzinfo=UTC) if local.tzinfo is None else local.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return instant if FIRST_YEAR <= instant.year <= LAST_YEAR else None
