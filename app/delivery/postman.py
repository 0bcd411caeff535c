"""Takes letters out of the outbox and hands them over, one at a time. Any number of postmen may work at once.

1. Open the line first, so that a dead server costs no letter a try.
2. Claim a letter and commit the claim.
3. Read what its mail needs, end that transaction, make the mail.
4. Send, with no transaction open.
5. Mark the letter; how it ended is kept in mind until the database has it.
"""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import or_, select, update

from app.base import clock
from app.delivery.database import DATABASE_TROUBLE, transaction
from app.delivery.deadline import Deadline
from app.delivery.letters import ACCOUNT_KINDS, Gathered, gather, render
from app.delivery.transport import Broken, Refused, Unreachable
from app.delivery.unsendable import CannotCompose, Overtaken
from app.domain.history import service as history
from app.domain.outbox import queries, service
from app.domain.outbox.models import Letter, State
from app.domain.registration.models import Attendee

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.delivery.message import LetterMessage
    from app.delivery.transport import Transport
    from app.domain.outbox.service import Claim

LETTER_SECONDS = 120.0  # for one letter with all that is said to the server; less than the lease of a claim
CONNECT_SECONDS = 60.0
SETTLE_SECONDS = 200.0  # how long an ending is kept in mind while the database is away: within the lease
SETTLE_SECONDS_AT_STOP = 2.0
FAULT = "This letter could not be written because of a fault in the program: {error}."

log = structlog.get_logger("setkani.postman")


class Round(Enum):
    """How one look into the outbox ended."""

    IDLE = "idle"
    DONE = "done"
    UNREACHABLE = "unreachable"


