"""The page of everything that can be printed or downloaded, and what both have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Response, make_response, render_template
from flask_babel import gettext as _

from app.base import clock
from app.base.dates import isoday
from app.base.text import slugify
from app.domain.history import queries
from app.domain.history import service as history
from app.domain.questions.models import QuestionKind
from app.domain.registration.label_queries import label_name
from app.domain.registration.queries import NO_LABEL, count
from app.domain.reports.answer_files import weigh
from app.domain.reports.lists import Whom, sizes
from app.domain.reports.queries import account_names
from app.extensions import db
from app.web.access import current_account
from app.web.question_files import size_words
from app.workspace import history_words, paper_words
from app.workspace.attendee_list import Links, is_narrowed
from app.workspace.attendee_words import ANSWERS, KINDS, MODES, TABS
from app.workspace.forms.exports import ExportForm
from app.workspace.forms.sheets import Paper, sheet_form
from app.workspace.job_words import shown_jobs
from app.workspace.question_columns import narrowed_view, said_choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question
    from app.domain.registration.queries import ListView
    from app.workspace.forms.sheets import SheetForm

LAST_TAKEN = 30
USUAL = (
    (Paper.SHEET, Whom.SEATED),
    (Paper.BADGES, Whom.SEATED),
    (Paper.LABELS, Whom.SEATED),
    (Paper.HANDOUT, Whom.AGREED),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A button that prints; `is_possible` is false where there would be nobody on the paper."""

    order: str
    label: str
    is_possible: bool


def export_page(
    meeting: Meeting,
    form: ExportForm | None = None,
    printing: SheetForm | None = None,
    *,
    trouble: str = "",
    status: int | None = None,
) -> Response:
    """The page; `trouble` says why nothing was printed. 422 when something in a form is wrong."""
    session, (view, asked) = db.session(), narrowed_view(meeting)
    form, printing = form or ExportForm(), printing or sheet_form()
    number, held = count(session, meeting.id, view), sizes(session, meeting)
    usual, more = _offers(held)
    markup = render_template(
        "workspace/exports/show.html",
        meeting=meeting,
        form=form,
        printing=printing,
        wrong=form if form.errors else printing,
        trouble=trouble,
        usual=usual,
        more=more,
        as_shown=_as_shown(view, number),
        held=held,
        view=view,
        links=Links(meeting.id, view),
        narrowed=is_narrowed(view),
        number=number,
        taken=_taken(session, meeting),
        jobs=shown_jobs(meeting_id=meeting.id),
        tabs=TABS,
        kinds=KINDS,
        modes=MODES,
        answers=ANSWERS,
        said=said_choices(asked).get(view.said, ""),
        label=_label(session, view),
        files=_files(session, meeting, view, asked),
    )
    return make_response(markup, status or (422 if form.errors or printing.errors else 200))


def record_taken(session: Session, act: str, meeting_id: int, number: int, **details: Any) -> None:
    """Note who takes how many people in which form, never names; the caller has begun a write and commits."""
    history.record(
        session,
        act,
        subject_id=meeting_id,
        meeting_id=meeting_id,
        actor=history.organiser(current_account().id),
        now=clock.now(),
        number=number,
        **details,
    )


def attachment(meeting: Meeting, word: str, ending: str) -> str:
    """The name of a file, in plain letters for old programs and in full (RFC 5987) for the others."""
    day = isoday(meeting.starts_at, meeting.timezone)
    plain = f"{slugify(word) or 'attendees'}-{day}.{ending}"
    full = quote(f"{word.replace(' ', '-')}-{day}.{ending}", safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"


def _offers(held: dict[Whom, int]) -> tuple[list[Offer], list[Offer]]:
    """What is printed usually, and other choices of people where they differ."""
    usual = [_offer(paper, whom, held[whom]) for paper, whom in USUAL]
    more = [
        _offer(Paper.SHEET, whom, held[whom])
        for whom in (Whom.SURE, Whom.ANYWHERE)
        if held[whom] != held[Whom.SEATED]
    ]
    return usual, more


def _label(session: Session, view: ListView) -> str:
    """The label that the view asks for, in words."""
    if view.label == NO_LABEL:
        return str(_("without a label"))
    return label_name(session, int(view.label)) if view.label else ""


def _as_shown(view: ListView, number: int) -> list[Offer]:
    """The same for the people whom the list shows now, when these are not simply all."""
    if not number or not (is_narrowed(view) or view.tab != "all"):
        return []
    return [_offer(paper, Whom.SHOWN, number) for paper in (Paper.SHEET, Paper.BADGES, Paper.LABELS)]


def _offer(paper: Paper, whom: Whom, number: int) -> Offer:
    label = paper_words.button(paper, whom, number)
    return Offer(f"{paper}-{whom}", label, is_possible=bool(number) or paper == Paper.SHEET)


def _files(
    session: Session, meeting: Meeting, view: ListView, asked: Sequence[Question]
) -> tuple[int, str, int] | None:
    """How many files the people of the view gave, their size, and how many more answer private questions.

    None where no file is asked for.
    """
    questions = [one for one in asked if one.kind == QuestionKind.FILE]
    if not questions:
        return None
    plain = [one.id for one in questions if not one.sensitive]
    private = [one.id for one in questions if one.sensitive]
    number, size = weigh(session, meeting.id, view, plain)
    return number, size_words(size), weigh(session, meeting.id, view, private)[0]


def _taken(session: Session, meeting: Meeting) -> list[tuple[Any, str]]:
    """What left the house: when, and a sentence that says who took what."""
    entries = queries.of_subject(session, "list", meeting.id)[:LAST_TAKEN]
    names = account_names(session, (entry.account_id for entry in entries))
    return [(entry.at, history_words.taken(entry, names)) for entry in entries]
