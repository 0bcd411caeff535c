r"""Reads a folder over IMAP (RFC 3501), told of new mails by IDLE (RFC 2177) where the server can. No database here.

Each mail is marked once it was taken, or kept for a person; none is deleted, moved, or fetched after that. The marks
are keywords of our own where the folder keeps such, so that a person may open any mail; else they are `\Seen` and
`\Flagged`. Nothing about a mail is logged, nor may IMAPClient, which would write down all that goes over the line.
"""

from __future__ import annotations

import contextlib
import logging
import select
import ssl
import time
from typing import TYPE_CHECKING, Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from app.delivery.marks import SYSTEM_FLAGS, Incoming, MailId, Marks, marks_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config import ImapAccount

logging.getLogger("imapclient").setLevel(logging.ERROR)

TIMEOUT = 20.0  # seconds for each answer of the server
GOODBYE = 2.0  # seconds; nothing depends on the answer
LARGEST = 1024 * 1024  # octets of a mail that is fetched whole
LARGEST_HEADER = 64 * 1024  # octets of the header of any other
TICK = 0.2  # seconds after which a stop is noticed while waiting
# A mail may come between a look and the beginning of IDLE, and nothing tells of it. So the look after something
# happened is soon repeated, and after that now and then; this renews IDLE too, well within the 29 minutes of RFC 2177.
SETTLE = 2.0  # seconds
IDLE_LIFE = 300.0  # seconds
IDLE_TRIES = 3  # failures in a row after which a server is taken not to know IDLE
POLL = 60.0  # seconds between two looks without IDLE
# The last four are how IMAPClient meets answers that no server should give.
TROUBLE = (IMAPClientError, OSError, ValueError, LookupError, TypeError, AttributeError)


class Unreachable(Exception):  # noqa: N818 - says what happened
    """The folder cannot be read at all; the text says why, in the server's words where it spoke."""


class Unreadable(Exception):  # noqa: N818 - says what happened
    """The server does not give this one mail; the line is good."""


