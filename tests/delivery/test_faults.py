"""Mail servers that misbehave: nothing is lost, other letters move on, the server's words are kept."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery import postman as postman_module
from app.delivery.postman import Postman, Round
from app.delivery.transport import SmtpTransport, Transport, Unreachable
from app.domain.history.models import Entry
from app.domain.outbox.models import Letter, State
from app.domain.registration.models import Attendee
from tests.conftest import need
from tests.delivery.cast import a_meeting, sign_in_language
from tests.delivery.conftest import PATIENCE, deliver_all, letters_to, make_due, the_letter_to
from tests.delivery.mail_server import MailServer
from tests.factories import person

GOOD = "good@example.com"


@pytest.fixture
def queue(session: Session) -> Callable[..., None]:
    """A function that queues one confirmation to each address, in this order."""

    def make(*addresses: str) -> None:
        meeting = a_meeting(session)
        for number, address in enumerate(addresses):
            sign_in_language(session, meeting, "en", person(f"Person {number}", address))
        session.commit()

    return make


def failures(session: Session) -> list[tuple[int, int | None, dict[str, str]]]:
    """Letter, meeting and details of each failure that history holds."""
    session.rollback()
    query = select(Entry).where(Entry.act == "letter:fail").order_by(Entry.id)
    return [(entry.subject_id, entry.meeting_id, entry.details) for entry in session.scalars(query)]


def test_a_letter_arrives_and_is_marked(
    session: Session, postman: Postman, server: MailServer, queue: Callable[..., None]
) -> None:
    queue(GOOD)

    assert deliver_all(postman) == Round.IDLE

    letter = the_letter_to(session, GOOD)
    (taken,) = server.faults.taken
    assert (letter.state, letter.attempts, letter.last_error) == (State.SENT, 1, None)
    assert letter.sent_at is not None
    assert letter.perhaps_sent
    assert taken.sender == f"bounce+{letter.bounce_token}@example.org"
    assert taken.mail["Message-ID"] == f"<{letter.message_id}@example.org>"
    assert session.get_one(Attendee, letter.attendee_id).sent_sequence == letter.sequence == 0


@pytest.mark.parametrize(
    ("address", "words"),
    [("busy@example.com", "452 4.2.2 mailbox busy"), ("later@example.com", "451 4.7.1 greyl")],
)
def test_a_server_that_says_later_gets_the_same_letter_later(
    session: Session,
    postman: Postman,
    server: MailServer,
    queue: Callable[..., None],
    address: str,
    words: str,
) -> None:
    queue(address, GOOD)

    deliver_all(postman)

    letter = the_letter_to(session, address)
    pause = letter.due_at - clock.now()
    assert (letter.state, letter.perhaps_sent) == (State.QUEUED, False)
    assert (letter.last_error or "").startswith(words)
    assert timedelta(seconds=40) < pause < timedelta(seconds=80)
    assert failures(session) == []
    assert len(server.faults.to(GOOD)) == 1
    assert server.faults.connections == 1

    make_due(session)
    deliver_all(postman)

    letter = the_letter_to(session, address)
    assert (letter.state, letter.attempts, letter.last_error) == (State.SENT, 2, None)
    assert len(server.faults.to(address)) == 1


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("unknown@example.com", "550 5.1.1 <unknown@example.com>: no such user"),
        ("spam@example.com", "554 5.7.1 looks like spam"),
    ],
)
def test_a_refusal_for_good_fails_at_once_with_the_servers_words(
    session: Session,
    postman: Postman,
    server: MailServer,
    queue: Callable[..., None],
    address: str,
    words: str,
) -> None:
    queue(address, GOOD)

    deliver_all(postman)

    letter = the_letter_to(session, address)
    assert (letter.state, letter.last_error, letter.perhaps_sent) == (State.FAILED, words, False)
    assert failures(session) == [(letter.id, letter.meeting_id, {"kind": "confirmed"})]
    assert the_letter_to(session, GOOD).state == State.SENT
    assert server.faults.connections == 1
    assert session.get_one(Attendee, letter.attendee_id).sent_sequence is None


@pytest.mark.parametrize("address", ["drop@example.com", "mute@example.com"])
def test_a_line_that_breaks_after_the_text_is_perhaps_sent_and_repeated_under_the_same_id(
    session: Session, postman: Postman, server: MailServer, queue: Callable[..., None], address: str
) -> None:
    queue(address, GOOD)

    deliver_all(postman)

    letter = the_letter_to(session, address)
    assert (letter.state, letter.perhaps_sent) == (State.QUEUED, True)
    assert letter.last_error
    assert the_letter_to(session, GOOD).state == State.SENT

    make_due(session)
    deliver_all(postman)

    assert the_letter_to(session, address).state == State.SENT
    first, second = server.faults.to(address)
    assert first.mail["Message-ID"] == second.mail["Message-ID"]


@pytest.mark.parametrize("address", ["cut@example.com", "tarpit@example.com", "closing@example.com"])
def test_a_line_that_breaks_before_the_text_is_surely_not_sent(
    session: Session, postman: Postman, server: MailServer, queue: Callable[..., None], address: str
) -> None:
    queue(address, GOOD)

    deliver_all(postman)

    letter = the_letter_to(session, address)
    assert (letter.state, letter.perhaps_sent) == (State.QUEUED, False)
    assert the_letter_to(session, GOOD).state == State.SENT

    make_due(session)
    deliver_all(postman)

    assert the_letter_to(session, address).state == State.SENT
    assert len(server.faults.to(address)) == 1


def test_what_perhaps_left_stays_so_after_a_sure_refusal(
    session: Session, postman: Postman, queue: Callable[..., None]
) -> None:
    queue("unknown@example.com")
    letter = the_letter_to(session, "unknown@example.com")
    letter.perhaps_sent = True
    session.commit()

    deliver_all(postman)

    letter = the_letter_to(session, "unknown@example.com")
    assert (letter.state, letter.perhaps_sent) == (State.FAILED, True)


def test_a_quit_that_fails_after_250_is_success(
    session: Session, postman: Postman, server: MailServer, queue: Callable[..., None]
) -> None:
    server.faults.drop_at_quit = True
    queue(GOOD)

    deliver_all(postman)
    postman.close()

    assert the_letter_to(session, GOOD).state == State.SENT
    assert len(server.faults.taken) == 1


def test_a_server_that_ends_the_line_after_some_letters_is_called_again(
    session: Session, postman: Postman, server: MailServer, queue: Callable[..., None]
) -> None:
    server.faults.letters_per_connection = 2
    addresses = [f"good.{number}@example.com" for number in range(5)]
    queue(*addresses)

    deliver_all(postman)

    assert [the_letter_to(session, one).attempts for one in addresses] == [1] * 5
    assert [the_letter_to(session, one).state for one in addresses] == [State.SENT] * 5
    assert len(server.faults.taken) == 5


def test_a_dead_server_costs_no_letter_a_try(
    session: Session,
    postman: Postman,
    server: MailServer,
    queue: Callable[..., None],
    mails_to: Callable[..., None],
) -> None:
    with MailServer() as other:
        dead_port = other.port
    mails_to(server, MAIL_PORT=dead_port)
    queue(GOOD, "second@example.com")

    assert deliver_all(postman) == Round.UNREACHABLE

    for address in (GOOD, "second@example.com"):
        letter = the_letter_to(session, address)
        assert (letter.state, letter.attempts) == (State.QUEUED, 0)
        assert "ConnectionRefusedError" in (letter.last_error or "")

    mails_to(server)
    assert deliver_all(postman) == Round.IDLE
    assert the_letter_to(session, GOOD).state == State.SENT
    assert the_letter_to(session, GOOD).last_error is None


def test_a_refused_sender_concerns_all_letters_and_fails_none(
    session: Session, postman: Postman, server: MailServer, queue: Callable[..., None]
) -> None:
    server.faults.refuse_sender = "553 5.7.1 not your domain"
    queue(GOOD)

    assert deliver_all(postman) == Round.UNREACHABLE

    letter = the_letter_to(session, GOOD)
    assert (letter.state, letter.perhaps_sent) == (State.QUEUED, False)

    server.faults.refuse_sender = ""
    make_due(session)
    deliver_all(postman)
    assert the_letter_to(session, GOOD).state == State.SENT


def test_a_letter_too_large_for_the_server_fails_alone(
    session: Session, postman: Postman, server: MailServer, queue: Callable[..., None]
) -> None:
    server.faults.refuse_sender = "552 5.3.4 too large"
    queue(GOOD)

    assert deliver_all(postman) == Round.IDLE
    assert the_letter_to(session, GOOD).state == State.FAILED


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_login_loses_nothing(
    session: Session, both_languages: None, mails_to: Callable[..., None], queue: Callable[..., None]
) -> None:
    queue(GOOD)
    with MailServer(password="right") as server:
        mails_to(server, MAIL_USERNAME="us", MAIL_PASSWORD="wrong")
        made = Postman(SmtpTransport(name="example.org", timeout=PATIENCE), worker="w")
        assert deliver_all(made) == Round.UNREACHABLE
        letter = the_letter_to(session, GOOD)
        assert (letter.state, letter.attempts) == (State.QUEUED, 0)
        assert (letter.last_error or "").startswith("535")

        mails_to(server, MAIL_USERNAME="us", MAIL_PASSWORD="right")
        assert deliver_all(made) == Round.IDLE
        made.close()
        assert len(server.faults.to(GOOD)) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    openssl = Path("/usr/bin/openssl")
    need(openssl.exists(), "openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    words = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    command = [str(openssl), *words.split(), "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def test_a_certificate_that_cannot_be_trusted_gets_no_letter(
    session: Session,
    both_languages: None,
    mails_to: Callable[..., None],
    queue: Callable[..., None],
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    queue(GOOD)
    with MailServer(tls=context) as server:
        mails_to(server, MAIL_USE_TLS=True)
        made = Postman(SmtpTransport(name="example.org", timeout=PATIENCE), worker="w")
        assert deliver_all(made) == Round.UNREACHABLE
        letter = the_letter_to(session, GOOD)
        assert (letter.state, letter.attempts) == (State.QUEUED, 0)
        assert "certificate" in (letter.last_error or "").lower()

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert deliver_all(made) == Round.IDLE
        made.close()
        assert len(server.faults.to(GOOD)) == 1


def test_a_server_without_tls_gets_no_letter_when_tls_is_asked_for(
    session: Session,
    postman: Postman,
    server: MailServer,
    queue: Callable[..., None],
    mails_to: Callable[..., None],
) -> None:
    mails_to(server, MAIL_USE_TLS=True)
    queue(GOOD)

    assert deliver_all(postman) == Round.UNREACHABLE
    assert server.faults.taken == []


def test_a_letter_that_cannot_be_written_fails_and_blocks_nobody(
    session: Session, postman: Postman, queue: Callable[..., None]
) -> None:
    queue("broken@example.com", GOOD)
    letter = the_letter_to(session, "broken@example.com")
    letter.facts = letter.facts | {"invite": {"uid": "x"}}
    session.commit()

    deliver_all(postman)

    broken = the_letter_to(session, "broken@example.com")
    assert broken.state == State.FAILED
    assert "fault in the program: KeyError" in (broken.last_error or "")
    assert failures(session) == [(broken.id, broken.meeting_id, {"kind": "confirmed"})]
    assert the_letter_to(session, GOOD).state == State.SENT


@pytest.mark.parametrize("recipient", [None, "", "no address"])
def test_a_letter_to_nobody_fails(
    session: Session, postman: Postman, queue: Callable[..., None], recipient: str | None
) -> None:
    queue(GOOD)
    letter = the_letter_to(session, GOOD)
    letter.recipient = recipient
    session.commit()

    deliver_all(postman)

    session.refresh(letter)
    assert letter.state == State.FAILED
    assert "no address" in (letter.last_error or "")


def test_after_three_days_a_letter_is_given_up(
    session: Session, postman: Postman, queue: Callable[..., None]
) -> None:
    queue("busy@example.com")
    letter = the_letter_to(session, "busy@example.com")
    letter.created_at = clock.now() - timedelta(days=3)
    session.commit()

    deliver_all(postman)

    letter = the_letter_to(session, "busy@example.com")
    assert letter.state == State.FAILED
    assert (letter.last_error or "").startswith("452")
    assert failures(session) == [(letter.id, letter.meeting_id, {"kind": "confirmed"})]


def test_a_letter_to_be_forgotten_is_empty_also_when_it_was_given_up(
    session: Session, postman: Postman, queue: Callable[..., None]
) -> None:
    queue("busy@example.com")
    letter = the_letter_to(session, "busy@example.com")
    letter.created_at, letter.forget = clock.now() - timedelta(days=3), True
    session.commit()

    deliver_all(postman)

    session.refresh(letter)
    assert (letter.state, letter.recipient, letter.facts, letter.last_error) == (State.FAILED, None, {}, None)


def test_a_letter_to_be_forgotten_is_empty_once_it_is_over(
    session: Session, postman: Postman, server: MailServer, queue: Callable[..., None]
) -> None:
    queue(GOOD, "unknown@example.com")
    for letter in session.query(Letter):
        letter.forget = True
    session.commit()

    deliver_all(postman)

    assert len(server.faults.to(GOOD)) == 1
    session.rollback()
    states = {letter.state for letter in session.query(Letter)}
    assert states == {State.SENT, State.FAILED}
    assert [(one.recipient, one.facts, one.last_error) for one in session.query(Letter)] == [
        (None, {}, None)
    ] * 2


def test_a_claim_that_ran_out_meanwhile_is_not_marked_by_the_late_one(
    session: Session, server: MailServer, postman: Postman, queue: Callable[..., None]
) -> None:
    queue(GOOD)

    class Slow:
        """Another postman takes the letter over while this one is sending it."""

        def open(self) -> None: ...

        def close(self) -> None: ...

        def send(self, message: object, *, name: str) -> str:
            make_due(session, State.SENDING)
            assert postman.deliver_next() == Round.DONE
            raise Unreachable("too late")

    late: Transport = Slow()
    assert Postman(late, worker="late").deliver_next() == Round.UNREACHABLE

    letter = the_letter_to(session, GOOD)
    assert (letter.state, letter.attempts) == (State.SENT, 2)


def test_the_database_going_away_while_sending_costs_no_second_mail(
    session: Session,
    postman: Postman,
    server: MailServer,
    queue: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue(GOOD)
    session.commit()
    real, fails = postman_module.service.mark_sent, iter([True, True, False])

    def flaky(*args: object, **kwargs: object) -> bool:
        if next(fails):
            raise OperationalError("UPDATE", {}, Exception("gone"))
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(postman_module.service, "mark_sent", flaky)

    deliver_all(postman)

    assert letters_to(session, GOOD)[0].state == State.SENT
    assert len(server.faults.taken) == 1
