"""What is stored about attendees, in the words of the page: kinds, states, refusals, headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.domain.directory.models import OrganisationKind
from app.domain.registration import rules
from app.domain.registration.labels import LabelRefused
from app.domain.registration.models import Answer, Mode, Place
from app.domain.reports.rows import Words
from app.extensions import settings
from app.web.locale import language_name
from app.workspace.label_words import label_refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.base.errors import Refusal
    from app.domain.registration.models import Attendee

KINDS = {
    OrganisationKind.CITY: _l("City"),
    OrganisationKind.DISTRICT: _l("Municipal district"),
    OrganisationKind.NGO: _l("NGO"),
    OrganisationKind.MIGRANT_ASSOCIATION: _l("Migrant association"),
    OrganisationKind.STATE: _l("State institution"),
    OrganisationKind.SCHOOL: _l("School or educational facility"),
    OrganisationKind.LIBRARY: _l("Library"),
    OrganisationKind.HOSPITAL: _l("Hospital"),
    OrganisationKind.INTERNATIONAL: _l("International organisation"),
    OrganisationKind.OTHER: _l("Other"),
}
STATES = {
    Place.INVITED: _l("invited"),
    Place.PENDING: _l("to be approved"),
    Place.CONFIRMED: _l("coming"),
    "maybe": _l("maybe"),
    Place.WAITING: _l("waiting"),
    Place.DECLINED: _l("not coming"),
    Place.CANCELLED: _l("cancelled"),
}
TABS = {
    "all": _l("All"),
    "confirmed": _l("Coming"),
    "maybe": _l("Maybe"),
    "waiting": _l("Waiting"),
    "pending": _l("To approve"),
    "invited": _l("Invited"),
    "declined": _l("Not coming"),
    "cancelled": _l("Cancelled"),
}
MODES = {Mode.ROOM: _l("in person"), Mode.ONLINE: _l("online")}
ANSWERS = {
    Answer.NONE: _l("no answer yet"),
    Answer.YES: _l("yes"),
    Answer.MAYBE: _l("maybe"),
    Answer.NO: _l("no"),
}
WAYS = {
    "web": _l("on the personal page"),
    "reply": _l("from the calendar"),
    "organiser": _l("by the organiser"),
}
HEADINGS = {
    "number": _l("No."),
    "sort_name": _l("Surname first"),
    "name": _l("Name"),
    "email": _l("E-mail"),
    "organisation": _l("Organisation"),
    "kind": _l("Kind of organisation"),
    "state": _l("State"),
    "position": _l("Position in the queue"),
    "mode": _l("Takes part"),
    "language": _l("Language"),
    "registered": _l("Registered"),
    "answer": _l("Answer"),
    "answered": _l("Answered"),
    "answered_by": _l("Answered by"),
    "apology": _l("Word with the answer"),
    "invited": _l("Invited"),
    "undeliverable": _l("Address returns letters since"),
    "checked_in": _l("Checked in at"),
    "substitute_for": _l("Substitute for"),
    "registered_by": _l("Registered by"),
    "note": _l("Note"),
    "labels": _l("Labels"),
    "needs_interpreter": _l("Needs: interpreter"),
    "needs_access": _l("Needs: access"),
    "needs_diet": _l("Needs: diet"),
    "needs_note": _l("Needs: other"),
}
CHANGE_REFUSED = {
    "past": _l("The meeting has begun, so places do not change any more."),
    "called_off": _l("The meeting is called off or not published, so places do not change."),
    "same_meeting": _l("Choose another meeting than this one."),
    "ended": _l("This person has no place any more."),
    "not_pending": _l("Somebody has decided about this registration already."),
    "decided": _l("This person has decided meanwhile, so the seat stays theirs."),
    "not_ended": _l("There is nothing to take back."),
    "replaced": _l("This person has another address now. Open their present page."),
    "overtaken": _l("This letter is no longer true. Send the newest one."),
    "emptied": _l("This letter was emptied and cannot be sent again."),
    "under_way": _l("This letter is still on its way."),
}
CLOSED = {"draft": _l("Publish the meeting first: the letter would lead to a page that is not there.")}


def refusal_sentence(refusal: Refusal) -> str:
    """Why not, and what to do."""
    if isinstance(refusal, rules.ChangeRefused):
        return str(CHANGE_REFUSED.get(refusal.reason, _not_now()))
    if isinstance(refusal, rules.RegistrationClosed):
        return str(CLOSED.get(refusal.reason, _not_now()))
    if isinstance(refusal, rules.AlreadyRegistered):
        return str(_("Somebody with this name and address is on the list already."))
    if isinstance(refusal, rules.NoSeatFree):
        return str(_("Every seat is taken. You can add a chair."))
    if isinstance(refusal, rules.ModeNotOffered):
        return str(_("Nobody can take part in this meeting in that way."))
    return label_refused(refusal) if isinstance(refusal, LabelRefused) else _not_now()


def export_words() -> Words:
    """The words of an exported list in the language of the page."""
    return Words(
        headings={name: str(text) for name, text in HEADINGS.items()},
        kinds={kind: str(text) for kind, text in KINDS.items()},
        states={state: str(text) for state, text in STATES.items()},
        modes={mode: str(text) for mode, text in MODES.items()},
        languages=languages(),
        answers={answer: str(text) for answer, text in ANSWERS.items()},
        ways={way: str(text) for way, text in WAYS.items()},
        added_by_organiser=_("the organiser"),
    )


def languages() -> dict[str, str]:
    """The languages of letters, each in its own name."""
    return {code: language_name(code) for code in settings().languages}


def _not_now() -> str:
    return str(_("This cannot be done now."))


def said_added(attendee: Attendee) -> str:
    """After adding by hand."""
    if attendee.place == Place.WAITING:
        return str(_("%(name)s is on the list and waits for a seat.", name=attendee.name))
    return str(_("%(name)s is on the list.", name=attendee.name))


def said_cancelled(attendee: Attendee) -> str:
    """After a cancel."""
    if attendee.email is None:
        return str(
            _("The place of %(name)s is cancelled. They have no address, so tell them.", name=attendee.name)
        )
    return str(_("The place of %(name)s is cancelled. A letter tells them.", name=attendee.name))


def said_back(attendee: Attendee) -> str:
    """After taking a cancel back."""
    if attendee.place == Place.INVITED:
        return str(_("%(name)s is invited again. A letter tells them.", name=attendee.name))
    if attendee.place == Place.PENDING:
        return str(_("The registration of %(name)s is to be approved again.", name=attendee.name))
    if attendee.place == Place.CONFIRMED:
        return str(_("%(name)s is back and has a seat.", name=attendee.name))
    return str(_("%(name)s is back, but no seat is free: they wait first in the queue.", name=attendee.name))


def said_withdrawn(attendee: Attendee) -> str:
    """After withdrawing an invitation."""
    return str(_("The invitation of %(name)s is withdrawn. A letter tells them.", name=attendee.name))


def said_approved(attendee: Attendee) -> str:
    """After approving a registration."""
    if attendee.place == Place.CONFIRMED:
        return str(_("%(name)s is approved and has a seat. A letter tells them.", name=attendee.name))
    return str(_("%(name)s is approved and waits for a seat. A letter tells them.", name=attendee.name))


def said_declined(attendee: Attendee) -> str:
    """After declining a registration."""
    return str(_("The registration of %(name)s is declined. A letter tells them.", name=attendee.name))


def said_released(attendee: Attendee) -> str:
    """After releasing the seat of somebody undecided."""
    return str(_("The seat of %(name)s is released. A letter tells them.", name=attendee.name))


def said_moved_up(attendee: Attendee) -> str:
    """After moving up out of turn."""
    return str(_("%(name)s has a seat now. A letter tells them.", name=attendee.name))


def said_corrected(attendee: Attendee) -> str:
    """After correcting an address."""
    return str(_("The address is %(email)s now. A letter is on its way.", email=attendee.email or ""))


def said_noted(_attendee: Attendee) -> str:
    """After saving a note."""
    return str(_("The note is saved."))


def said_sorted(_attendee: Attendee) -> str:
    """After correcting the name for sorting."""
    return str(_("The name for sorting is saved."))


def said_chair(moved: int) -> str:
    """After adding a chair; `moved` people moved up."""
    if not moved:
        return str(_("A chair was added."))
    return str(
        ngettext(
            "A chair was added and %(num)d person moved up. A letter tells them.",
            "A chair was added and %(num)d people moved up. Letters tell them.",
            moved,
        )
    )


def said_approved_many(done: Sequence[Attendee]) -> str:
    """After approving several."""
    waiting = sum(attendee.place == Place.WAITING for attendee in done)
    text = str(
        ngettext("%(num)d person is approved.", "%(num)d people are approved.", len(done))
        if done
        else _("Nobody was approved: somebody had decided about all of them already.")
    )
    if not waiting:
        return text
    queue = ngettext(
        "No seat was free for %(num)d person, who waits now.",
        "No seat was free for %(num)d people, who wait now.",
        waiting,
    )
    return f"{text} {queue}"


def said_declined_many(number: int) -> str:
    """After declining several."""
    if not number:
        return str(_("Nobody was declined: somebody had decided about all of them already."))
    return str(
        ngettext(
            "%(num)d person is declined. A letter tells them.",
            "%(num)d people are declined. Letters tell them.",
            number,
        )
    )


def said_released_many(number: int) -> str:
    """After releasing several seats."""
    if not number:
        return str(_("No seat was released: these people have decided meanwhile."))
    return str(
        ngettext(
            "%(num)d seat is released. A letter tells the person.",
            "%(num)d seats are released. Letters tell the people.",
            number,
        )
    )


def said_back_many(done: Sequence[Attendee]) -> str:
    """After taking back what was done to several."""
    if not done:
        return str(_("There is nothing to take back."))
    waiting = sum(attendee.place == Place.WAITING for attendee in done)
    text = ngettext("%(num)d person is back.", "%(num)d people are back.", len(done))
    if not waiting:
        return str(text)
    queue = ngettext(
        "No seat is free for %(num)d of them: that person waits first in the queue.",
        "No seat is free for %(num)d of them: they wait first in the queue.",
        waiting,
    )
    return f"{text} {queue}"


def said_cancelled_many(number: int) -> str:
    """After cancelling the places of several."""
    if not number:
        return str(_("No place was cancelled: nobody of these people has one."))
    return str(
        ngettext(
            "%(num)d place is cancelled. A letter tells the person.",
            "%(num)d places are cancelled. Letters tell the people.",
            number,
        )
    )


def said_moved_up_many(asked: Sequence[Attendee]) -> str:
    """After giving seats to several who waited, as far as seats lasted."""
    if not asked:
        return str(_("Nobody moved up: nobody of these people waits."))
    seated = sum(attendee.place == Place.CONFIRMED for attendee in asked)
    waiting = len(asked) - seated
    queue = ngettext(
        "No seat was free for %(num)d person, who waits still.",
        "No seat was free for %(num)d people, who wait still.",
        waiting,
    )
    if not seated:
        return str(queue)
    text = ngettext(
        "%(num)d person has a seat now. A letter tells them.",
        "%(num)d people have a seat now. Letters tell them.",
        seated,
    )
    return f"{text} {queue}" if waiting else str(text)


def said_parted(attendee: Attendee) -> str:
    """After taking back what joined two rows."""
    if attendee.place == Place.WAITING:
        return str(
            _("%(name)s is on the list twice again. One of the two waits for a seat.", name=attendee.name)
        )
    return str(_("%(name)s is on the list twice again.", name=attendee.name))


def said_wait_again(number: int) -> str:
    """After taking back what gave seats to several."""
    return str(
        ngettext(
            "%(num)d person waits again, at the old place in the queue. A letter tells them.",
            "%(num)d people wait again, at their old places in the queue. Letters tell them.",
            number,
        )
    )
