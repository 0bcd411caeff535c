"""What every line of IMAP needs, in the words of IMAPClient: sign in, fetch a part, listen, hang up.

IMAPClient would write down all that goes over the line, mails and addresses too; here it is told not to.
"""

from __future__ import annotations

import contextlib
import logging
import select
from typing import TYPE_CHECKING, Any

from imapclient.exceptions import IMAPClientError, LoginError

if TYPE_CHECKING:
    from imapclient import IMAPClient

    from config import ImapAccount

logging.getLogger("imapclient").setLevel(logging.ERROR)

# The last four are how IMAPClient meets answers that no server should give.
TROUBLE = (IMAPClientError, OSError, ValueError, LookupError, TypeError, AttributeError)


def sign_in(client: IMAPClient, account: ImapAccount) -> None:
    """By AUTHENTICATE PLAIN (RFC 4616), which alone knows letters beyond ASCII; else by LOGIN."""
    if client.has_capability("AUTH=PLAIN"):
        client.plain_login(account.user, account.password)
        return
    if client.has_capability("LOGINDISABLED"):
        raise LoginError("the server lets nobody sign in over this line")
    if not f"{account.user}{account.password}".isascii():
        raise LoginError(
            "without AUTH=PLAIN the server understands no letters beyond ASCII in user and password"
        )
    quoted = account.user.replace("\\", "\\\\").replace('"', '\\"')
    client.login(f'"{quoted}"', account.password)


def part(client: IMAPClient, uid: int, section: str, most: int) -> bytes | None:
    """The first octets of a mail or its header, None when there is no such mail (any more)."""
    answer: dict[bytes, Any] = client.fetch([uid], [f"BODY.PEEK[{section}]<0.{most}>"]).get(uid, {})
    key = f"BODY[{section}]<0>".encode()
    return bytes(answer[key] or b"") if key in answer else None


def hears(client: IMAPClient, seconds: float) -> bool:
    """Whether the server says something new in IDLE; the end of the line is news too, for the next command."""
    ear = select.poll()
    ear.register(client.socket(), select.POLLIN)
    if not ear.poll(seconds * 1000):
        return False
    heard = client.idle_check(timeout=0)
    return not heard or any(response[0] != b"OK" for response in heard)


def hang_up(client: IMAPClient) -> None:
    """Close the line without a word."""
    with contextlib.suppress(OSError):
        client.shutdown()
