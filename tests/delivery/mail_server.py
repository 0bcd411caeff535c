"""A real SMTP server in this process, with faults by the recipient's name."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

logging.getLogger("mail.log").setLevel(logging.WARNING)  # each end of a line is news to it
TARPIT = 30.0  # seconds: longer than any test waits


@dataclass(frozen=True)
class Taken:
    """One mail that the server took."""

    sender: str
    recipient: str
    data: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, read back."""
        mail = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail


@dataclass
class Faults:
    """The server's conduct. The beginning of a recipient's address chooses the fault; most happen once only.

    `busy` 452 at RCPT · `unknown` 550 at RCPT · `later` 451 after DATA · `spam` 554 after DATA ·
    `drop` takes the mail and drops the line without an answer · `cut` drops it at RCPT ·
    `tarpit` never answers RCPT · `mute` takes the mail and never answers · `closing` 421 at RCPT.
    """

    taken: list[Taken] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    drop_at_quit: bool = False
    refuse_sender: str = ""
    letters_per_connection: int = 0

    def to(self, address: str) -> list[Taken]:
        """The mails taken for an address."""
        return [one for one in self.taken if one.recipient == address]

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count connections."""
        if not session.host_name:
            self.connections += 1
        session.host_name = hostname
        session.letters = 0
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Refuse the sender, or the letter that is one too many for this connection."""
        if self.refuse_sender:
            return self.refuse_sender
        if self.letters_per_connection and session.letters >= self.letters_per_connection:
            server.transport.abort()
            return "421 too many"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Faults before the text."""
        fault = address.partition("@")[0].partition(".")[0]
        self.tried[address] += 1
        first = self.tried[address] == 1
        if fault == "unknown":
            return f"550 5.1.1 <{address}>: no such user"
        if fault == "busy" and first:
            return "452 4.2.2 mailbox busy, come again"
        if fault == "closing" and first:
            return "421 4.3.2 going down"
        if fault == "cut" and first:
            server.transport.abort()
        if fault == "tarpit" and first:
            await asyncio.sleep(TARPIT)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Faults after the text."""
        address = envelope.rcpt_tos[0]
        fault = address.partition("@")[0].partition(".")[0]
        first = self.tried[address] == 1
        if fault == "later" and first:
            return "451 4.7.1 greylisted"
        if fault == "spam":
            return "554 5.7.1 looks like spam"
        session.letters += 1
        self.taken.append(Taken(envelope.mail_from, address, envelope.content))
        if fault == "drop" and first:
            server.transport.abort()
        if fault == "mute" and first:
            await asyncio.sleep(TARPIT)
        return f"250 2.0.0 taken as {len(self.taken)}"

    async def handle_QUIT(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        """Say goodbye, or drop the line instead."""
        if self.drop_at_quit:
            server.transport.abort()
        return "221 bye"


class MailServer:
    """A running server on a port of the loopback interface; `faults` is its conduct and its memory."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, password: str | None = None) -> None:
        self.faults = Faults()
        options: dict[str, Any] = {}
        if password is not None:
            options = {
                "authenticator": lambda _s, _se, _e, _m, data: AuthResult(
                    success=data.password == password.encode(), handled=False
                ),
                "auth_required": True,
                "auth_require_tls": False,
            }
        self._controller = Controller(
            self.faults, hostname="127.0.0.1", port=free_port(), tls_context=tls, **options
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with closing(socket.socket()) as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])