class Mailbox:
    """The folder of an `account`, over one line that opens when it is needed.

    `timeout` is seconds for each answer. Every method but `close` raises `Unreachable`; the next call begins anew.
    """

    def __init__(self, account: ImapAccount, *, timeout: float = TIMEOUT) -> None:
        self._account = account
        self._timeout = timeout
        self._client: IMAPClient | None = None
        self._marks = Marks()
        self._validity = 0
        self._idle_failures = 0
        self._can_idle = False
        self._idling = False
        self._stirred = True
        self._look_at = 0.0

    def open(self) -> None:
        """Connect, sign in and select the folder, unless that was done before."""
        if self._client is not None:
            return
        try:
            self._client = self._connect()
        except TROUBLE as error:
            raise Unreachable(self._words(error)) from error
        self._idling = False
        self._stir()

    def close(self) -> None:
        """Say goodbye to the server; never raises."""
        client = self._client
        if client is None:
            return
        with contextlib.suppress(*TROUBLE):
            client.socket().settimeout(GOODBYE)
            if self._idling:
                client.idle_done()
            client.logout()
        self._drop()

    def unread(self) -> list[MailId]:
        """All mails that bear no mark of ours, oldest first. When there are none the line is in IDLE at once."""
        with self._line() as client:
            client.noop()  # a server may search what it told us of, not what there is
            uids = sorted(client.search(self._marks.unmarked))
            rest = IDLE_LIFE if self._can_idle else POLL
        self._look_at = time.monotonic() + (SETTLE if self._stirred else rest)
        self._stirred = False
        if not uids and self._can_idle:
            self._begin_idle(client)
        return [MailId(self._validity, uid) for uid in uids]

    def fetch(self, mail: MailId) -> Incoming | None:
        """One mail, or None when it vanished or was marked meanwhile. Raises `Unreadable` too.

        The server may err about a size (Exchange does), so no more than `LARGEST` is asked for in any case.
        """
        with self._line() as client:
            if mail.validity != self._validity:
                return None
            try:
                found = client.fetch([mail.uid], ["FLAGS", "RFC822.SIZE"]).get(mail.uid, {})
                if b"RFC822.SIZE" not in found or self._marks.are_in(found.get(b"FLAGS", ())):
                    return None
                if found[b"RFC822.SIZE"] <= LARGEST:
                    raw = _part(client, mail.uid, "", LARGEST + 1)
                    if raw is None or len(raw) <= LARGEST:
                        return None if raw is None else Incoming(mail, raw)
                header = _part(client, mail.uid, "HEADER", LARGEST_HEADER)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                raise Unreadable(self._words(error)) from error
        return None if header is None else Incoming(mail, header, too_large=True)

    def mark_done(self, mail: MailId) -> None:
        """Never give this mail again: it was taken."""
        self._mark(mail, kept=False)

    def mark_kept(self, mail: MailId) -> None:
        """Never give this mail again: it waits for a person, flagged and, where possible, unread."""
        self._mark(mail, kept=True)

    def has_news(self) -> bool:
        """Whether it is time to ask `unread`. Comes back at once, but for the answer to a new IDLE."""
        return self._listen(0)

    def wait(self, seconds: float, should_stop: Callable[[], bool]) -> bool:
        """As `has_news`, but waits for news until `seconds` are over or `should_stop` says so."""
        end = time.monotonic() + seconds
        while not should_stop() and (left := end - time.monotonic()) > 0:
            if self._listen(min(TICK, left)):
                return True
        return False

    def _connect(self) -> IMAPClient:
        account, context = self._account, ssl.create_default_context()
        client = IMAPClient(
            account.host,
            account.port,
            ssl=account.security == "tls",
            ssl_context=context,
            timeout=self._timeout,
        )
        try:
            if account.security == "starttls":
                client.starttls(context)
            _sign_in(client, account)
            self._select(client)
        except BaseException:
            _hang_up(client)
            raise
        return client

    def _select(self, client: IMAPClient) -> None:
        answer = client.select_folder(self._account.folder)
        self._marks = marks_for(answer.get(b"PERMANENTFLAGS", SYSTEM_FLAGS))
        if not self._marks.done:
            raise IMAPClientError("this folder keeps no marks, so its mails would be read again and again")
        self._validity = int(answer.get(b"UIDVALIDITY", 0))
        self._can_idle = client.has_capability("IDLE") and self._idle_failures < IDLE_TRIES

    @contextlib.contextmanager
    def _line(self) -> Iterator[IMAPClient]:
        """The line, ready for a command. What breaks inside breaks the line."""
        self.open()
        client = self._client
        assert client is not None  # noqa: S101 - open() has set it
        try:
            if self._idling:
                self._idling = False
                client.idle_done()
            yield client
        except Unreadable:
            raise
        except TROUBLE as error:
            self._drop()
            raise Unreachable(self._words(error)) from error
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            _hang_up(client)

    def _stir(self) -> None:
        """Something happened: look at once, and again soon after."""
        self._stirred, self._look_at = True, 0.0

    def _mark(self, mail: MailId, *, kept: bool) -> None:
        with self._line() as client:
            if mail.validity != self._validity:
                return  # its number may be that of another mail now; it will be given again
            flags = self._marks.kept if kept else self._marks.done
            after = client.add_flags([mail.uid], flags).get(mail.uid)
            if after is not None and not self._marks.are_in(after):
                raise IMAPClientError("this folder does not keep the marks that it promised to keep")
        self._stir()

    def _listen(self, seconds: float) -> bool:
        if self._client is None or (left := self._look_at - time.monotonic()) <= 0:
            return True
        if not self._can_idle:
            time.sleep(min(seconds, left))
            return self._look_at <= time.monotonic()
        if not self._idling and not self._begin_idle(self._client):
            return True
        try:
            news = _hears(self._client, min(seconds, left))
        except TROUBLE as error:
            self._drop()
            raise Unreachable(self._words(error)) from error
        if news:
            self._stir()
        return news

    def _begin_idle(self, client: IMAPClient) -> bool:
        """Enter IDLE. Gives False when that fails; the line is closed then, and after some tries we poll.

        IMAPClient takes it for a failure too when the server tells of a new mail just then.
        """
        try:
            client.idle()
        except TROUBLE as error:
            self._drop()
            if isinstance(error, IMAPClientError) and not isinstance(error, IMAPClientAbortError):
                self._idle_failures += 1
                return False
            raise Unreachable(self._words(error)) from error
        self._idling, self._idle_failures = True, 0
        return True

    def _words(self, error: Exception) -> str:
        """What went wrong, in one line, without the password whatever the server repeats."""
        text = " ".join(str(error).split()).replace(self._account.password, "•••")
        if isinstance(error, IMAPClientError) and text:
            return text
        return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _sign_in(client: IMAPClient, account: ImapAccount) -> None:
    """By AUTHENTICATE PLAIN (RFC 4616), which alone knows letters beyond ASCII; else by LOGIN."""
    if client.has_capability("AUTH=PLAIN"):
        client.plain_login(account.user, account.password)
        return
    if client.has_capability("LOGINDISABLED"):
        raise LoginError("the server lets nobody sign in over this line")
    if not f"{account.user}{account.password}".isascii():
        raise LoginError(
            "without AUTH=PLAIN the server understands no letters beyond ASCII in user and password"
        )
    quoted = account.user.replace("\\", "\\\\").replace('"', '\\"')
    client.login(f'"{quoted}"', account.password)


def _part(client: IMAPClient, uid: int, section: str, most: int) -> bytes | None:
    """The first octets of a mail or its header, None when there is no such mail (any more)."""
    answer: dict[bytes, Any] = client.fetch([uid], [f"BODY.PEEK[{section}]<0.{most}>"]).get(uid, {})
    key = f"BODY[{section}]<0>".encode()
    return bytes(answer[key] or b"") if key in answer else None


def _hears(client: IMAPClient, seconds: float) -> bool:
    """Whether the server says something new in IDLE; the end of the line is news too, for the next command."""
    ear = select.poll()
    ear.register(client.socket(), select.POLLIN)
    if not ear.poll(seconds * 1000):
        return False
    heard = client.idle_check(timeout=0)
    return not heard or any(response[0] != b"OK" for response in heard)


def _hang_up(client: IMAPClient) -> None:
    with contextlib.suppress(OSError):
        client.shutdown()
