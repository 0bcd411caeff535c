"""Feedback in words: questions to begin with, the letter of thanks, results as charts and as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.broadcasts.placeholders import Placeholder
from app.domain.broadcasts.rules import Draft
from app.domain.feedback.rules import LEAST_SHOWN, Stage
from app.domain.questions.commands import NewQuestion, OptionText, QuestionText
from app.domain.questions.models import NO, YES, QuestionKind
from app.extensions import settings
from app.web.filters import local
from app.web.question_answers import text_words
from app.workspace.question_words import answer_words
from app.workspace.statistics_words import Chart, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.base.db import type_texts
    from app.domain.broadcasts.rules import Segment
    from app.domain.feedback.queries import Result
    from app.domain.feedback.rules import FeedbackRefused
    from app.domain.meetings.models import Meeting
    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question
    from app.domain.registration.models import Attendee
    from app.domain.reports.rows import Cell

MARKS = (_l("5 – very good"), _l("4 – good"), _l("3 – average"), _l("2 – poor"), _l("1 – very poor"))
MODES = {"anonymous": _l("Without names"), "named": _l("With names")}
MODE_HINTS = {
    "anonymous": _l(
        "Nobody can find out who said what. Each person answers once and can change nothing afterwards."
    ),
    "named": _l("You see whose answers these are. People may change them until the last day."),
}
STAGES = {
    Stage.OFF: _l("nothing is asked"),
    Stage.AHEAD: _l("begins when the meeting is over"),
    Stage.OPEN: _l("answers are taken"),
    Stage.CLOSED: _l("closed"),
}


def ready_made(*, anonymous: bool) -> list[NewQuestion]:
    """Four questions to begin with, in every language of the site."""
    marks = tuple(OptionText(label=_in_each(mark)) for mark in MARKS)
    overall = QuestionText(label=_in_each(_l("How do you rate the meeting as a whole?")), options=marks)
    return [
        NewQuestion(kind=QuestionKind.ONE, text=overall),
        NewQuestion(kind=QuestionKind.LONG, text=QuestionText(label=_in_each(_l("What helped you?")))),
        NewQuestion(kind=QuestionKind.LONG, text=QuestionText(label=_in_each(_l("What was missing?")))),
        _may_we_write(anonymous=anonymous),
    ]


def thanks(meeting: Meeting, segment: Segment, *, asks: bool, anonymous: bool) -> Draft:
    """A letter of thanks to those who came, in each language in which the meeting is described."""
    codes = [code for code in settings().languages if meeting.title.get(code)] or list(settings().languages)
    subject, body = {}, {}
    for code in codes:
        with force_locale(code):
            subject[code] = str(_("Thank you for coming: %(meeting)s", meeting=_mark(Placeholder.MEETING)))
            body[code] = _thanks_body(asks=asks, anonymous=anonymous)
    return Draft(subject=subject, body=body, segment=segment)


def chart(result: Result) -> Chart | None:
    """How often each value was chosen, in the order of the question; None for what is no choice."""
    question = result.question
    words = answer_words(question)
    offered = [str(option.id) for option in question.options if option.retired_at is None]
    retired = [str(option.id) for option in question.options if option.retired_at is not None]
    order = [*offered, *(value for value in retired if result.values[value])]
    if question.kind == QuestionKind.YES_NO:
        order = [YES, NO]
    if not order:
        return None
    rows = [Row(words[value], result.values[value]) for value in order]
    return Chart(f"q{question.id}", local(question.label), str(_("Answer")), rows)


def texts(result: Result) -> list[dict[str, Any]]:
    """What was written, as the page's language reads it, with whose it is where that is known."""
    return [
        {"words": text_words(result.question.kind, one.words), "name": one.name, "id": one.attendee_id}
        for one in result.texts
    ]


def too_few() -> str:
    """Why nothing is shown yet."""
    return str(
        ngettext(
            "Results are shown from %(num)d answer on, so that nobody is recognised.",
            "Results are shown from %(num)d answers on, so that nobody is recognised.",
            LEAST_SHOWN,
        )
    )


def refusal_sentence(refusal: FeedbackRefused) -> str:
    """Why how it is asked stays as it was."""
    if refusal.reason == "answered":
        return str(
            _(
                "Somebody has answered already, so whether names are kept cannot change. They were told how it is."
            )
        )
    return str(_("This cannot be done now. Look at the present state."))


def tally_table(results: Iterable[Result]) -> tuple[list[str], list[list[Cell]]]:
    """Headings and rows of the file without names: a row for each value and for each text."""
    rows: list[list[Cell]] = []
    for one in results:
        label, shown = local(one.question.label), chart(one)
        rows += [[label, row.words, row.number] for row in shown.rows] if shown else []
        rows += [[label, text_words(one.question.kind, text.words), 1] for text in one.texts]
    return [str(_("Question")), str(_("Answer")), str(_("People"))], rows


def table_with_names(
    questions: Sequence[Question], people: Iterable[tuple[Attendee, Answers]]
) -> tuple[list[str], list[list[Cell]]]:
    """Headings and rows of the file with names: a row for each person, a column for each question."""
    headings = [str(_("Name")), str(_("Organisation")), *(local(one.label) for one in questions)]
    rows: list[list[Cell]] = [
        [attendee.name, attendee.organisation_name, *(_said(one, answers) for one in questions)]
        for attendee, answers in people
    ]
    return headings, rows


def _said(question: Question, answers: Answers) -> str:
    given = answers.get(question.id)
    if given is None:
        return ""
    if given.text:
        return text_words(question.kind, given.text)
    words = answer_words(question)
    return ", ".join(words[str(option)] for option in given.options)


def _may_we_write(*, anonymous: bool) -> NewQuestion:
    """Without names only an address tells to whom; it lies apart from the other answers."""
    if not anonymous:
        label = _in_each(_l("May we write to you about your answers?"))
        return NewQuestion(kind=QuestionKind.YES_NO, text=QuestionText(label=label))
    text = QuestionText(
        label=_in_each(_l("May we write to you? Then leave your e-mail here.")),
        hint=_in_each(_l("We keep it apart from your other answers. Without it we do not know who you are.")),
    )
    return NewQuestion(kind=QuestionKind.EMAIL, text=text)


def _thanks_body(*, asks: bool, anonymous: bool) -> str:
    parts = [
        _(
            "Thank you for taking part in the meeting %(meeting)s.",
            meeting=f"**{_mark(Placeholder.MEETING)}**",
        ),
        _(
            "You find these documents in the attachment: %(documents)s",
            documents=_mark(Placeholder.DOCUMENTS),
        ),
    ]
    if asks:
        asked = _("What helped you, and what was missing? Please tell us here:")
        parts.append(f"{asked}\n{_mark(Placeholder.FEEDBACK)}")
    if asks and anonymous:
        parts.append(_("Your answers are anonymous. The link is yours only so that everybody answers once."))
    return "\n\n".join(str(part) for part in [*parts, _("We look forward to seeing you again.")])


def _mark(name: Placeholder) -> str:
    return f"%{name}%"


def _in_each(words: object) -> type_texts:
    """A lazy text in every language of the site."""
    found = {}
    for code in settings().languages:
        with force_locale(code):
            found[code] = str(words)
    return found
