"""The log of replies in words: what was decided and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.replies.commands import Trust
from app.domain.replies.models import Decision

if TYPE_CHECKING:
    from app.domain.replies.models import Reply

OPEN = "open"
TABS = {
    OPEN: _l("To look at"),
    "": _l("All"),
    Decision.APPLIED: _l("Applied"),
    Decision.NOTED: _l("Noted"),
    Decision.ASKED: _l("Asked back"),
    Decision.PROPOSED: _l("Other times"),
    Decision.BOUNCED: _l("Came back"),
    Decision.IGNORED: _l("Without effect"),
    Decision.REVIEW: _l("Kept for review"),
}
DECISIONS = {
    Decision.APPLIED: ("yes", _l("applied")),
    Decision.NOTED: ("no", _l("noted")),
    Decision.ASKED: ("wait", _l("asked back")),
    Decision.PROPOSED: ("maybe", _l("proposes another time")),
    Decision.BOUNCED: ("bad", _l("letter came back")),
    Decision.IGNORED: ("no", _l("without effect")),
    Decision.REVIEW: ("wait", _l("kept for review")),
}
SAID = {
    "ACCEPTED": _l("yes"),
    "TENTATIVE": _l("maybe"),
    "DECLINED": _l("no"),
    "DELEGATED": _l("somebody else comes"),
    "NEEDS-ACTION": _l("not decided"),
    "OTHER": _l("something unknown"),
}
METHODS = {
    "REPLY": _l("answer of a calendar"),
    "COUNTER": _l("proposal of another time"),
    "REFRESH": _l("asks for the invite again"),
    "DSN": _l("report of a mail server"),
}
TRUST = {
    Trust.STRONG: _l("the mail server vouches for the sender"),
    Trust.WEAK: _l("nobody vouches for the sender"),
    Trust.FAILED: _l("the sender is forged"),
}
REASONS = {
    "confirmed": _l("The person has a seat."),
    "waiting": _l("No seat is free, so the person waits. A letter tells them."),
    "declined": _l("The person does not come. A seat that became free went to whoever waits longest."),
    "invited": _l("The invitation stands."),
    "pending": _l("The registration still waits for approval."),
    "same_answer": _l("The same was known already."),
    "past": _l("The meeting had begun, so the answer was only noted."),
    "called_off": _l("The meeting is called off, so the answer was only noted."),
    "refresh": _l("The present invite was sent again."),
    "counter": _l("Nothing was changed. Decide whether to move the meeting, or write to the person."),
    "unverified": _l("A no gives the seat away, so we asked the registered address to confirm it."),
    "stranger": _l(
        "Somebody else answered, probably the invite was forwarded. The registered address was told."
    ),
    "delegated": _l("The person wants to send somebody else. A letter told them how to name a substitute."),
    "asked_enough": _l("We have written to this person often enough today."),
    "undeliverable": _l("The address takes no mail. Correct it, or reach the person another way."),
    "delayed": _l("The letter is only late. Nothing has to be done."),
    "unclear_bounce": _l(
        "A mail server sent a letter back, but not in a way a program can read. Read the mail."
    ),
    "unknown": _l("It names no registration that we know."),
    "own": _l("The mail came from ourselves."),
    "automatic": _l("It is an automatic answer, for example out of office."),
    "other_method": _l("It is a calendar file, but no answer."),
    "no_calendar": _l("Somebody wrote in own words. Read the mail and answer the person."),
    "wrong_uid": _l("It is about another invite than its address says."),
    "erased": _l("The data of this person were erased."),
    "forged": _l("The domain of the sender wants such mails to be rejected."),
    "no_answer": _l("The person has not decided."),
    "future_sequence": _l("It is about a version of the invite that there never was."),
    "old_version": _l("It is about an older version. The person was asked again for the present one."),
    "older_answer": _l("A newer answer of this person was here already."),
    "not_yours": _l("The organiser had taken the person off the list."),
    "registered_anew": _l("The person has registered again meanwhile."),
    "fault": _l("A fault in the program stopped it. Read the mail, and tell whoever runs this service."),
}


def reason(reply: Reply) -> str:
    """Why it was decided so, as a sentence."""
    if reply.reason in REASONS:
        return str(REASONS[reply.reason])
    return str(_("The calendar file in it cannot be used (%(why)s). Read the mail.", why=reply.reason))


def title(reply: Reply) -> str:
    """What came, in a few words."""
    what = str(METHODS.get(reply.method, _("mail")))
    if reply.method == "REPLY" and reply.partstat in SAID:
        return str(_("%(what)s: %(said)s", what=what, said=SAID[reply.partstat]))
    return what
