"""Printing: the sign-in sheet, badges, the list to hand out. Each print is recorded.

What is to be printed is read first; then the connection goes back, and only then the press runs.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from app.base.db import begin_write
from app.domain.accounts.rules import Permission
from app.domain.registration.queries import ListView
from app.domain.reports import lists
from app.domain.reports.lists import Whom
from app.extensions import db
from app.paper import sheets
from app.paper.press import PressBusy, PressFailed
from app.paper.sheets import Layout, Line
from app.web.access import meeting_for, needs
from app.web.qr import ticket_address
from app.workspace import paper_words
from app.workspace.attendee_list import recorded
from app.workspace.export_page import attachment, export_page, record_taken
from app.workspace.forms.sheets import USUAL_BLANK, Paper, sheet_form
from app.workspace.question_columns import narrowed_view

if TYPE_CHECKING:
    from app.paper.sheets import Head
    from app.workspace.forms.sheets import SheetForm

blueprint = Blueprint("sheets", __name__, url_prefix="/meetings/<int:meeting_id>/sheets")
TRY_AGAIN = 30  # seconds


@blueprint.get("/")
@needs(Permission.EXPORT)
def show(meeting_id: int) -> str:
    """The sign-in sheet as a page to print from the browser, where no PDF can be had or read."""
    meeting = meeting_for(meeting_id, Permission.EXPORT)
    lines = _lines(lists.people(db.session(), meeting, Whom.SEATED, ListView()))
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
def print_pdf(meeting_id: int) -> Response:
    """The PDF. Who printed what is committed before the first byte leaves."""
    meeting = meeting_for(meeting_id, Permission.EXPORT)
    form, (view, _asked), session = sheet_form(), narrowed_view(meeting), db.session()
    if not form.validate_on_submit():
        return export_page(meeting, printing=form)
    lines = _lines(lists.people(session, meeting, form.whom, view))
    with force_locale(form.language.data):
        head = paper_words.head(session, meeting, form.paper, lines)
        words = paper_words.words()
        name = attachment(meeting, paper_words.file_word(form.paper), "pdf")
    session.rollback()
    try:
        pdf = _pdf(form, head, words, lines)
    except (PressBusy, PressFailed) as refusal:
        return _trouble(meeting_id, form, refusal)
    _record(meeting_id, form, view, len(lines))
    return Response(pdf, content_type="application/pdf", headers={"Content-Disposition": name})


def _pdf(form: SheetForm, head: Head, words: dict[str, str], lines: list[Line]) -> bytes:
    if form.paper == Paper.SHEET:
        return sheets.sign_in_sheet(head, words, lines, blank=int(form.blank.data))
    if form.paper == Paper.HANDOUT:
        return sheets.participants(head, words, lines)
    layout = Layout.A4 if form.paper == Paper.BADGES else Layout.LABEL
    return sheets.badges(head, words, lines, layout=layout)


def _lines(people: list[lists.Listed]) -> list[Line]:
    return [
        Line(name=one.name, organisation=one.organisation, check_in=ticket_address(one.checkin_token))
        for one in people
    ]


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


def _record(meeting_id: int, form: SheetForm, view: ListView, number: int) -> None:
    session = db.session()
    begin_write(session)
    shown = recorded(view) if form.whom == Whom.SHOWN else {}
    record_taken(session, "list:print", meeting_id, number, paper=form.paper, whom=form.whom, view=shown)
    session.commit()
