"""`flask reply`: one raw mail from a mail server's pipe. The exit code is what the server goes by."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.delivery import inbox
from app.delivery.database import DATABASE_TROUBLE
from app.delivery.mime import MAX_BYTES

if TYPE_CHECKING:
    from typing import BinaryIO

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: the server keeps the mail and comes again


@click.command("reply")
@click.argument("file", type=click.File("rb"))
@with_appcontext
def reply(file: BinaryIO) -> None:
    """Take one raw mail from FILE, or from standard input with "-".

    Exits 0 when it was taken or kept for review, 75 when the database is away.
    """
    try:
        inbox.take(file.read(MAX_BYTES + 1), via="pipe")
    except DATABASE_TROUBLE:
        click.echo("The database cannot be used now. The mail server should try again later.", err=True)
        sys.exit(TRY_AGAIN)
