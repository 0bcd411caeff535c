"""Files that attendees gave: one of them, or all of a list as an archive. Taking all is recorded."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile

from flask import Blueprint, Response, abort, flash, redirect
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.base.db import begin_write
from app.domain.accounts.rules import Permission, may
from app.domain.questions.models import QuestionKind
from app.domain.questions.queries import get_file
from app.domain.reports.answer_files import content, packing_list
from app.extensions import db
from app.web.access import current_account, meeting_for, needs, refuse
from app.web.downloads import file_response
from app.web.filters import local
from app.workspace.attendee_list import Links, recorded
from app.workspace.attendee_page import attendee_of
from app.workspace.export_page import attachment, record_taken
from app.workspace.forms.exports import FilesForm
from app.workspace.question_columns import narrowed_view, visible_questions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.reports.answer_files import Packed

blueprint = Blueprint("answer_files", __name__, url_prefix="/meetings/<int:meeting_id>")


@blueprint.get("/attendees/<int:attendee_id>/files/<int:question_id>")
@needs(Permission.SEE_LIST)
def show(meeting_id: int, attendee_id: int, question_id: int) -> Response:
    """One file, to be saved; 404 also where this account may not see what was said to the question."""
    meeting = meeting_for(meeting_id, Permission.SEE_LIST)
    attendee = attendee_of(meeting, attendee_id)
    if question_id not in {one.id for one in visible_questions(meeting)}:
        abort(404)
    return file_response(get_file(db.session(), attendee.id, question_id))


@blueprint.post("/export/files")
@needs(Permission.EXPORT)
def download(meeting_id: int) -> AnyResponse:
    """All files of the list as it is shown. Who took them is committed before the first byte leaves."""
    meeting, form, session = meeting_for(meeting_id, Permission.EXPORT), FilesForm(), db.session()
    account, (view, asked) = current_account(), narrowed_view(meeting)
    with_needs = form.validate_on_submit() and form.needs.data
    if with_needs and not may(account, Permission.SEE_NEEDS, meeting.series_id):
        refuse(account, Permission.SEE_NEEDS)
    labels = {
        one.id: local(one.label)
        for one in asked
        if one.kind == QuestionKind.FILE and (with_needs or not one.sensitive)
    }
    packed = packing_list(session, meeting.id, view, labels)
    if not packed:
        flash(_("Nobody on this list gave a file."), "warning")
        return redirect(Links(meeting.id, view).export(), 303)
    name = attachment(meeting, str(_("files")), "zip")
    begin_write(session)
    people = len({one.attendee_id for one in packed})
    kept = {"files": len(packed), "view": recorded(view), "needs": with_needs}
    record_taken(session, "list:files", meeting_id, people, **kept)
    session.commit()
    response = Response(_archive(db.engine, packed), content_type="application/zip")
    response.headers["Content-Disposition"] = name
    return response


class _Pipe(io.RawIOBase):
    """What an archive is written to; `taken` gives what was written since it was asked last."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are what an archive writes
        """Keep a portion."""
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """The portions, once."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _archive(engine: Engine, packed: Sequence[Packed]) -> Iterator[bytes]:
    """The archive file by file, each read in a short transaction of its own; a slow reader holds nothing open."""
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_STORED) as archive:
        for one in packed:
            with Session(engine) as session:
                data = content(session, one.id)
            if data is not None:
                archive.writestr(one.name, data)
                yield pipe.taken()
    yield pipe.taken()
