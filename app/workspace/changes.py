"""What people were told of a meeting's changes: news that were held back, and how far the letters have come."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Conflict
from app.domain.accounts.rules import Permission
from app.domain.history.service import organiser
from app.domain.meetings.models import MeetingState
from app.domain.registration import change_preview, changes, progress
from app.domain.registration.rules import ChangeRefused
from app.extensions import db
from app.web.access import current_account, meeting_for, needs
from app.workspace import change_page
from app.workspace.change_page import Question, question_page
from app.workspace.meeting_words import differences_of_news

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting

blueprint = Blueprint("changes", __name__, url_prefix="/meetings/<int:meeting_id>/changes")
HEADINGS = {
    "meeting:reschedule": _l("Telling people about a change"),
    "meeting:call_off": _l("Telling people that the meeting is called off"),
    "meeting:restore": _l("Telling people that the meeting takes place after all"),
}


@blueprint.route("/tell/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def tell(meeting_id: int) -> AnyResponse:
    """Tell people of what was held back, after a look at the letters."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    if meeting.untold is None or meeting.state != MeetingState.PUBLISHED:
        flash(_("There is nothing that people do not know yet."), "info")
        return redirect(_page_of(meeting_id), HTTPStatus.SEE_OTHER)
    if request.method == "POST" and change_page.asked(change_page.TELL):
        return _tell(meeting)
    return _question(meeting)


@blueprint.get("/<int:entry_id>/")
@needs(Permission.SEE_OUTBOX)
def show(meeting_id: int, entry_id: int) -> str:
    """How many letters of one telling are sent, and how many failed. One may leave and come back."""
    meeting = meeting_for(meeting_id, Permission.SEE_OUTBOX)
    found = progress.of_entry(db.session(), meeting.id, entry_id)
    return render_template(
        "workspace/changes/show.html", meeting=meeting, progress=found, heading=HEADINGS[found.entry.act]
    )


def after_telling(meeting_id: int) -> str:
    """Where to see how the letters go that were just written; the meeting's page where there were none."""
    found = progress.newest(db.session(), meeting_id)
    if found is None or found.is_over:
        return _page_of(meeting_id)
    return url_for("workspace.changes.show", meeting_id=meeting_id, entry_id=found.entry.id)


def news_of(meeting: Meeting) -> dict[str, Any]:
    """For the page of a meeting: what people do not know yet, and the last telling.

    `untold` is how many do not know, `untold_since` since when, `untold_changes` of what.
    """
    session = db.session()
    known: dict[str, Any] = {"telling": progress.newest(session, meeting.id), "untold": 0}
    if meeting.untold is None or meeting.state != MeetingState.PUBLISHED:
        return known
    preview = change_preview.of_held(session, meeting)
    return {
        **known,
        "untold": preview.told,
        "untold_since": datetime.fromisoformat(meeting.untold["since"]),
        "untold_changes": [one.label for one in differences_of_news(preview)],
    }


def _question(meeting: Meeting, *, stale: bool = False) -> AnyResponse:
    keep = change_page.keeps_answers()
    preview = change_preview.of_held(db.session(), meeting, keep_answers=keep)
    return question_page(
        Question(
            name="held",
            meeting=meeting,
            preview=preview,
            differences=differences_of_news(preview),
            back=_page_of(meeting.id),
            keep=keep,
            stale=stale,
        )
    )


def _tell(meeting: Meeting) -> AnyResponse:
    session, meeting_id = db.session(), meeting.id
    plan = changes.Plan(keep_answers=change_page.keeps_answers(), seen=change_page.seen())
    version = meeting.version
    begin_write(session)
    try:
        told = changes.tell_held(
            session,
            meeting_id,
            version=version,
            plan=plan,
            now=clock.now(),
            actor=organiser(current_account().id),
        )
        session.commit()
    except Conflict:
        session.rollback()
        return _question(meeting_for(meeting_id, Permission.EDIT), stale=True)
    except ChangeRefused:
        session.rollback()
        flash(_("The meeting has begun. It is too late for letters about changes."), "warning")
        return redirect(_page_of(meeting_id), HTTPStatus.SEE_OTHER)
    flash(ngettext("%(num)d person is told.", "%(num)d people are told.", told), "success")
    return redirect(after_telling(meeting_id), HTTPStatus.SEE_OTHER)


def _page_of(meeting_id: int) -> str:
    return url_for("workspace.meetings.show", meeting_id=meeting_id)
