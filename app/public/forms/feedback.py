"""The form of feedback: the organiser's questions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.web.forms import PublicForm
from app.web.question_fields import WithQuestions, asking, typed_answers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question


class FeedbackForm(WithQuestions, PublicForm):
    """What somebody says after the meeting. One answer at least: an empty sheet would count as one."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Judge the answers, and see that there is one."""
        sound = super().validate(extra_validators)
        if sound and not self.answers:
            self.form_errors.append(str(_("Answer at least one question.")))
        return sound and bool(self.answers)


def feedback_form(questions: Sequence[Question], answers: Answers) -> FeedbackForm:
    """The form filled in with what was said before, or with what was sent."""
    return asking(FeedbackForm, questions)(data=typed_answers(questions, answers))
