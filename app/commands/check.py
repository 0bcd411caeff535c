"""`flask check`: verifies what must always be true, prints what is not, exits 1."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.base import clock
from app.domain.replies import queries as replies
from app.domain.reports import invariants
from app.extensions import db, settings

if TYPE_CHECKING:
    from datetime import datetime


UNREAD_TOO_LONG = timedelta(hours=1)


@click.command("check")
@with_appcontext
def check() -> None:
    """Verify seats, queues, letters, sequences, unique people, and that replies are read; silent when all is well."""
    now = clock.now()
    wrong = [*invariants.broken(db.session(), now=now), *_unread(now)]
    for sentence in wrong:
        click.echo(sentence)
    if wrong:
        raise SystemExit(1)


def _unread(now: datetime) -> list[str]:
    """Whether the mailbox of replies, if there is one, was read within the hour."""
    if settings().imap is None:
        return []
    reading = replies.reading(db.session())
    if reading is None:
        return ["The mailbox of replies was never read. Is `flask worker` running?"]
    last = reading.read_at
    if last is not None and now - last <= UNREAD_TOO_LONG:
        return []
    since = f"since {last:%Y-%m-%d %H:%M} UTC" if last is not None else "at all"
    why = f" The server said: {reading.trouble}" if reading.trouble else " Is `flask worker` running?"
    return [f"Replies have not been read {since}.{why}"]
