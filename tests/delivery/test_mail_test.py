"""`flask mail-test`: what it says when all is well, and when not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from app.factory import create_app
from config import Config
from tests.delivery.mail_server import MailServer, free_port

Configure = Callable[..., Config]


def mail_test(configure: Configure, address: str, **environ: Any) -> Result:
    app = create_app(configure(LANGUAGES="en", **environ))
    return app.test_cli_runner().invoke(args=["mail-test", address])


def test_it_says_what_the_server_said(configure: Configure, server: MailServer) -> None:
    result = mail_test(configure, "admin@example.com", MAIL_SERVER="127.0.0.1", MAIL_PORT=str(server.port))

    assert result.exit_code == 0
    assert f"127.0.0.1:{server.port}" in result.output
    assert "250 2.0.0 taken as 1" in result.output
    (taken,) = server.faults.taken
    assert taken.sender.startswith("bounce+")
    assert taken.mail["Subject"].startswith("Test letter")


def test_it_fails_with_the_servers_words(configure: Configure, server: MailServer) -> None:
    result = mail_test(configure, "unknown@example.com", MAIL_SERVER="127.0.0.1", MAIL_PORT=str(server.port))

    assert result.exit_code == 1
    assert "550 5.1.1" in result.output


def test_it_fails_without_a_line(configure: Configure) -> None:
    result = mail_test(configure, "admin@example.com", MAIL_SERVER="127.0.0.1", MAIL_PORT=str(free_port()))

    assert result.exit_code == 1
    assert "ConnectionRefusedError" in result.output


@pytest.mark.parametrize("address", ["nobody", "a@b@c", "", "x\r\ny@example.com"])
def test_it_refuses_what_is_no_address(configure: Configure, address: str) -> None:
    result = mail_test(configure, address)

    assert result.exit_code == 1
    assert "is not a mail address" in result.output


def test_without_a_server_it_names_the_file(configure: Configure) -> None:
    result = mail_test(configure, "admin@example.com")

    assert result.exit_code == 0
    assert "MAIL_SERVER is not set" in result.output
    assert ".eml" in result.output
