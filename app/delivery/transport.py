"""Where letters go: to a mail server, or into a folder while none is configured. No database here."""

from __future__ import annotations

import contextlib
import os
import smtplib
from typing import TYPE_CHECKING, Protocol

from flask import current_app

from app.delivery.connection import TIMEOUT, SafeConnection, said

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from app.delivery.message import LetterMessage
    from config import Config

LETTERS_PER_CONNECTION = 100
TOO_LARGE = 552
SERVICE_CLOSING = 421
PERMANENT = 500


class NotSent(Exception):  # noqa: N818 - says what happened
    """A letter did not go out; the text says why, in the server's words where it spoke."""


class Refused(NotSent):
    """The server refused this letter and surely has not got it; `for_good`: another try makes no sense."""

    def __init__(self, words: str, *, for_good: bool) -> None:
        super().__init__(words)
        self.for_good = for_good


class Broken(NotSent):
    """The line broke in the middle of a letter; `perhaps_sent` when its text had begun to go out."""

    def __init__(self, words: str, *, perhaps_sent: bool) -> None:
        super().__init__(words)
        self.perhaps_sent = perhaps_sent


class Unreachable(NotSent):
    """The server cannot be used at all, by any letter: no line, no TLS, a wrong login, our sender refused."""


class Transport(Protocol):
    """Something that takes letters."""

    def open(self) -> None:
        """Get ready; raises `Unreachable`."""

    def send(self, message: LetterMessage, *, name: str) -> str:
        """Hand over one letter and give back the answer; `name` is for files. Raises `NotSent`."""

    def close(self) -> None:
        """End; never raises."""


class SmtpTransport:
    """Sends over one connection as long as it is good. `timeout` is seconds for each answer of the server."""

    def __init__(self, *, name: str, timeout: float = TIMEOUT) -> None:
        self._name = name
        self._timeout = timeout
        self._connection: SafeConnection | None = None
        self._used = 0

    def open(self) -> None:
        """Connect and sign in, unless that was done before. Raises `Unreachable`."""
        if self._connection is not None:
            return
        connection = SafeConnection(current_app.extensions["mail"], name=self._name, timeout=self._timeout)
        try:
            connection.__enter__()
        except smtplib.SMTPResponseException as error:
            raise Unreachable(said(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(_words(error)) from error
        self._connection, self._used = connection, 0

    def send(self, message: LetterMessage, *, name: str) -> str:
        """Send one letter; a connection that the server has given up meanwhile is opened again once."""
        del name
        was_used = self._used > 0
        try:
            return self._send(message)
        except _LineGone as gone:
            if not was_used:
                raise Broken(str(gone), perhaps_sent=False) from gone
        try:
            return self._send(message)
        except _LineGone as gone:
            raise Broken(str(gone), perhaps_sent=False) from gone

    def close(self) -> None:
        """Say goodbye to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.__exit__(None, None, None)

    def _send(self, message: LetterMessage) -> str:
        self.open()
        connection = self._connection
        assert connection is not None  # noqa: S101 - open() has set it
        try:
            connection.send(message, envelope_from=message.envelope_from)
        except (smtplib.SMTPException, OSError) as error:
            failure = _failure(error, text_begun=connection.host is not None and connection.host.text_begun)
            if not isinstance(failure, Refused) or connection.host is None or connection.host.sock is None:
                self.close()
            raise failure from error
        answer = connection.host.answer if connection.host is not None else ""
        self._used += 1
        if self._used >= LETTERS_PER_CONNECTION:
            self.close()
        return answer


class _LineGone(Exception):  # noqa: N818 - says what happened
    """The line was gone before the letter's text: a connection that had rested, most often."""


def _failure(error: Exception, *, text_begun: bool) -> NotSent | _LineGone:
    """What an error of smtplib means for the letter in hand."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
        return Refused(said(code, reply), for_good=code >= PERMANENT)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error)
    if text_begun:
        return Broken(_words(error), perhaps_sent=True)
    return _LineGone(_words(error))


def _answered(error: smtplib.SMTPResponseException) -> NotSent | _LineGone:
    """The server said no. Senders differ only in a token, so a refused one concerns all letters."""
    code, words = error.smtp_code, said(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPDataError):
        return Refused(words, for_good=code >= PERMANENT)
    if code == SERVICE_CLOSING:
        return _LineGone(words)
    if isinstance(error, smtplib.SMTPSenderRefused) and (code < PERMANENT or code == TOO_LARGE):
        return Refused(words, for_good=code == TOO_LARGE)
    return Unreachable(words)


def _words(error: Exception) -> str:
    """What went wrong on our side of the line, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class FolderTransport:
    """Writes each letter as a file of mode 0600 into `folder`: what happens while MAIL_SERVER is not set."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder. Raises `Unreachable`."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable(_words(error)) from error

    def send(self, message: LetterMessage, *, name: str) -> str:
        """Write `<name>.eml` so that it is there whole or not at all; gives back its path."""
        self.open()
        data = message.as_bytes()
        path = self._folder / f"{name}.eml"
        unfinished = self._folder / f".{name}.{os.getpid()}"
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise Unreachable(_words(error)) from error
        return str(path)

    def close(self) -> None:
        """Nothing is open between two letters."""


def forget_old_files(config: Config, *, before: datetime) -> int:
    """Delete letters that were written as files before an instant; gives their number."""
    old = [path for path in _mail_folder(config).glob("*.eml") if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def transport_for(config: Config) -> Transport:
    """The way out that the configuration names."""
    if config.mail_server is None:
        return FolderTransport(_mail_folder(config))
    return SmtpTransport(name=config.mail_domain)


def _mail_folder(config: Config) -> Path:
    return config.instance_path / "mail"
