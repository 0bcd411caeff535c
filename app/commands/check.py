"""`flask check`: verifies what must always be true, prints what is not, exits 1."""

import click
from flask.cli import with_appcontext

from app.base import clock
from app.domain.reports import invariants
from app.extensions import db


@click.command("check")
@with_appcontext
def check() -> None:
    """Verify seats, queues, letters, sequences and unique people; silent when all is well."""
    wrong = invariants.broken(db.session(), now=clock.now())
    for sentence in wrong:
        click.echo(sentence)
    if wrong:
        raise SystemExit(1)
