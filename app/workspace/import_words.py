"""What is said after an import, after taking one back, and when one cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import ngettext

from app.base.people_lines import EMAIL
from app.domain.registration.imports import check_may_add
from app.domain.registration.rules import ChangeRefused, RegistrationClosed
from app.domain.reports.rows import NEEDS
from app.web.question_fields import field_name
from app.workspace.attendee_words import refusal_sentence
from app.workspace.import_columns import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question
    from app.domain.registration.import_undo import TakenBack
    from app.domain.registration.imports import Imported


def why_not(meeting: Meeting) -> str:
    """Why nobody can be added now; empty when one can."""
    try:
        check_may_add(meeting)
    except (RegistrationClosed, ChangeRefused) as refusal:
        return refusal_sentence(refusal)
    return ""


def wrong_columns(columns: Sequence[str], questions: Iterable[Question], *, has_consent: bool) -> str:
    """What is the matter with the choice of columns; empty when nothing is."""
    chosen = [role for role in columns if role]
    if not {*NAMES, EMAIL} & set(chosen):
        return str(_("Say which column holds the name."))
    if len(chosen) != len(set(chosen)):
        return str(_("Use each meaning for one column only."))
    if set(NEEDS) & set(chosen) and not has_consent:
        return str(_("Tick that these people agreed, or set the columns with needs to “not used”."))
    if not has_consent and {field_name(one.id) for one in questions if one.sensitive} & set(chosen):
        return str(_("Tick that these people agreed, or set the columns with private answers to “not used”."))
    return ""


def said_imported(done: Imported) -> str:
    """After an import."""
    if not done.added:
        return str(_("Nobody was added: everybody is on the list already, or chose an option that is full."))
    parts = [
        ngettext("%(num)d person is on the list now.", "%(num)d people are on the list now.", done.added)
    ]
    if done.waiting:
        parts.append(
            ngettext(
                "No seat was free for %(num)d of them, who waits.",
                "No seat was free for %(num)d of them, who wait.",
                done.waiting,
            )
        )
    if done.left:
        parts.append(
            ngettext(
                "%(num)d person was left out: on the list meanwhile, or the chosen option is full.",
                "%(num)d people were left out: on the list meanwhile, or the chosen option is full.",
                done.left,
            )
        )
    parts.append(
        ngettext("%(num)d letter is on its way.", "%(num)d letters are on their way.", done.told)
        if done.told
        else _("No letter was sent.")
    )
    return " ".join(str(part) for part in parts)


def said_taken_back(done: TakenBack) -> str:
    """After taking an import back."""
    if not done.people:
        return str(_("There is nothing to take back."))
    text = ngettext(
        "%(num)d person is off the list again.", "%(num)d people are off the list again.", done.people
    )
    if not done.told:
        return f"{text} {_('No letter goes out about it.')}"
    told = ngettext(
        "A letter tells the one who had got one.", "Letters tell the %(num)d who had got one.", done.told
    )
    return f"{text} {told}"
