"""Words of the door: what is said to whom, on pages and by the script that works without a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.domain.attendance.models import Verdict

if TYPE_CHECKING:
    from app.domain.registration.models import Attendee

# Why somebody cannot simply come in, and what to do.
REFUSED = {
    Verdict.UNKNOWN: _l("This code is not on the list of this meeting. Search by name."),
    Verdict.ELSEWHERE: _l("This code is for another meeting that takes place now. Show the way there."),
    Verdict.DRAFT: _l("The meeting is not published yet."),
    Verdict.CALLED_OFF: _l("The meeting was called off. Nobody can be checked in."),
    Verdict.EARLY: _l("It is too early: check-in begins the day before the meeting."),
    Verdict.ONLINE: _l("Registered to take part online. Let in if there is a chair."),
    Verdict.INVITED: _l("Invited, but has not answered. Let in if there is a chair."),
    Verdict.PENDING: _l("The organisers have not approved this registration yet. Ask them, or let in."),
    Verdict.WAITING: _l("On the waiting list, without a seat. Let in if there is a chair."),
    Verdict.DECLINED: _l("Had said no. Let in if there is a chair."),
    Verdict.CANCELLED: _l("An organiser cancelled this registration. Ask an organiser."),
}
SHORT = {
    Verdict.ONLINE: _l("online"),
    Verdict.INVITED: _l("invited"),
    Verdict.PENDING: _l("to be approved"),
    Verdict.WAITING: _l("waiting"),
    Verdict.DECLINED: _l("not coming"),
    Verdict.CANCELLED: _l("cancelled"),
}
NEEDS = {
    "needs_interpreter": _l("interpreter"),
    "needs_access": _l("access"),
    "needs_diet": _l("diet"),
    "needs_note": _l("other need"),
}


def needs_of(attendee: Attendee) -> list[str]:
    """Which kinds of needs somebody has: flags, never what was written."""
    return [str(word) for name, word in NEEDS.items() if getattr(attendee, name)]


def for_script() -> dict[str, str]:
    """Sentences that the script says; `{}` stands for a name, a time or a number."""
    said = {f"no_{verdict}": str(text) for verdict, text in REFUSED.items()}
    short = {f"short_{verdict}": str(text) for verdict, text in SHORT.items()}
    waiting = {
        f"waiting_{number}": ngettext(
            "%(num)d check-in waits for a connection.", "%(num)d check-ins wait for a connection.", number
        ).replace(str(number), "{}")
        for number in (1, 2, 5)
    }
    kept = {
        f"kept_{number}": ngettext(
            "%(num)d person could not be added.", "%(num)d people could not be added.", number
        ).replace(str(number), "{}")
        for number in (1, 2, 5)
    }
    return {
        **said,
        **short,
        **waiting,
        **kept,
        **_of_walk_ins(),
        "in": _("Checked in"),
        "again": _("Already in since {}"),
        "since": _("in since {}"),
        "undone": _("The check-in was taken back."),
        "check_in": _("Check in"),
        "let_in": _("Let in"),
        "undo": _("Undo"),
        "why_not": _("Why not?"),
        "sign_in": _("Sign in"),
        "offline": _("There is no connection. Go on: nothing is lost."),
        "online": _("Connected."),
        "signed_out": _("You were signed out. Sign in again; what waits stays on this phone."),
        "refused": _(
            "This account may not work at this door now. Sign in with another; what waits stays here."
        ),
        "no_list": _("This phone has no list yet. Open this page once with a connection."),
        "old_list": _("List of {}."),
        "nobody": _("Nobody fits this search."),
        "more": _("{} people in the list. Type three letters to find one."),
        "not_a_code": _("This is no code of ours: {}"),
        "no_camera": _(
            "The camera cannot be used. Allow it in the settings of the browser, or type the code."
        ),
        "looking": _("Hold the code in front of the camera."),
    }


def _of_walk_ins() -> dict[str, str]:
    return {
        "not_sent": _("not sent yet"),
        "see_who": _("See who"),
        "correct": _("Correct and send again"),
        "remove": _("Remove from this phone"),
        "removed": _("Removed from this phone, and not added."),
        "erased": _(
            "Somebody came at {}, and it was never sent. The name was erased 12 hours after the end."
        ),
        "name_missing": _("Enter the name of the person"),
        "email_wrong": _("Check the e-mail address, or leave it empty."),
        "not_kept": _("This phone can keep nothing now. Write the name on paper."),
    }
