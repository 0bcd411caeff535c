"""Mails to our addresses that are no answers: bounces, absences, forwards, receipts."""

from __future__ import annotations

from tests.delivery.raw_mails import CRLF, multipart, part, raw_mail, with_crlf
from tests.delivery.reply_mails import calendar_file

DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example.com>"
RECIPIENT = "olena@example.com"
FAILED = f"""\
Final-Recipient: rfc822; {RECIPIENT}
Original-Recipient: rfc822;{RECIPIENT}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <{RECIPIENT}>: Recipient address rejected:
    User unknown in virtual mailbox table
"""
PER_MESSAGE = """\
Reporting-MTA: dns; mx.example.com
X-Postfix-Queue-ID: 4F5C0A529A
X-Postfix-Sender: rfc822; bounce+x@example.org
Arrival-Date: Fri,  2 Oct 2026 08:15:02 +0000 (UTC)
"""


def our_letter(invite: str = "") -> str:
    """A letter of ours as others quote it, with an invite in it: one that somebody could take for an answer."""
    file = (
        invite
        or calendar_file(
            "gmail", uid="r-1@example.org", attendee=RECIPIENT, organizer="rsvp+x@example.org", method="REPLY"
        ).decode()
    )
    head = f"From: akce@example.org{CRLF}To: {RECIPIENT}{CRLF}Subject: Potvrzeno{CRLF}MIME-Version: 1.0{CRLF}"
    calendar = part("text/calendar; charset=utf-8; method=REPLY", file, "8bit")
    return head + multipart("alternative", "ours", part("text/plain", "Potvrzeno", "7bit"), calendar)


def report(
    *recipients: str, to: str, kind: str = "message/delivery-status", message: str = PER_MESSAGE
) -> bytes:
    """A bounce by RFC 3464 as Postfix writes it; `recipients` are the fields of each recipient."""
    status = with_crlf("\n".join([message, *(recipients or (FAILED,))]))
    body = multipart(
        f'report; report-type="{kind.partition("/")[2]}"',
        "4F5C0A529A.1790000000/mx.example.com",
        part("text/plain; charset=us-ascii", "This is the mail system at host mx.example.com.", "7bit"),
        part(kind, status, "7bit"),
        part("message/rfc822", our_letter(), "8bit"),
    )
    return raw_mail(body, sender=DAEMON, to=to, subject="Undelivered Mail Returned to Sender", return_path="")


def qmail_bounce(*, to: str) -> bytes:
    """A bounce that is only text, with our letter after it."""
    words = (
        "Hi. This is the qmail-send program at example.com.\nI'm afraid I wasn't able to deliver your message to the "
        f"following addresses.\n\n<{RECIPIENT}>:\nThis address no longer accepts mail.\n\n"
        f"--- Below this line is a copy of the message.\n\n{our_letter()}"
    )
    body = f"Content-Type: text/plain; charset=us-ascii{CRLF}{CRLF}{with_crlf(words)}"
    return raw_mail(body, sender="MAILER-DAEMON@example.com", to=to, subject="failure notice", return_path="")


def attached_bounce(*, to: str, return_path: str | None = None) -> bytes:
    """A bounce that is no report and carries the calendar itself; old Exchange and filters write such."""
    file = calendar_file("outlook", uid="r-1@example.org", attendee=RECIPIENT, organizer=to).decode()
    body = multipart(
        "mixed",
        "x",
        part("text/plain", f"Delivery has failed to these recipients:\n{RECIPIENT}", "7bit"),
        part("text/calendar; method=REPLY; charset=utf-8", file, "base64"),
    )
    return raw_mail(
        body, sender="MAILER-DAEMON (Mail System)", to=to, subject="Undeliverable", return_path=return_path
    )


def out_of_office(*, sender: str, to: str) -> bytes:
    """What an absent person's program answers."""
    body = part("text/plain; charset=utf-8", "Jsem na dovolené do 12. října.", "quoted-printable")
    more = ("Auto-Submitted: auto-replied (vacation)", "X-Auto-Response-Suppress: All", "Precedence: bulk")
    return raw_mail(body, sender=sender, to=to, subject="Automatická odpověď", return_path=sender, more=more)


def forwarded(*, sender: str, to: str) -> bytes:
    """Our letter, attached to a mail to us."""
    body = multipart(
        "mixed",
        "fw",
        part("text/plain; charset=utf-8", "Co s tím?", "8bit"),
        part("message/rfc822", our_letter(), "8bit"),
    )
    return raw_mail(body, sender=sender, to=to, subject="Fwd: Potvrzeno", return_path=sender)


def read_receipt(*, sender: str, to: str) -> bytes:
    """A report that says a letter was displayed (RFC 8098)."""
    body = multipart(
        "report; report-type=disposition-notification",
        "mdn",
        part("text/plain", "Your message was displayed.", "7bit"),
        part("message/disposition-notification", f"Final-Recipient: rfc822;{sender}", "7bit"),
    )
    return raw_mail(body, sender=sender, to=to, subject="Read: Potvrzeno", return_path=sender)
