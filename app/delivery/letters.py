"""A row of the outbox becomes a mail.

1. `gather` reads what sending needs beside the row: links and what left before. Links are never stored.
2. `render` makes the mail from that, without a session.
`compose` does both; `preview` shows a letter to organisers with its links masked.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import structlog
from flask_babel import force_locale
from sqlalchemy.orm import object_session

from app.base.dates import locale_for
from app.base.text import fold_email
from app.base.tokens import new_mail_token
from app.delivery import links
from app.delivery.calendar_parts import calendar_bytes
from app.delivery.headers import is_address
from app.delivery.incoming import BOUNCES
from app.delivery.message import GENERATED, REPLIED, LetterMessage
from app.delivery.notices import notice_view
from app.delivery.render import words
from app.delivery.said import TRIAL, MessageView, Said, gather_said, message_view, said_of
from app.delivery.unsendable import CannotCompose, Overtaken
from app.delivery.views import Change, Facts, LetterView, change_view, meeting_view, other_meeting
from app.domain.accounts.models import Account
from app.domain.accounts.service import new_one_time_link
from app.domain.broadcasts.models import Broadcast
from app.domain.notices.rules import hears
from app.domain.outbox import queries as outbox
from app.domain.outbox.models import Calendar, Kind, Letter
from app.domain.registration import feeds, reminders, seating
from app.domain.registration.models import Attendee, Mode, Place
from app.extensions import settings

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.outbox.service import NewLetter

ACCOUNT_KINDS = frozenset({Kind.SIGN_IN, Kind.PASSWORD})
MOVED = frozenset({"moved_from", "moved_to"})
NO_WAY_IN = frozenset({"address", "merge"})  # by these a row ended whose link leads nowhere
MEETINGLESS = ACCOUNT_KINDS | {
    Kind.SECURITY,
    Kind.TEST,
}  # they have no facts that could be emptied, and no preview


log = structlog.get_logger("setkani.letters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One letter with all that its mail needs. `calendar` is the method that it really carries.

    Tokens are those of this moment and live only here.
    """

    letter_id: int | None
    kind: str
    recipient: str
    language: str
    facts: dict[str, Any]
    message_id: str
    bounce_token: str
    created_at: datetime
    attendee_id: int | None = None
    calendar: str | None = None
    sequence: int | None = None
    personal_token: str | None = None
    ticket_token: str | None = None
    sign_in_token: str | None = None
    feed_token: str | None = None
    queue_position: int = 0
    thread: str | None = None
    is_last: bool = False
    masked: bool = False
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a letter says, for organisers: no link in it lets anybody in."""

    subject: str
    text: str
    html: str
    calendar: str | None


def compose(session: Session, letter: Letter, *, now: datetime) -> LetterMessage:
    """The mail of a letter. A sign-in link is stored (hashed) through `session`: commit before sending.

    Raises `CannotCompose`, and whatever a fault of ours raises.
    """
    return render(gather(session, letter, now=now), now=now)


def gather(session: Session, letter: Letter, *, now: datetime) -> Gathered:
    """Read what the mail of a letter needs. For letters with a sign-in link this writes the hash of a new one.

    Raises `CannotCompose` for a letter without recipient or facts, or whose person is gone, and `Overtaken` for
    a reminder that would mislead by now.
    """
    if not letter.recipient or not is_address(letter.recipient):
        raise CannotCompose("This letter has no address that mail can be sent to.")
    if letter.kind not in MEETINGLESS and not _has_facts(letter):
        raise CannotCompose("This letter was emptied before it was sent.")
    if letter.kind == Kind.NOTICE and not _still_organises(session, letter):
        raise CannotCompose("The account that this notice is for may not see the meetings any more.")
    attendee = session.get(Attendee, letter.attendee_id) if letter.attendee_id is not None else None
    if letter.kind == Kind.LINK_AGAIN and (attendee is None or attendee.erased_at is not None):
        raise CannotCompose("The registration that this letter links to is gone.")
    if letter.kind == Kind.REMINDER:
        _check_reminder(session, letter, attendee, now=now)
    return Gathered(
        letter_id=letter.id,
        kind=letter.kind,
        recipient=letter.recipient,
        language=_known_language(letter.language),
        facts=dict(letter.facts),
        message_id=letter.message_id,
        bounce_token=letter.bounce_token,
        created_at=letter.created_at,
        attendee_id=letter.attendee_id,
        calendar=_method(session, letter, attendee),
        sequence=letter.sequence,
        personal_token=attendee.token if attendee is not None and _may_have_link(letter, attendee) else None,
        ticket_token=attendee.checkin_token
        if attendee is not None and _may_have_link(letter, attendee)
        else None,
        sign_in_token=_sign_in_token(session, letter, now=now),
        feed_token=_feed_token(session, letter),
        queue_position=seating.queue_position(session, attendee) if attendee is not None else 0,
        thread=_thread(session, letter),
        is_last=letter.forget,
        said=gather_said(session, letter, attendee) if letter.kind == Kind.MESSAGE else None,
    )


def render(gathered: Gathered, *, now: datetime) -> LetterMessage:
    """Make the mail, in its language. `now` becomes its Date. No session is needed."""
    config = settings()
    with force_locale(gathered.language):
        view = _view(gathered)
        said = words(view)
        calendar = _calendar(view, gathered)
    message = LetterMessage(
        subject=said.subject,
        sender=(config.site_name, config.mail_sender),
        to=(view.attendee.get("name") or "", gathered.recipient),
        reply_to=view.contact_address if is_address(view.contact_address) else config.mail_sender,
        envelope_from=f"{BOUNCES}+{gathered.bounce_token}@{config.mail_domain}",
        message_id=_message_id(gathered.message_id),
        sent_at=now,
        text=said.text,
        html_text=said.html,
        calendar=calendar,
        method=gathered.calendar,
        in_reply_to=_message_id(gathered.thread) if gathered.thread else None,
        auto_submitted=REPLIED if gathered.facts.get("auto") == "replied" else GENERATED,
        files=gathered.said.files if gathered.said else (),
        unsubscribe=view.more["message"].unsubscribe_url if gathered.said else "",
    )
    message.as_bytes()
    return message


def trial_letter(recipient: str, *, now: datetime) -> Gathered:
    """A letter that stands in no outbox, to try the mail server with."""
    return Gathered(
        letter_id=0,
        kind=Kind.TEST,
        recipient=recipient,
        language=settings().languages[0],
        facts={},
        message_id=f"{uuid.uuid4().hex}.0",
        bounce_token=new_mail_token(),
        created_at=now,
    )


def preview(letter: Letter) -> Preview | None:
    """What a letter says, with its links masked.

    None for account letters, for emptied ones, and for those that cannot be written. `letter` belongs to a
    session, from which it is seen whether a CANCEL goes, or went, as plain mail.
    """
    session = object_session(letter)
    if letter.kind in MEETINGLESS or session is None or not letter.recipient or not _has_facts(letter):
        return None
    said = _said_for_preview(session, letter)
    if letter.kind == Kind.MESSAGE and said is None:
        return None
    return preview_of(
        Gathered(
            letter_id=letter.id,
            kind=letter.kind,
            recipient=letter.recipient,
            language=_known_language(letter.language),
            facts=dict(letter.facts),
            message_id=letter.message_id,
            bounce_token="",
            created_at=letter.created_at,
            attendee_id=letter.attendee_id,
            calendar=_method(session, letter, None),
            is_last=letter.forget,
            said=said,
        )
    )


def preview_unwritten(session: Session, new: NewLetter, *, now: datetime) -> Preview | None:
    """What a letter would say that is in no outbox yet, with its links masked; None if it cannot be written."""
    attendee = session.get(Attendee, new.attendee_id) if new.attendee_id is not None else None
    calendar = new.calendar
    if calendar == Calendar.CANCEL and not (attendee and outbox.request_may_have_left(session, attendee.id)):
        calendar = None
    return preview_of(
        Gathered(
            letter_id=None,
            kind=new.kind,
            recipient=new.recipient,
            language=_known_language(new.language),
            facts=dict(new.facts),
            message_id="",
            bounce_token="",
            created_at=now,
            attendee_id=new.attendee_id,
            calendar=calendar,
            queue_position=seating.queue_position(session, attendee) if attendee is not None else 0,
        )
    )


def preview_of(gathered: Gathered) -> Preview | None:
    """What a mail says, with its links masked; None when it cannot be written."""
    gathered = replace(gathered, masked=True)
    try:
        with force_locale(gathered.language):
            view = _view(gathered)
            said = words(view)
            calendar = _calendar(view, gathered)
    except Exception:  # such a letter has failed; the page that says so must still come
        log.exception("letter cannot be shown", letter=gathered.letter_id)
        return None
    return Preview(said.subject, said.text, said.html, calendar.decode() if calendar is not None else None)


def _view(gathered: Gathered) -> LetterView:
    facts, lang, config = gathered.facts, gathered.language, settings()
    attendee = Facts(facts.get("attendee") or {})
    meeting = None
    if facts.get("meeting"):
        meeting = meeting_view(facts["meeting"], mode=attendee.get("mode", ""), lang=lang)
    has_personal = gathered.masked or gathered.personal_token
    personal = None
    if has_personal and not gathered.is_last:
        personal = links.personal(lang, None if gathered.masked else gathered.personal_token)
    more = _more(facts, lang)
    if gathered.said is not None:
        more["message"] = _message(gathered, gathered.said, attendee, personal)
    return LetterView(
        kind=gathered.kind,
        lang=lang,
        dir=locale_for(lang).text_direction,
        site_name=config.site_name,
        home_url=links.home(lang),
        meetings_url=links.meetings(lang),
        sender_address=config.mail_sender,
        calendar=gathered.calendar,
        personal=personal,
        sign_in_url=links.sign_in(lang, gathered.sign_in_token) if gathered.sign_in_token else "",
        feed=links.feed(lang, gathered.feed_token) if gathered.kind == Kind.FEED else None,
        queue_position=gathered.queue_position,
        is_last=gathered.is_last,
        answer_by=meeting.answer_by(gathered.created_at) if meeting else "",
        ticket_url=_ticket(gathered, attendee),
        meeting=meeting,
        attendee=attendee,
        change=change_view(facts, meeting) if meeting else Change(),
        more=more,
    )


def _ticket(gathered: Gathered, attendee: Facts) -> str:
    """The address of the code for the door, for who has a seat in the room; empty for others."""
    has_seat = attendee["place"] == Place.CONFIRMED and attendee["mode"] == Mode.ROOM
    if not has_seat or gathered.is_last or not (gathered.masked or gathered.ticket_token):
        return ""
    return links.ticket(gathered.ticket_token)


def _message(gathered: Gathered, said: Said, attendee: Facts, personal: links.Personal | None) -> MessageView:
    """What an organiser wrote, filled in; days and times are in the language of the text."""
    with force_locale(said.lang):
        facts = {**gathered.facts["meeting"], **(said.names or {})}
        meeting = meeting_view(facts, mode=attendee.get("mode", ""), lang=said.lang)
        return message_view(
            said,
            meeting,
            attendee,
            language=gathered.language,
            personal=personal,
            masked=gathered.masked,
        )


def _said_for_preview(session: Session, letter: Letter) -> Said | None:
    """The text of a letter to many as it is stored, also of one that must not go any more."""
    number = letter.facts.get(TRIAL) or letter.broadcast_id
    if letter.kind != Kind.MESSAGE or number is None:
        return None
    broadcast = session.get(Broadcast, number)
    return said_of(session, broadcast, letter.language, files=False) if broadcast is not None else None


def _more(facts: dict[str, Any], lang: str) -> Facts:
    """The facts that one kind of letter has; those of a notice in words."""
    more = Facts((name, facts[name]) for name in facts.keys() - {"meeting", "attendee", "invite"})
    for name in MOVED.intersection(facts):
        more[name] = other_meeting(facts[name], lang)
    if "notice" in facts:
        more["notice"] = notice_view(facts["notice"], lang)
    return more


def _has_facts(letter: Letter) -> bool:
    return bool(letter.facts.get("notice" if letter.kind == Kind.NOTICE else "meeting"))


def _still_organises(session: Session, letter: Letter) -> bool:
    account = session.get(Account, letter.account_id) if letter.account_id is not None else None
    return account is not None and hears(account)


def _calendar(view: LetterView, gathered: Gathered) -> bytes | None:
    if gathered.calendar is None:
        return None
    return calendar_bytes(
        view,
        gathered.facts,
        recipient=gathered.recipient,
        created_at=gathered.created_at,
        masked=gathered.masked,
    )


def _method(session: Session, letter: Letter, attendee: Attendee | None) -> str | None:
    """The calendar part that goes: none once a later one left, and no CANCEL where no REQUEST may have."""
    if letter.calendar is None or letter.attendee_id is None or not letter.facts.get("invite"):
        return None
    if attendee is not None and (letter.sequence or 0) < (attendee.sent_sequence or 0):
        return None
    if letter.calendar == Calendar.CANCEL and not outbox.request_may_have_left(
        session, letter.attendee_id, before_id=letter.id
    ):
        return None
    return letter.calendar


def _check_reminder(session: Session, letter: Letter, attendee: Attendee | None, *, now: datetime) -> None:
    if attendee is None or reminders.is_overtaken(
        seating.meeting_of(session, attendee), attendee, letter.facts, now=now
    ):
        raise Overtaken("This reminder waited until it was no longer true.")


def _may_have_link(letter: Letter, attendee: Attendee) -> bool:
    """A row that was corrected or merged away gets no way in; nor is there one to what was erased."""
    return attendee.erased_at is None and letter.facts.get("by") not in NO_WAY_IN


def _sign_in_token(session: Session, letter: Letter, *, now: datetime) -> str | None:
    if letter.kind not in ACCOUNT_KINDS:
        return None
    if letter.account_id is None:
        raise CannotCompose("The account that this letter is for is gone.")
    return new_one_time_link(session, letter.account_id, letter.kind, now=now)


def _feed_token(session: Session, letter: Letter) -> str | None:
    """The feed of the address that the letter goes to, whoever's address the attendee has by now."""
    if letter.kind != Kind.FEED:
        return None
    found = feeds.active(session, fold_email(letter.recipient or ""))
    if found is None:
        raise Overtaken("The personal calendar was stopped before its address was sent.")
    return found.token


def _thread(session: Session, letter: Letter) -> str | None:
    if letter.attendee_id is None or letter.id is None:
        return None
    return outbox.first_message_id(session, letter.attendee_id, before_id=letter.id)


def _message_id(own: str) -> str:
    return f"<{own}@{settings().mail_domain}>"


def _known_language(language: str) -> str:
    known = settings().languages
    return language if language in known else known[0]
