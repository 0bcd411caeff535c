"""What may become of a reply. Pure: a table of reasons, in the order in which they are asked.

Sources: iTIP (RFC 5546), iMIP (RFC 6047), automatic mail (RFC 3834).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.domain.calendars.reply import CalendarAnswer, Method, Said
from app.domain.registration.models import Answer
from app.domain.replies.commands import Arrival, Trust
from app.domain.replies.models import Decision

if TYPE_CHECKING:
    from app.domain.meetings.models import Meeting
    from app.domain.registration.models import Attendee

ANSWERS = {Said.ACCEPTED: Answer.YES, Said.TENTATIVE: Answer.MAYBE, Said.DECLINED: Answer.NO}
CLOCK_TOLERANCE = timedelta(days=1)
NOT_OURS_TO_READ = frozenset({"other_method"})
APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision with its reason."""

    decision: Decision
    reason: str

    @property
    def applies(self) -> bool:
        """Whether the answer is to be given to the attendee."""
        return self.reason == APPLY


def before_look_up(arrival: Arrival) -> Verdict | None:
    """What can be said of a mail before anybody is looked up; None when the attendee decides."""
    if arrival.is_own:
        return Verdict(Decision.IGNORED, "own")
    if arrival.unreadable in NOT_OURS_TO_READ:
        return Verdict(Decision.IGNORED, arrival.unreadable)
    if arrival.answer is None and not arrival.unreadable and arrival.is_automatic:
        return Verdict(Decision.IGNORED, "automatic")
    return None


def without_answer(arrival: Arrival) -> Verdict | None:
    """A mail in which no usable answer is: a person's own words, or a file that cannot be read. Somebody looks."""
    if arrival.answer is None:
        return Verdict(Decision.REVIEW, arrival.unreadable or "no_calendar")
    return None


def may_be_found_by_uid(arrival: Arrival, attendee: Attendee) -> bool:
    """Without a token only a sender who surely is the registered address may be found by UID."""
    return (
        arrival.trust == Trust.STRONG and arrival.sender is not None and arrival.sender == attendee.email_key
    )


def judge(
    arrival: Arrival, answer: CalendarAnswer, meeting: Meeting, attendee: Attendee, *, now: datetime
) -> Verdict:
    """What to do with the answer to the invite of a locked attendee."""
    return (
        _who(arrival, answer, attendee)
        or _what(answer)
        or _when(arrival, answer, meeting, attendee, now=now)
        or _how_sure(arrival, answer, attendee)
        or Verdict(Decision.APPLIED, APPLY)
    )


def stamp_of(arrival: Arrival, answer: CalendarAnswer, *, now: datetime) -> datetime:
    """The instant that orders replies of one SEQUENCE: DTSTAMP, else the mail's Date, else the arrival.

    A clock that is more than a day ahead counts as the arrival.
    """
    stamp = answer.dtstamp or arrival.sent_at or now
    return now if stamp > now + CLOCK_TOLERANCE else stamp


def _who(arrival: Arrival, answer: CalendarAnswer, attendee: Attendee) -> Verdict | None:
    if answer.uid != attendee.uid:
        return Verdict(Decision.IGNORED, "wrong_uid")
    if attendee.erased_at is not None or attendee.email_key is None:
        return Verdict(Decision.IGNORED, "erased")
    if arrival.trust == Trust.FAILED:
        return Verdict(Decision.IGNORED, "forged")
    if attendee.email_key not in (answer.attendee, arrival.sender):
        return Verdict(Decision.ASKED, "stranger")
    return None


def _what(answer: CalendarAnswer) -> Verdict | None:
    if answer.method == Method.COUNTER:
        return Verdict(Decision.PROPOSED, "counter")
    if answer.method == Method.REFRESH:
        return Verdict(Decision.NOTED, "refresh")
    if answer.said == Said.DELEGATED:
        return Verdict(Decision.ASKED, "delegated")
    if answer.said not in ANSWERS:
        return Verdict(Decision.IGNORED, "no_answer")
    return None


def _when(
    arrival: Arrival, answer: CalendarAnswer, meeting: Meeting, attendee: Attendee, *, now: datetime
) -> Verdict | None:
    if answer.sequence > meeting.revision + attendee.revision:
        return Verdict(Decision.IGNORED, "future_sequence")
    if answer.sequence < _told_sequence(meeting, attendee) and answer.said != Said.DECLINED:
        return Verdict(Decision.IGNORED, "old_version")
    if attendee.reply_stamp is not None:
        last = (attendee.reply_sequence or 0, attendee.reply_stamp)
        if (answer.sequence, stamp_of(arrival, answer, now=now)) <= last:
            return Verdict(Decision.IGNORED, "older_answer")
    return None


def _told_sequence(meeting: Meeting, attendee: Attendee) -> int:
    """The SEQUENCE that an answer has to be about; while a change is held back, the one that left last."""
    if meeting.untold:
        return attendee.sent_sequence or 0
    return meeting.revision + attendee.revision


def _how_sure(arrival: Arrival, answer: CalendarAnswer, attendee: Attendee) -> Verdict | None:
    """A no gives a seat away, so it needs more than the token."""
    if answer.said == Said.DECLINED and arrival.trust != Trust.STRONG and attendee.is_live:
        return Verdict(Decision.ASKED, "unverified")
    return None
