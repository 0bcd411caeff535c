"""A postman on each database, and a mail server with faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import flask_mail
import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.postman import Postman, Round
from app.delivery.transport import SmtpTransport
from app.domain.outbox.models import Letter, State
from app.extensions import db
from tests.delivery.mail_server import MailServer

PATIENCE = 1.0  # seconds that the postman waits for an answer in tests


@pytest.fixture
def server() -> Iterator[MailServer]:
    """An SMTP server without TLS and sign-in."""
    with MailServer() as running:
        yield running


@pytest.fixture
def mails_to(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that points the application at a mail server; keywords are settings of Flask-Mail."""

    def point(server: MailServer, **more: Any) -> None:
        state = flask_mail.Mail().init_mail({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": server.port, **more})
        monkeypatch.setitem(app.extensions, "mail", state)

    return point


@pytest.fixture
def both_languages(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Czech and English, whichever catalogues there are."""
    config = replace(app.extensions["setkani_config"], languages=("cs", "en"))
    monkeypatch.setitem(app.extensions, "setkani_config", config)


@pytest.fixture
def postman(
    session: Session, server: MailServer, mails_to: Callable[..., None], both_languages: None
) -> Iterator[Postman]:
    """A postman who takes letters to `server`."""
    mails_to(server)
    made = Postman(SmtpTransport(name="example.org", timeout=PATIENCE), worker="the postman")
    yield made
    made.close()


def deliver_all(postman: Postman) -> Round:
    """Deliver until nothing is due; gives how it ended."""
    db.session.commit()
    for _ in range(500):
        ending = postman.deliver_next()
        if ending != Round.DONE:
            break
    db.session.rollback()
    return ending


def make_due(session: Session, state: str = State.QUEUED) -> None:
    """Let the pauses of all letters in `state` be over."""
    session.rollback()
    session.execute(update(Letter).where(Letter.state == state).values(due_at=clock.now()))
    session.commit()


def letters_to(session: Session, address: str) -> list[Letter]:
    """All letters to an address, oldest first, as the database has them now."""
    session.rollback()
    return list(session.scalars(select(Letter).where(Letter.recipient == address).order_by(Letter.id)))


def the_letter_to(session: Session, address: str) -> Letter:
    """The only letter to an address."""
    (letter,) = letters_to(session, address)
    return letter
