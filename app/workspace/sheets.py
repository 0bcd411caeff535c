"""Printing: the sign-in sheet, badges, the list to hand out. Each print is recorded.

What is to be printed is read first; then the connection goes back, and only then the press runs. A long print is
made by a worker.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from app.base.db import begin_write
from app.domain.accounts.rules import Permission
from app.domain.jobs.models import JobKind
from app.domain.jobs.service import NewJob
from app.domain.registration.queries import ListView
from app.domain.reports import lists
from app.domain.reports.lists import Whom
from app.extensions import db, sealer
from app.paper.orders import PaperOrder, lines_of, pdf, stored
from app.paper.press import PressBusy, PressFailed
from app.web.access import current_account, meeting_for, needs
from app.web.qr import ticket_address
from app.workspace import paper_words
from app.workspace.attendee_list import recorded
from app.workspace.export_page import attachment, export_page, record_taken
from app.workspace.forms.sheets import USUAL_BLANK, Paper, sheet_form
from app.workspace.ordering import is_long_print, place
from app.workspace.question_columns import narrowed_view

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.workspace.forms.sheets import SheetForm

blueprint = Blueprint("sheets", __name__, url_prefix="/meetings/<int:meeting_id>/sheets")
PDF = "application/pdf"
TRY_AGAIN = 30  # seconds


@blueprint.get("/")
@needs(Permission.EXPORT)
def show(meeting_id: int) -> str:
    """The sign-in sheet as a page to print from the browser, where no PDF can be had or read."""
    meeting = meeting_for(meeting_id, Permission.EXPORT)
    lines = lines_of(lists.people(db.session(), meeting, Whom.SEATED, ListView()), ticket_address)
    return render_template(
        "workspace/sheets/show.html",
        meeting=meeting,
        head=paper_words.head(db.session(), meeting, Paper.SHEET, ()),
        words=paper_words.words(),
        lines=lines,
        blank=USUAL_BLANK,
    )


@blueprint.post("/")
@needs(Permission.EXPORT)
def print_pdf(meeting_id: int) -> AnyResponse:
    """The PDF. Who printed what is committed before the first byte leaves."""
    meeting = meeting_for(meeting_id, Permission.EXPORT)
    form, (view, _asked), session = sheet_form(), narrowed_view(meeting), db.session()
    if not form.validate_on_submit():
        return export_page(meeting, printing=form)
    lines = lines_of(lists.people(session, meeting, form.whom, view), ticket_address)
    with force_locale(form.language.data):
        order = PaperOrder(
            meeting_id=meeting_id,
            kind=JobKind(form.paper),
            whom=form.whom,
            view=view if form.whom == Whom.SHOWN else ListView(),
            head=paper_words.head(session, meeting, form.paper, lines),
            words=paper_words.words(),
            blank=int(form.blank.data),
        )
        name = attachment(meeting, paper_words.file_word(form.paper), "pdf")
    details = _details(order)
    if is_long_print(order.kind, len(lines)):
        return place(_job(order, len(lines), name), "list:print", **details)
    session.rollback()
    try:
        made = pdf(order, lines)
    except (PressBusy, PressFailed) as refusal:
        return _trouble(meeting_id, form, refusal)
    begin_write(session)
    record_taken(session, "list:print", meeting_id, len(lines), **details)
    session.commit()
    return Response(made, content_type=PDF, headers={"Content-Disposition": name})


def _job(order: PaperOrder, number: int, name: str) -> NewJob:
    return NewJob(
        kind=order.kind,
        account_id=current_account().id,
        meeting_id=order.meeting_id,
        arguments=stored(order, sealer()),
        sensitive=bool(order.view.said),
        number=number,
        disposition=name,
        content_type=PDF,
    )


def _details(order: PaperOrder) -> dict[str, Any]:
    return {"paper": str(order.kind), "whom": order.whom, "view": recorded(order.view)}


def _trouble(meeting_id: int, form: SheetForm, refusal: Exception) -> Response:
    """The page again, with the reason and another way."""
    if isinstance(refusal, PressBusy):
        words = _("Several people print at this moment. Wait half a minute, then press the button again.")
    else:
        words = _("The PDF could not be made. Print the sheet from the browser instead.")
    meeting = meeting_for(meeting_id, Permission.EXPORT)
    page = export_page(meeting, printing=form, trouble=str(words), status=HTTPStatus.SERVICE_UNAVAILABLE)
    page.headers["Retry-After"] = str(TRY_AGAIN)
    return page
