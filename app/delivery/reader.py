"""Takes mails out of the mailbox and hands them over, a few at a time. Any number of readers may work at once.

A mail is marked only after it was taken; so a crash in between makes it come again, and `take` must not mind that.
No network call to the mailbox happens while `take` has a transaction open.
"""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING

import structlog

from app.delivery.database import DATABASE_TROUBLE
from app.delivery.deadline import Deadline
from app.delivery.mailbox import Unreachable, Unreadable
from app.delivery.postman import Round

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.delivery.mailbox import Mailbox
    from app.delivery.marks import MailId

BATCH = 20  # mails in one round; letters wait for them
OPEN_SECONDS = 60.0
MAIL_SECONDS = 60.0  # for all that is said to the server about one mail
LONGEST_PAUSE = 60.0  # seconds between two tries to reach the server

log = structlog.get_logger("setkani.reader")


class Taken(Enum):
    """What became of a mail."""

    DONE = "done"
    KEPT = "kept"  # a person must look at it


class Reader:
    """Reads a `mailbox`; `take` gets the raw bytes of each mail, `should_stop` is asked before each."""

    def __init__(
        self,
        mailbox: Mailbox,
        take: Callable[[bytes], Taken],
        *,
        deadline: Deadline | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._mailbox = mailbox
        self._take = take
        self._deadline = deadline or Deadline()
        self._should_stop = should_stop
        self._failures = 0
        self._not_before = 0.0
        self._again = False
        self.trouble = ""  # why the mailbox cannot be read now, in words; empty when it can
        self._difficult: set[MailId] = set()

    def read_some(self) -> Round:
        """Take at most `BATCH` mails. Cheap when there are none: may be called between any two letters.

        Gives DONE when there was something, UNREACHABLE once for each try that failed, else IDLE. Raises
        `DATABASE_TROUBLE` from `take`; the mail stays as it was.
        """
        if time.monotonic() < self._not_before:
            return Round.IDLE
        try:
            mails = self._list()
        except (Unreachable, OSError) as error:
            return self._unreachable(error)
        self._failures, self.trouble = 0, ""
        for number, mail in enumerate(mails[:BATCH]):
            if self._should_stop():
                return Round.DONE if number else Round.IDLE
            try:
                self._read(mail)
            except (Unreachable, OSError) as error:
                self._difficult.add(mail)
                return self._unreachable(error)
        return Round.DONE if mails else Round.IDLE

    def close(self) -> None:
        """Let go of the line."""
        self._mailbox.close()

    def _list(self) -> list[MailId]:
        """What there is to read, that which made trouble before last: it must not stop the others."""
        with self._deadline.limit(OPEN_SECONDS):
            if not self._again and not self._mailbox.has_news():
                return []
            mails = self._mailbox.unread()
        self._again = len(mails) > BATCH
        self._difficult &= set(mails)
        return sorted(mails, key=lambda mail: (mail in self._difficult, mail))

    def _read(self, mail: MailId) -> None:
        try:
            with self._deadline.limit(MAIL_SECONDS):
                incoming = self._mailbox.fetch(mail)
        except Unreadable:
            log.warning("mail cannot be read", uid=mail.uid)
            self._difficult.add(mail)
            return
        if incoming is None:
            return
        if incoming.too_large:
            log.warning("mail is too large", uid=mail.uid)
            taken = Taken.KEPT
        else:
            taken = self._hand_over(mail, incoming.raw)
        with self._deadline.limit(MAIL_SECONDS):
            if taken is Taken.DONE:
                self._mailbox.mark_done(mail)
            else:
                self._mailbox.mark_kept(mail)
        log.info("mail", uid=mail.uid, ending=taken.value)

    def _hand_over(self, mail: MailId, raw: bytes) -> Taken:
        try:
            return self._take(raw)
        except DATABASE_TROUBLE:
            self._difficult.add(mail)
            self._again = True
            raise
        except Exception:
            log.exception("mail could not be taken", uid=mail.uid)
            return Taken.KEPT

    def _unreachable(self, error: Exception) -> Round:
        self._mailbox.close()
        self._failures += 1
        self.trouble = str(error)
        self._not_before = time.monotonic() + min(LONGEST_PAUSE, 2.0 ** min(self._failures, 10))
        log.warning("mailbox cannot be used", error=type(error.__cause__ or error).__name__)
        return Round.UNREACHABLE
