"""Raw mails written by hand: headers, parts, encodings. Neither icalendar nor the standard library builds them.

What we read must not depend on what we write with.
"""

from __future__ import annotations

import base64
import hashlib
import quopri
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime

AUTHSERV_ID = "mx.example.org"
CRLF = "\r\n"
SENT_AT = datetime(2026, 10, 2, 8, 15, 2, tzinfo=UTC)


def raw_mail(
    body: str,
    *,
    sender: str,
    to: str,
    subject: str,
    return_path: str | None = None,
    envelope_to: str | None = None,
    authentication: tuple[str, ...] = (),
    more: tuple[str, ...] = (),
    sent_at: datetime = SENT_AT,
    message_id: str | None = None,
) -> bytes:
    """A whole mail as our mail server hands it over.

    `body` begins with its Content-Type line. `sender` is the whole value of From. `return_path` is a bare address,
    empty for null; None leaves the line out. `envelope_to` is `to` unless given, and empty for a mailbox that keeps
    no envelope. `more` are further header lines. Without `message_id` every other mail has another one.
    """
    receiver = to if envelope_to is None else envelope_to
    everything = (body, sender, to, subject, return_path, receiver, authentication, more, sent_at)
    mark = hashlib.sha256(repr(everything).encode()).hexdigest()[:24]
    head = [
        *([f"Return-Path: <{return_path}>"] if return_path is not None else []),
        *([f"X-Original-To: {receiver}", f"Delivered-To: {receiver}"] if receiver else []),
        *(f"Authentication-Results: {value}" for value in authentication),
        f"Received: from out.example.com (out.example.com [192.0.2.7]){CRLF}\tby {AUTHSERV_ID} (Postfix) with ESMTPS",
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {encoded(subject)}",
        f"Date: {format_datetime(sent_at)}",
        f"Message-ID: {message_id or f'<{mark}@mail.example.com>'}",
        *more,
        "MIME-Version: 1.0",
    ]
    return f"{CRLF.join(head)}{CRLF}{body}".encode()


def passed(sender: str, *, authserv_id: str = AUTHSERV_ID) -> str:
    """What a mail server says of a mail that the owner of the sender's domain has signed."""
    domain = sender.rpartition("@")[2]
    return (
        f"{authserv_id};\r\n\tdkim=pass (2048-bit key; secure) header.d={domain} header.i=@{domain} header.s=s1;"
        f"\r\n\tspf=pass (sender IP is 192.0.2.7) smtp.mailfrom={sender};"
        f"\r\n\tdmarc=pass (p=NONE sp=NONE dis=NONE) header.from={domain}"
    )


def failed(sender: str, *, policy: str = "REJECT", authserv_id: str = AUTHSERV_ID) -> str:
    """What a mail server says of a forged mail, with the policy of the domain that it claims to be from."""
    domain = sender.rpartition("@")[2]
    return f"{authserv_id}; spf=fail smtp.mailfrom={sender}; dmarc=fail (p={policy} dis=NONE) header.from={domain}"


def multipart(subtype: str, boundary: str, *parts: str) -> str:
    """A multipart of parts that begin with their own headers."""
    inside = "".join(f"--{boundary}{CRLF}{one}{CRLF}" for one in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"{CRLF}{CRLF}{inside}--{boundary}--{CRLF}'


def part(kind: str, text: str, encoding: str, disposition: str | None = None) -> str:
    """One part; `encoding` is base64, quoted-printable, 7bit or 8bit."""
    data = text.encode()
    body = text
    if encoding == "base64":
        body = base64.encodebytes(data).decode()
    elif encoding == "quoted-printable":
        body = quopri.encodestring(data.replace(b"\r\n", b"\n")).decode()
    lines = [f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}"]
    lines += [f"Content-Disposition: {disposition}"] if disposition else []
    return f"{CRLF.join(lines)}{CRLF}{CRLF}{with_crlf(body)}"


def with_crlf(text: str) -> str:
    """The text with the line ends of mails."""
    return text.replace(CRLF, "\n").replace("\n", CRLF)


def mailbox(name: str, address: str) -> str:
    """A From or To value."""
    return f"{encoded(name)} <{address}>"


def encoded(text: str) -> str:
    """A header's words, as encoded words where they are not ASCII."""
    return Header(text, "us-ascii" if text.isascii() else "utf-8", maxlinelen=900).encode()
