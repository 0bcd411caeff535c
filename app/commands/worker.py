"""`flask worker`: delivers letters, reads replies, and does what time alone makes due. Any number may run."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import click
import structlog
from flask.cli import with_appcontext

from app.base import clock
from app.commands.files import Maker
from app.delivery import inbox
from app.delivery.database import DATABASE_TROUBLE, transaction
from app.delivery.deadline import Deadline
from app.delivery.due import write_broadcasts, write_notices, write_reminders
from app.delivery.mailbox import Mailbox
from app.delivery.postman import Postman, Round
from app.delivery.reader import Reader
from app.delivery.transport import forget_old_files, transport_for
from app.domain.jobs import service as jobs
from app.domain.outbox import queries
from app.domain.privacy.register import FACTS_KEPT
from app.domain.privacy.service import expire
from app.domain.replies.service import note_reading
from app.extensions import db, settings
from app.web.limits import sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

IDLE = 0.5  # seconds between two looks into an empty outbox
TICK = 0.1  # seconds after which a stop is noticed while resting
DATABASE_PAUSE = 2.0  # seconds; the work goes on within 5 s of the database being back
LONGEST_PAUSE = 60.0  # seconds between two tries to reach a mail server
REST_OF_LINE = 5.0  # seconds of rest after which the connection is given up
STOP_PATIENCE = 6.0  # seconds for the letter in hand when a stop is asked for
LOOK = 1.0  # seconds between two looks for replies
HEARTBEAT = 60.0  # seconds between two signs of life in the log
MINUTE = 60.0  # seconds between two looks for reminders and notices
MANY = 2.0  # seconds between two looks for letters to many people
FILES = 1.0  # seconds between two looks for files to make
FILE_PATIENCE = 3.0  # seconds for the file in hand when a stop is asked for
HOUR = 3600.0
SOON = 300.0  # seconds until chores that failed are tried again; letters do not wait for them
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = structlog.get_logger("setkani.worker")


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due and exit.")
@with_appcontext
def worker(*, once: bool) -> None:
    """Deliver letters, read replies, write reminders and notices, run the retention until SIGTERM or Ctrl-C."""
    sys.exit(Worker().run(once=once))


class Worker:
    """One worker process: a loop around a postman, and a reader where a mailbox is configured."""

    def __init__(self) -> None:
        self._stopping = False
        self._deadline = Deadline()
        name = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._postman = Postman(
            transport_for(settings()),
            worker=name,
            deadline=self._deadline,
            should_stop=lambda: self._stopping,
        )
        self._replies = _replies_reader(self._deadline, lambda: self._stopping)
        self._files = Maker(name, lambda: self._stopping)
        self._failures = 0
        self._idle_since: float | None = None
        self._next_look = 0.0
        self._next_note = 0.0
        self._next_beat = 0.0
        self._next_minute = 0.0
        self._next_many = 0.0
        self._next_files = 0.0
        self._next_chores = 0.0

    def run(self, *, once: bool) -> int:
        """Work until asked to stop or nothing is due. Gives the exit code: 1 when letters had to stay."""
        self._deadline.install()
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)
        log.info("worker starts")
        ending = Round.IDLE
        try:
            while not self._stopping:
                ending, pause = self._step(once=once)
                if once and ending != Round.DONE:
                    break
                self._rest(pause)
        finally:
            self._files.end(FILE_PATIENCE)
            self._postman.close()
            if self._replies is not None:
                self._replies.close()
        log.info("worker ends")
        return 1 if once and ending == Round.UNREACHABLE else 0

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._deadline.shorten(STOP_PATIENCE)

    def _step(self, *, once: bool = False) -> tuple[Round, float]:
        """One letter, or what else is due; gives how that ended and how many seconds to rest."""
        try:
            self._beat()
            self._chores()
            self._minute()
            self._many()
            made = self._make_files(once=once)
            ending = self._postman.deliver_next()
            if (self._read_replies() == Round.DONE or made) and ending == Round.IDLE:
                ending = Round.DONE
        except DATABASE_TROUBLE as error:
            log.warning("database cannot be used", error=type(error).__name__)
            return Round.UNREACHABLE, DATABASE_PAUSE
        except Exception:
            log.exception("worker stumbled")
            return Round.UNREACHABLE, DATABASE_PAUSE
        return ending, self._pause_after(ending)

    def _read_replies(self) -> Round:
        """Take a few mails of the mailbox, if there is one, and note once a minute that it can be read, or why not.

        Trouble with the mailbox holds no letter up: the reader waits for itself.
        """
        if self._replies is None or time.monotonic() < self._next_look:
            return Round.IDLE
        ending = self._replies.read_some()
        self._next_look = time.monotonic() + (0.0 if ending == Round.DONE else LOOK)
        if ending == Round.UNREACHABLE or time.monotonic() >= self._next_note:
            with transaction(write=True) as session:
                note_reading(session, now=clock.now(), trouble=self._replies.trouble)
            self._next_note = time.monotonic() + HEARTBEAT
        return ending

    def _pause_after(self, ending: Round) -> float:
        now = time.monotonic()
        if ending == Round.UNREACHABLE:
            self._failures += 1
            return min(LONGEST_PAUSE, 2.0 ** min(self._failures, 10))
        self._failures = 0
        if ending == Round.DONE:
            self._idle_since = None
            return 0.0
        self._idle_since = self._idle_since or now
        if now - self._idle_since > REST_OF_LINE:
            self._postman.close()
        return IDLE

    def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping and (left := end - time.monotonic()) > 0:
            time.sleep(min(TICK, left))

    def _beat(self) -> None:
        if time.monotonic() < self._next_beat:
            return
        with transaction() as session:
            counts = queries.counts(session)
        log.info(
            "worker is well", queued=counts["queued"], sending=counts["sending"], failed=counts["failed"]
        )
        self._next_beat = time.monotonic() + HEARTBEAT

    def _minute(self) -> None:
        """Reminders and notices. Every worker looks for them; what one has written, no other writes again."""
        if time.monotonic() < self._next_minute:
            return
        self._next_minute = time.monotonic() + MINUTE
        now = clock.now()
        reminders = write_reminders(now=now)
        notices = write_notices(now=now, timezone=settings().timezone)
        with transaction(write=True) as session:
            jobs.forget_old(session, now=now)
        if reminders or notices:
            log.info("due letters are written", reminders=reminders, notices=notices)

    def _many(self) -> None:
        """Letters to many people: started, written in portions, ended. Every worker looks for them."""
        if time.monotonic() < self._next_many:
            return
        self._next_many = time.monotonic() + MANY
        if written := write_broadcasts(now=clock.now()):
            log.info("letters to many are written", letters=written)

    def _make_files(self, *, once: bool) -> bool:
        """Files that were ordered: beside the letters, or now where there is only one round; whether one was made."""
        if time.monotonic() < self._next_files:
            return False
        self._next_files = time.monotonic() + (0.0 if once else FILES)
        if not self._files.is_due():
            return False
        if once:
            return self._files.make_next()
        self._files.begin()
        return False

    def _chores(self) -> None:
        """Retention and spent rate limits. Every worker does them; done twice they change nothing more."""
        if time.monotonic() < self._next_chores:
            return
        self._next_chores = time.monotonic() + SOON
        now = clock.now()
        with transaction(write=True) as session:
            expired = expire(session, now=now, retention_months=settings().retention_months)
        windows = sweep(db.engine, now)
        self._next_chores = time.monotonic() + HOUR
        files = forget_old_files(settings(), before=now - FACTS_KEPT)
        log.info("chores are done", expired=expired.total, rate_windows=windows, files=files)


def _replies_reader(deadline: Deadline, should_stop: Callable[[], bool]) -> Reader | None:
    """The reader of the mailbox that the configuration names, or None."""
    account = settings().imap
    if account is None:
        return None
    return Reader(
        Mailbox(account), partial(inbox.take, via="imap"), deadline=deadline, should_stop=should_stop
    )
