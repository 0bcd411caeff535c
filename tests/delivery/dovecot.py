"""A real Dovecot: IMAP to read mails, LMTP to deliver them. Needs root, as Debian's build expects."""

from __future__ import annotations

import imaplib
import os
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import quote

from config import ImapAccount
from tests.delivery.servers import Program, start_on_free_ports

PROGRAM = Path("/usr/sbin/dovecot")
PARTS = [PROGRAM, Path("/usr/lib/dovecot/imap"), Path("/usr/lib/dovecot/lmtp"), Path("/usr/bin/openssl")]
PASSWORD = "pá§s/w:rd"
SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
mail_location = maildir:~/Maildir
first_valid_uid = 1
recipient_delimiter = +
auth_failure_delay = 0
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1s
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/users/%n
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""
MAKE = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
MAKE_AUTHORITY = (
    f"{MAKE}-subj /CN=Authority-of-a-test -addext keyUsage=critical,keyCertSign "
    "-keyout {folder}/authority-key.pem -out {folder}/authority.pem"
)
MAKE_CERTIFICATE = (
    f"{MAKE}-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE "
    "-CA {folder}/authority.pem -CAkey {folder}/authority-key.pem "
    "-keyout {folder}/key.pem -out {folder}/certificate.pem"
)


class Dovecot:
    """A server in a folder of its own that goes when it ends. Use as a context manager.

    Every name is a user, with the password `PASSWORD`. `more` are further settings, where FOLDER is the folder.
    """

    def __init__(self, *, more: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="setkani-imap-"))  # short: paths of sockets are limited
        self.folder.chmod(0o755)
        self.users = self.folder / "users"
        self.authority = self.folder / "authority.pem"
        self._more = more.replace("FOLDER", str(self.folder))
        try:
            self.users.mkdir()
            shutil.chown(self.users, "nobody", "nogroup")
            for command in (MAKE_AUTHORITY, MAKE_CERTIFICATE):
                words = ["openssl", *command.format(folder=self.folder).split()]
                subprocess.run(words, check=True, capture_output=True)
            self._program, self._ports = start_on_free_ports(3, self._run)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.imap_port, self.imaps_port, self.lmtp_port = self._ports

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._program.kill()  # in peace it takes a second
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End at once, in the middle of whatever goes on; the mails stay."""
        self._program.kill()

    def start(self) -> None:
        """Start again, on the same ports."""
        self._program = self._run(self._ports)

    def account(self, user: str, *, folder: str = "INBOX") -> ImapAccount:
        """How to read the mails of a user without TLS."""
        return ImapAccount(
            host="127.0.0.1",
            port=self.imap_port,
            user=user,
            password=PASSWORD,
            folder=folder,
            security="none",
        )

    def url(self, user: str) -> str:
        """What IMAP_URL must say to read the mails of a user."""
        return f"imap://{quote(user)}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.imap_port}/INBOX"

    def deliver(self, user: str, *mails: bytes) -> None:
        """Put mails into the mailbox of a user."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as line:
            for mail in mails:
                line.sendmail("sender@example.com", [f"{user}@example.org"], mail)

    def put(self, user: str, mail: bytes, *, folder: str = "INBOX") -> None:
        """Put a mail into a folder exactly as it is."""
        with self.sign_in(user) as line:
            line.append(folder, None, None, mail)

    @contextmanager
    def sign_in(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A line of IMAP such as a person's mail program has, by another library than ours."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=10) as line:
            line.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
            yield line

    def mails(self, user: str) -> list[tuple[bytes, set[str]]]:
        """All mails of a user, oldest first, each with its flags; nothing is marked by looking."""
        with self.sign_in(user) as line:
            line.select(readonly=True)
            _, (found,) = line.search(None, "ALL")
            return [read(line, number.decode()) for number in found.split()]

    def _run(self, ports: list[int]) -> Program:
        imap, imaps, lmtp = ports
        settings = self.folder / "dovecot.conf"
        values = {"folder": self.folder, "password": PASSWORD, "imap": imap, "imaps": imaps, "lmtp": lmtp}
        settings.write_text(SETTINGS.format(**values) + self._more, encoding="utf-8")
        return Program([str(PROGRAM), "-F", "-c", str(settings)], self.folder / "dovecot.log", ports=ports)


def is_possible() -> bool:
    """Whether it is installed and may be started here."""
    return os.geteuid() == 0 and all(part.exists() for part in PARTS)


def read(line: imaplib.IMAP4, number: str) -> tuple[bytes, set[str]]:
    """One mail and its flags."""
    _, answer = line.fetch(number, "(FLAGS BODY.PEEK[])")
    ((head, mail), *_) = (part for part in answer if isinstance(part, tuple))
    flags = {flag.decode() for flag in imaplib.ParseFlags(head)}
    return mail, flags - {"\\Recent"}
