"""The calendar part of a letter: what its facts say, as an invite. Needs the letter's language to be on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from app.delivery.views import INVITED
from app.domain.calendars import invite
from app.domain.calendars.facts import InviteFacts, Partstat, PublicEventFacts
from app.domain.outbox.models import Calendar
from app.extensions import settings

if TYPE_CHECKING:
    from app.delivery.views import LetterView, MeetingView
    from app.domain.calendars.facts import Status

MAKE = {Calendar.REQUEST: invite.request, Calendar.CANCEL: invite.cancel}


def calendar_bytes(
    view: LetterView, facts: dict[str, Any], *, recipient: str, created_at: datetime, masked: bool = False
) -> bytes:
    """The iCalendar file with METHOD `view.calendar`. `masked` hides the reply address of this attendee.

    `created_at` becomes DTSTAMP, equal at each try. Raises `ValueError` for what no calendar can hold.
    """
    assert view.meeting is not None  # noqa: S101 - a letter with an invite is about a meeting
    meeting, identity = view.meeting, facts["invite"]
    token = "xxx" if masked else identity["organizer_token"]
    return MAKE[Calendar(view.calendar or "")](
        InviteFacts(
            **_told(meeting, identity, is_invited=view.attendee.get("place") == INVITED),
            dtstamp=created_at,
            organizer_name=view.site_name,
            organizer_address=organizer_address(identity["uid"], token),
            attendee_name=view.attendee.get("name") or "",
            attendee_address=recipient,
            partstat=Partstat(identity["partstat"]),
        )
    )


def feed_facts(
    meeting: MeetingView, identity: dict[str, Any], *, changed_at: datetime, status: Status, is_invited: bool
) -> PublicEventFacts:
    """What an invite tells, as the personal feed shows it: nobody is asked there, so nobody is named.

    `changed_at` becomes DTSTAMP, so that the same state gives the same bytes.
    """
    return PublicEventFacts(
        **_told(meeting, identity, is_invited=is_invited),
        dtstamp=changed_at,
        status=status,
        is_private=True,
        organizer_name=settings().site_name,
        organizer_address=settings().mail_sender,
    )


def _told(meeting: MeetingView, identity: dict[str, Any], *, is_invited: bool) -> dict[str, Any]:
    """What invite and feed tell alike. The online link is in the facts of whoever may have it alone."""
    online = meeting.is_online and bool(meeting.online_url)
    return {
        "uid": identity["uid"],
        "sequence": identity["sequence"],
        "last_modified": datetime.fromisoformat(identity["last_modified"]),
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "timezone": meeting.timezone,
        "summary": meeting.full_title,
        "language": meeting.lang,
        "description": _description(meeting, is_invited=is_invited),
        "location": _location(meeting),
        "geo": None if meeting.is_online else meeting.geo,
        "url": meeting.url,
        "conference_url": meeting.online_url if online else None,
        "conference_label": _("Join online") if online else "",
    }


def organizer_address(uid: str, token: str) -> str:
    """The reply mailbox of one invite. The domain is the UID's, so that it never changes for a UID."""
    local = settings().rsvp_address.partition("@")[0]
    return f"{local}+{token}@{uid.rpartition('@')[2]}"


def _location(meeting: MeetingView) -> str | None:
    if meeting.is_online:
        return None if meeting.online_url else _("online")
    return ", ".join(part for part in (meeting.venue, meeting.address) if part) or None


def _description(meeting: MeetingView, *, is_invited: bool) -> str:
    """Words for the calendar. They hold no link that lets anybody in: calendars are shared."""
    contact = ", ".join(part for part in (meeting.contact, meeting.contact_email) if part)
    parts = [
        meeting.summary,
        meeting.access_notes,
        _("Programme and details: %(url)s", url=meeting.url),
        _("Questions: %(contact)s", contact=contact) if contact else "",
        _("To answer, or to change your answer, use the links in our letter.")
        if is_invited
        else _("To change or cancel your registration, use the link in our letter."),
    ]
    return "\n\n".join(part for part in parts if part)
