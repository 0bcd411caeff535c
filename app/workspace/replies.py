"""Replies: what calendars and mail servers sent back, what was decided, and what somebody has to look at."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.models import Role
from app.domain.accounts.rules import Permission, may
from app.domain.history.service import organiser
from app.domain.registration.models import Attendee
from app.domain.replies import queries, service
from app.domain.reports.queries import account_names
from app.extensions import db, settings
from app.web.access import current_account, meeting_for, needs
from app.web.fields import page_number
from app.workspace import reply_words as words
from app.workspace.sight import asked_meeting, meetings_in_sight

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting
    from app.domain.replies.models import Reply

blueprint = Blueprint("replies", __name__, url_prefix="/replies")


@blueprint.get("/")
@needs(Permission.SEE_OUTBOX)
def index() -> str:
    """One page of the log, newest first: what is to be looked at, unless the address asks for something else."""
    session = db.session()
    tab = request.args.get("tab", words.OPEN)
    tab = tab if tab in words.TABS else words.OPEN
    meeting = asked_meeting()
    scope = [meeting.id] if meeting else meetings_in_sight()
    found = queries.page(
        session,
        decision=tab if tab not in (words.OPEN, "") else None,
        open_only=tab == words.OPEN,
        number=page_number(request.args.get("page")),
        meeting_ids=scope,
    )
    return render_template(
        "workspace/replies/index.html",
        meeting=meeting,
        tab=tab,
        tabs=_tabs(queries.counts(session, meeting_ids=scope), tab, meeting),
        found=found,
        people=_people(found.rows),
        words=words,
        reading=queries.reading(session),
        has_mailbox=settings().imap is not None,
        page_href=lambda number: _href(tab, meeting, number),
        may_read=may(current_account(), Permission.READ_LETTERS),
    )


@blueprint.get("/<int:reply_id>/")
@needs(Permission.SEE_OUTBOX)
def show(reply_id: int) -> str:
    """One mail that came back: what it said, what was decided, why. Not its text."""
    reply, meeting = _reply_of(reply_id, Permission.SEE_OUTBOX)
    session, account = db.session(), current_account()
    series_id = meeting.series_id if meeting else None
    names = account_names(session, [reply.handled_by] if reply.handled_by else [])
    return render_template(
        "workspace/replies/show.html",
        reply=reply,
        meeting=meeting,
        attendee=session.get(Attendee, reply.attendee_id) if reply.attendee_id else None,
        words=words,
        to_handle=reply.decision in queries.TO_HANDLE,
        handled_by=names.get(reply.handled_by or 0, ""),
        may_read=may(account, Permission.READ_LETTERS, series_id),
        may_edit=may(account, Permission.EDIT, series_id),
    )


@blueprint.get("/<int:reply_id>/original.eml")
@needs(Permission.READ_LETTERS)
def original(reply_id: int) -> AnyResponse:
    """The mail itself, while it is kept for review; to be saved, never shown here."""
    reply, _meeting = _reply_of(reply_id, Permission.READ_LETTERS)
    if reply.raw is None:
        abort(HTTPStatus.NOT_FOUND)
    response = Response(reply.raw, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="reply-{reply.id}.eml"'
    return response


@blueprint.post("/<int:reply_id>/handled")
@needs(Permission.EDIT)
def handle(reply_id: int) -> AnyResponse:
    """Note that somebody has dealt with it."""
    _note(reply_id, handled=True)
    flash(_("Marked as done."), "success")
    return redirect(url_for("workspace.replies.show", reply_id=reply_id), 303)


@blueprint.post("/<int:reply_id>/open")
@needs(Permission.EDIT)
def reopen(reply_id: int) -> AnyResponse:
    """Take that back."""
    _note(reply_id, handled=False)
    flash(_("Back on the list of what is to be looked at."), "success")
    return redirect(url_for("workspace.replies.show", reply_id=reply_id), 303)


def _note(reply_id: int, *, handled: bool) -> None:
    _reply_of(reply_id, Permission.EDIT)
    session = db.session()
    begin_write(session)
    service.handle(session, reply_id, now=clock.now(), actor=organiser(current_account().id), handled=handled)
    session.commit()


def _reply_of(reply_id: int, permission: Permission) -> tuple[Reply, Meeting | None]:
    """A reply that the account may do this with, and its meeting.

    What belongs to no meeting is for administrators; for others it is not there.
    """
    reply = queries.get_reply(db.session(), reply_id)
    if reply.meeting_id is not None:
        return reply, meeting_for(reply.meeting_id, permission)
    if current_account().role != Role.ADMINISTRATOR:
        abort(HTTPStatus.NOT_FOUND)
    return reply, None


def _people(rows: list[Reply]) -> dict[int, Attendee]:
    """The attendees of a page of the log by id, in one statement."""
    return queries.attendees_of(db.session(), rows)


def _tabs(counts: dict[str, int], tab: str, meeting: Meeting | None) -> list[dict[str, object]]:
    every = sum(number for name, number in counts.items() if name != words.OPEN)
    return [
        {
            "href": _href(name, meeting),
            "label": text,
            "count": counts[name] if name else every,
            "current": tab == name,
        }
        for name, text in words.TABS.items()
    ]


def _href(tab: str, meeting: Meeting | None, page: int = 1) -> str:
    return url_for(
        "workspace.replies.index",
        tab=tab if tab != words.OPEN else None,
        meeting=meeting.id if meeting else None,
        page=page if page > 1 else None,
    )
