"""Reading a mailbox of a real Dovecot: each mail once, whatever breaks; and what no good server would say."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.delivery import mailbox as mailbox_module
from app.delivery.mailbox import IDLE_TRIES, LARGEST, LARGEST_HEADER, Mailbox, Unreachable, Unreadable
from app.delivery.marks import DONE, FLAGGED, KEPT, SEEN, Incoming, MailId, marks_for
from config import ImapAccount
from tests.conftest import need
from tests.delivery import dovecot as dovecot_module
from tests.delivery.dovecot import PASSWORD, Dovecot
from tests.delivery.mail_server import free_port
from tests.delivery.scripted_imap import ScriptedImap

pytestmark = [pytest.mark.post, pytest.mark.xdist_group("post")]
LIVELY = 2.0  # seconds in which news must have come


def a_mail(name: str, size: int = 0) -> bytes:
    """A mail, of exactly `size` octets if that is given."""
    raw = f"From: jana@example.com\r\nSubject: {name}\r\n\r\nyes\r\n".encode()
    filler = b"0123456789abcdef" * 4 + b"\r\n"
    more = (filler * (size // len(filler) + 1))[: max(0, size - len(raw))]
    return raw + more[:-2] + b"\r\n" if more else raw


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    """A Dovecot as it comes."""
    need(dovecot_module.is_possible(), "Dovecot, and root to start it,")
    with Dovecot() as running:
        yield running


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """The name of a user whose mailbox is empty."""
    return f"u{abs(hash(request.node.nodeid))}"


@pytest.fixture
def mailbox(server: Dovecot, user: str) -> Iterator[Mailbox]:
    """The mailbox of `user`."""
    made = Mailbox(server.account(user), timeout=5)
    yield made
    made.close()


def fetched(mailbox: Mailbox) -> list[Incoming]:
    """All mails that are unread."""
    found = [mailbox.fetch(mail) for mail in mailbox.unread()]
    assert None not in found
    return [one for one in found if one]


def subjects(mailbox: Mailbox) -> list[str]:
    """The subjects of all mails that are unread."""
    return [one.raw.partition(b"Subject: ")[2].split(b"\r\n")[0].decode() for one in fetched(mailbox)]


def flags(server: Dovecot, user: str) -> list[set[str]]:
    """The flags of all mails, oldest first."""
    return [found for _raw, found in server.mails(user)]


def settle(mailbox: Mailbox) -> None:
    """Look until only IDLE, or the end of a long rest, can be news."""
    mailbox.unread()
    mailbox.unread()
    assert not mailbox.has_news()


# --- each mail once ---------------------------------------------------------------------------------------


def test_mails_are_given_whole_oldest_first_and_not_marked_by_reading(server, user, mailbox):
    mails = [a_mail("first"), a_mail("second") + b"\xff8bit\r\n", a_mail("third")]
    for mail in mails:
        server.put(user, mail)

    assert [(one.raw, one.too_large) for one in fetched(mailbox)] == [(mail, False) for mail in mails]
    assert flags(server, user) == [set(), set(), set()]
    assert len(mailbox.unread()) == 3


def test_what_is_done_or_kept_is_never_given_again(server, user, mailbox):
    server.deliver(user, a_mail("done"), a_mail("kept"), a_mail("new"))
    done, kept, new = mailbox.unread()

    mailbox.mark_done(done)
    mailbox.mark_kept(kept)

    assert mailbox.unread() == [new]
    assert flags(server, user) == [{"$SetkaniDone", "\\Seen"}, {"$SetkaniKept", "\\Flagged"}, set()]
    mailbox.close()
    assert subjects(mailbox) == ["new"]
    assert mailbox.fetch(done) is None
    assert mailbox.fetch(kept) is None


def test_a_person_may_open_a_mail_before_us(server, user, mailbox):
    server.deliver(user, a_mail("opened"))
    with server.sign_in(user) as line:
        line.select()
        line.fetch("1", "(BODY[])")
    assert flags(server, user) == [{"\\Seen"}]

    assert subjects(mailbox) == ["opened"]


def test_a_person_may_have_a_mail_read_again(server, user, mailbox):
    server.deliver(user, a_mail("kept"))
    mailbox.mark_kept(*mailbox.unread())
    with server.sign_in(user) as line:
        line.select()
        line.store("1", "-FLAGS", "($SetkaniKept)")

    assert subjects(mailbox) == ["kept"]


def test_a_mail_that_vanishes_is_no_error(server, user, mailbox):
    server.deliver(user, a_mail("gone"), a_mail("stays"))
    gone, stays = mailbox.unread()
    with server.sign_in(user) as line:
        line.select()
        line.store("1", "+FLAGS", "(\\Deleted)")
        line.expunge()

    assert mailbox.fetch(gone) is None
    mailbox.mark_done(gone)
    mailbox.mark_kept(gone)
    assert mailbox.unread() == [stays]


def test_what_another_reader_marked_meanwhile_is_not_given(server, user, mailbox):
    server.deliver(user, a_mail("once"))
    (mail,) = mailbox.unread()
    other = Mailbox(server.account(user))
    other.mark_done(*other.unread())
    other.close()

    assert mailbox.fetch(mail) is None


def test_a_folder_that_was_made_anew_has_other_mails_under_the_same_numbers(server, user):
    account = server.account(user, folder="Odpovědi")
    mailbox = Mailbox(account)
    with pytest.raises(Unreachable):
        mailbox.open()
    name = '"Odpov&ARs-di"'  # RFC 3501 §5.1.3
    with server.sign_in(user) as line:
        line.create(name)
        server.put(user, a_mail("old"), folder=name)
        (old,) = mailbox.unread()
        mailbox.close()
        line.delete(name)
        time.sleep(1.1)  # UIDVALIDITY counts seconds
        line.create(name)
        server.put(user, a_mail("new"), folder=name)

    mailbox.mark_done(old)

    assert mailbox.fetch(old) is None
    (new,) = mailbox.unread()
    assert new.uid == old.uid
    assert new.validity != old.validity
    assert subjects(mailbox) == ["new"]
    mailbox.close()


# --- sizes ------------------------------------------------------------------------------------------------


def test_a_mail_of_one_mebibyte_is_fetched_and_one_octet_more_is_not(server, user, mailbox):
    assert LARGEST == 1024 * 1024
    for size in (LARGEST, LARGEST + 1):
        mail = a_mail(f"of {size}", size)
        assert len(mail) == size
        server.put(user, mail)

    whole, head = fetched(mailbox)

    assert (len(whole.raw), whole.too_large) == (LARGEST, False)
    assert (head.raw, head.too_large) == (a_mail(f"of {LARGEST + 1}")[: -len("yes\r\n")], True)


def test_the_server_sends_little_of_what_is_too_large(server, user, mailbox):
    long_header = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 900) for number in range(200))
    server.put(user, long_header + a_mail("large", 3 * LARGEST))

    (head,) = fetched(mailbox)
    mailbox.close()

    assert head.too_large
    assert head.raw == long_header[:LARGEST_HEADER]
    log = (server.folder / "dovecot.log").read_text().splitlines()
    (session,) = [line for line in log if f"({user})" in line and " hdr_count=1 " in line]
    (sent,) = re.findall(r" out=([0-9]+)", session)
    assert int(sent) < 2 * LARGEST_HEADER


# --- news -------------------------------------------------------------------------------------------------


def test_idle_tells_of_a_new_mail_at_once(server, user, mailbox):
    settle(mailbox)
    threading.Timer(0.5, server.deliver, (user, a_mail("news"))).start()
    began = time.monotonic()

    assert mailbox.wait(20, lambda: False)

    assert 0.4 < time.monotonic() - began < 0.5 + LIVELY
    assert subjects(mailbox) == ["news"]


def test_asking_for_news_between_two_letters_costs_nearly_nothing(server, user, mailbox):
    settle(mailbox)
    began = time.monotonic()
    assert not any(mailbox.has_news() for _ in range(1000))
    assert time.monotonic() - began < 1

    server.deliver(user, a_mail("news"))
    end = time.monotonic() + LIVELY
    while not mailbox.has_news():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert subjects(mailbox) == ["news"]


def test_there_may_be_more_after_a_mail_was_marked(server, user, mailbox):
    server.deliver(user, a_mail("one"))
    settle(mailbox)

    mailbox.mark_done(*mailbox.unread())

    assert mailbox.has_news()


def test_a_mail_that_comes_between_a_look_and_idle_is_not_overlooked(server, user, mailbox):
    mailbox.unread()
    with server.sign_in(user) as line:
        line.select()
        server.deliver(user, a_mail("between"))
        line.noop()

    assert mailbox.wait(10, lambda: False)
    assert subjects(mailbox) == ["between"]


def test_news_that_is_lost_on_the_way_into_idle_waits_for_the_next_look():
    swallowed = "+ idling\r\n* 2 EXISTS\r\n"  # in one piece; IMAPClient then waits for more
    with ScriptedImap(IDLE=swallowed, SEARCH="* SEARCH\r\n{tag} OK done\r\n") as server:
        mailbox = Mailbox(scripted(server), timeout=2)
        assert mailbox.unread() == []
        assert not mailbox.has_news()

        assert mailbox.wait(3, lambda: False)
        mailbox.close()


def test_idle_is_renewed_long_before_the_server_hangs_up(server, user, mailbox, monkeypatch):
    assert mailbox_module.IDLE_LIFE < 29 * 60
    monkeypatch.setattr(mailbox_module, "IDLE_LIFE", 0.5)
    settle(mailbox)

    assert mailbox.wait(5, lambda: False)
    assert mailbox.unread() == []
    assert not mailbox.has_news()


def test_waiting_ends_when_asked_to_stop_and_when_the_time_is_over(server, user, mailbox):
    settle(mailbox)
    began = time.monotonic()
    stop = began + 0.5

    assert not mailbox.wait(60, lambda: time.monotonic() > stop)
    assert 0.5 <= time.monotonic() - began < 1.5
    assert not mailbox.wait(0.3, lambda: False)
    assert not mailbox.wait(60, lambda: True)
    assert time.monotonic() - began < 2.5


def test_a_server_without_idle_is_asked_now_and_then(user, monkeypatch):
    need(dovecot_module.is_possible(), "Dovecot, and root to start it,")
    monkeypatch.setattr(mailbox_module, "POLL", 1.5)
    with Dovecot(more="protocol imap {\n  imap_capability = IMAP4rev1 UIDPLUS\n}\n") as server:
        mailbox = Mailbox(server.account(user))
        settle(mailbox)
        server.deliver(user, a_mail("news"))
        began = time.monotonic()
        assert not mailbox.has_news()
        assert time.monotonic() - began < 0.1

        assert mailbox.wait(10, lambda: False)

        assert 1 < time.monotonic() - began < 3
        assert subjects(mailbox) == ["news"]
        mailbox.close()


# --- lines that break -------------------------------------------------------------------------------------


def test_a_server_that_dies_in_the_middle_loses_and_repeats_nothing(server, user, mailbox):
    names = [f"mail {number}" for number in range(6)]
    server.deliver(user, *map(a_mail, names))
    mails = mailbox.unread()
    for mail in mails[:2]:
        assert mailbox.fetch(mail)
        mailbox.mark_done(mail)
    assert mailbox.fetch(mails[2])

    server.kill()
    with pytest.raises(Unreachable):
        mailbox.mark_done(mails[2])
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        mailbox.open()
    server.start()

    mailbox.open()
    assert subjects(mailbox) == names[2:]
    for mail in mailbox.unread():
        mailbox.mark_done(mail)
    assert mailbox.unread() == []
    assert flags(server, user) == [{"$SetkaniDone", "\\Seen"}] * 6


def test_a_server_that_dies_while_we_wait_is_noticed_and_found_again(server, user, mailbox):
    settle(mailbox)
    threading.Timer(0.3, server.kill).start()
    began = time.monotonic()
    try:
        assert mailbox.wait(20, lambda: False)
        with pytest.raises(Unreachable):
            mailbox.unread()
        assert time.monotonic() - began < 0.3 + LIVELY
    finally:
        server.start()

    server.deliver(user, a_mail("after"))
    assert mailbox.has_news()
    assert subjects(mailbox) == ["after"]


def test_closing_is_safe_at_any_time(server, user, mailbox):
    mailbox.close()
    settle(mailbox)
    mailbox.close()
    mailbox.close()
    mailbox.open()
    server.kill()
    try:
        mailbox.close()
    finally:
        server.start()


@pytest.mark.parametrize("greeting", ["", "* BYE not today\r\n", "220 smtp.example.org ESMTP\r\n", "* OK"])
def test_a_server_that_says_nothing_useful_is_left_in_time(greeting):
    with ScriptedImap(greeting=greeting) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            Mailbox(scripted(server), timeout=0.5).open()
        assert time.monotonic() - began < 2


def scripted(server: ScriptedImap, **values: object) -> ImapAccount:
    """An account on a scripted server."""
    account = ImapAccount(
        host="127.0.0.1", port=server.port, user="u", password="S3CRET", folder="INBOX", security="none"
    )
    return replace(account, **values)


@pytest.mark.parametrize("found", ["* SEARCH 1\r\n", "* SEARCH\r\n"])
@pytest.mark.parametrize("answer", ["* 2 EXISTS\r\n+ idling\r\n", "{tag} NO not today\r\n"])
def test_a_server_that_stumbles_over_idle_is_polled_instead(found, answer):
    with ScriptedImap(IDLE=answer, SEARCH=f"{found}{{tag}} OK done\r\n") as server:
        mailbox = Mailbox(scripted(server), timeout=2)
        for _ in range(10):
            mailbox.unread()
            mailbox.has_news()

        assert not mailbox.has_news()
        assert sum("IDLE" in line for line in server.lines) == IDLE_TRIES
        assert sum("LOGIN" in line for line in server.lines) == IDLE_TRIES + 1
        mailbox.close()


@pytest.mark.parametrize(
    "answer", ["+ idling\r\nPAUSE* 2 EXI", "+ idling\r\nPAUSE2 EXISTS\r\n", "", "what?\r\n"]
)
def test_a_line_that_breaks_in_idle_is_said(answer):
    with ScriptedImap(IDLE=answer) as server:
        mailbox = Mailbox(scripted(server), timeout=0.5)
        mails = mailbox.unread()
        assert mails == mailbox.unread() == [MailId(7, 1)]
        with pytest.raises(Unreachable):
            mailbox.wait(2, lambda: False)
        assert mailbox.has_news()
        assert mailbox.unread() == mails
        mailbox.close()


def test_a_server_that_errs_about_sizes_is_not_believed():
    header = "Subject: large\r\n\r\n"
    parts = f"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9 BODY[HEADER]<0> {{{{{len(header)}}}}}\r\n{header} "
    body = f"BODY[]<0> {{{{{LARGEST + 1}}}}}\r\n{'x' * (LARGEST + 1)})\r\n"
    with ScriptedImap(FETCH=parts + body + "{tag} OK done\r\n") as server:
        mailbox = Mailbox(scripted(server), timeout=5)
        (mail,) = mailbox.unread()

        assert mailbox.fetch(mail) == Incoming(mail, header.encode(), too_large=True)
        assert f"BODY.PEEK[]<0.{LARGEST + 1}>" in " ".join(server.lines)
        mailbox.close()


@pytest.mark.parametrize("size", ["NIL", "(1)", '"9"', "nine"])
def test_a_server_that_talks_nonsense_is_left(size):
    with ScriptedImap(
        FETCH=f"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE {size})\r\n{{tag}} OK done\r\n"
    ) as server:
        mailbox = Mailbox(scripted(server), timeout=2)
        (mail,) = mailbox.unread()
        with pytest.raises(Unreachable):
            mailbox.fetch(mail)


def test_a_mail_that_the_server_will_not_give_leaves_the_line_good():
    with ScriptedImap(FETCH="{tag} NO [SERVERBUG] cannot read it\r\n") as server:
        mailbox = Mailbox(scripted(server), timeout=2)
        (mail,) = mailbox.unread()
        with pytest.raises(Unreadable, match="SERVERBUG"):
            mailbox.fetch(mail)
        assert mailbox.unread() == [mail]
        assert sum("LOGIN" in line for line in server.lines) == 1
        mailbox.close()


# --- marks that a folder keeps ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strict() -> Iterator[Dovecot]:
    """A Dovecot that lets people set few flags, by the beginning of their names: `seen…`, `none…`."""
    need(dovecot_module.is_possible(), "Dovecot, and root to start it,")
    more = "protocol imap {\n  mail_plugins = acl\n}\nplugin {\n  acl = vfile:FOLDER/rights\n}\n"
    with Dovecot(more=more) as running:
        rights = running.folder / "rights"
        rights.write_text("INBOX user=seen lrs\nINBOX user=none lr\nINBOX owner lr\n")
        yield running


def test_a_folder_without_keywords_has_seen(strict):
    strict.deliver("seen", a_mail("done"), a_mail("kept"), a_mail("new"))
    mailbox = Mailbox(strict.account("seen"))
    done, kept, new = mailbox.unread()

    mailbox.mark_done(done)
    mailbox.mark_kept(kept)

    assert mailbox.unread() == [new]
    assert mailbox.fetch(kept) is None
    assert flags(strict, "seen") == [{"\\Seen"}, {"\\Seen"}, set()]
    mailbox.close()


def test_a_folder_that_may_only_be_looked_at_is_not_read(strict):
    strict.deliver("none", a_mail("never"))
    with pytest.raises(Unreachable, match="is not writable"):
        Mailbox(strict.account("none")).unread()


def test_a_folder_that_keeps_no_marks_is_not_read():
    select = "* 1 EXISTS\r\n* OK [PERMANENTFLAGS (\\Deleted)] few\r\n{tag} OK [READ-WRITE] done\r\n"
    with ScriptedImap(SELECT=select) as server:
        with pytest.raises(Unreachable, match="this folder keeps no marks"):
            Mailbox(scripted(server), timeout=2).unread()
        assert not any("FETCH" in line for line in server.lines)


@pytest.mark.parametrize(
    ("permanent", "done", "kept"),
    [
        ((SEEN, FLAGGED, b"\\*"), (DONE, SEEN), (KEPT, FLAGGED)),
        ((b"\\SEEN", b"$setkanidone", b"$SetkaniKept"), (DONE, SEEN), (KEPT,)),
        ((b"\\*",), (DONE,), (KEPT,)),
        ((SEEN, FLAGGED, DONE), (SEEN,), (FLAGGED,)),
        ((SEEN,), (SEEN,), (SEEN,)),
        ((FLAGGED,), (), ()),
        ((), (), ()),
    ],
)
def test_marks_are_the_best_that_a_folder_keeps(permanent, done, kept):
    marks = marks_for(permanent)
    assert (marks.done, marks.kept) == (done, kept)
    if done:
        assert marks.are_in([b"\\Answered", done[0].upper()])
        assert marks.are_in([kept[0]])
        assert not marks.are_in([b"\\Answered", b"\\Recent"])


def test_a_folder_that_forgets_its_marks_is_not_read_for_ever():
    forgets = "* 1 FETCH (UID 1 FLAGS (\\Recent))\r\n{tag} OK done\r\n"
    with ScriptedImap(STORE=forgets) as server:
        mailbox = Mailbox(scripted(server), timeout=2)
        (mail,) = mailbox.unread()
        assert mail == MailId(7, 1)
        with pytest.raises(Unreachable, match="does not keep the marks that it promised"):
            mailbox.mark_done(mail)


# --- signing in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_with_a_certificate_that_is_verified(server, user, monkeypatch, security):
    server.deliver(user, a_mail("secret"))
    port = server.imaps_port if security == "tls" else server.imap_port
    account = replace(server.account(user), port=port, security=security)

    with pytest.raises(Unreachable, match="certificate verify failed"):
        Mailbox(account).open()

    monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
    with pytest.raises(Unreachable, match="Hostname mismatch"):
        Mailbox(replace(account, host="localhost")).open()

    mailbox = Mailbox(account)
    assert subjects(mailbox) == ["secret"]
    settle(mailbox)
    threading.Timer(0.3, server.deliver, (user, a_mail("news"))).start()
    began = time.monotonic()
    assert mailbox.wait(20, lambda: False)
    assert time.monotonic() - began < 0.3 + LIVELY
    assert subjects(mailbox) == ["secret", "news"]
    mailbox.close()


def test_a_server_without_starttls_gets_no_password():
    with ScriptedImap() as server:
        with pytest.raises(Unreachable, match="STARTTLS"):
            Mailbox(scripted(server, security="starttls"), timeout=2).open()
        assert not any("LOGIN" in line or "S3CRET" in line for line in server.lines)


def test_a_server_that_claims_we_are_signed_in_before_starttls_is_not_believed():
    with ScriptedImap(greeting="* PREAUTH welcome\r\n", capabilities="IMAP4rev1 STARTTLS") as server:
        mailbox = Mailbox(scripted(server, security="starttls"), timeout=2)
        with pytest.raises(Unreachable, match="STARTTLS illegal in state AUTH"):
            mailbox.open()


def test_a_wrong_password_is_said_in_the_servers_words(server, user):
    with pytest.raises(Unreachable, match="AUTHENTICATIONFAILED"):
        Mailbox(replace(server.account(user), password=f"{PASSWORD}x")).open()


def test_login_is_the_second_choice_and_words_never_hold_the_password():
    with ScriptedImap(LOGIN="{tag} NO you said {line}\r\n") as server:
        with pytest.raises(Unreachable) as no:
            Mailbox(scripted(server, user='a "b" c'), timeout=2).open()
        assert "you said" in str(no.value)
        assert "S3CRET" not in str(no.value)
        (login,) = [line for line in server.lines if "LOGIN" in line]
        assert login.endswith(r'LOGIN "a \"b\" c" "S3CRET"')


@pytest.mark.parametrize(
    ("capabilities", "password", "words"),
    [
        ("IMAP4rev1 LOGINDISABLED", "S3CRET", "lets nobody sign in"),
        ("IMAP4rev1", "S3CRÉT", "letters beyond ASCII"),
    ],
)
def test_a_server_that_we_cannot_sign_in_to(capabilities, password, words):
    with ScriptedImap(capabilities=capabilities) as server:
        with pytest.raises(Unreachable, match=words):
            Mailbox(scripted(server, password=password), timeout=2).open()
        assert not any("LOGIN " in line for line in server.lines)


def test_nothing_of_a_mail_an_address_or_the_password_is_logged(server, user, caplog):
    caplog.set_level(logging.DEBUG)
    server.deliver(user, a_mail("a private matter"))
    mailbox = Mailbox(server.account(user))
    mailbox.mark_done(*(one.id for one in fetched(mailbox)))
    settle(mailbox)
    mailbox.close()
    with pytest.raises(Unreachable):
        Mailbox(replace(server.account(user), password="wrong")).open()
    with pytest.raises(Unreachable):
        Mailbox(replace(server.account(user), port=free_port())).open()

    assert [record for record in caplog.records if record.name.startswith(("imapclient", "setkani"))] == []
    for secret in ("private", "jana", PASSWORD, user):
        assert secret not in caplog.text
