"""The personal feed as a file: the meetings of one address, told as the invites of their attendees tell them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask_babel import force_locale
from flask_babel import gettext as _

from app.delivery.calendar_parts import feed_facts
from app.delivery.views import meeting_view
from app.domain.calendars.facts import FeedFacts, PublicEventFacts, Status
from app.domain.calendars.feed import feed_file
from app.domain.meetings.models import MeetingState
from app.domain.registration import letters
from app.domain.registration.feeds import IN_CALENDARS
from app.domain.registration.models import Answer, Attendee, PersonalFeed, Place
from app.extensions import settings
from app.web.calendar_facts import COLOR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def personal_file(feed: PersonalFeed, attendees: Iterable[Attendee]) -> bytes:
    """The whole feed, in the feed's language; each meeting is in that of its letters, as in the invite."""
    config = settings()
    with force_locale(feed.language):
        name = str(_("My meetings: %(site)s", site=config.site_name))
    return feed_file(
        FeedFacts(
            uid=f"feed-personal-{feed.id}@{config.mail_domain}",
            name=name,
            language=feed.language,
            color=COLOR,
            source=None,
            events=tuple(_event(one) for one in attendees),
        )
    )


def changed_at(attendee: Attendee) -> datetime:
    """The last change of what the feed tells of an attendee."""
    changes = (attendee.meeting.changed_at, attendee.changed_at, attendee.answer_at)
    return max(change for change in changes if change is not None)


def status_of(attendee: Attendee) -> Status:
    """Cancelled is what a CANCEL took out; tentative what the person has not promised to come to."""
    if attendee.place not in IN_CALENDARS or attendee.meeting.state == MeetingState.CALLED_OFF:
        return Status.CANCELLED
    undecided = attendee.place == Place.INVITED or attendee.answer == Answer.MAYBE
    return Status.TENTATIVE if undecided else Status.CONFIRMED


def _event(attendee: Attendee) -> PublicEventFacts:
    meeting, status = attendee.meeting, status_of(attendee)
    identity = letters.invite_facts(attendee, meeting.revision + attendee.revision)
    with force_locale(attendee.language):
        facts = letters.meeting_facts(meeting, attendee)
        view = meeting_view(facts, mode=attendee.mode, lang=attendee.language)
        if status == Status.CANCELLED:
            view = replace(view, online_url="")
        return feed_facts(
            view,
            identity,
            changed_at=changed_at(attendee),
            status=status,
            is_invited=attendee.place == Place.INVITED,
        )
