"""Letters in words: what they are about, where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from app.domain.outbox.models import Kind, State

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.outbox.models import Letter

KINDS = {
    Kind.CONFIRMED: _l("Confirmation"),
    Kind.WAITING: _l("On the waiting list"),
    Kind.MOVED_UP: _l("Moved up"),
    Kind.ALREADY_REGISTERED: _l("Already registered"),
    Kind.CHANGED: _l("Registration changed"),
    Kind.RESCHEDULED: _l("Meeting changed"),
    Kind.CALLED_OFF: _l("Meeting called off"),
    Kind.RESTORED: _l("Meeting takes place again"),
    Kind.CANCELLED: _l("Cancelled"),
    Kind.ADDED: _l("Added by the organiser"),
    Kind.INVITED: _l("Invitation"),
    Kind.ANSWERED: _l("Answer noted"),
    Kind.CONFIRM_ANSWER: _l("Question about an answer"),
    Kind.REMINDER: _l("Reminder"),
    Kind.PENDING: _l("To be approved"),
    Kind.NOT_APPROVED: _l("Not approved"),
    Kind.RELEASED: _l("Seat given away"),
    Kind.SUBSTITUTE: _l("Named to come instead"),
    Kind.REPLACED: _l("Place passed on"),
    Kind.MESSAGE: _l("Letter to many"),
    Kind.NOTICE: _l("Notice to an organiser"),
    Kind.LINK_AGAIN: _l("Link again"),
    Kind.FEED: _l("Personal calendar"),
    Kind.PARTY_SUMMARY: _l("Summary for who registered others"),
    Kind.SIGN_IN: _l("Sign-in link"),
    Kind.PASSWORD: _l("Password link"),
    Kind.SECURITY: _l("About the security of an account"),
    Kind.TEST: _l("Test letter"),
}
TABS = {
    State.QUEUED: _l("Queued"),
    State.SENDING: _l("Being sent"),
    State.SENT: _l("Sent"),
    State.FAILED: _l("Failed"),
    State.SUPERSEDED: _l("Overtaken"),
    State.BOUNCED: _l("Came back"),
}


def perhaps_sent(letter: Letter, *, now: datetime) -> bool:
    """Whether nobody knows if the letter left: the line broke, or a worker died with it in hand."""
    if letter.state == State.SENDING:
        return letter.due_at <= now
    return letter.perhaps_sent and letter.state in (State.QUEUED, State.FAILED)
