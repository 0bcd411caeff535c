"""What of a meeting's own the attendee list and downloads may show: answers to questions, and labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import gettext as _

from app.domain.accounts.rules import Permission, may
from app.domain.questions.models import CAN_DECIDE, QuestionKind
from app.domain.registration.label_queries import is_label
from app.domain.registration.queries import HAS_FILE, NO_FILE, NO_LABEL
from app.domain.reports.queries import known_questions
from app.domain.reports.rows import Asked
from app.extensions import db
from app.web.access import current_account
from app.web.filters import local
from app.workspace.attendee_list import asked_view
from app.workspace.question_words import answer_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question
    from app.domain.registration.queries import ListView


def narrowed_view(meeting: Meeting, *, trusting: bool = False) -> tuple[ListView, list[Question]]:
    """The view that the address asks for, and the questions that this account may see answers to.

    What the view says about other questions counts as not asked for: a filter would tell as much as a column.
    A label that the meeting does not have counts so too; `trusting` leaves that to `with_known_label`.
    """
    questions, view = visible_questions(meeting), asked_view()
    known = {one.id for one in questions}
    columns = tuple(one for one in view.columns if one in known)
    said = view.said if view.said in said_choices(questions) else ""
    view = replace(view, columns=columns, said=said)
    return view if trusting else with_known_label(meeting, view), questions


def with_known_label(meeting: Meeting, view: ListView) -> ListView:
    """The view without a label that the meeting does not have."""
    if view.label in ("", NO_LABEL) or is_label(db.session(), meeting.id, int(view.label)):
        return view
    return replace(view, label="")


def is_own(view: ListView, questions: Sequence[Question]) -> bool:
    """Whether a view asks for something that no other meeting of the series has: a label or an own question."""
    own = {one.id for one in questions if one.meeting_id is not None}
    asked = {*view.columns, *(int(part) for part in view.said.split(":")[:1] if part)}
    return bool(own & asked) or view.label not in ("", NO_LABEL)


def visible_questions(meeting: Meeting) -> list[Question]:
    """Whoever may not see needs does not see sensitive answers either."""
    every = known_questions(db.session(), meeting)
    sees_all = may(current_account(), Permission.SEE_NEEDS, meeting.series_id)
    return [one for one in every if sees_all or not one.sensitive]


def said_choices(questions: Sequence[Question]) -> dict[str, str]:
    """What the list can be filtered by: `<question>:<option, yes or no, file or none>` in words."""
    return {
        f"{one.id}:{value}": f"{local(one.label)} · {words}"
        for one in questions
        if one.kind in (*CAN_DECIDE, QuestionKind.FILE)
        for value, words in _values(one).items()
    }


def file_href(meeting_id: int, attendee_id: int) -> Callable[[int], str]:
    """Where the files of an attendee are, by question."""
    return lambda question_id: url_for(
        "workspace.answer_files.show",
        meeting_id=meeting_id,
        attendee_id=attendee_id,
        question_id=question_id,
    )


def columns_of(questions: Sequence[Question], *, needs: bool) -> list[Asked]:
    """The columns of a download; sensitive answers go along with needs alone."""
    return [
        Asked(one.id, one.kind, local(one.label), answer_words(one))
        for one in questions
        if needs or not one.sensitive
    ]


def _values(question: Question) -> dict[str, str]:
    """Options, the retired ones too, or yes and no; of a file whether there is one."""
    if question.kind == QuestionKind.FILE:
        return {HAS_FILE: str(_("has a file")), NO_FILE: str(_("no file"))}
    words = answer_words(question)
    own = {str(option.id) for option in question.options}
    return {value: text for value, text in words.items() if (value in own) == bool(own)}
