"""`flask accounts create`: an organiser for a fresh or a locked house; and the link for `flask serve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from app.base import clock
from app.base.addresses import BadAddress, normalise_email
from app.base.db import begin_write
from app.base.text import BadText
from app.domain.accounts import passwords, queries, second_factor, service
from app.domain.accounts.models import Purpose, Role
from app.domain.history.service import SYSTEM
from app.extensions import db, settings

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

FIRST_ADMINISTRATOR = "administrator@example.org"
ADVICE = {
    "short": f"Use at least {passwords.SHORTEST} characters for the password.",
    "long": f"Use a password of at most {passwords.LONGEST} characters.",
    "personal": "Leave the address and the name of the site out of the password.",
    "common": "Others could guess this password. Add words that nobody would expect.",
}
RESET = "The second factor is taken away; who owns the account was told by mail."
STILL_ASKED = "A code of the second factor is asked as before. Lost? Say it again with --reset-second-factor."

accounts = AppGroup("accounts", help="Who may sign in to the workspace.")


@accounts.command("create")
@click.argument("email")
@click.option(
    "--role", type=click.Choice([str(role) for role in Role]), required=True, help="What they may do."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--reset-second-factor", is_flag=True, help="Take the second factor away from who lost app and codes."
)
def create(email: str, role: str, *, password_stdin: bool, reset_second_factor: bool) -> None:
    """Create an account, or let an existing one back in; without a password print a one-time link."""
    address = _address(email)
    session, config = db.session(), settings()
    password_hash = _hash(address, config.site_name) if password_stdin else None
    begin_write(session)
    account = service.let_in(
        session,
        address,
        Role(role),
        language=config.languages[0],
        now=clock.now(),
        actor=SYSTEM,
        password_hash=password_hash,
    )
    asked = queries.find_second_factor(session, account.id) is not None
    if asked and reset_second_factor:
        second_factor.reset(session, account.id, now=clock.now(), actor=SYSTEM)
    token = None
    if password_hash is None:
        token = service.new_one_time_link(session, account.id, Purpose.PASSWORD, now=clock.now())
    language = account.language
    session.commit()
    click.echo(f"{address} may sign in now, as {role}.")
    if asked:
        click.echo(RESET if reset_second_factor else STILL_ASKED)
    if token:
        click.echo(f"Sign in once, within an hour: {link_address(token, config.base_url, language)}")


def one_time_link() -> str | None:
    """A one-time sign-in link of the first administrator, who is created if there is none. Commits."""
    session, config = db.session(), settings()
    begin_write(session)
    first = queries.first_administrator(session)
    link = issue_sign_in_link(
        session,
        first.email if first else FIRST_ADMINISTRATOR,
        now=clock.now(),
        base_url=config.base_url,
        language=first.language if first else config.languages[0],
    )
    session.commit()
    return link


def issue_sign_in_link(
    session: Session,
    email: str,
    *,
    now: datetime,
    base_url: str,
    language: str,
    create_role: Role = Role.ADMINISTRATOR,
) -> str:
    """The address that signs `email` in once, within an hour; an unknown address gets an account first."""
    account = queries.find_by_email(session, email)
    if account is None:
        account = service.create_account(
            session, email, create_role, language=language, now=now, actor=SYSTEM
        )
    token = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=now)
    return link_address(token, base_url, language)


def link_address(token: str, base_url: str, language: str) -> str:
    """The full address of a one-time link."""
    return f"{base_url}/{language}/sign-in/link/{token}/"


def _address(text: str) -> str:
    try:
        return normalise_email(text)
    except (BadAddress, BadText) as bad:
        raise click.BadParameter("give an e-mail address like name@example.org", param_hint="EMAIL") from bad


def _hash(email: str, site_name: str) -> str:
    """The hash of the first line of standard input."""
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        passwords.judge_password(password, email=email, site_name=site_name)
    except passwords.WeakPassword as weak:
        raise click.ClickException(ADVICE[weak.reason]) from weak
    return passwords.hash_password(password)
