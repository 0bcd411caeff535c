"""Pages about the second factor: an organiser who has one, and the step of the sign-in that asks for the code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base import clock
from app.base.sealing import Sealer
from app.domain.accounts import passwords, second_factor
from app.domain.accounts.models import Account, SecondFactor
from tests.conftest import SECRET

PERSON = "organiser"
EMAIL = f"{PERSON}@example.org"
PASSWORD = "kolibřík nese vodu"


def give_second_factor(session: Session) -> None:
    """Switch it on for the organiser, who is signed in already and has not kept the recovery codes yet."""
    account = session.scalars(select(Account).where(Account.email == EMAIL)).one()
    account.password_hash = passwords.hash_password(PASSWORD)
    box, now = Sealer(SECRET), clock.now()
    factor = SecondFactor(
        account_id=account.id,
        secret=box.seal(second_factor.new_secret()),
        last_step=0,
        set_at=now,
        fresh_codes=second_factor._new_codes(session, account.id, box),
        fresh_until=now + timedelta(hours=6),
    )
    session.add(factor)
    session.commit()


def code_pages() -> list[tuple[str, str, Callable[[Page], None]]]:
    """Name, path and what to do there: the code of the app, and a recovery code, each with an error."""
    return [
        ("sign in, code of the app", "/{lang}/sign-in/", take_first_step),
        ("sign in, recovery code with errors", "/{lang}/sign-in/", ask_for_recovery),
    ]


def take_first_step(page: Page) -> None:
    """E-mail and password; the page of the code follows."""
    page.locator("#email").fill(EMAIL)
    page.locator("#password").fill(PASSWORD)
    with page.expect_navigation():
        page.locator("#sign-in button.button").first.click()
    assert page.locator("#code").count() == 1, page.url


def ask_for_recovery(page: Page) -> None:
    """The page for a recovery code, sent empty."""
    take_first_step(page)
    with page.expect_navigation():
        page.locator("a[href*='way=recovery']").click()
    with page.expect_navigation():
        page.locator("#code-form button.button").click()
