"""Letters of one change handed to a local SMTP server: our rate beside that of a bare smtplib loop.

The server is another process. The loop sends the very mails that we send, made beforehand, over connections of the
same length; both run in turns within this one run, so that the ratio says more than the machine. A letter of ours
is claimed, composed with its invite, sent and marked, with two commits. The ratio is reported and none is required;
what must hold is that every letter is sent.
Runs on SQLite; where `DATABASE_URL` is set, on that (empty) database as well.
"""

from __future__ import annotations

import os
import smtplib
import socket
import tempfile
import time
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from flask_migrate import upgrade
from sqlalchemy import func, select

from app.base import clock
from app.base.db import begin_write
from app.base.tokens import new_token
from app.delivery.letters import compose
from app.delivery.postman import Postman, Round
from app.delivery.transport import LETTERS_PER_CONNECTION, transport_for
from app.domain.history.service import SYSTEM
from app.domain.outbox.models import Letter, State
from app.domain.registration import changes
from app.extensions import db, settings
from app.factory import create_app
from benchmarks._crowd import meeting_of
from config import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

PEOPLE, TURNS = 60, 3
HOST = "127.0.0.1"
Environ = dict[str, str]
Mail = tuple[str, str, bytes]


def main() -> bool:
    held = True
    given = os.environ.get("DATABASE_URL")
    with _server() as port:
        for url in [None, given] if given else [None]:
            with tempfile.TemporaryDirectory() as folder:
                environ = {"SECRET_KEY": new_token() * 2, "INSTANCE_PATH": folder}
                environ |= {"BASE_URL": "http://localhost", "MAIL_SENDER": "akce@example.org"}
                environ |= {"RSVP_ADDRESS": "rsvp@example.org", "MAIL_SERVER": HOST, "MAIL_PORT": str(port)}
                held = _compare(environ | ({"DATABASE_URL": url} if url else {}), port) and held
    return held


def _compare(environ: Environ, port: int) -> bool:
    with create_app(load(environ)).app_context():
        upgrade()
        bare, ours = [], []
        for turn in range(TURNS):
            mails = _letters(PEOPLE if turn else 20)
            times = [_bare(mails, port), _deliver()]
            if turn:  # the first one warms both
                bare.append(len(mails) / times[0])
                ours.append(len(mails) / times[1])
        sent = db.session.scalar(select(func.count()).where(Letter.state == State.SENT))
        ratio = sum(ours) / sum(bare)
        print(
            f"{db.engine.dialect.name}: {_said(ours)} letters a second, bare smtplib {_said(bare)}, "
            f"ratio {ratio:.2f}"
        )
        db.session.remove()
        db.engine.dispose()
    return sent == 20 + PEOPLE * (TURNS - 1)


def _letters(people: int) -> list[Mail]:
    """Call a new meeting of so many people off and back on; gives the mails of the restoring, made beforehand."""
    session = db.session()
    meeting_id = meeting_of(session, people)
    session.commit()
    begin_write(session)
    changes.call_off(session, meeting_id, reason={}, now=clock.now(), actor=SYSTEM)
    session.query(Letter).where(Letter.meeting_id == meeting_id).delete()
    changes.restore(session, meeting_id, now=clock.now(), actor=SYSTEM)
    session.commit()
    letters = session.scalars(select(Letter).where(Letter.meeting_id == meeting_id)).all()
    mails = [compose(session, letter, now=clock.now()) for letter in letters]
    made = [
        (mail.envelope_from, str(letter.recipient), mail.as_bytes())
        for mail, letter in zip(mails, letters, strict=True)
    ]
    session.rollback()
    return made


def _bare(mails: list[Mail], port: int) -> float:
    begun = time.perf_counter()
    for first in range(0, len(mails), LETTERS_PER_CONNECTION):
        with smtplib.SMTP(HOST, port) as line:
            for sender, recipient, content in mails[first : first + LETTERS_PER_CONNECTION]:
                line.sendmail(sender, [recipient], content)
    return time.perf_counter() - begun


def _deliver() -> float:
    postman = Postman(transport_for(settings()), worker="benchmark")
    begun = time.perf_counter()
    while postman.deliver_next() is Round.DONE:
        pass
    postman.close()
    return time.perf_counter() - begun


def _said(rates: list[float]) -> str:
    return " and ".join(f"{one:.0f}" for one in rates)


@contextmanager
def _server() -> Iterator[int]:
    """A server in a process of its own that takes every mail and forgets it; gives its port."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(10)


def _serve(line: Connection) -> None:
    with socket.socket() as taken:  # aiosmtpd wants to know its port beforehand
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
    controller = Controller(Sink(), hostname=HOST, port=port)
    controller.start()
    line.send(port)
    line.recv()
    controller.stop()


if __name__ == "__main__":
    raise SystemExit(not main())
