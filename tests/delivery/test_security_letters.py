"""Letters about the security of an account: what happened, what to do, and no link that lets anybody in."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.letters import compose, preview
from app.domain.accounts import service
from app.domain.accounts.models import Role
from app.domain.outbox.models import Letter
from tests.factories import make_account

SAID = {
    "on": "asks you for a code from your app",
    "off": "does not ask you for a code any more",
    "reset": "was taken away",
    "codes": "New recovery codes were made",
    "code_used": "used one of your recovery codes",
    "something of tomorrow": "has changed",
}


def letter_about(session: Session, what: str) -> Letter:
    account = make_account(session, Role.ORGANISER)
    service.tell(session, account, what, now=clock.now())
    session.commit()
    return session.scalars(select(Letter)).one()


@pytest.mark.parametrize("what", SAID)
def test_it_says_what_happened_and_what_to_do(session: Session, what: str) -> None:
    mail = compose(session, letter_about(session, what), now=clock.now())
    assert mail.recipient == "organiser@example.org"
    assert 0 < len(mail.subject) <= 60
    assert "\n" not in mail.subject
    for text in (mail.text, mail.html_text):
        assert SAID[what] in text
        assert "Was it not you?" in text
        assert "sign-in/link" not in text
        assert "{%" not in text
    assert mail.text.startswith("Hello,\n")
    assert mail.calendar is None


def test_an_emptied_one_still_says_something(session: Session) -> None:
    letter = letter_about(session, "on")
    letter.facts = {}
    assert SAID["something of tomorrow"] in compose(session, letter, now=clock.now()).text


def test_account_letters_have_no_preview(session: Session) -> None:
    assert preview(letter_about(session, "on")) is None
