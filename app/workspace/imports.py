"""Importing people into the list of a meeting: the file, what its columns hold, what each row comes to, adding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.tables import MOST_ROWS
from app.domain.accounts.rules import Permission
from app.domain.questions.models import QuestionKind
from app.domain.questions.queries import asked_at
from app.domain.registration import imports
from app.domain.registration.rules import offered_modes
from app.domain.reports.csv_files import excel_csv
from app.extensions import csrf, db, settings
from app.web.access import meeting_for, needs
from app.web.hosts import takes_uploads
from app.web.locale import language_name
from app.workspace import attendee_words as words
from app.workspace import import_rows, import_words
from app.workspace.attendee_acts import act_on_many
from app.workspace.attendee_list import IMPORTED, UNDO
from app.workspace.export_page import attachment
from app.workspace.form_page import form_page, switched
from app.workspace.forms.imports import import_form
from app.workspace.import_columns import labels_of, table_of
from app.workspace.import_rows import STATES
from app.workspace.invitation_rows import WRONG

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.base.people_lines import Table
    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question
    from app.domain.registration.imports import Imported
    from app.workspace.forms.imports import ImportForm
    from app.workspace.import_rows import Row

blueprint = Blueprint("imports", __name__, url_prefix="/meetings/<int:meeting_id>/attendees/import")
ACT, ADD, BACK, COLUMNS, MEND = "act", "add", "back", "columns", "mend"
MOST_SHOWN = 300
SAMPLE_ROWS = 5


@blueprint.route("/", methods=["GET", "POST"])
@needs(Permission.EDIT)
@takes_uploads
def new(meeting_id: int) -> AnyResponse:
    """Paste or upload a list; nobody is added before the last of the pages that follow."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    if refused := import_words.why_not(meeting):
        return _to_list(meeting.id, refused, "warning")
    form = import_form(meeting, _questions(meeting))
    is_only_shown = not form.is_submitted() or switched() or request.form.get(ACT) == BACK
    if is_only_shown or not form.validate() or not form.take_people():
        return _first_page(meeting, form)
    table = table_of(form.text.data, form.questions)
    if len(table.body) > MOST_ROWS:
        sentence = _("These are more than %(limit)d people. Add them in several steps.", limit=MOST_ROWS)
        form.text.errors = [*form.text.errors, sentence]
        return _first_page(meeting, form)
    return _with_columns(meeting, form, table)


# Checks its token by itself: a page that was open for too long comes back filled in.
csrf.exempt(new)


def _with_columns(meeting: Meeting, form: ImportForm, table: Table) -> AnyResponse:
    """What the columns hold is chosen first, unless we took the lines apart by ourselves."""
    if not table.is_sure:
        chosen = form.columns
        if len(chosen) != len(table.roles) or request.form.get(ACT) == COLUMNS:
            return _columns_page(meeting, form, table)
        if problem := import_words.wrong_columns(chosen, form.questions, has_consent=form.consent.data):
            form.form_errors.append(problem)
            return _columns_page(meeting, form, table)
        table = table.with_roles(chosen)
    is_to_add = request.form.get(ACT) == ADD and bool(form.key)
    if is_to_add and (done := imports.done_before(db.session(), meeting.id, form.key)):
        return _done(meeting.id, done)
    rows = import_rows.judged(db.session(), meeting, table, form.questions, form.to_usual())
    if request.form.get(ACT) == MEND:
        return _to_mend(meeting, form, table, rows)
    if is_to_add and import_rows.newcomers_of(rows):
        return _add(meeting.id, form, rows)
    return _preview(meeting, form, table, rows)


def _add(meeting_id: int, form: ImportForm, rows: list[Row]) -> AnyResponse:
    people = import_rows.newcomers_of(rows)
    command = imports.Import(people=people, tell=form.tells, key=form.key, shown=form.shown)
    done = act_on_many(
        meeting_id, imports.add_all, command=command, now=clock.now(), mail_domain=settings().mail_domain
    )
    if done is None:
        return redirect(url_for("workspace.attendees.index", meeting_id=meeting_id), 303)
    return _done(meeting_id, done)


def _questions(meeting: Meeting) -> list[Question]:
    """What a column of a table can answer."""
    return [one for one in asked_at(db.session(), meeting) if one.kind != QuestionKind.FILE]


def _done(meeting_id: int, done: Imported) -> AnyResponse:
    undo = f"{IMPORTED}{done.at.isoformat()}" if done.added else ""
    return _to_list(
        meeting_id, import_words.said_imported(done), "success" if done.added else "info", undo=undo
    )


def _first_page(meeting: Meeting, form: ImportForm) -> AnyResponse:
    return form_page(
        "workspace/imports/new.html", form, meeting=meeting, is_ahead=clock.now() < meeting.starts_at
    )


def _columns_page(meeting: Meeting, form: ImportForm, table: Table) -> AnyResponse:
    is_choice = len(form.columns) == len(table.roles)
    return form_page(
        "workspace/imports/columns.html",
        form,
        meeting=meeting,
        columns=labels_of(form.questions),
        roles=form.columns if is_choice else table.roles,
        heading=table.heading,
        samples=[cells for _number, cells in table.body[:SAMPLE_ROWS]],
        number=len(table.body),
    )


def _preview(meeting: Meeting, form: ImportForm, table: Table, rows: list[Row]) -> AnyResponse:
    return form_page(
        "workspace/imports/preview.html",
        form,
        meeting=meeting,
        rows={state: [row for row in rows if row.state == state] for state in STATES},
        most=MOST_SHOWN,
        modes=words.MODES if len(offered_modes(meeting)) > 1 else {},
        language=language_name(form.language.data),
        has_columns=not table.is_sure,
        is_ahead=clock.now() < meeting.starts_at,
    )


def _to_mend(meeting: Meeting, form: ImportForm, table: Table, rows: list[Row]) -> AnyResponse:
    """The rows that cannot be used, as they came, each with what to mend."""
    labels = labels_of(form.questions)
    names = table.heading or [str(labels[role]) if role else "" for role in table.roles]
    wrong = [[*row.cells, " ".join(row.remarks)] for row in rows if row.state == WRONG]
    file = excel_csv([*names, _("What to mend")], wrong, meeting.timezone)  # type: ignore[arg-type]  # texts are cells
    response = Response(b"".join(file), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = attachment(meeting, _("rows to mend"), "csv")
    return response


def _to_list(meeting_id: int, sentence: str, kind: str, *, undo: str = "") -> AnyResponse:
    flash(sentence, kind)
    more: dict[str, Any] = {UNDO: undo} if undo else {}
    return redirect(url_for("workspace.attendees.index", meeting_id=meeting_id, **more), 303)
