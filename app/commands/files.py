"""Makes the files that were ordered: claims a job, makes the file on the disk, keeps it in pieces.

Beside the letters, in a thread of its own: none of them waits for a file. Its transactions are short, but for the
one that reads the rows of a list while they are written.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import structlog
from flask import current_app
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.database import DATABASE_TROUBLE, transaction
from app.domain.jobs import queries, service
from app.domain.jobs.models import JobKind, Trouble
from app.domain.jobs.rules import PIECE, JobLost
from app.domain.reports import orders as list_orders
from app.extensions import db, sealer
from app.paper import orders as paper_orders
from app.paper.press import PressBusy, PressFailed
from app.web.qr import ticket_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from app.domain.jobs.service import Claim

NOTE = 1.0  # seconds between two notes of how far it is

log = structlog.get_logger("setkani.files")


class Stopping(Exception):  # noqa: N818 - the worker ends, nothing is wrong
    """The worker is asked to end: another one shall make the file."""


class Maker:
    """Makes files for one `worker`; `should_stop` is asked while it works."""

    def __init__(self, worker: str, should_stop: Callable[[], bool]) -> None:
        self._worker, self._should_stop = worker, should_stop
        self._thread: threading.Thread | None = None

    def is_due(self) -> bool:
        """Whether there is something to make, and this worker makes nothing yet. Raises `DATABASE_TROUBLE`."""
        if self._thread is not None and self._thread.is_alive():
            return False
        with transaction() as session:
            return queries.is_anything_due(session, now=clock.now())

    def begin(self) -> None:
        """Make what is due beside everything else."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's way
        self._thread = threading.Thread(target=self._beside, args=(app,), name="files", daemon=True)
        self._thread.start()

    def end(self, patience: float) -> None:
        """Wait until the thread has given back what it had in hand."""
        if self._thread is not None:
            self._thread.join(patience)

    def _beside(self, app: Flask) -> None:
        with app.app_context():
            try:
                while not self._should_stop() and self.make_next():
                    pass
            except DATABASE_TROUBLE as error:
                log.warning("database cannot be used", error=type(error).__name__)

    def make_next(self) -> bool:
        """Make one file; whether there was one to make. Raises `DATABASE_TROUBLE`: then the lease runs out."""
        with transaction(write=True) as session:
            claim = service.claim_next(session, worker=self._worker, now=clock.now())
        if claim is None:
            return False
        with suppress(JobLost):
            self._make(claim)
        return True

    def _make(self, claim: Claim) -> None:
        started, ending = time.monotonic(), "done"
        try:
            with TemporaryFile() as file:
                hand = _Hand(claim, self._should_stop)
                _write(claim, file, hand)
                hand.keep(file)
        except Stopping:
            ending = "given back"
            with transaction(write=True) as session:
                service.give_back(session, claim, now=clock.now())
        except (PressFailed, PressBusy):
            ending = "failed"
            _fail(claim, Trouble.PRESS)
        except JobLost:
            ending = "lost"
        except DATABASE_TROUBLE:
            raise
        except Exception:
            ending = "failed"
            log.exception("file cannot be made", job=claim.job_id)
            _fail(claim, Trouble.FAULT)
        seconds = round(time.monotonic() - started, 1)
        log.info("file", job=claim.job_id, kind=claim.kind, ending=ending, seconds=seconds)


class _Hand:
    """What a job has in hand: says how far it is, and learns that it shall stop."""

    def __init__(self, claim: Claim, should_stop: Callable[[], bool]) -> None:
        self._claim, self._should_stop = claim, should_stop
        self._next = 0.0

    def told(self, done: int) -> None:
        """So many rows are written. Raises `Stopping`, `JobLost`."""
        self._note(done, max(self._claim.number, done))

    def watch(self) -> None:
        """It goes on, nobody can say how far. Raises as `told` does."""
        self._note(0, 0)

    def keep(self, file: IO[bytes]) -> None:
        """Store the file and end the job. Raises as `told` does."""
        file.seek(0)
        number = size = 0
        while data := file.read(PIECE):
            if self._should_stop():
                raise Stopping
            with transaction(write=True) as session:
                service.store(session, self._claim, number, data, now=clock.now())
            number, size = number + 1, size + len(data)
        with transaction(write=True) as session:
            service.finish(session, self._claim, size=size, now=clock.now())

    def _note(self, done: int, total: int) -> None:
        if self._should_stop():
            raise Stopping
        if time.monotonic() < self._next and not 0 < done == total:
            return
        self._next = time.monotonic() + NOTE
        with transaction(write=True) as session:
            service.note(session, self._claim, done=done, total=total, now=clock.now())


def _write(claim: Claim, file: IO[bytes], hand: _Hand) -> None:
    if claim.kind == JobKind.WORKBOOK:
        order = list_orders.restored(claim.arguments, sealer())
        with Session(db.engine) as session:
            order.write(session, file, told=hand.told)
        return
    paper = paper_orders.restored(claim.arguments, sealer())
    with transaction() as session:
        lines = paper.lines(session, ticket_address)
    hand.watch()
    file.write(paper_orders.pdf(paper, lines, watch=hand.watch))


def _fail(claim: Claim, trouble: Trouble) -> None:
    with transaction(write=True) as session:
        service.fail(session, claim, trouble, now=clock.now())
