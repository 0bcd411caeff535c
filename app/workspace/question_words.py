"""Words about questions: kinds, conditions, and why something cannot be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.domain.questions.models import CAN_DECIDE, MOST_MEGABYTES, NO, YES, QuestionKind
from app.domain.questions.rules import MOST_OPTIONS, MOST_QUESTIONS, values_of
from app.web.filters import local

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.questions.models import Question
    from app.domain.questions.rules import QuestionRefused

KINDS = {
    QuestionKind.SHORT: _l("Short text"),
    QuestionKind.LONG: _l("Long text"),
    QuestionKind.YES_NO: _l("Yes or no"),
    QuestionKind.ONE: _l("One of several options"),
    QuestionKind.MANY: _l("Any of several options"),
    QuestionKind.NUMBER: _l("Number"),
    QuestionKind.DATE: _l("Day"),
    QuestionKind.EMAIL: _l("E-mail"),
    QuestionKind.LINK: _l("Web address"),
    QuestionKind.FILE: _l("File"),
}
EXAMPLES = {
    QuestionKind.SHORT: _l("What is your role in the organisation?"),
    QuestionKind.LONG: _l("What would you like to talk about?"),
    QuestionKind.YES_NO: _l("Will you have lunch with us?"),
    QuestionKind.ONE: _l("Which workshop do you choose? Each may have a number of places."),
    QuestionKind.MANY: _l("Which topics interest you?"),
    QuestionKind.NUMBER: _l("How many clients do you work with?"),
    QuestionKind.DATE: _l("When did your project begin?"),
    QuestionKind.EMAIL: _l("Whom else should we write to?"),
    QuestionKind.LINK: _l("Where can we read about your project?"),
    QuestionKind.FILE: _l("Send us your presentation."),
}
EXAMPLES_AFTER = {
    QuestionKind.SHORT: _l("Which talk did you like best?"),
    QuestionKind.LONG: _l("What was missing?"),
    QuestionKind.YES_NO: _l("Would you come again?"),
    QuestionKind.ONE: _l("How do you rate the meeting as a whole?"),
    QuestionKind.MANY: _l("What do you want to hear about next time?"),
    QuestionKind.NUMBER: _l("How many hours should the meeting take?"),
    QuestionKind.DATE: _l("Which day suits you for the next meeting?"),
    QuestionKind.EMAIL: _l("Where may we write to you about this?"),
    QuestionKind.LINK: _l("Where can we read more?"),
}


def condition_choices(earlier: Iterable[Question]) -> list[tuple[str, str]]:
    """What a condition may be, as choices `<question>:<value>`; the empty one asks everybody."""
    found = [("", str(_("everybody")))]
    for question in earlier:
        if question.kind in CAN_DECIDE:
            words = answer_words(question)
            found += [
                (f"{question.id}:{value}", _pair(question, words[value])) for value in values_of(question)
            ]
    return found


def answer_words(question: Question) -> dict[str, str]:
    """What the values of a question are called: its options, or yes and no."""
    options = {str(option.id): local(option.label) for option in question.options}
    return {YES: str(_("Yes")), NO: str(_("No")), **options}


def refusal_sentence(refusal: QuestionRefused) -> str:
    """Why a question cannot become so, and what to do."""
    sentences = {
        "condition": _("What this question depends on is not asked before it. Choose another condition."),
        "depend": _("Another question depends on this one. Change or retire that one first."),
        "options": _(
            "Offer at least two options, and at most %(limit)d; for “any of several” one is enough.",
            limit=MOST_OPTIONS,
        ),
        "answered": _("Only a retired question that nobody answered can be deleted."),
        "files": _(
            "Choose at least one kind of file, and a size of at most %(most)d MB.", most=MOST_MEGABYTES
        ),
        "many": _("There are %(limit)d questions already. Retire one first.", limit=MOST_QUESTIONS),
    }
    if refusal.reason == "places":
        return str(
            ngettext(
                "%(num)d person has a place of this option already. Give it at least as many places.",
                "%(num)d people have a place of this option already. Give it at least as many places.",
                refusal.number,
            )
        )
    return str(sentences[refusal.reason])


def _pair(question: Question, answer: str) -> str:
    return str(
        _("those who answered “%(answer)s” to “%(question)s”", answer=answer, question=local(question.label))
    )
