"""Answers to our invites, as raw mails in the shapes that calendar programs send.

    reply_mail("outlook", uid=uid, organizer="rsvp+<token>@example.org", attendee="olena@example.org",
               partstat="DECLINED", comment="Jsem nemocná.", authentication=(passed("olena@example.org"),))

gives bytes. `CLIENTS` names the shapes, `ReplyFacts` all that may be said. What is typical of each (second-hand:
reports, test data of other programs, memory of such mails):

- outlook: no ORGANIZER, a localised prefix in SUMMARY, a Windows zone with its VTIMEZONE, X-MICROSOFT- lines,
  COMMENT with LANGUAGE even when it is empty, `multipart/alternative` in base64.
- gmail: Sender is the calendar service, `Auto-Submitted: auto-generated`, times in UTC, X-NUM-GUESTS, the calendar
  both inline and as `invite.ics`.
- apple: the calendar only as an attachment that says neither method nor charset, `MAILTO:`, quoted-printable.
- thunderbird: a localised body that calls every answer accepted, the calendar inline and as a file, 8bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.delivery.raw_mails import AUTHSERV_ID, CRLF, failed, mailbox, multipart, part, passed, raw_mail

__all__ = ["AUTHSERV_ID", "CLIENTS", "ReplyFacts", "calendar_file", "failed", "passed", "reply_mail"]

PRAGUE = ZoneInfo("Europe/Prague")
WORDS = {"ACCEPTED": "Přijato", "TENTATIVE": "Nezávazně", "DECLINED": "Odmítnuto", "DELEGATED": "Delegováno"}
WINDOWS_ZONE = """\
BEGIN:VTIMEZONE
TZID:Central Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


@dataclass(frozen=True, kw_only=True)
class ReplyFacts:
    """What an answer says and how it came. Only the first three must be given.

    `organizer` is the address that the invite named, with its token. `sender` is the address in From, that of
    `attendee` unless given; so is `return_path`, where empty means null. `envelope_to` is `organizer` unless given,
    and empty for a mailbox that keeps no envelope. `authentication` are values of Authentication-Results, topmost
    first. With `proposed_start` the answer is a COUNTER. `method` overrides what METHOD and its parameter say.
    Without `message_id` every other mail has another one.
    """

    uid: str
    attendee: str
    organizer: str
    partstat: str = "ACCEPTED"
    sequence: int = 0
    dtstamp: datetime = datetime(2026, 10, 2, 8, 15, tzinfo=UTC)
    comment: str = ""
    guests: int = 0
    delegated_to: str | None = None
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None
    starts_at: datetime = datetime(2026, 10, 22, 11, 0, tzinfo=UTC)
    ends_at: datetime = datetime(2026, 10, 22, 14, 0, tzinfo=UTC)
    summary: str = "67. Regionální poradní platforma"
    method: str = ""
    name: str = "Olena Ševčenková"
    sender: str | None = None
    return_path: str | None = None
    envelope_to: str | None = None
    authentication: tuple[str, ...] = ()
    sent_at: datetime | None = None
    message_id: str | None = None

    @property
    def from_address(self) -> str:
        """The address in From."""
        return self.attendee if self.sender is None else self.sender

    @property
    def the_method(self) -> str:
        """METHOD as given, else what follows from the rest."""
        return self.method or ("COUNTER" if self.proposed_start is not None else "REPLY")

    @property
    def times(self) -> tuple[datetime, datetime]:
        """The times that the file names: those proposed, else the meeting's."""
        if self.proposed_start is None:
            return self.starts_at, self.ends_at
        return self.proposed_start, self.proposed_end or self.proposed_start + (self.ends_at - self.starts_at)


def reply_mail(client: str, **facts: Any) -> bytes:
    """The raw mail that `client` (one of `CLIENTS`) sends; `facts` are those of `ReplyFacts`."""
    return SHAPES[client][0](ReplyFacts(**facts))


def calendar_file(client: str, **facts: Any) -> bytes:
    """Only the calendar in that mail."""
    return SHAPES[client][1](ReplyFacts(**facts)).encode()


