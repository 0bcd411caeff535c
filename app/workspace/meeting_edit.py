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
from app.domain.registration import change_preview, edit_meeting
from app.domain.registration.changes import NotAsSeen, Plan
from app.domain.registration.rules import ModeInUse
from app.extensions import db, settings
from app.web.access import current_account, meeting_for, visible_series_ids
from app.web.locale import current_language
from app.workspace import change_page
from app.workspace.change_page import ACT, BACK, HOLD, TELL, Question
from app.workspace.changes import after_telling
from app.workspace.form_page import form_page, switched
from app.workspace.forms.meeting_fields import COMMON_ZONES
from app.workspace.forms.meetings import MeetingForm, Offered
from app.workspace.forms.programme import MOST_ITEMS
from app.workspace.meeting_words import MISSING, announced_changes, differences, differences_of_news

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting

PAGE = "workspace/meetings/edit.html"
ADD, REMOVE = "add", "remove-"


def offered() -> Offered:
    """The series that the account may edit, and all contacts, in the page's language."""
    session, account = db.session(), current_account()
    every = queries.all_series(session)
    return Offered(
        series=[(str(one.id), _local(one.name)) for one in every if may(account, Permission.EDIT, one.id)],
        names_series=not every and not visible_series_ids(account),
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
    around: dict[str, Any] = {
        "now": clock.now(),
        "actor": organiser(current_account().id),
        "mail_domain": settings().mail_domain,
    }
    if form.offered.names_series:
        meeting = meetings.create_first(session, form.series_name, text, form.slots, **around)
    else:
        meeting = meetings.create(session, text, form.slots, **around)
    meeting_id = meeting.id
    session.commit()
    flash(_("The draft is saved. Nobody else sees it until you publish it."), "success")
    _warn(form)
    return redirect(url_for("workspace.meetings.show", meeting_id=meeting_id), 303)


def save(form: MeetingForm, meeting: Meeting) -> AnyResponse:
    """Store an edit, or first show whom it concerns; the form is valid."""
    if form.known_version != meeting.version:
        return conflict_page(form, meeting)
    text = form.to_text(meeting)
    ahead = meeting.state == MeetingState.PUBLISHED and text.ends_at > clock.now()
    concerned = ahead and bool(announced_changes(meeting, text))
    if concerned and request.form.get(ACT) not in (TELL, HOLD):
        try:
            page = _question(form, meeting, text)
        except (ModeInUse, NotPublishable) as refusal:
            return _refused(form, meeting.id, refusal)
        if page is not None:
            return page
    return _store(form, meeting.id, text, concerned=concerned)


def conflict_page(form: MeetingForm, meeting: Meeting) -> Response:
    """What was typed, beside what somebody else has saved meanwhile. Saving again goes over theirs."""
    found = differences(form, meeting, form.to_text(meeting), form.slots)
    form.version.data = str(meeting.version)
    return edit_page(form, meeting, conflict=found, status=HTTPStatus.CONFLICT)


def _question(
    form: MeetingForm, meeting: Meeting, text: meetings.MeetingText, *, stale: bool = False
) -> Response | None:
    """Before anything is stored: what changes for whom. None where it concerns nobody.

    The typed values travel along in hidden fields. Raises `ModeInUse`, `NotPublishable`.
    """
    keep = change_page.keeps_answers()
    preview = change_preview.of_edit(db.session(), meeting, text, keep_answers=keep)
    edit_meeting.check(db.session(), preview.after)
    if not preview.concerned and not stale:
        return None
    found = differences_of_news(preview) if meeting.untold else differences(form, meeting, text, form.slots)
    return change_page.question_page(
        Question(
            name="edit",
            meeting=meeting,
            preview=preview,
            differences=[one for one in found if one.announced],
            keep=keep,
            stale=stale,
        )
    )


def _store(form: MeetingForm, meeting_id: int, text: meetings.MeetingText, *, concerned: bool) -> AnyResponse:
    session, now = db.session(), clock.now()
    hold = change_page.asked(HOLD)
    previewed = concerned and change_page.asked(TELL)
    plan = Plan(
        hold=hold,
        keep_answers=change_page.keeps_answers(),
        seen=change_page.seen() if previewed else None,
    )
    begin_write(session)
    try:
        meeting, told = edit_meeting.edit(
            session,
            meeting_id,
            text,
            form.slots,
            version=form.known_version,
            now=now,
            actor=organiser(current_account().id),
            plan=plan,
        )
        untold = bool(meeting.untold)
        session.commit()
    except NotAsSeen:
        session.rollback()
        meeting = meeting_for(meeting_id, Permission.EDIT, programme=True)
        return _question(form, meeting, text, stale=True) or edit_page(form, meeting)
    except (Conflict, ModeInUse, NotPublishable) as refusal:
        session.rollback()
        return _refused(form, meeting_id, refusal)
    _say_saved(told, held=hold and untold)
    _warn(form)
    here = url_for("workspace.meetings.show", meeting_id=meeting_id)
    return redirect(after_telling(meeting_id) if told else here, 303)


def _say_saved(told: int, *, held: bool) -> None:
    if held:
        flash(
            _("The changes are saved. People do not know of them yet: tell them when you are ready."), "info"
        )
    elif told:
        flash(
            ngettext(
                "The changes are saved. %(num)d person is told about them.",
                "The changes are saved. %(num)d people are told about them.",
                told,
            ),
            "success",
        )
    else:
        flash(_("The changes are saved."), "success")


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
