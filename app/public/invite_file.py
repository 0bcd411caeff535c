"""The invite of one attendee to download: the same object, under the same UID, as in the last letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import force_locale

from app.base.dates import locale_for
from app.delivery import links
from app.delivery.calendar_parts import calendar_bytes
from app.delivery.views import LetterView, meeting_view
from app.domain.outbox.models import Calendar
from app.domain.registration import letters
from app.extensions import settings

if TYPE_CHECKING:
    from app.domain.meetings.models import Meeting
    from app.domain.registration.models import Attendee


def invite_file(meeting: Meeting, attendee: Attendee) -> bytes | None:
    """The REQUEST in the attendee's language; None for somebody without an address, who has no invite."""
    new = letters.prepared(letters.welcome_kind(attendee), meeting, attendee, calendar=Calendar.REQUEST)
    if new is None:
        return None
    lang, config = attendee.language, settings()
    with force_locale(lang):
        view = LetterView(
            kind=new.kind,
            lang=lang,
            dir=locale_for(lang).text_direction,
            site_name=config.site_name,
            home_url=links.home(lang),
            meetings_url=links.meetings(lang),
            sender_address=config.mail_sender,
            calendar=Calendar.REQUEST,
            personal=None,
            sign_in_url="",
            queue_position=0,
            is_last=False,
            meeting=meeting_view(new.facts["meeting"], mode=attendee.mode, lang=lang),
            attendee=new.facts["attendee"],
        )
        decided_at = max(attendee.changed_at, meeting.changed_at)
        return calendar_bytes(view, new.facts, recipient=new.recipient, created_at=decided_at)
