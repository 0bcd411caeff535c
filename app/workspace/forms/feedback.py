"""The form of how feedback is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from app.domain.feedback.rules import MOST_DAYS, USUAL_DAYS
from app.web.choices import OneOfField
from app.web.fields import NumberField
from app.web.forms import WorkspaceForm
from app.workspace.feedback_words import MODES

if TYPE_CHECKING:
    from app.domain.questions.models import FeedbackForm as StoredForm

ANONYMOUS, NAMED = "anonymous", "named"


class FeedbackForm(WorkspaceForm):
    """With names or without, and for how long."""

    mode = OneOfField(
        _l("How do people answer?"), choices=list(MODES.items()), missing=_l("Choose with names or without.")
    )
    days = NumberField(
        _l("For how many days after the meeting?"),
        minimum=1,
        maximum=MOST_DAYS,
        hint=_l("Two weeks are usual. The last day counts as a whole."),
    )

    @property
    def is_anonymous(self) -> bool:
        """Without names; after validation."""
        return bool(self.mode.data == ANONYMOUS)


def feedback_form(stored: StoredForm) -> FeedbackForm:
    """The form filled in with what is stored, or with what was sent."""
    return FeedbackForm(
        data={"mode": ANONYMOUS if stored.anonymous else NAMED, "days": stored.days or USUAL_DAYS}
    )
