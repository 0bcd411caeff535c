"""What to say about an answer that cannot be used, whose option is full, or whose file is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.base.text import in_language
from app.domain.questions.models import QuestionKind
from app.domain.questions.rules import LONGEST
from app.extensions import settings
from app.web.locale import current_language
from app.web.question_files import kinds_words, size_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.questions.models import Question


def full_words(questions: Sequence[Question], option_id: int) -> str:
    """What to say about an option whose last place has just gone."""
    label = next((one.label for question in questions for one in question.options if one.id == option_id), {})
    return str(_("“%(option)s” is full now. Choose something else.", option=plain(label)))


def gone_words(questions: Sequence[Question], question_id: int) -> str:
    """What to say about a file that waited too long."""
    label = next((one.label for one in questions if one.id == question_id), {})
    return str(_("We no longer have the file for “%(label)s”. Choose it again.", label=plain(label)))


def plain(texts: dict[str, str]) -> str:
    """A text in the language of the page, as it is."""
    return in_language(texts, current_language(), settings().languages)[0]


def trouble_words(question: Question, reason: str) -> str:
    """Why an answer cannot be used, and what to do."""
    label = plain(question.label)
    limit = LONGEST.get(QuestionKind(question.kind), LONGEST[QuestionKind.SHORT])
    sentences = {
        "missing": _("Answer “%(label)s”.", label=label),
        "too_long": _("“%(label)s” is too long: use at most %(limit)d characters.", label=label, limit=limit),
        "choice": _("Choose from what is offered in “%(label)s”.", label=label),
        "number": _("Enter a number in “%(label)s”, for example 12 or 2.5.", label=label),
        "date": _("Enter a day like 4. 4. 2027 in “%(label)s”.", label=label),
        "email": _("Enter an e-mail address like name@example.org"),
        "link": _("Enter a web address that begins with https://"),
        **(_file_words(question, label) if question.kind == QuestionKind.FILE else {}),
    }
    other = _("“%(label)s” contains a character that cannot be kept. Type it by hand.", label=label)
    return str(sentences.get(reason, other))


def _file_words(question: Question, label: str) -> dict[str, str]:
    kinds = kinds_words(question.file_groups, question.largest_file)
    return {
        "missing": _("Choose a file for “%(label)s”.", label=label),
        "empty_file": _("The file for “%(label)s” is empty. Choose another one.", label=label),
        "large_file": _(
            "The file for “%(label)s” is too large. It may have %(size)s.",
            label=label,
            size=size_words(question.largest_file),
        ),
        "file_kind": _(
            "The file for “%(label)s” cannot be taken. Choose another one. %(kinds)s",
            label=label,
            kinds=kinds,
        ),
        "file_ending": _(
            "The name of the file for “%(label)s” ends in another way than its content. Save it anew.",
            label=label,
        ),
        "file_slow": _(
            "We cannot take more files right now. Wait an hour, then choose the file for “%(label)s” again.",
            label=label,
        ),
    }
