"""Taking the list out of the house: by default just what is on the screen. Each download is recorded.

A download is a POST: it writes history, and no prefetching program may do that. The rows are read while they
are sent, through a session of their own, because that of the request ends before the last row. A long workbook is
made by a worker.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, flash, redirect, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.base.db import begin_write
from app.base.text import in_language
from app.domain.accounts.rules import Permission, may
from app.domain.jobs.models import JobKind
from app.domain.jobs.service import NewJob
from app.domain.registration.label_queries import any_used
from app.domain.registration.queries import count
from app.domain.reports.csv_files import excel_csv, plain_csv
from app.domain.reports.orders import ListOrder, stored
from app.extensions import db, sealer
from app.web.access import current_account, meeting_for, needs, refuse
from app.web.locale import current_language
from app.workspace.attendee_acts import selected
from app.workspace.attendee_list import CHOSEN, Links, recorded
from app.workspace.attendee_words import export_words
from app.workspace.export_page import attachment, export_page, record_taken
from app.workspace.forms.exports import ExportForm, Format
from app.workspace.ordering import is_long_list, place
from app.workspace.question_columns import columns_of, narrowed_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting
    from app.domain.registration.queries import ListView
    from app.domain.reports.rows import Asked

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
    order = _order(meeting, view, columns_of(asked, needs=form.needs.data), needs=form.needs.data)
    kind = Format(form.format.data)
    name = attachment(meeting, str(_("attendees")), "xlsx" if kind == Format.XLSX else "csv")
    if kind == Format.XLSX and is_long_list(order, number := count(db.session(), meeting_id, view)):
        return place(_job(order, number, name), "list:export", **_details(order, kind))
    response = Response(
        _workbook(order) if kind == Format.XLSX else _csv(order, kind, db.engine), content_type=TYPES[kind]
    )
    response.headers["Content-Disposition"] = name
    _record(order, kind)
    return response


def _order(meeting: Meeting, view: ListView, asked: list[Asked], *, needs: bool) -> ListOrder:
    """What is to be written, in plain values, so that it can be carried out after the request has ended."""
    return ListOrder(
        meeting_id=meeting.id,
        zone=meeting.timezone,
        sheet=in_language(meeting.title, current_language())[0],
        view=view,
        words=export_words(),
        asked=tuple(asked),
        needs=needs,
        labels=any_used(db.session(), meeting.id),
    )


def _job(order: ListOrder, number: int, name: str) -> NewJob:
    """A filter by an answer may tell as much as a column of needs."""
    return NewJob(
        kind=JobKind.WORKBOOK,
        account_id=current_account().id,
        meeting_id=order.meeting_id,
        arguments=stored(order, sealer()),
        sensitive=order.needs or bool(order.view.said),
        number=number,
        disposition=name,
        content_type=TYPES[Format.XLSX],
    )


def _csv(order: ListOrder, kind: Format, engine: Engine) -> Iterator[bytes]:
    """The file, portion by portion; the session ends with the last one, or when the reader goes away."""
    with Session(engine) as session, closing(order.rows(session)) as rows:
        yield from CSV[kind](order.headings, rows, order.zone)


def _workbook(order: ListOrder) -> Iterator[bytes]:
    """A workbook is whole only at its end, so it is written to the disk first."""
    file = cast("IO[bytes]", SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by `_portions`
    with Session(db.engine) as session:
        order.write(session, file)
    file.seek(0)
    return _portions(file)


def _portions(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while portion := file.read(PORTION):
            yield portion


def _record(order: ListOrder, kind: Format) -> None:
    """Who took how many people in which view: never names, nor what was searched for."""
    session = db.session()
    begin_write(session)
    number = count(session, order.meeting_id, order.view)
    record_taken(session, "list:export", order.meeting_id, number, **_details(order, kind))
    session.commit()


def _details(order: ListOrder, kind: Format) -> dict[str, Any]:
    return {"format": kind.value, "view": recorded(order.view), "needs": order.needs}
