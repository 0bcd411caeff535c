"""Floor 4: the `flask …` commands. They commit, once per job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.commands.accounts import accounts
from app.commands.check import check
from app.commands.demo import demo
from app.commands.mail_test import mail_test
from app.commands.privacy import privacy
from app.commands.reply import reply
from app.commands.serve import serve
from app.commands.worker import worker

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Add every command to `flask`."""
    for command in (serve, worker, accounts, demo, check, mail_test, privacy, reply):
        app.cli.add_command(command)
