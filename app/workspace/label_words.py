"""Labels and saved views in the words of the page: what was done, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.domain.registration.labels import MOST_PER_MEETING, MOST_PER_PERSON
from app.domain.registration.saved_views import MOST_VIEWS

if TYPE_CHECKING:
    from app.domain.registration.labels import Labelled, LabelRefused
    from app.domain.registration.saved_views import ViewRefused

VIEW_REFUSED = {
    "name_taken": _l("There is a saved view with this name already. Choose another name."),
    "too_many": _l("There are %(most)d saved views already. Delete one first.", most=MOST_VIEWS),
}
LABEL_REFUSED = {
    "per_person": _l("One person has %(most)d labels at most. Take one off first.", most=MOST_PER_PERSON),
    "per_meeting": _l(
        "One meeting has %(most)d labels at most. Use one that is there.", most=MOST_PER_MEETING
    ),
}


def label_refused(refusal: LabelRefused) -> str:
    """Why a label was not put on, and what to do."""
    return str(LABEL_REFUSED[refusal.reason])


def view_refused(refusal: ViewRefused) -> str:
    """Why a view was not saved, and what to do."""
    return str(VIEW_REFUSED[refusal.reason])


def said_put_on(done: Labelled) -> str:
    """After giving a label to one or many."""
    if not done.people:
        return str(_("Nobody got the label: these people have it already."))
    text = ngettext(
        "%(num)d person has this label now: %(label)s",
        "%(num)d people have this label now: %(label)s",
        len(done.people),
        label=done.name,
    )
    if not done.full:
        return str(text)
    left = ngettext(
        "%(num)d person was left out, with too many labels already.",
        "%(num)d people were left out, with too many labels already.",
        done.full,
    )
    return f"{left} {text}"


def said_taken_off(done: Labelled) -> str:
    """After taking a label off one or many."""
    if not done.people:
        return str(_("No label was taken off: nobody of these people has it."))
    return str(
        ngettext(
            "%(num)d person does not have this label any more: %(label)s",
            "%(num)d people do not have this label any more: %(label)s",
            len(done.people),
            label=done.name,
        )
    )


def said_taken_back(number: int) -> str:
    """After an undo."""
    if not number:
        return str(_("There is nothing to take back."))
    return str(
        ngettext(
            "The labels of %(num)d person are as before.",
            "The labels of %(num)d people are as before.",
            number,
        )
    )
