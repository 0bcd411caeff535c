"""The answers of one attendee, as an organiser fills them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.web.forms import WorkspaceForm
from app.web.question_fields import WithQuestions, asking, typed_answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question


class AnswersForm(WithQuestions, WorkspaceForm):
    """The questions and nothing else. An organiser may not know everything, so nothing has to be answered."""

    all_optional = True


def answers_form(questions: Sequence[Question], given: Answers, left: Mapping[int, int]) -> AnswersForm:
    """The form filled in with what was said, or with what was sent."""
    return asking(AnswersForm, questions, left)(data=typed_answers(questions, given))