class Postman:
    """Delivers over one `transport`; `worker` names it in claims, `should_stop` is asked before a letter."""

    def __init__(
        self,
        transport: Transport,
        *,
        worker: str,
        deadline: Deadline | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._transport = transport
        self._worker = worker
        self._deadline = deadline or Deadline()
        self._should_stop = should_stop

    def deliver_next(self) -> Round:
        """Deliver the letter that is due longest. Raises `DATABASE_TROUBLE` when the database is away."""
        with transaction() as session:
            if not queries.is_anything_due(session, now=clock.now()):
                return Round.IDLE
        try:
            with self._deadline.limit(CONNECT_SECONDS):
                self._transport.open()
        except (Unreachable, OSError) as error:
            return self._unreachable(error)
        with transaction(write=True) as session:
            claim = service.claim_next(session, worker=self._worker, now=clock.now())
        if claim is None:
            return Round.IDLE
        prepared = self._prepare(claim)
        if prepared is None:
            return Round.DONE
        if self._should_stop():
            self._settle(lambda session: service.give_back(session, claim, now=clock.now()))
            return Round.IDLE
        return self._send(claim, *prepared)

    def close(self) -> None:
        """Let go of the line."""
        self._transport.close()

    def _prepare(self, claim: Claim) -> tuple[Gathered, LetterMessage] | None:
        """The mail of a claimed letter; None when it can never be written: then it has failed."""
        try:
            with transaction() as session:
                letter = session.get_one(Letter, claim.letter_id)
                needs_write = letter.kind in ACCOUNT_KINDS
                gathered = None if needs_write else gather(session, letter, now=clock.now())
            if gathered is None:
                with transaction(write=True) as session:
                    letter = session.get_one(Letter, claim.letter_id)
                    gathered = gather(session, letter, now=clock.now())
            return gathered, render(gathered, now=clock.now())
        except DATABASE_TROUBLE:
            self._settle(lambda session: service.give_back(session, claim, now=clock.now()))
        except Overtaken:
            self._settle(lambda session: service.mark_superseded(session, claim))
        except CannotCompose as error:
            log.warning("letter cannot be written", letter=claim.letter_id)
            self._fail(claim, str(error))
        except Exception as error:
            log.exception("letter cannot be written", letter=claim.letter_id)
            self._fail(claim, FAULT.format(error=type(error).__name__))
        return None

    def _send(self, claim: Claim, gathered: Gathered, message: LetterMessage) -> Round:
        name = f"{clock.now():%Y%m%dT%H%M%SZ}-{gathered.letter_id}-{gathered.kind}"
        started = time.monotonic()
        try:
            with self._deadline.limit(LETTER_SECONDS):
                self._transport.send(message, name=name)
        except Refused as error:
            self._log(claim, gathered, "refused" if error.for_good else "put off", started)
            if error.for_good:
                self._fail(claim, str(error))
            else:
                self._put_off(claim, gathered, str(error), perhaps_sent=False)
        except Broken as error:
            self._log(claim, gathered, "broken", started)
            self._put_off(claim, gathered, str(error), perhaps_sent=error.perhaps_sent)
        except Unreachable as error:
            later = clock.now() + service.STEP_BACK
            self._settle(lambda session: service.give_back(session, claim, now=later))
            return self._unreachable(error)
        except Exception as error:
            log.exception("letter broke off", letter=claim.letter_id)
            self._transport.close()
            self._put_off(claim, gathered, type(error).__name__, perhaps_sent=True)
        else:
            self._log(claim, gathered, "sent", started)
            sent_at = clock.now()
            self._settle(lambda session: _mark_sent(session, claim, gathered, message, now=sent_at))
        return Round.DONE

    def _fail(self, claim: Claim, words: str) -> None:
        def act(session: Session) -> None:
            if service.mark_failed(session, claim, error=words):
                _note_failure(session, claim.letter_id, now=clock.now())

        self._settle(act)

    def _put_off(self, claim: Claim, gathered: Gathered, words: str, *, perhaps_sent: bool) -> None:
        def act(session: Session) -> None:
            now, created_at = clock.now(), gathered.created_at
            if service.mark_retry(
                session, claim, error=words, perhaps_sent=perhaps_sent, created_at=created_at, now=now
            ):
                _note_failure(session, claim.letter_id, now=now)

        self._settle(act)

    def _unreachable(self, error: Exception) -> Round:
        """Nothing can go out: say so beside the letters that wait, and leave them as they are."""
        self._transport.close()
        log.warning("mail server cannot be used", error=type(error.__cause__ or error).__name__)
        with transaction(write=True) as session:
            service.note_trouble(session, error=str(error), now=clock.now())
        return Round.UNREACHABLE

    def _settle(self, act: Callable[[Session], object]) -> None:
        """Write how a letter ended, and keep trying while the database is away and the claim still holds.

        If that is in vain the lease runs out, and the letter is sent once more under the same Message-ID.
        """
        began, pause = time.monotonic(), 0.1
        while True:
            try:
                with transaction(write=True) as session:
                    act(session)
            except DATABASE_TROUBLE:
                patience = SETTLE_SECONDS_AT_STOP if self._should_stop() else SETTLE_SECONDS
                if time.monotonic() - began > patience:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, 2.0)
            else:
                return

    def _log(self, claim: Claim, gathered: Gathered, ending: str, started: float) -> None:
        log.info(
            "letter",
            letter=claim.letter_id,
            kind=gathered.kind,
            ending=ending,
            attempt=claim.attempts,
            ms=round((time.monotonic() - started) * 1000),
        )


def _note_failure(session: Session, letter_id: int, *, now: datetime) -> None:
    """Record in history that a letter has failed for good, if it has."""
    query = select(Letter).where(Letter.id == letter_id, Letter.state == State.FAILED)
    letter = session.scalar(query)
    if letter is None:
        return
    history.record(
        session,
        "letter:fail",
        subject_id=letter.id,
        meeting_id=letter.meeting_id,
        actor=history.SYSTEM,
        now=now,
        kind=letter.kind,
    )
    service.forget_if_asked(session, letter.id)


def _mark_sent(
    session: Session, claim: Claim, gathered: Gathered, message: LetterMessage, *, now: datetime
) -> None:
    """The attendee's row first, then the letter's: the order of locks of the whole house."""
    if message.calendar is not None:
        session.execute(
            update(Attendee)
            .where(Attendee.id == gathered.attendee_id)
            .where(or_(Attendee.sent_sequence.is_(None), Attendee.sent_sequence < gathered.sequence))
            .values(sent_sequence=gathered.sequence)
            .execution_options(synchronize_session=False)
        )
    if not service.mark_sent(session, claim, now=now):
        log.warning("letter was sent after its claim ran out", letter=claim.letter_id)
    service.forget_if_asked(session, claim.letter_id)
