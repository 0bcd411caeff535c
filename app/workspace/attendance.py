"""The attendance list after the meeting: who was there, putting it right by hand, and taking it to the minutes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission, may
from app.domain.attendance import corrections
from app.domain.attendance.after import attendance
from app.domain.attendance.models import Mark
from app.domain.attendance.rules import NoAttendanceYet, Standing, has_begun
from app.domain.reports.csv_files import excel_csv
from app.extensions import db
from app.web.access import current_account, meeting_for, needs
from app.workspace import attendance_words as words
from app.workspace.attendee_acts import actor, selected
from app.workspace.export_page import attachment, record_taken
from app.workspace.forms.attendees import ActForm

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting

blueprint = Blueprint("attendance", __name__, url_prefix="/meetings/<int:meeting_id>/attendance")
LONGEST_BATCH = 36


@blueprint.get("/")
@needs(Permission.SEE_LIST)
def show(meeting_id: int) -> Response:
    """The list, as text for the minutes too."""
    return _page(meeting_for(meeting_id, Permission.SEE_LIST))


@blueprint.post("/mark")
@needs(Permission.EDIT)
def mark(meeting_id: int) -> AnyResponse:
    """Say of everybody who is ticked whether they were there, or (`as` is `clear`) that the door is right."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    as_ = request.form.get("as", "")
    if not ActForm().validate_on_submit() or as_ not in {*Mark, "clear"}:
        abort(HTTPStatus.BAD_REQUEST)
    people = selected()
    if not people:
        return _page(meeting, trouble=_("Tick at least one person."), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    session, batch = db.session(), ""
    begin_write(session)
    try:
        if as_ == "clear":
            number = corrections.clear(session, meeting_id, people, now=clock.now(), actor=actor())
            said = words.said_cleared(number)
        else:
            number, batch = corrections.mark(
                session, meeting_id, people, Mark(as_), now=clock.now(), actor=actor()
            )
            said = words.said_marked(Mark(as_), number)
        session.commit()
    except NoAttendanceYet:
        session.rollback()
        return _page(meeting_for(meeting_id, Permission.EDIT), status=HTTPStatus.CONFLICT)
    flash(said, "success" if number else "info")
    return _back(meeting_id, batch if number else "")


@blueprint.post("/undo")
@needs(Permission.EDIT)
def undo(meeting_id: int) -> AnyResponse:
    """Take back what one press of a button put right."""
    meeting_for(meeting_id, Permission.EDIT)
    if not ActForm().validate_on_submit():
        abort(HTTPStatus.BAD_REQUEST)
    session = db.session()
    begin_write(session)
    batch = request.form.get("batch", "")[:LONGEST_BATCH]
    number = corrections.undo(session, meeting_id, batch, now=clock.now(), actor=actor())
    session.commit()
    flash(words.said_cleared(number), "success" if number else "info")
    return _back(meeting_id)


@blueprint.post("/file")
@needs(Permission.EXPORT)
def file(meeting_id: int) -> Response:
    """The list as a file for Excel. Who took it is committed before the first byte leaves."""
    meeting = meeting_for(meeting_id, Permission.EXPORT)
    if not ActForm().validate_on_submit():
        abort(HTTPStatus.BAD_REQUEST)
    if not has_begun(meeting, now=clock.now()):
        return _page(meeting, status=HTTPStatus.CONFLICT)
    session = db.session()
    rows = words.rows(words.by_standing(attendance(session, meeting)))
    response = Response(
        b"".join(excel_csv(words.columns(), rows, meeting.timezone)), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = attachment(meeting, str(_("attendance")), "csv")
    session.rollback()
    begin_write(session)
    record_taken(session, "list:attendance", meeting_id, len(rows))
    session.commit()
    return response


def _page(meeting: Meeting, *, trouble: str = "", status: int = HTTPStatus.OK) -> Response:
    """The page; before the meeting it only says when there will be something."""
    account = current_account()
    begun = has_begun(meeting, now=clock.now())
    lines = attendance(db.session(), meeting) if begun else []
    parts = words.by_standing(lines)
    markup = render_template(
        "workspace/attendance/show.html",
        meeting=meeting,
        begun=begun,
        trouble=trouble,
        lines=lines,
        parts=parts,
        headings=words.HEADINGS,
        explained=words.EXPLAINED,
        known=any(line.standing == Standing.PRESENT for line in lines),
        corrected=sum(line.mark is not None for line in lines),
        minutes=words.minutes(meeting, parts) if lines else "",
        selected=selected() if trouble else [],
        batch=request.args.get("batch", "")[:LONGEST_BATCH],
        may_edit=may(account, Permission.EDIT, meeting.series_id),
        may_export=may(account, Permission.EXPORT, meeting.series_id),
        may_check_in=may(account, Permission.CHECK_IN, meeting.series_id),
    )
    return make_response(markup, status)


def _back(meeting_id: int, batch: str = "") -> AnyResponse:
    return redirect(url_for("workspace.attendance.show", meeting_id=meeting_id, batch=batch or None), 303)
