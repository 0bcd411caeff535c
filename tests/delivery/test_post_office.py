"""Letters through a real Postfix: they arrive as they left, and what cannot arrive comes back to its token."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.delivery.mailbox import Mailbox
from app.delivery.message import LetterMessage
from app.delivery.postman import Postman, Round
from app.delivery.transport import SmtpTransport
from app.domain.outbox.models import State
from config import Config
from tests.delivery.cast import a_meeting, sign_in_language
from tests.delivery.conftest import deliver_all, the_letter_to
from tests.delivery.post_office import AUTHSERV_ID, PostOffice
from tests.delivery.servers import answers
from tests.factories import person

pytestmark = [pytest.mark.post, pytest.mark.xdist_group("post")]
REPLY = b"From: jana@example.com\r\nTo: rsvp+abc@example.org\r\nSubject: Accepted\r\n\r\nyes\r\n"


class CopyingTransport(SmtpTransport):
    """Sends over SMTP, and remembers what it sent."""

    def __init__(self) -> None:
        super().__init__(name="example.org")
        self.sent: list[bytes] = []

    def send(self, message: LetterMessage, *, name: str) -> str:
        """Send one letter."""
        answer = super().send(message, name=name)
        self.sent.append(message.as_bytes())
        return answer


@pytest.fixture
def send_letter(
    session: Session, post_office: PostOffice, mails_to: Callable[..., None], both_languages: None
) -> Callable[[str], bytes]:
    """A function that signs somebody up and delivers the letter to the post office; gives its octets."""
    mails_to(post_office)

    def send(address: str) -> bytes:
        sign_in_language(session, a_meeting(session), "cs", person("Žofie Říhová", address))
        session.commit()
        transport = CopyingTransport()
        postman = Postman(transport, worker="w")
        assert deliver_all(postman) == Round.IDLE
        postman.close()
        assert the_letter_to(session, address).state == State.SENT
        (sent,) = transport.sent
        return sent

    return send


def report(mail: EmailMessage) -> EmailMessage:
    """What a delivery status notification says of its first recipient (RFC 3464 §2.3)."""
    assert mail.get_content_type() == "multipart/report"
    (status,) = (part for part in mail.walk() if part.get_content_type() == "message/delivery-status")
    _whole, first, *_ = status.get_payload()
    return first


def test_a_letter_of_ours_arrives_as_it_left(session, post_office, send_letter):
    sent = send_letter("zofie+setkani@example.com")

    (mail,) = post_office.wait_for("zofie", 1)
    (raw,) = post_office.raw_mails("zofie")
    assert raw.endswith(b"\r\n" + sent)
    letter = the_letter_to(session, "zofie+setkani@example.com")
    assert mail["Return-Path"] == f"<bounce+{letter.bounce_token}@example.org>"
    assert mail["Delivered-To"] == "zofie+setkani@example.com"
    (calendar,) = (part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert calendar.get_content_type() == "text/calendar"
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert b"\r\nMETHOD:REQUEST\r\n" in calendar.get_payload(decode=True)


def test_an_unknown_recipient_comes_back_to_the_token_of_the_letter(session, post_office, send_letter):
    send_letter("nobody@gone.example.org")

    (mail,) = post_office.wait_for("rsvp", 1)

    token = the_letter_to(session, "nobody@gone.example.org").bounce_token
    assert mail["X-Original-To"] == mail["To"] == f"bounce+{token}@example.org"
    assert mail["Delivered-To"] == "rsvp@example.org"
    assert mail["Return-Path"] == "<>"
    assert mail["From"] == f"Mail Delivery System <MAILER-DAEMON@{AUTHSERV_ID}>"
    assert (report(mail)["Action"], report(mail)["Status"]) == ("failed", "5.1.1")
    assert report(mail)["Final-Recipient"] == "rfc822; nobody@gone.example.org"
    assert "text/calendar" in {part.get_content_type() for part in mail.walk()}


def test_a_domain_that_cannot_be_reached_comes_back_too(post_office):
    post_office.send(REPLY, "bounce+abc@example.org", "somebody@nowhere.example")

    (mail,) = post_office.wait_for("rsvp", 1)
    assert (report(mail)["Action"], report(mail)["Status"]) == ("failed", "5.4.4")


def test_a_recipient_who_is_busy_makes_a_warning(post_office):
    post_office.send(REPLY, "bounce+abc@example.org", "somebody@later.example.org")

    (mail,) = post_office.wait_for("rsvp", 1)
    assert mail["X-Original-To"] == "bounce+abc@example.org"
    assert (report(mail)["Action"], report(mail)["Status"]) == ("delayed", "4.2.2")


def test_a_reply_keeps_the_token_in_its_envelope(post_office):
    post_office.send(REPLY.replace(b"rsvp+abc", b"somebody"), "jana@example.com", "rsvp+abc@example.org")

    (mail,) = post_office.wait_for("rsvp", 1)
    assert mail["Delivered-To"] == mail["X-Original-To"] == "rsvp+abc@example.org"
    assert mail["To"] == "somebody@example.org"


@pytest.mark.parametrize(
    ("sender", "verdict"),
    [
        ("jana@example.com", "dmarc=pass (p=none dis=none) header.from=example.com"),
        ("jana@gmail.example", "dmarc=pass (p=none dis=none) header.from=gmail.example"),
        ("jana@forged.example.net", "dmarc=fail (p=reject dis=none) header.from=forged.example.net"),
        ("jana@unsigned.example.net", "dmarc=none (p=none dis=none) header.from=unsigned.example.net"),
        ("own@example.org", None),
        ("", None),
    ],
)
def test_only_our_own_exchanger_says_what_dmarc_found(post_office, sender, verdict):
    brought = (
        b"Authentication-Results: mx.example.org; dmarc=pass header.from=bank.example\r\n"
        b"authentication-results:\r\n MX.example.org;\r\n dkim=pass\r\n"
        b"Authentication-Results: mx.elsewhere.example; dmarc=pass\r\n"
    )
    post_office.send(brought + REPLY, sender, "rsvp+abc@example.org")

    (mail,) = post_office.wait_for("rsvp", 1)
    expected = [f"{AUTHSERV_ID}; {verdict}"] if verdict else []
    assert mail.get_all("Authentication-Results") == [*expected, "mx.elsewhere.example; dmarc=pass"]


def test_a_mailbox_reads_what_the_post_office_delivers(
    post_office: PostOffice, configure: Callable[..., Config]
) -> None:
    config = configure(IMAP_URL=post_office.imap_url("rsvp"), MAIL_AUTHSERV_ID=AUTHSERV_ID)
    assert config.imap is not None
    mailbox = Mailbox(config.imap)
    assert mailbox.unread() == []

    post_office.send(REPLY, "jana@example.com", "rsvp+abc@example.org")

    assert mailbox.wait(10, lambda: False)
    (mail,) = mailbox.unread()
    incoming = mailbox.fetch(mail)
    assert incoming is not None
    assert incoming.raw.endswith(REPLY)
    mailbox.close()


def test_nothing_stays_behind():
    with PostOffice() as office:
        office.send(REPLY, "jana@example.com", "rsvp@example.org")
        office.wait_for("rsvp", 1)
        ports = [office.smtp_port, office.dovecot.imap_port, office.dovecot.lmtp_port]
        assert all(map(answers, ports))
        folders = [office.folder, office.dovecot.folder]

    assert not any(map(answers, ports))
    assert not any(folder.exists() for folder in folders)
    commands = [path.read_bytes().decode() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert [one for one in commands if any(str(folder) in one for folder in folders)] == []
