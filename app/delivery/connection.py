"""A connection to the mail server that cannot hang, checks certificates and ends without harm."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from typing import TYPE_CHECKING, Any

import flask_mail

if TYPE_CHECKING:
    from types import TracebackType

TIMEOUT = 20.0  # seconds for each answer of the server
QUIT_TIMEOUT = 2.0  # seconds; nothing depends on the answer


class _Watched:
    """Remembers how far a letter came, and what the server said to it last."""

    text_begun = False
    answer = ""

    def mail(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """MAIL FROM: a new letter begins."""
        self.text_begun = False
        reply: tuple[int, bytes] = super().mail(*args, **kwargs)  # type: ignore[misc]  # a mixin for smtplib
        return reply

    def data(self, msg: Any) -> tuple[int, bytes]:
        """DATA: from here on nobody knows, if the line breaks, whether the server has the letter."""
        self.text_begun = True
        code, reply = super().data(msg)  # type: ignore[misc]  # a mixin for smtplib
        self.answer = said(code, reply)
        return code, reply


class WatchedSMTP(_Watched, smtplib.SMTP):
    """SMTP, perhaps with STARTTLS."""


class WatchedSMTPS(_Watched, smtplib.SMTP_SSL):
    """SMTP inside TLS from the first octet."""


class SafeConnection(flask_mail.Connection):
    """Flask-Mail's connection with a time-out, verified TLS and a harmless end.

    `timeout` is seconds for each answer; `name` is what we call ourselves to the server.
    """

    host: WatchedSMTP | WatchedSMTPS | None

    def __init__(self, mail: Any, *, name: str, timeout: float = TIMEOUT) -> None:
        super().__init__(mail)
        self.name = name
        self.timeout = timeout

    def configure_host(self) -> WatchedSMTP | WatchedSMTPS:
        """Connect and sign in. Raises `smtplib.SMTPException`, `OSError` (also `ssl.SSLError`)."""
        context = ssl.create_default_context()
        where = {"host": self.mail.server, "port": self.mail.port, "local_hostname": self.name}
        host: WatchedSMTP | WatchedSMTPS
        if self.mail.use_ssl:
            host = WatchedSMTPS(**where, timeout=self.timeout, context=context)
        else:
            host = WatchedSMTP(**where, timeout=self.timeout)
        try:
            if self.mail.use_tls:
                host.starttls(context=context)
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Say goodbye; the server has its letters whatever it answers."""
        if self.host is None:
            return
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if self.host.sock is not None:
                self.host.sock.settimeout(QUIT_TIMEOUT)
            self.host.quit()
        self.host.close()


def said(code: int, reply: bytes | str) -> str:
    """A server's answer in one line: `550 5.1.1 user unknown`."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    return " ".join(f"{code} {text}".split())
