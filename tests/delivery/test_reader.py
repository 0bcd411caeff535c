"""Mails from a real Dovecot, handed over one by one: none lost, none stops the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from app.delivery import reader as reader_module
from app.delivery.mailbox import Mailbox
from app.delivery.postman import Round
from app.delivery.reader import BATCH, Reader, Taken
from config import ImapAccount
from tests.conftest import need
from tests.delivery import dovecot as dovecot_module
from tests.delivery.dovecot import Dovecot
from tests.delivery.processes import wait_until
from tests.delivery.scripted_imap import ScriptedImap
from tests.delivery.test_mailbox import a_mail, flags

pytestmark = [pytest.mark.post, pytest.mark.xdist_group("post")]
AWAY = OperationalError("INSERT", {}, Exception("the database is away"))


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    """A Dovecot of these tests, which they may kill."""
    need(dovecot_module.is_possible(), "Dovecot, and root to start it,")
    with Dovecot() as running:
        yield running


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """The name of a user whose mailbox is empty."""
    return f"u{abs(hash(request.node.nodeid))}"


@pytest.fixture
def read_by(server: Dovecot, user: str) -> Iterator[Callable[..., Reader]]:
    """A function that makes a reader with a certain `take`."""
    made: list[Reader] = []

    def make(take: Callable[[bytes], Taken], **options: object) -> Reader:
        made.append(Reader(Mailbox(server.account(user), timeout=5), take, **options))
        return made[-1]

    yield make
    for reader in made:
        reader.close()


class Desk:
    """Takes mails and remembers their subjects; `troubles` are raised for a subject, once each."""

    def __init__(self, **troubles: Exception) -> None:
        self.subjects: list[str] = []
        self.troubles = troubles

    def take(self, raw: bytes) -> Taken:
        subject = raw.partition(b"Subject: ")[2].split(b"\r\n")[0].decode()
        if trouble := self.troubles.pop(subject, None):
            raise trouble
        self.subjects.append(subject)
        return Taken.KEPT if subject.startswith("odd") else Taken.DONE


def read_all(reader: Reader) -> None:
    """Read until there is nothing more."""
    for _ in range(100):
        if reader.read_some() == Round.IDLE:
            return
    raise AssertionError("it never ends")


def test_mails_are_taken_once_and_marked_as_they_deserve(server, user, read_by):
    server.deliver(user, a_mail("one"), a_mail("odd"), a_mail("two"))
    desk = Desk()
    reader = read_by(desk.take)

    assert reader.read_some() == Round.DONE
    read_all(reader)

    assert desk.subjects == ["one", "odd", "two"]
    assert flags(server, user) == [
        {"$SetkaniDone", "\\Seen"},
        {"$SetkaniKept", "\\Flagged"},
        {"$SetkaniDone", "\\Seen"},
    ]
    server.deliver(user, a_mail("three"))
    wait_until(lambda: reader.read_some() == Round.DONE)
    assert desk.subjects == ["one", "odd", "two", "three"]


def test_the_handler_gets_the_very_octets(server, user, read_by):
    mail = a_mail("octets") + "Příliš žluťoučký\r\n".encode("iso-8859-2") + b".\r\n..\r\n"
    server.put(user, mail)
    got: list[bytes] = []
    reader = read_by(lambda raw: got.append(raw) or Taken.DONE)

    read_all(reader)

    assert got == [mail]


def test_letters_wait_for_few_mails_only(server, user, read_by):
    server.deliver(user, *(a_mail(f"{number}") for number in range(BATCH + 5)))
    desk = Desk()
    reader = read_by(desk.take)

    assert reader.read_some() == Round.DONE
    assert len(desk.subjects) == BATCH
    assert reader.read_some() == Round.DONE
    assert desk.subjects == [f"{number}" for number in range(BATCH + 5)]
    assert reader.read_some() == Round.IDLE


def test_a_database_that_is_away_leaves_the_mail_for_later_and_lets_others_go_first(server, user, read_by):
    server.deliver(user, a_mail("difficult"), a_mail("easy"))
    desk = Desk(difficult=AWAY)
    reader = read_by(desk.take)

    with pytest.raises(OperationalError):
        reader.read_some()
    assert flags(server, user) == [set(), set()]

    read_all(reader)
    assert desk.subjects == ["easy", "difficult"]


def test_a_mail_that_makes_the_program_stumble_is_kept(server, user, read_by):
    server.deliver(user, a_mail("poison"), a_mail("next"))
    desk = Desk(poison=ZeroDivisionError("private words"))
    reader = read_by(desk.take)

    read_all(reader)

    assert desk.subjects == ["next"]
    assert flags(server, user) == [{"$SetkaniKept", "\\Flagged"}, {"$SetkaniDone", "\\Seen"}]


def test_what_is_too_large_is_kept_unread(server, user, read_by):
    server.put(user, a_mail("large", 1024 * 1024 + 1))
    server.put(user, a_mail("small"))
    desk = Desk()
    reader = read_by(desk.take)

    read_all(reader)

    assert desk.subjects == ["small"]
    assert flags(server, user) == [{"$SetkaniKept", "\\Flagged"}, {"$SetkaniDone", "\\Seen"}]


def test_a_mail_that_the_server_cannot_read_does_not_stop_the_others(server, user, read_by, monkeypatch):
    monkeypatch.setattr(reader_module, "LONGEST_PAUSE", 0.0)
    server.deliver(user, a_mail("broken"), a_mail("one"), a_mail("two"))
    (path, *_) = sorted((server.users / user / "Maildir" / "new").iterdir())
    path.chmod(0)
    desk = Desk()
    reader = read_by(desk.take)

    for _ in range(5):
        reader.read_some()
    assert desk.subjects == ["one", "two"]

    moved = next(one for one in (server.users / user / "Maildir").rglob(f"{path.name}*"))
    moved.chmod(0o600)
    reader.close()
    read_all(reader)
    assert desk.subjects == ["one", "two", "broken"]


def test_a_mail_that_is_not_given_waits_without_being_asked_for_all_the_time():
    with ScriptedImap(FETCH="{tag} NO [SERVERBUG] cannot read it\r\n") as server:
        desk = Desk()
        account = ImapAccount(
            host="127.0.0.1", port=server.port, user="u", password="p", folder="INBOX", security="none"
        )
        reader = Reader(Mailbox(account, timeout=2), desk.take)

        endings = [reader.read_some() for _ in range(100)]

        assert endings == [Round.DONE, *[Round.IDLE] * 99]
        assert sum("FETCH" in line for line in server.lines) == 1
        reader.close()


def test_a_server_that_is_away_is_not_bothered_all_the_time(server, user, read_by):
    server.deliver(user, a_mail("one"))
    desk = Desk()
    reader = read_by(desk.take)
    server.kill()
    try:
        began = time.monotonic()
        assert reader.read_some() == Round.UNREACHABLE
        assert {reader.read_some() for _ in range(1000)} == {Round.IDLE}
        assert time.monotonic() - began < 10  # each try would take longer
    finally:
        server.start()
    wait_until(lambda: reader.read_some() == Round.DONE)
    assert desk.subjects == ["one"]


def test_a_server_that_dies_before_the_mark_gives_the_mail_again(server, user, read_by):
    names = ["one", "two", "three"]
    server.deliver(user, *map(a_mail, names))
    desk = Desk()
    deaths = iter([server.kill])

    def take(raw: bytes) -> Taken:
        taken = desk.take(raw)
        if desk.subjects[-1] == "two":
            for die in deaths:
                die()
        return taken

    reader = read_by(take)
    try:
        assert reader.read_some() == Round.UNREACHABLE
    finally:
        server.start()
    wait_until(lambda: reader.read_some() == Round.DONE)
    read_all(reader)

    assert desk.subjects == ["one", "two", "three", "two"]
    assert flags(server, user) == [{"$SetkaniDone", "\\Seen"}] * 3


def test_a_stop_is_heeded_between_two_mails(server, user, read_by):
    server.deliver(user, *map(a_mail, ["one", "two", "three"]))
    desk = Desk()
    reader = read_by(desk.take, should_stop=lambda: len(desk.subjects) == 2)

    assert reader.read_some() == Round.DONE
    assert desk.subjects == ["one", "two"]
    assert [len(one) for one in flags(server, user)] == [2, 2, 0]


def test_two_readers_lose_nothing_between_them(server, user, read_by):
    names = [f"{number}" for number in range(30)]
    server.deliver(user, *map(a_mail, names))
    desks = [Desk(), Desk()]
    threads = [threading.Thread(target=read_all, args=[read_by(desk.take)]) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert {*desks[0].subjects, *desks[1].subjects} == {*names}
    assert flags(server, user) == [{"$SetkaniDone", "\\Seen"}] * 30


def test_the_log_tells_endings_and_nothing_of_a_mail(server, user, read_by):
    server.deliver(user, a_mail("private"), a_mail("odd private"), a_mail("poison"))
    desk = Desk(poison=ZeroDivisionError("private words"))

    with capture_logs() as logged:
        read_all(read_by(desk.take))

    assert logged == [
        {"event": "mail", "uid": 1, "ending": "done", "log_level": "info"},
        {"event": "mail", "uid": 2, "ending": "kept", "log_level": "info"},
        {"event": "mail could not be taken", "uid": 3, "exc_info": True, "log_level": "error"},
        {"event": "mail", "uid": 3, "ending": "kept", "log_level": "info"},
    ]
