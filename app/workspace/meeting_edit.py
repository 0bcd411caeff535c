"""Saving a meeting: the form, the question before people are told, and two editors at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Conflict
from app.base.text import in_language
from app.domain.accounts.rules import Permission, may
from app.domain.directory.queries import contacts
from app.domain.history.service import organiser
from app.domain.meetings import queries
from app.domain.meetings import service as meetings
from app.domain.meetings.models import MeetingState
from app.domain.meetings.rules import NotPublishable
from app.domain.registration import edit_meeting
from app.domain.registration.changes import count_told
from app.domain.registration.rules import ModeInUse
from app.extensions import db, settings
from app.web.access import current_account, meeting_for
from app.web.locale import current_language
from app.workspace.form_page import form_page, switched
from app.workspace.forms.meeting_fields import COMMON_ZONES
from app.workspace.forms.meetings import MeetingForm, Offered
from app.workspace.forms.programme import MOST_ITEMS
from app.workspace.meeting_words import MISSING, announced_changes, differences

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting

PAGE = "workspace/meetings/edit.html"
ACT = "act"
ADD, REMOVE, BACK, TELL = "add", "remove-", "back", "tell"
NOT_CARRIED = frozenset({"csrf_token", ACT, "switch"})


def offered() -> Offered:
    """The series that the account may edit, and all contacts, in the page's language."""
    session, account = db.session(), current_account()
    return Offered(
        series=[
            (str(one.id), _local(one.name))
            for one in queries.all_series(session)
            if may(account, Permission.EDIT, one.id)
        ],
        contacts=[
            (str(one.id), _("%(role)s, %(email)s", role=_local(one.role), email=one.email))
            for one in contacts(session)
        ],
    )


def rebuilt(form: MeetingForm) -> bool:
    """Whether the form was only sent to add or take away a part, to go back, or to change the language."""
    act = request.form.get(ACT, "")
    rows = form.programme
    if act == ADD and len(rows) < MOST_ITEMS:
        rows.append_entry({})
    elif act.startswith(REMOVE):
        place = act.removeprefix(REMOVE)
        if place in {str(index) for index in range(len(rows))}:
            rows.pop_entry(int(place))  # type: ignore[call-arg]  # newer than types-WTForms
    return switched() or act in {ADD, BACK} or act.startswith(REMOVE)


def edit_page(form: MeetingForm, meeting: Meeting | None = None, **more: Any) -> Response:
    """The page with the form. `conflict`: how the stored meeting differs from what was typed, if it does."""
    around = {"meeting": meeting, "zones": COMMON_ZONES, "most_items": MOST_ITEMS, "conflict": None}
    return form_page(PAGE, form, **(around | more))


def create(form: MeetingForm) -> AnyResponse:
    """Store a new draft; the form is valid."""
    session = db.session()
    text = form.to_text()
    begin_write(session)
    meeting = meetings.create(
        session,
        text,
        form.slots,
        now=clock.now(),
        actor=organiser(current_account().id),
        mail_domain=settings().mail_domain,
    )
    meeting_id = meeting.id
    session.commit()
    flash(_("The draft is saved. Nobody else sees it until you publish it."), "success")
    _warn(form)
    return redirect(url_for("workspace.meetings.show", meeting_id=meeting_id), 303)


def save(form: MeetingForm, meeting: Meeting) -> AnyResponse:
    """Store an edit, or first ask whether people shall be told of it; the form is valid."""
    if form.known_version != meeting.version:
        return conflict_page(form, meeting)
    text = form.to_text(meeting)
    ahead = meeting.state == MeetingState.PUBLISHED and text.ends_at > clock.now()
    if ahead and request.form.get(ACT) != TELL:
        changed = announced_changes(meeting, text)
        told = count_told(db.session(), meeting.id, changed) if changed else 0
        if told:
            return _question(form, meeting, told)
    return _store(form, meeting.id, text)


def conflict_page(form: MeetingForm, meeting: Meeting) -> Response:
    """What was typed, beside what somebody else has saved meanwhile. Saving again goes over theirs."""
    found = differences(form, meeting, form.to_text(meeting), form.slots)
    form.version.data = str(meeting.version)
    return edit_page(form, meeting, conflict=found, status=HTTPStatus.CONFLICT)


def _question(form: MeetingForm, meeting: Meeting, told: int) -> Response:
    """Before anything is stored: what changes for whom. The typed values travel along in hidden fields."""
    found = differences(form, meeting, form.to_text(meeting), form.slots)
    carried = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_CARRIED]
    return form_page(
        "workspace/meetings/confirm.html",
        form,
        meeting=meeting,
        told=told,
        announced=[one for one in found if one.announced],
        carried=carried,
    )


def _store(form: MeetingForm, meeting_id: int, text: meetings.MeetingText) -> AnyResponse:
    session = db.session()
    begin_write(session)
    try:
        _meeting, told = edit_meeting.edit(
            session,
            meeting_id,
            text,
            form.slots,
            version=form.known_version,
            now=clock.now(),
            actor=organiser(current_account().id),
        )
        session.commit()
    except (Conflict, ModeInUse, NotPublishable) as refusal:
        session.rollback()
        return _refused(form, meeting_id, refusal)
    flash(
        ngettext(
            "The changes are saved. %(num)d person is told about them.",
            "The changes are saved. %(num)d people are told about them.",
            told,
        )
        if told
        else _("The changes are saved."),
        "success",
    )
    _warn(form)
    return redirect(url_for("workspace.meetings.show", meeting_id=meeting_id), 303)


def _refused(form: MeetingForm, meeting_id: int, refusal: Exception) -> Response:
    meeting = meeting_for(meeting_id, Permission.EDIT, programme=True)
    if isinstance(refusal, Conflict):
        return conflict_page(form, meeting)
    if isinstance(refusal, NotPublishable):
        for name in refusal.missing:
            _say(form[f"{name}_{form.languages[0]}"], str(MISSING[name]))
    else:
        _say(
            form.format,
            _("Some people take part in a way that would no longer be offered. Change their place first."),
        )
    return edit_page(form, meeting)


def _warn(form: MeetingForm) -> None:
    if form.beyond:
        flash(_("The programme begins before the meeting or ends after it. Check the times."), "info")


def _say(field: Any, sentence: str) -> None:
    field.errors = [*field.errors, sentence]


def _local(texts: dict[str, str]) -> str:
    return in_language(texts, current_language(), settings().languages)[0]
