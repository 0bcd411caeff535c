"""The pages of the door, also as answers to what was refused."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request

from app.base import clock
from app.base.errors import NotFound
from app.domain.accounts.rules import Permission, may
from app.domain.attendance import queries
from app.domain.attendance.commands import Door
from app.domain.attendance.rules import MAY_BE_LET_IN, has_begun, refusal
from app.domain.directory.queries import organisation_names
from app.domain.history.service import organiser
from app.domain.registration.queries import ListView
from app.domain.registration.queries import page as list_page
from app.domain.reports.names import surname_first
from app.extensions import db
from app.web import headers
from app.web.access import current_account
from app.web.fields import page_number, search_text
from app.web.locale import current_language
from app.workspace.door_words import REFUSED, SHORT, for_script, needs_of
from app.workspace.forms.door import CodeForm, walk_in_form

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Response

    from app.domain.meetings.models import Meeting
    from app.domain.registration.models import Attendee
    from app.workspace.forms.door import WalkInForm

KEPT_ON_PHONES = timedelta(hours=12)  # after the end


def door_of(name: str = "") -> Door:
    """Who stands at the door; `name` is what a phone calls itself."""
    return Door(actor=organiser(current_account().id), name=name)


def door_page(meeting: Meeting, *, form: CodeForm | None = None) -> Response:
    """The whole page. `form` is a code that was refused and stays as it was typed."""
    headers.allow_camera()
    session, now = db.session(), clock.now()
    search = search_text(request.args.get("q"))
    view = ListView(tab="all" if search else "confirmed", search=search)
    found = list_page(session, meeting.id, view, page_number(request.args.get("page")))
    since = queries.arrivals(session, meeting.id, [row.id for row in found.rows])
    done = _done(meeting)
    may_see_list = may(current_account(), Permission.SEE_LIST)
    markup = render_template(
        "workspace/door/show.html",
        meeting=meeting,
        counts=queries.counts(session, meeting),
        found=found,
        guests=[guest(meeting, row, since.get(row.id), now=now) for row in found.rows],
        search=search,
        done=done,
        form=form or CodeForm(formdata=None),
        by_code=request.args.get("by") == "code" or form is not None,
        may_see_list=may_see_list,
        has_list=may_see_list and has_begun(meeting, now=now),
        **for_the_script(meeting),
    )
    return make_response(markup, HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK)


def guest(meeting: Meeting, attendee: Attendee, since: datetime | None, *, now: datetime) -> dict[str, Any]:
    """Somebody as the door sees them: since when they are in, or why they cannot simply come in."""
    no = None if since else refusal(meeting, attendee, at=now, now=now)
    return {
        "id": attendee.id,
        "name": attendee.name,
        "sort_name": surname_first(attendee.name, attendee.sort_key),
        "organisation": attendee.organisation_name,
        "needs": needs_of(attendee),
        "since": since,
        "no": str(no or ""),
        "why": REFUSED[no] if no else "",
        "short": SHORT.get(no, "") if no else "",
        "let_in": no in MAY_BE_LET_IN,
    }


def person_page(meeting: Meeting, attendee_id: int) -> Response:
    """The page of one person at the door."""
    session, now = db.session(), clock.now()
    attendee = queries.get_at_meeting(session, meeting.id, attendee_id)
    since = queries.arrivals(session, meeting.id, [attendee_id]).get(attendee_id)
    markup = render_template(
        "workspace/door/person.html",
        meeting=meeting,
        guest=guest(meeting, attendee, since, now=now),
        counts=queries.counts(session, meeting),
        way="qr" if request.args.get("way") == "qr" else "list",
    )
    return make_response(markup)


def walk_in_page(meeting: Meeting, form: WalkInForm, refused: str = "") -> Response:
    """The form for somebody who just comes."""
    session = db.session()
    markup = render_template(
        "workspace/door/walk_in.html",
        meeting=meeting,
        form=form,
        refused=refused,
        counts=queries.counts(session, meeting),
        organisations=organisation_names(session),
    )
    if refused:
        return make_response(markup, HTTPStatus.CONFLICT)
    return make_response(markup, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK)


def for_the_script(meeting: Meeting) -> dict[str, Any]:
    """What the script reads from the page, and the form that it opens; nothing about anybody."""
    form = walk_in_form().showing(language=current_language())
    return {"words": for_script(), "until": meeting.ends_at + KEPT_ON_PHONES, "walk_in": form}


def _done(meeting: Meeting) -> dict[str, Any] | None:
    """Who was checked in last on this page, by the address; None when that is nobody, or not so any more."""
    text = request.args.get("done", "")
    if not (text.isascii() and text.isdecimal() and len(text) < len("2147483648")):
        return None
    session, now = db.session(), clock.now()
    try:
        attendee = queries.get_at_meeting(session, meeting.id, int(text))
    except NotFound:
        return None
    since = queries.arrivals(session, meeting.id, [attendee.id]).get(attendee.id)
    return guest(meeting, attendee, since, now=now) if since else None
