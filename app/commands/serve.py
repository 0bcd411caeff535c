"""`flask serve`: migrate, fill an empty database with the example platform, run web server and worker."""

from __future__ import annotations

import errno
import http.client
import socket
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from flask.cli import ScriptInfo, with_appcontext
from flask_migrate import upgrade
from gunicorn.app.base import Application
from sqlalchemy.exc import OperationalError

from app.base import clock
from app.commands.accounts import one_time_link
from app.commands.demo import load_if_empty
from app.commands.supervisor import Program, Supervisor
from app.commands.worker import worker
from app.extensions import db, settings

if TYPE_CHECKING:
    from flask import Flask

    from config import Config

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


@click.command("serve")
@click.option("--with-parent", is_flag=True, help="Stop when the program that started this one ends.")
@click.pass_context
@with_appcontext
def serve(context: click.Context, *, with_parent: bool) -> None:
    """Set up the database, then run the web server and the worker until Ctrl-C."""
    app = context.ensure_object(ScriptInfo).load_app()
    config = settings()
    refuse_taken_port(config.host, config.port)
    link = prepare_database()
    supervisor = Supervisor(
        [
            Program("web server", lambda: WebServer(app, config).run()),
            Program("worker", lambda: worker.main([], obj=ScriptInfo(create_app=lambda: app))),
        ],
        with_parent=with_parent,
    )
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

    No connection stays open, so that a fork shares none. Raises `click.ClickException` with a sentence when
    the database cannot be used.
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


class WebServer(Application):  # type: ignore[misc]  # gunicorn publishes no types
    """gunicorn with the settings of `gunicorn.conf.py`, for an application that is loaded already."""

    def __init__(self, app: Flask, config: Config) -> None:
        self.app, self.config = app, config
        super().__init__()

    def load_config(self) -> None:
        """Read the file; the address comes from our own configuration."""
        self.load_config_from_file(str(self.config.root / "gunicorn.conf.py"))
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        self.cfg.set("bind", f"{host}:{self.config.port}")

    def load(self) -> Any:
        """The WSGI application."""
        return self.app


def answers(config: Config) -> bool:
    """Whether the web server says that it is ready."""
    host = EVERY_ADDRESS.get(config.host, config.host)
    connection = http.client.HTTPConnection(host, config.port, timeout=2)
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
