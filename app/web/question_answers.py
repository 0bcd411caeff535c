"""What somebody said to the questions of organisers, in the words of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal

from app.base.dates import short_day
from app.domain.questions.models import QuestionKind
from app.domain.questions.rules import is_asked
from app.web.locale import current_language
from app.web.question_fields import said, yes_no_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.questions.commands import Answers, Given
    from app.domain.questions.models import Question


@dataclass(frozen=True, slots=True)
class Line:
    """One question with its answer: `parts` are one text or the options chosen.

    `lacking` are those of the options that had no place left when the person got a seat. A file is at `href`.
    """

    question_id: int
    label: Any
    kind: str
    parts: tuple[Any, ...]
    lacking: tuple[Any, ...] = ()
    href: str = ""


def answer_lines(
    questions: Sequence[Question], answers: Answers, *, has_seat: bool, href: Callable[[int], str]
) -> list[Line]:
    """A line for each question that was answered, in their order. Without a seat nobody lacks a place yet.

    `href` gives the address of the file that answers a question.
    """
    return [_line(one, answers[one.id], href, has_seat=has_seat) for one in questions if one.id in answers]


def unanswered(questions: Sequence[Question], answers: Answers) -> bool:
    """Whether a question that has to be answered, and is for this person, is not."""
    return any(one.required and one.id not in answers and is_asked(one, answers) for one in questions)


def text_words(kind: str, text: str) -> str:
    """A text in its canonical form as people of the page's language read it."""
    if kind == QuestionKind.YES_NO:
        return yes_no_words()[text]
    if kind == QuestionKind.DATE:
        return short_day(date.fromisoformat(text), "UTC", current_language())
    if kind == QuestionKind.NUMBER:
        return str(format_decimal(Decimal(text)))
    return text


def _line(question: Question, given: Given, href: Callable[[int], str], *, has_seat: bool) -> Line:
    if given.text:
        words = text_words(question.kind, given.text)
        file = href(question.id) if question.kind == QuestionKind.FILE else ""
        return Line(question.id, said(question.label), question.kind, (words,), href=file)
    labels = {option.id: said(option.label) for option in question.options if option.id in given.options}
    lacking = tuple(labels[one] for one in labels if one in given.without_place) if has_seat else ()
    return Line(question.id, said(question.label), question.kind, tuple(labels.values()), lacking)
