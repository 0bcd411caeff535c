"""`flask privacy expire [--dry-run]`: the retention run, by hand."""

import click
from flask.cli import AppGroup

from app.base import clock
from app.base.db import begin_write
from app.domain.privacy import service
from app.extensions import db, settings

privacy = AppGroup("privacy", help="Personal data: what has expired goes.")


@privacy.command("expire")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
def expire(*, dry_run: bool) -> None:
    """Erase what is older than it may be: needs, names, answers, labels, letters, submissions, old sign-in links."""
    begin_write(db.session())
    found = service.expire(
        db.session(), now=clock.now(), retention_months=settings().retention_months, dry_run=dry_run
    )
    db.session.commit()
    verb = "would be" if dry_run else "were"
    click.echo(f"Needs of {found.needs} people {verb} erased.")
    click.echo(f"Names and addresses of {found.names} people {verb} erased.")
    click.echo(f"{found.answers} answers to questions {verb} deleted.")
    click.echo(f"{found.labels} labels of people {verb} deleted.")
    click.echo(f"{found.letters} letters and {found.submissions} submissions {verb} emptied.")
    click.echo(f"{found.drafts} deleted drafts of meetings and saved views {verb} erased.")
    click.echo(f"{found.files} files that nobody sent {verb} deleted.")
    click.echo(f"{found.sign_in} old sign-in links and sessions {verb} deleted.")
