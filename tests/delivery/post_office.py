"""A real Postfix before a real Dovecot: a mail exchanger that takes letters, delivers replies and bounces.

Every name at `example.org`, `example.com` and `example.net` has a mailbox, with or without `+something`; domains do
not part names. `bounce+…` is another name of `rsvp`, as a catch-all would have it. Recipients at
`gone.example.org` are refused by the next server, which makes a bounce; at `later.example.org` they are put off,
which makes a warning; other domains cannot be reached, which makes a bounce too.

As our own mail exchanger does, it takes away every Authentication-Results of its own name that a mail brings along, and
writes one that says what DMARC found: that depends on the domain of the envelope sender (`VERDICTS`).
Letters of `example.org` are on their way out and get none.
"""

from __future__ import annotations

import secrets
import shutil
import smtplib
import subprocess
import tempfile
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from tests.delivery import dovecot
from tests.delivery.dovecot import Dovecot
from tests.delivery.servers import Program, start_on_free_ports

MASTER = Path("/usr/lib/postfix/sbin/master")
PARTS = [MASTER, Path("/usr/sbin/postfix"), Path("/usr/sbin/postsuper")]
DOMAIN = "example.org"
AUTHSERV_ID = "mx.example.org"
SETTINGS = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
local_header_rewrite_clients =
recipient_delimiter = +
virtual_mailbox_domains = example.org, example.com, example.net
virtual_alias_maps = regexp:{folder}/postfix/aliases
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
relay_domains = gone.example.org, later.example.org
transport_maps = inline:{{
  {{ gone.example.org = smtp:[127.0.0.1]:{gone} }}, {{ later.example.org = smtp:[127.0.0.1]:{later} }} }}
local_transport = error:5.1.1 nobody lives here
default_transport = error:5.4.4 this machine reaches nobody else
smtpd_reject_unlisted_recipient = no
smtpd_sender_restrictions = check_sender_access regexp:{folder}/postfix/senders
header_checks = regexp:{folder}/postfix/foreign
lmtp_header_checks = regexp:{folder}/postfix/verdict
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
delay_warning_time = 1s
"""
SERVICES = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{gone} inet n - n - - smtpd
  -o {{ smtpd_recipient_restrictions = check_recipient_access static:{{550 5.1.1 no such user}}, reject }}
127.0.0.1:{later} inet n - n - - smtpd
  -o {{ smtpd_recipient_restrictions = check_recipient_access static:{{450 4.2.2 mailbox full}}, reject }}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp flags=O
error unix - - n - - error
retry unix - - n - - error
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
ALIASES = r"/^bounce(\+[^@]*)?@(.*)$/ rsvp@$2"
VERDICTS = r"""
/@example\.org$/ DUNNO
/@(forged\.example\.net)$/ PREPEND {own}: dmarc=fail (p=reject dis=none) header.from=$1
/@(unsigned\.example\.net)$/ PREPEND {own}: dmarc=none (p=none dis=none) header.from=$1
/@(.+)$/ PREPEND {own}: dmarc=pass (p=none dis=none) header.from=$1
"""
FOREIGN = r"/^Authentication-Results:[[:space:]]*mx\.example\.org/ IGNORE"
# The verdict travels under a name that nobody outside can know, until the mail has been cleaned of foreign ones.
VERDICT = r"/^{own}: (.*)$/ REPLACE Authentication-Results: mx.example.org; $1"


class PostOffice:
    """Both servers, in a folder of their own that goes when they end. Use as a context manager."""

    domain = DOMAIN

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="setkani-post-"))  # short: paths of sockets are limited
        self.folder.chmod(0o755)
        self.dovecot = Dovecot()
        try:
            self._prepare()
            self._postfix, (self.smtp_port, *_) = start_on_free_ports(3, self._run)
        except BaseException:
            self.dovecot.__exit__()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._postfix.end()
        self.dovecot.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def imap_url(self, user: str) -> str:
        """What IMAP_URL must say to read the mails of a user."""
        return self.dovecot.url(user)

    @property
    def port(self) -> int:
        """Where it takes letters, by the name that `MailServer` has for it."""
        return self.smtp_port

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Hand in a mail, as another server would; `sender` is that of the envelope."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as line:
            line.sendmail(sender, [recipient], raw)

    def raw_mails(self, user: str) -> list[bytes]:
        """All mails of a user, oldest first, with CRLF as IMAP gives them."""
        return [raw for raw, _flags in self.dovecot.mails(user)]

    def mails(self, user: str) -> list[EmailMessage]:
        """All mails of a user, oldest first."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw_mails(user)]

    def wait_for(self, user: str, count: int, seconds: float = 20) -> list[EmailMessage]:
        """The mails of a user as soon as there are `count` of them; fails after `seconds`."""
        end = time.monotonic() + seconds
        while len(mails := self.mails(user)) < count:
            assert time.monotonic() < end, (
                f"{len(mails)} of {count} mails for {user} in {seconds} s\n{self.log}"
            )
            time.sleep(0.05)
        return mails

    def clear(self) -> None:
        """Throw away all mails, delivered and waiting."""
        command = ["/usr/sbin/postsuper", "-c", str(self.folder / "postfix"), "-d", "ALL"]
        subprocess.run(command, check=True, capture_output=True)
        for user in self.dovecot.users.iterdir():
            shutil.rmtree(user)

    @property
    def log(self) -> str:
        """What Postfix has to say."""
        log = self.folder / "postfix.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def _prepare(self) -> None:
        """Everything that does not depend on ports."""
        settings = self.folder / "postfix"
        own = f"X-Verdict-{secrets.token_hex(8)}"
        for name in ("postfix", "queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        (settings / "aliases").write_text(f"{ALIASES}\n")
        (settings / "senders").write_text(VERDICTS.format(own=own))
        (settings / "foreign").write_text(f"{FOREIGN}\n")
        (settings / "verdict").write_text(f"{VERDICT.format(own=own)}\n")

    def _run(self, ports: list[int]) -> Program:
        smtp, gone, later = ports
        settings = self.folder / "postfix"
        values = {"folder": self.folder, "lmtp": self.dovecot.lmtp_port, "gone": gone, "later": later}
        (settings / "main.cf").write_text(SETTINGS.format(**values))
        (settings / "master.cf").write_text(SERVICES.format(smtp=smtp, gone=gone, later=later))
        subprocess.run(["/usr/sbin/postfix", "-c", str(settings), "check"], check=True, capture_output=True)
        command = [str(MASTER), "-c", str(settings), "-d"]
        return Program(command, self.folder / "start.log", ports=ports)


def is_possible() -> bool:
    """Whether both servers are installed and may be started here: Postfix wants to be started by root."""
    return dovecot.is_possible() and all(part.exists() for part in PARTS)
