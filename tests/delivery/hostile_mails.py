"""Mails that are meant to hurt: each at most 1 MiB, each aimed at one weakness of mail and calendar parsers."""

from __future__ import annotations

from tests.delivery.raw_mails import CRLF, multipart, part
from tests.delivery.reply_mails import calendar_file

MIB = 1024 * 1024
HEAD = "From: eve@example.com\r\nTo: rsvp@example.org\r\nMIME-Version: 1.0\r\n"
FACTS = {"uid": "r-1@example.org", "attendee": "eve@example.com", "organizer": "rsvp@example.org"}


def with_calendar(data: bytes, kind: str = "text/calendar; method=REPLY; charset=utf-8") -> bytes:
    """A mail that is one calendar part, as it is."""
    return f"{HEAD}Content-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + data


def filled(head: str, fill: str, tail: str = "") -> bytes:
    """`head`, then `fill` up to 1 MiB, then `tail`."""
    room = MIB - len(head.encode()) - len(tail.encode())
    return (head + fill * (room // len(fill.encode())) + tail).encode()


def nested_multiparts(depth: int, fill: str = "") -> bytes:
    """Multiparts in multiparts, whose boundaries begin alike, and then a filling that looks like all of them."""
    boundaries = ["b" * (at + 1) for at in range(depth)]
    text = HEAD
    for boundary in boundaries:
        text += f"Content-Type: multipart/mixed; boundary={boundary}{CRLF}{CRLF}--{boundary}{CRLF}"
    return filled(text + CRLF, fill) if fill else text.encode()


def nested_components(number: int = 5000) -> bytes:
    """Events in events."""
    return with_calendar(
        b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + b"BEGIN:VEVENT\r\n" * number + b"END:VEVENT\r\n" * number
    )


def two_calendars() -> bytes:
    """One part that holds two whole files."""
    return with_calendar(calendar_file("gmail", **FACTS) + calendar_file("gmail", **FACTS))


def bad_charset(charset: str = "utf-3000") -> bytes:
    """A calendar in Latin-2 that names a charset which does not exist, or which is not its own."""
    file = calendar_file("gmail", **FACTS, comment="Příště").decode().encode("iso-8859-2", "replace")
    return with_calendar(file, f"text/calendar; method=REPLY; charset={charset}")


def slow_zone() -> bytes:
    """A time zone whose clock changes each second, and an event that uses it."""
    zone = (
        b"BEGIN:VTIMEZONE\r\nTZID:Slow\r\nBEGIN:STANDARD\r\nDTSTART:19000101T000000\r\nTZOFFSETFROM:+0100\r\n"
        b"TZOFFSETTO:+0200\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    )
    file = calendar_file("gmail", **FACTS, method="COUNTER").replace(b"BEGIN:VEVENT\r\n", zone)
    return with_calendar(file.replace(b"DTSTART:", b"DTSTART;TZID=Slow:"), "text/calendar; method=COUNTER")


MAILS: dict[str, bytes] = {
    "nothing": b"",
    "no headers": b"\r\nhello",
    "NULs": b"\x00" * MIB,
    "one MiB of one letter": b"x" * MIB,
    "more than one MiB": b"x" * (MIB + 1),
    "line ends": b"\n" * MIB,
    "headers without end": filled("", "a:\n"),
    "folds": filled("From: a", "\n "),
    "colons": filled("", "::\n"),
    "a huge header": filled(HEAD + "Subject: ", "x", "\r\n\r\n"),
    "a huge header in the limit": (HEAD + "From: " + "(" * 60_000 + "\r\n\r\n").encode(),
    "comments in comments": (HEAD.replace("eve", "(" * 30_000 + ")" * 30_000 + "eve") + "\r\n").encode(),
    "quotes": (HEAD.replace("eve", '"' * 60_001) + "\r\n").encode(),
    "escapes": (HEAD.replace("eve", '"' + "\\" * 60_001) + "\r\n").encode(),
    "angles": (HEAD.replace("eve", "<" * 60_000) + "\r\n").encode(),
    "recipients": (HEAD.replace("rsvp@", "a@b.c," * 15_000) + "\r\n").encode(),
    "recipient lines": (HEAD + "To: a@b.c\r\n" * 1_900 + "\r\n").encode(),
    "parameters": (HEAD + "Content-Type: multipart/mixed" + ';a="' * 30_000 + "\r\n\r\n").encode(),
    "short parameters": (HEAD + "Content-Type: multipart/mixed" + ';a="' * 1_000 + "\r\n\r\n").encode(),
    "blanks": (HEAD + "Content-Type: a/b;" + " " * 4_000 + "\r\nDate: " + " " * 60_000 + "\r\n\r\n").encode(),
    "a bad date": (HEAD + "Date: Fri, 99 Foo 99999999999999999999 99:99:99 +9999999999\r\n\r\n").encode(),
    "an old date": (HEAD + "Date: Fri, 1 Jan 0001 00:00:00 +2359\r\n\r\n").encode(),
    "no boundary": (HEAD + "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhello\r\n").encode(),
    "an empty boundary": (HEAD + 'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n--\r\n').encode(),
    "a boundary of signs": (HEAD + 'Content-Type: multipart/mixed; boundary="(.*)+$"\r\n\r\n--(.*)+$\r\n').encode(),
    "an endless boundary": filled(HEAD + "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "\n--bb"),
    "parts": filled(HEAD + "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "\n--b\n"),
    "deep multiparts": nested_multiparts(500),
    "ten multiparts and lines like their boundaries": nested_multiparts(9, "\n--bbbbbbbbbb"),
    "ten multiparts and line ends": nested_multiparts(9, "\n"),
    "a mail in a mail in a mail": filled("", "From: a@b.c\nContent-Type: message/rfc822\n\n"),
    "broken base64": filled(
        HEAD + "Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n", "A=!\n"
    ),
    "base64 of nothing": filled(
        HEAD + "Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n", "A"
    ),
    "quoted-printable": filled(
        HEAD + "Content-Type: text/calendar\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "=\r\n=G="
    ),
    "one MiB of calendar": with_calendar(b"BEGIN:VCALENDAR\r\n" + b"COMMENT:x\r\n" * 95_000),
    "nested components": nested_components(),
    "many nested components": nested_components(20_000),
    "two calendars": two_calendars(),
    "a charset that does not exist": bad_charset(),
    "a charset that is not text": bad_charset("zip"),
    "a slow charset": bad_charset("punycode"),
    "a charset that is wrong": bad_charset("utf-16"),
    "a charset with NULs": bad_charset("utf\x008"),
    "a zone that changes each second": slow_zone(),
    "a report without end": filled(
        HEAD + "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n",
        "Action: failed\n\n",
    ),
    "a report of one line": filled(
        HEAD + "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Action: failed\nDiagnostic-Code: smtp;",
        " x",
    ),
    "results": (HEAD + "Authentication-Results: mx.example.org" + ";dmarc=pass" * 5_000 + "\r\n\r\n").encode(),
    "results in quotes": (HEAD + 'Authentication-Results: mx.example.org;"' + '\\"' * 30_000 + "\r\n\r\n").encode(),
    "many results": (HEAD + "Authentication-Results: mx.example.org;dkim=pass x.y=z\r\n" * 1_900 + "\r\n").encode(),
    "fifty calendars": multipart(
        "mixed", "b", *[part("text/calendar", "BEGIN:VCALENDAR", "8bit")] * 50
    ).join([HEAD, ""]).encode(),
}  # fmt: skip