def _outlook_file(facts: ReplyFacts) -> str:
    start, end = (f"{one.astimezone(PRAGUE):%Y%m%dT%H%M%S}" for one in facts.times)
    zone = "TZID=Central Europe Standard Time"
    original = f"X-MS-OLK-ORIGINALSTART;{zone}:{facts.starts_at.astimezone(PRAGUE):%Y%m%dT%H%M%S}"
    return _file(f"""\
BEGIN:VCALENDAR
METHOD:{facts.the_method}
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
{WINDOWS_ZONE}BEGIN:VEVENT
ATTENDEE;PARTSTAT={facts.partstat}{_delegation(facts)};CN={_quoted(facts.name)}:mailto:{facts.attendee}
COMMENT;LANGUAGE=cs-CZ:{_escaped(facts.comment)}\\n
UID:{facts.uid}
SUMMARY;LANGUAGE=cs-CZ:{WORDS.get(facts.partstat, "")}: {_escaped(facts.summary)}
DTSTART;{zone}:{start}
DTEND;{zone}:{end}
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:{_utc(facts.dtstamp)}
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{facts.sequence}
LOCATION;LANGUAGE=cs-CZ:Sál architektů
X-MICROSOFT-CDO-APPT-SEQUENCE:{facts.sequence}
X-MICROSOFT-CDO-OWNERAPPTID:2119837745
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:FALSE
X-MICROSOFT-CDO-INSTTYPE:0
X-MICROSOFT-DISALLOW-COUNTER:FALSE
{original if facts.proposed_start is not None else ""}
END:VEVENT
END:VCALENDAR
""")


def _outlook(facts: ReplyFacts) -> bytes:
    body = multipart(
        "alternative",
        "_000_AM9PR08MB1234_",
        part('text/plain; charset="utf-8"', facts.comment, "base64"),
        part('text/html; charset="utf-8"', f"<html><body>{facts.comment}</body></html>", "base64"),
        part(f'text/calendar; charset="utf-8"; method={facts.the_method}', _outlook_file(facts), "base64"),
    )
    subject = f"{WORDS.get(facts.partstat, '')}: {facts.summary}"
    return _mail(facts, body, subject, "Accept-Language: cs-CZ, en-US", "X-MS-Has-Attach:")


def _gmail_file(facts: ReplyFacts) -> str:
    start, end = facts.times
    comment = _escaped(facts.comment)
    return _file(f"""\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:{facts.the_method}
BEGIN:VEVENT
DTSTART:{_utc(start)}
DTEND:{_utc(end)}
DTSTAMP:{_utc(facts.dtstamp)}
ORGANIZER;CN={facts.organizer}:mailto:{facts.organizer}
UID:{facts.uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={facts.partstat}{_delegation(facts)};CN={facts.attendee};\
X-NUM-GUESTS={facts.guests}:mailto:{facts.attendee}
{f"COMMENT:{comment}" if comment else ""}
CREATED:20261001T095500Z
LAST-MODIFIED:{_utc(facts.dtstamp)}
SEQUENCE:{facts.sequence}
STATUS:CONFIRMED
SUMMARY:{_escaped(facts.summary)}
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
""")


def _gmail(facts: ReplyFacts) -> bytes:
    file = _gmail_file(facts)
    inner = multipart(
        "alternative",
        "000000000000a1b2c3",
        part('text/plain; charset="UTF-8"; format=flowed; delsp=yes', f"{facts.name} odpověděla.", "base64"),
        part('text/html; charset="UTF-8"', f"<p>{facts.name} odpověděla.</p>", "quoted-printable"),
        part(f'text/calendar; charset="UTF-8"; method={facts.the_method}', file, "8bit"),
    )
    attached = part('application/ics; name="invite.ics"', file, "base64", 'attachment; filename="invite.ics"')
    return _mail(
        facts,
        multipart("mixed", "000000000000a1b2c4", inner, attached),
        f"{WORDS.get(facts.partstat, '')}: {facts.summary}",
        "Sender: Google Calendar <calendar-notification@google.com>",
        f"Reply-To: {facts.from_address}",
        "Auto-Submitted: auto-generated",
    )


def _apple_file(facts: ReplyFacts) -> str:
    start, end = facts.times
    comment = _escaped(facts.comment)
    return _file(f"""\
BEGIN:VCALENDAR
CALSCALE:GREGORIAN
METHOD:{facts.the_method}
PRODID:-//Apple Inc.//macOS 14.6.1//EN
VERSION:2.0
BEGIN:VEVENT
ATTENDEE;CN="{facts.name}";CUTYPE=INDIVIDUAL;EMAIL="{facts.attendee}";PARTSTAT={facts.partstat}\
{_delegation(facts, "MAILTO")};ROLE=REQ-PARTICIPANT:MAILTO:{facts.attendee}
{f"COMMENT:{comment}" if comment else ""}
DTEND:{_utc(end)}
DTSTAMP:{_utc(facts.dtstamp)}
DTSTART:{_utc(start)}
ORGANIZER:MAILTO:{facts.organizer}
SEQUENCE:{facts.sequence}
SUMMARY:{_escaped(facts.summary)}
TRANSP:OPAQUE
UID:{facts.uid}
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
END:VEVENT
END:VCALENDAR
""")


