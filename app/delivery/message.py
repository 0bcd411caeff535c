"""One mail: the only kind of message that this house sends. Its form is that of RFC 5322, 2045 and 6047.

Flask-Mail's own building is passed over: it leaves bodies in 8bit and spoils calendar parts.
"""

from __future__ import annotations

from email import charset, message_from_bytes
from email.message import EmailMessage, Message
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import flask_mail

from app.base.text import one_line_for_header
from app.delivery.headers import POLICY, encoded_mailbox, encoded_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.delivery.said import File

# Flask-Mail's import switches the encoding of bodies off for the whole process.
charset.add_charset("utf-8", charset.SHORTEST, charset.QP, "utf-8")

LONGEST_LINE = 998  # octets without CRLF, RFC 5322 §2.1.1
ALWAYS = (
    "Subject",
    "From",
    "To",
    "Reply-To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
)
GENERATED, REPLIED = "auto-generated", "auto-replied"  # RFC 3834 §5
THREADED = ("In-Reply-To", "References")
LEAVABLE = ("List-Unsubscribe",)
BY_ONE_CLICK = ("List-Unsubscribe-Post",)  # RFC 8058, which asks for https
Name = str
Mailbox = tuple[Name, str]


class UnsafeMessage(Exception):  # noqa: N818 - says what is the matter
    """A finished mail that is not what was asked for; it must not leave."""


class LetterMessage(flask_mail.Message):
    """A mail to one person, perhaps with an invite.

    `sender` and `to` are (name, address); names are texts that people typed. `message_id` and `in_reply_to`
    are complete, with angle brackets. `calendar` are the bytes of an iCalendar file with this `method`.
    `envelope_from` is where bounces go; `sent_at` is aware. `auto_submitted` is REPLIED for what answers a mail.
    `files` are attached, and `unsubscribe` is an address where one click or one POST ends such mails.
    """

    def __init__(  # noqa: PLR0913 - a mail has that many parts, all named
        self,
        *,
        subject: str,
        sender: Mailbox,
        to: Mailbox,
        reply_to: str,
        envelope_from: str,
        message_id: str,
        sent_at: datetime,
        text: str,
        html_text: str,
        calendar: bytes | None = None,
        method: str | None = None,
        in_reply_to: str | None = None,
        auto_submitted: str = GENERATED,
        files: Sequence[File] = (),
        unsubscribe: str = "",
    ) -> None:
        super().__init__(
            subject=one_line_for_header(subject),
            recipients=[to[1]],
            sender=sender[1],
            body=text,
            html=html_text,
            reply_to=reply_to,
            date=sent_at.timestamp(),
        )
        self.sender_name, self.sender_address = one_line_for_header(sender[0]), sender[1]
        self.recipient_name, self.recipient = one_line_for_header(to[0]), to[1]
        self.reply_address = reply_to
        self.envelope_from = envelope_from
        self.msgId = message_id
        self.sent_at = sent_at
        self.text, self.html_text = text, html_text
        self.calendar, self.method = calendar, method
        self.in_reply_to = in_reply_to
        self.auto_submitted = auto_submitted
        self.files = tuple(files)
        self.unsubscribe = unsubscribe
        self._finished: bytes | None = None

    def as_bytes(self) -> bytes:
        """The finished mail, made once. Raises `UnsafeMessage` when it is not exactly what was asked for."""
        if self._finished is None:
            data = super().as_bytes()
            self._check(data)
            self._finished = data
        return self._finished

    def _message(self) -> EmailMessage:  # type: ignore[override]  # of its result only as_bytes() is used
        mail = EmailMessage(policy=POLICY)
        mail["Subject"] = encoded_text("Subject", self.subject)
        mail["From"] = encoded_mailbox("From", self.sender_name, self.sender_address)
        mail["To"] = encoded_mailbox("To", self.recipient_name, self.recipient)
        mail["Reply-To"] = encoded_mailbox("Reply-To", "", self.reply_address)
        mail["Date"] = format_datetime(self.sent_at)
        mail["Message-ID"] = self.msgId
        if self.in_reply_to:
            mail["In-Reply-To"] = self.in_reply_to
            mail["References"] = self.in_reply_to
        mail["Auto-Submitted"] = self.auto_submitted
        if self.unsubscribe:
            mail["List-Unsubscribe"] = f"<{self.unsubscribe}>"
        if self._by_one_click:
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(self.text, cte="quoted-printable")
        mail.add_alternative(self.html_text, subtype="html", cte="quoted-printable")
        if self.calendar is not None:
            self._add_calendar(mail, self.calendar)
        for one in self.files:
            kind, _slash, more = one.content_type.partition("/")
            mail.add_attachment(one.data, maintype=kind, subtype=more, filename=one.name)
        for part in mail.walk():
            if part is not mail:
                del part["MIME-Version"]
        return mail

    @property
    def _by_one_click(self) -> bool:
        return self.unsubscribe.startswith("https://")

    def _add_calendar(self, mail: EmailMessage, calendar: bytes) -> None:
        """Add the invite as the last alternative, which shows the buttons, and the same bytes as a file."""
        parameters = {"charset": "utf-8", "method": self.method, "component": "VEVENT"}
        mail.add_alternative(calendar, maintype="text", subtype="calendar", params=parameters)
        mail.add_attachment(
            calendar,
            maintype="application",
            subtype="ics",
            filename="invite.ics",
            params={"name": "invite.ics"},
        )

    def _check(self, data: bytes) -> None:
        """Read the mail back as a stranger would: user text may have become a header or another recipient."""
        mail = message_from_bytes(data)
        wanted = sorted(
            ALWAYS
            + (THREADED if self.in_reply_to else ())
            + (LEAVABLE if self.unsubscribe else ())
            + (BY_ONE_CLICK if self._by_one_click else ())
        )
        if sorted(mail.keys()) != wanted:
            raise UnsafeMessage(f"headers are {sorted(mail.keys())}")
        mailboxes = {"From": self.sender_address, "To": self.recipient, "Reply-To": self.reply_address}
        for name, address in mailboxes.items():
            header: Any = POLICY.header_fetch_parse(name, mail[name])
            if [one.addr_spec for one in header.addresses] != [address]:
                raise UnsafeMessage(f"{name} is not the one address")
        if mail["Auto-Submitted"] != self.auto_submitted or self.auto_submitted not in (GENERATED, REPLIED):
            raise UnsafeMessage("Auto-Submitted is not what was asked for")
        if max(map(len, data.split(b"\r\n"))) > LONGEST_LINE or b"\n" in data.replace(b"\r\n", b""):
            raise UnsafeMessage("a line is too long or not ended by CRLF")
        self._check_parts(mail)

    def _check_parts(self, mail: Message) -> None:
        found = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
        wanted = ["text/plain", "text/html"]
        if self.calendar is not None:
            wanted += ["text/calendar", "application/ics"]
        wanted += [one.content_type for one in self.files]
        if found != wanted:
            raise UnsafeMessage(f"parts are {found}")
