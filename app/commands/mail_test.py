"""`flask mail-test`: one letter, straight to the server, and in words what the server said."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.base import clock
from app.base.addresses import normalise_email
from app.delivery.letters import render, trial_letter
from app.delivery.transport import NotSent, transport_for
from app.extensions import settings


@click.command("mail-test")
@click.argument("address")
@with_appcontext
def mail_test(address: str) -> None:
    """Send one test letter to ADDRESS and say what the mail server said."""
    try:
        recipient = normalise_email(address)
    except ValueError as error:
        raise click.ClickException(f"“{address}” is not a mail address.") from error
    config, now = settings(), clock.now()
    message = render(trial_letter(recipient, now=now), now=now)
    transport = transport_for(config)
    try:
        answer = transport.send(message, name=f"{now:%Y%m%dT%H%M%SZ}-0-test")
    except NotSent as error:
        where = f"{config.mail_server}:{config.mail_port}" if config.mail_server else "the folder"
        raise click.ClickException(f"The letter was not sent. {where} said: {error}") from error
    finally:
        transport.close()
    if config.mail_server is None:
        click.echo(f"MAIL_SERVER is not set, so the letter was written to {answer}")
    else:
        click.echo(f"The letter went to {config.mail_server}:{config.mail_port}, which said: {answer}")