def _apple(facts: ReplyFacts) -> bytes:
    name = f"iCal-{facts.dtstamp:%Y%m%d-%H%M%S}.ics"
    kind, disposition = f"text/calendar;\r\n\tname={name}", f"attachment;\r\n\tfilename={name}"
    body = multipart(
        "mixed",
        "Apple-Mail=_5F0C4A52-9A55-2F8F",
        part("text/plain; charset=utf-8", f"{facts.name} odpověděla na pozvánku.", "quoted-printable"),
        part(kind, _apple_file(facts), "quoted-printable", disposition),
    )
    return _mail(facts, body, f"Re: {facts.summary}", "X-Mailer: iCalendar (macOS)")


def _thunderbird_file(facts: ReplyFacts) -> str:
    start, end = (f"{one.astimezone(PRAGUE):%Y%m%dT%H%M%S}" for one in facts.times)
    comment = _escaped(facts.comment)
    return _file(f"""\
BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
METHOD:{facts.the_method}
BEGIN:VEVENT
CREATED:20261001T095500Z
LAST-MODIFIED:{_utc(facts.dtstamp)}
DTSTAMP:{_utc(facts.dtstamp)}
UID:{facts.uid}
SUMMARY:{_escaped(facts.summary)}
ORGANIZER;CN=Setkání:mailto:{facts.organizer}
ATTENDEE;CN={_quoted(facts.name)};PARTSTAT={facts.partstat}{_delegation(facts)};ROLE=REQ-PARTICIPANT:mailto:\
{facts.attendee}
DTSTART;TZID=Europe/Prague:{start}
DTEND;TZID=Europe/Prague:{end}
{f"COMMENT:{comment}" if comment else ""}
SEQUENCE:{facts.sequence}
TRANSP:OPAQUE
X-MOZ-GENERATION:1
END:VEVENT
END:VCALENDAR
""")


def _thunderbird(facts: ReplyFacts) -> bytes:
    file = _thunderbird_file(facts)
    words = f"{facts.name} <{facts.from_address}> přijal(a) vaše pozvání na událost."
    inner = multipart(
        "alternative",
        "------------Nx1Yt7HqSBk",
        part("text/plain; charset=UTF-8; format=flowed", words, "8bit"),
        part(f"text/calendar; method={facts.the_method}; charset=UTF-8", file, "8bit"),
    )
    attached = part('application/ics; name="invite.ics"', file, "8bit", 'attachment; filename="invite.ics"')
    body = multipart("mixed", "------------k0Xs2dM4cVb", inner, attached)
    return _mail(facts, body, f"Odpověď na pozvánku: {facts.summary}", "User-Agent: Mozilla Thunderbird")


SHAPES: dict[str, tuple[Callable[[ReplyFacts], bytes], Callable[[ReplyFacts], str]]] = {
    "outlook": (_outlook, _outlook_file),
    "gmail": (_gmail, _gmail_file),
    "apple": (_apple, _apple_file),
    "thunderbird": (_thunderbird, _thunderbird_file),
}
CLIENTS = tuple(SHAPES)


def _mail(facts: ReplyFacts, body: str, subject: str, *more: str) -> bytes:
    return raw_mail(
        body,
        sender=mailbox(facts.name, facts.from_address),
        to=facts.organizer,
        subject=subject,
        return_path=facts.from_address if facts.return_path is None else facts.return_path,
        envelope_to=facts.envelope_to,
        authentication=facts.authentication,
        more=more,
        sent_at=facts.sent_at or facts.dtstamp + timedelta(seconds=2),
        message_id=facts.message_id,
    )


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _delegation(facts: ReplyFacts, scheme: str = "mailto") -> str:
    return f';DELEGATED-TO="{scheme}:{facts.delegated_to}"' if facts.delegated_to else ""


def _quoted(name: str) -> str:
    return f'"{name}"' if set(name) & set(",;:") else name


def _escaped(text: str) -> str:
    """A TEXT value (RFC 5545, 3.3.11)."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _file(text: str) -> str:
    return "".join(f"{_folded(line)}{CRLF}" for line in text.splitlines() if line)


def _folded(line: str) -> str:
    """A line in pieces of at most 75 octets."""
    done, current = [], ""
    for char in line:
        if len((current + char).encode()) > 74:
            done.append(current)
            current = ""
        current += char
    return f"{CRLF} ".join([*done, current])
