"""Taking the list out of the house: by default just what is on the screen. Each download is recorded.

A download is a POST: it writes history, and no prefetching program may do that. The rows are read while they
are sent, through a session of their own, because that of the request ends before the last row.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast

from flask import Blueprint, Response, flash, redirect, request
from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.base.db import begin_write
from app.base.text import in_language
from app.domain.accounts.rules import Permission, may
from app.domain.registration.label_queries import any_used
from app.domain.registration.queries import count
from app.domain.reports.csv_files import excel_csv, plain_csv
from app.domain.reports.queries import export_rows
from app.domain.reports.rows import columns, headings
from app.domain.reports.workbook import write_workbook
from app.extensions import db
from app.web.access import current_account, meeting_for, needs, refuse
from app.web.locale import current_language
from app.workspace.attendee_acts import selected
from app.workspace.attendee_list import CHOSEN, Links, recorded
from app.workspace.attendee_words import export_words
from app.workspace.export_page import attachment, export_page, record_taken
from app.workspace.forms.exports import ExportForm, Format
from app.workspace.question_columns import columns_of, narrowed_view

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sqlalchemy import Engine
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting
    from app.domain.registration.queries import ListView
    from app.domain.reports.rows import Asked, Cell

blueprint = Blueprint("exports", __name__, url_prefix="/meetings/<int:meeting_id>/export")

TYPES = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.EXCEL_CSV: "text/csv; charset=utf-8",
    Format.CSV: "text/csv; charset=utf-8",
}
CSV = {Format.EXCEL_CSV: excel_csv, Format.CSV: plain_csv}
IN_MEMORY = 1024 * 1024
PORTION = 64 * 1024


@blueprint.get("/")
@needs(Permission.EXPORT)
def show(meeting_id: int) -> Response:
    """Everything that leaves the house: on paper, as a file, and what was taken before."""
    return export_page(meeting_for(meeting_id, Permission.EXPORT))


@blueprint.post("/")
@needs(Permission.EXPORT)
def download(meeting_id: int) -> AnyResponse:
    """The file. Who took what is committed before the first byte leaves."""
    meeting = meeting_for(meeting_id, Permission.EXPORT)
    form = ExportForm()
    if not form.validate_on_submit():
        return export_page(meeting, form)
    account = current_account()
    if form.needs.data and not may(account, Permission.SEE_NEEDS, meeting.series_id):
        refuse(account, Permission.SEE_NEEDS)
    view, asked = narrowed_view(meeting)
    if request.args.get(CHOSEN):
        view = replace(view, people=tuple(selected()))
        if not view.people:
            flash(_("Select at least one person."), "warning")
            return redirect(Links(meeting.id, view).to(view), 303)
    order = _Order(meeting, view, columns_of(asked, needs=form.needs.data), needs=form.needs.data)
    kind = Format(form.format.data)
    response = Response(
        _workbook(order) if kind == Format.XLSX else order.csv(kind), content_type=TYPES[kind]
    )
    response.headers["Content-Disposition"] = attachment(
        meeting, str(_("attendees")), "xlsx" if kind == Format.XLSX else "csv"
    )
    _record(meeting_id, order.view, kind, needs=order.needs)
    return response


class _Order:
    """What is to be written, in plain values, so that it can be carried out after the request has ended."""

    def __init__(self, meeting: Meeting, view: ListView, asked: list[Asked], *, needs: bool) -> None:
        self.meeting_id, self.zone = meeting.id, meeting.timezone
        self.sheet = in_language(meeting.title, current_language())[0]
        self.view, self.words, self.needs, self.asked = view, export_words(), needs, asked
        self.labels = any_used(db.session(), meeting.id)
        self.engine: Engine = db.engine

    @property
    def columns(self) -> tuple[str, ...]:
        return columns(needs=self.needs, asked=self.asked, labels=self.labels)

    @property
    def headings(self) -> list[str]:
        return headings(self.words, needs=self.needs, asked=self.asked, labels=self.labels)

    def rows(self, session: Session) -> Generator[list[Cell]]:
        """The rows. A slow reader may take its time: on PostgreSQL an idle transaction would be ended."""
        if self.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10min'"))
        yield from export_rows(
            session,
            self.meeting_id,
            self.view,
            self.words,
            asked=self.asked,
            needs=self.needs,
            labels=self.labels,
        )

    def csv(self, kind: Format) -> Iterator[bytes]:
        """The file, portion by portion; the session ends with the last one, or when the reader goes away."""
        with Session(self.engine) as session, closing(self.rows(session)) as rows:
            yield from CSV[kind](self.headings, rows, self.zone)


def _workbook(order: _Order) -> Iterator[bytes]:
    """A workbook is whole only at its end, so it is written to the disk first."""
    file = cast("IO[bytes]", SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by `_portions`
    with Session(order.engine) as session:
        write_workbook(
            file, order.columns, order.headings, order.rows(session), zone=order.zone, sheet=order.sheet
        )
    file.seek(0)
    return _portions(file)


def _portions(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while portion := file.read(PORTION):
            yield portion


def _record(meeting_id: int, view: ListView, kind: Format, *, needs: bool) -> None:
    """Who took how many people in which view: never names, nor what was searched for."""
    session = db.session()
    begin_write(session)
    number = count(session, meeting_id, view)
    record_taken(
        session, "list:export", meeting_id, number, format=kind.value, view=recorded(view), needs=needs
    )
    session.commit()
