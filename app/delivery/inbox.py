"""Takes one mail that came back: reads it, says how sure its sender is, and hands it to the domain.

Both ways in come here: the mailbox (`reader`) and a mail server's pipe (`flask reply`). No network call happens, and
the transaction is open only while the domain decides.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import structlog

from app.base import clock
from app.base.text import fold_email
from app.delivery import authenticity, bounces, incoming
from app.delivery.database import DATABASE_TROUBLE, transaction
from app.delivery.mime import UnreadableMail
from app.delivery.reader import Taken
from app.domain.calendars.content import UnreadableCalendar
from app.domain.calendars.reply import parse
from app.domain.replies import service
from app.domain.replies.commands import Arrival, Returned, Trust
from app.domain.replies.models import Decision
from app.extensions import settings

if TYPE_CHECKING:
    from app.delivery.incoming import Incoming
    from app.domain.calendars.reply import CalendarAnswer
    from app.domain.replies.models import Reply

KEPT_OF_UNREADABLE = 64 * 1024  # octets: the headers, and what a person can make of the rest
PERMANENT = {
    bounces.Outcome.PERMANENT: True,
    bounces.Outcome.PASSING: False,
    bounces.Outcome.UNCLEAR: None,
}

log = structlog.get_logger("setkani.inbox")


def take(raw: bytes, *, via: str) -> Taken:
    """Take one raw mail that came by `via` (`imap` or `pipe`); the same mail again does nothing.

    KEPT means that a person has to look at it. Raises `DATABASE_TROUBLE` when the database is away, and nothing
    for whatever the mail holds: a fault of ours keeps it for review.
    """
    try:
        arrival = _arrival(raw, via)
    except UnreadableMail as refusal:
        return _keep(raw, via, refusal.reason)
    except Exception:
        log.exception("mail cannot be read")
        return _keep(raw, via, "fault")
    try:
        with transaction(write=True) as session:
            reply = service.take(session, arrival, now=clock.now())
            return _ending(reply)
    except DATABASE_TROUBLE:
        raise
    except Exception:
        log.exception("mail cannot be taken")
        return _keep(raw, via, "fault")


def _ending(reply: Reply | None) -> Taken:
    """Logs ids and decisions only."""
    if reply is None:
        log.info("reply", decision="repeated")
        return Taken.DONE
    log.info(
        "reply",
        reply=reply.id,
        attendee=reply.attendee_id,
        method=reply.method,
        decision=reply.decision,
        reason=reply.reason,
        authenticity=reply.authenticity,
    )
    return Taken.KEPT if reply.decision == Decision.REVIEW else Taken.DONE


def _keep(raw: bytes, via: str, reason: str) -> Taken:
    with transaction(write=True) as session:
        service.keep(session, _bare(raw, via), reason, now=clock.now())
    return Taken.KEPT


def _arrival(raw: bytes, via: str) -> Arrival:
    """Everything about a mail that needs no database. Raises `UnreadableMail`."""
    config = settings()
    mail = incoming.read(raw, rsvp_address=config.rsvp_address)
    answer, unreadable = _answer(mail)
    trust = authenticity.judge(mail.authentication, sender=mail.sender, authserv_id=config.mail_authserv_id)
    return Arrival(
        via=via,
        digest=mail.digest,
        message_id=mail.message_id,
        sent_at=mail.date,
        sender=mail.sender,
        tokens=mail.tokens,
        bounce_token=mail.bounce_token,
        trust=Trust(trust.value),
        answer=answer,
        unreadable=unreadable,
        returned=_returned(mail),
        is_own=_is_own(mail.sender),
        is_automatic=mail.is_automatic,
        raw=raw,
    )


def _answer(mail: Incoming) -> tuple[CalendarAnswer | None, str]:
    """The calendar's answer, or why there is none that can be used."""
    if mail.calendar is None:
        return None, ""
    try:
        return parse(mail.calendar, declared_method=mail.calendar_method), ""
    except UnreadableCalendar as refusal:
        return None, refusal.reason


def _returned(mail: Incoming) -> Returned | None:
    bounce = bounces.read(mail)
    return None if bounce is None else Returned(permanent=PERMANENT[bounce.outcome], words=bounce.words)


def _is_own(sender: str | None) -> bool:
    """Whether a mail came from one of our own addresses: a loop, not an answer."""
    if sender is None:
        return False
    config = settings()
    local, _, domain = fold_email(config.rsvp_address).partition("@")
    own = {fold_email(config.mail_sender), fold_email(config.rsvp_address)}
    return sender in own or (sender.startswith(f"{local}+") and sender.endswith(f"@{domain}"))


def _bare(raw: bytes, via: str) -> Arrival:
    """A mail that cannot be read, with as much of it as a person can use."""
    return Arrival(
        via=via,
        digest=hashlib.sha256(raw).hexdigest(),
        message_id="",
        sent_at=None,
        sender=None,
        tokens=(),
        bounce_token=None,
        trust=Trust.WEAK,
        answer=None,
        unreadable="",
        returned=None,
        is_own=False,
        is_automatic=False,
        raw=raw[:KEPT_OF_UNREADABLE],
    )
