"""`flask reply`: what a mail server's pipe hands over, and what it is told; and `flask check` about the mailbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.base import clock
from app.domain.registration.models import Attendee
from app.domain.replies.models import Decision, Reply
from app.domain.replies.service import note_reading
from app.extensions import db
from config import ImapAccount
from tests.delivery.reply_mails import reply_mail
from tests.factories import DOMAIN, make_meeting, person, register


@pytest.fixture
def run(app):
    """Run `flask …` with these octets as standard input."""
    runner = app.test_cli_runner()
    return lambda *words, typed=b"": runner.invoke(args=words, input=typed)


@pytest.fixture
def olena(session):
    (made,) = register(session, make_meeting(session), person("Olena Ševčenková", "olena@example.com"))
    session.commit()
    return made


def tentative(attendee: Attendee) -> bytes:
    """A maybe from Outlook."""
    return reply_mail(
        "outlook",
        uid=attendee.uid,
        attendee=attendee.email,
        organizer=f"rsvp+{attendee.organizer_token}@{DOMAIN}",
        partstat="TENTATIVE",
        dtstamp=clock.now(),
    )


def test_a_mail_from_standard_input_is_taken(session, run, olena):
    done = run("reply", "-", typed=tentative(olena))
    assert done.exit_code == 0
    assert "olena" not in done.output
    session.rollback()
    assert olena.answer == "maybe"
    assert session.scalars(select(Reply.via)).one() == "pipe"


def test_a_mail_from_a_file_is_taken(session, run, olena, tmp_path):
    path = tmp_path / "mail.eml"
    path.write_bytes(tentative(olena))
    assert run("reply", str(path)).exit_code == 0
    session.rollback()
    assert olena.answer == "maybe"


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 5000, b"x" * (1024 * 1024 + 7)])
def test_what_cannot_be_read_is_kept_for_review(session, run, raw):
    assert run("reply", "-", typed=raw).exit_code == 0
    reply = session.scalars(select(Reply)).one()
    assert reply.decision == Decision.REVIEW
    assert reply.raw is not None
    assert len(reply.raw) <= 64 * 1024


def test_without_the_database_the_server_is_to_come_again(run, olena, monkeypatch):
    def away(*_args: object, **_more: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    raw = tentative(olena)
    db.session.rollback()
    monkeypatch.setattr("app.domain.replies.service.take", away)
    done = run("reply", "-", typed=raw)
    assert done.exit_code == 75
    assert "try again later" in done.output


@pytest.fixture
def with_mailbox(app, monkeypatch):
    account = ImapAccount(
        host="127.0.0.1", port=143, security="none", user="rsvp", password="secret", folder="INBOX"
    )
    config = replace(app.extensions["setkani_config"], imap=account)
    monkeypatch.setitem(app.extensions, "setkani_config", config)


def test_check_says_when_replies_were_never_read(run, with_mailbox):
    done = run("check")
    assert done.exit_code == 1
    assert "never read" in done.output


@pytest.mark.parametrize(("minutes", "code"), [(59, 0), (61, 1)])
def test_check_says_when_replies_were_not_read_for_an_hour(session, run, with_mailbox, minutes, code):
    note_reading(session, now=clock.now() - timedelta(minutes=minutes))
    note_reading(session, now=clock.now(), trouble="[ALERT] maintenance")
    session.commit()
    done = run("check")
    assert done.exit_code == code
    assert ("[ALERT] maintenance" in done.output) is (code == 1)


def test_check_is_silent_without_a_mailbox(run):
    done = run("check")
    assert (done.exit_code, done.output) == (0, "")
