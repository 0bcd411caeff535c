"""Drafts: the next date of a series, and bringing a deleted one back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound
from app.domain.accounts.rules import Permission, may
from app.domain.history.service import organiser
from app.domain.meetings.queries import get_deleted
from app.domain.meetings.service import restore_draft
from app.domain.questions.service import prepare_next
from app.extensions import db, settings
from app.web.access import current_account, meeting_for, needs

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("drafts", __name__, url_prefix="/meetings/<int:meeting_id>")


@blueprint.post("/prepare-next/")
@needs(Permission.EDIT)
def prepare(meeting_id: int) -> AnyResponse:
    """A draft of the date that follows in the series; it opens for editing."""
    meeting_for(meeting_id, Permission.EDIT)
    session = db.session()
    begin_write(session)
    made = prepare_next(
        session,
        meeting_id,
        now=clock.now(),
        actor=organiser(current_account().id),
        mail_domain=settings().mail_domain,
    )
    made_id = made.id
    session.commit()
    flash(
        _("The next meeting is prepared, as a draft. Check its day, then enter its topic and programme."),
        "success",
    )
    return redirect(url_for("workspace.meetings.edit", meeting_id=made_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/bring-back/")
@needs(Permission.EDIT)
def bring_back(meeting_id: int) -> AnyResponse:
    """Make a deleted draft a draft again. Sent twice, the second time finds it as a meeting."""
    session, account = db.session(), current_account()
    try:
        deleted = get_deleted(session, meeting_id)
    except NotFound:
        meeting_for(meeting_id, Permission.EDIT)
        return _to(meeting_id)
    if not may(account, Permission.EDIT, deleted.series_id):
        abort(HTTPStatus.NOT_FOUND)
    begin_write(session)
    restore_draft(session, meeting_id, now=clock.now(), actor=organiser(account.id))
    session.commit()
    flash(_("The draft is back as it was."), "success")
    return _to(meeting_id)


def _to(meeting_id: int) -> AnyResponse:
    return redirect(url_for("workspace.meetings.show", meeting_id=meeting_id), HTTPStatus.SEE_OTHER)
