"""`flask serve`: migrate, fill an empty database with the example platform, run web server and worker."""

from __future__ import annotations

import errno
import http.client
import socket
import sys
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError

from app.base import clock
from app.commands.accounts import one_time_link
from app.commands.demo import load_if_empty
from app.commands.supervisor import Program, Supervisor
from app.extensions import db, settings
from config import Config

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


@click.command("serve")
@click.option("--with-parent", is_flag=True, help="Stop when the program that started this one ends.")
@with_appcontext
def serve(*, with_parent: bool) -> None:
    """Set up the database, then run the web server and the worker until Ctrl-C."""
    config = settings()
    refuse_taken_port(config.host, config.port)
    link = prepare_database()
    supervisor = Supervisor(programs(config), with_parent=with_parent)
    sys.exit(supervisor.run(is_ready=lambda: answers(config), announce=lambda: announce(config, link)))


def refuse_taken_port(host: str, port: int) -> None:
    """Raise `click.ClickException` with a sentence when nothing can listen on `host` and `port`."""
    if port == 0:
        raise click.ClickException("Set PORT to a number from 1 to 65535.")
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(
                f"Port {port} is taken. Stop the program that uses it, or set PORT to another number."
            ) from error
        raise click.ClickException(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error


def prepare_database() -> str | None:
    """Bring the tables up to date and fill an empty database; returns a one-time sign-in link.

    No connection stays open. Raises `click.ClickException` with a sentence when there is no database.
    """
    try:
        upgrade()
        load_if_empty(db.session(), now=clock.now())
        return one_time_link()
    except OperationalError as error:
        raise click.ClickException(f"The database cannot be used: {str(error.orig).strip()}") from error
    finally:
        db.session.remove()
        db.engine.dispose()


def programs(config: Config) -> list[Program]:
    """The web server and the worker, as commands."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    bind = f"{host}:{config.port}"
    web = [sys.executable, "-m", "gunicorn", "--config", str(config.root / "gunicorn.conf.py"), "--bind", bind]
    worker = [sys.executable, "-m", "flask", "worker"]
    return [Program("web server", web, config.root), Program("worker", worker, config.root)]


def answers(config: Config) -> bool:
    """Whether the web server says that it is ready."""
    connection = http.client.HTTPConnection(
        EVERY_ADDRESS.get(config.host, config.host), config.port, timeout=2
    )
    try:
        connection.request("GET", "/readyz", headers={"Host": urlsplit(config.base_url).netloc})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(config: Config, link: str | None) -> None:
    """Tell the person who started it where to go."""
    click.echo(f"\n  {config.site_name} runs at {config.base_url}/")
    if link:
        click.echo(f"  Sign in once, within an hour: {link}")
    if config.mail_server is None:
        click.echo(f"  Letters are not sent; they are written to {config.instance_path / 'mail'}")
    click.echo("  Ctrl-C stops it.\n")
