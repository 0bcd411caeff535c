"""Meetings in the workspace: the list, one meeting, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import clock
from app.base.db import begin_write
from app.base.paging import Page, clamp_page
from app.domain.accounts.rules import Permission, may
from app.domain.history.queries import of_meeting
from app.domain.history.service import Actor, organiser
from app.domain.meetings import queries
from app.domain.meetings import service as meetings
from app.domain.meetings.models import MeetingState
from app.domain.meetings.rules import NotDeletable, NotPublishable, is_past, missing_for_publishing
from app.domain.privacy.register import DRAFTS_KEPT
from app.domain.questions.service import duplicate_meeting
from app.domain.registration import change_preview, changes
from app.domain.registration.label_queries import names_in
from app.domain.registration.queries import counts
from app.domain.registration.rules import ChangeRefused
from app.domain.reports.counts import of_meetings
from app.domain.reports.queries import account_names
from app.extensions import csrf, db, settings
from app.web.access import current_account, meeting_for, needs, visible_series_ids
from app.web.availability import availability
from app.web.fields import page_number
from app.web.locale import languages
from app.web.meeting_page import preview_page
from app.workspace import change_page, history_words
from app.workspace.change_page import Question, question_page
from app.workspace.changes import after_telling, news_of
from app.workspace.form_page import form_page
from app.workspace.forms.call_off import call_off_form
from app.workspace.forms.meetings import meeting_form
from app.workspace.meeting_autosave import AUTO, save_by_script
from app.workspace.meeting_edit import create, edit_page, offered, rebuilt, save
from app.workspace.meeting_words import CALL_OFF_REFUSED, RESTORE_REFUSED, missing_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting

blueprint = Blueprint("meetings", __name__, url_prefix="/meetings")
PAST_PER_PAGE = 20
LAST_ENTRIES = 8


@blueprint.get("/")
@needs(Permission.SEE_LIST)
def index() -> str:
    """Meetings ahead, drafts, and past ones, of the series that the account may see."""
    session, now, account = db.session(), clock.now(), current_account()
    every = queries.for_organisers(session, series_ids=visible_series_ids(account))
    deleted = queries.deleted_drafts(session, series_ids=visible_series_ids(account))
    drafts = [one for one in every if one.state == MeetingState.DRAFT]
    public = [one for one in every if one.state != MeetingState.DRAFT]
    ahead = sorted(
        (one for one in public if not is_past(one, now=now)), key=lambda one: (one.starts_at, one.id)
    )
    past = _past_page([one for one in public if is_past(one, now=now)])
    return render_template(
        "workspace/meetings/index.html",
        ahead=ahead,
        drafts=drafts,
        past=past,
        counts=of_meetings(session, [one.id for one in (*ahead, *drafts, *past.rows)]),
        deleted=deleted,
        just_deleted=next((one for one in deleted if str(one.id) == request.args.get("deleted")), None),
        kept_days=DRAFTS_KEPT.days,
        may_edit=may(account, Permission.EDIT),
    )


@blueprint.route("/new/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def new() -> AnyResponse:
    """A new draft."""
    form = meeting_form(offered(), series=request.args.get("series", ""))
    if not form.offered.series and not form.offered.names_series and request.method != "POST":
        return redirect(url_for("workspace.series.index"), 302)
    if not form.is_submitted() or rebuilt(form) or not form.validate():
        return edit_page(form)
    return create(form)


@blueprint.get("/<int:meeting_id>/")
@needs(Permission.SEE_LIST)
def show(meeting_id: int) -> str:
    """What the organiser needs ten minutes before: state, seats, and the way to everything else."""
    meeting = meeting_for(meeting_id, Permission.SEE_LIST)
    session, now, account = db.session(), clock.now(), current_account()
    entries = of_meeting(session, meeting.id, limit=LAST_ENTRIES)
    names, labels = (
        account_names(session, (entry.account_id for entry in entries)),
        names_in(session, entries),
    )
    return render_template(
        "workspace/meetings/show.html",
        meeting=meeting,
        seats=availability(session, meeting, now=now),
        people=counts(session, meeting.id),
        past=is_past(meeting, now=now),
        begun=now >= meeting.starts_at,
        missing=missing_words(missing_for_publishing(meeting)),
        entries=[
            (entry.at, history_words.sentence(entry, labels), history_words.actor(entry, names))
            for entry in entries
        ],
        public_links=_public_links(meeting),
        **news_of(meeting),
        may_edit=may(account, Permission.EDIT, meeting.series_id),
        may_export=may(account, Permission.EXPORT, meeting.series_id),
    )


@blueprint.route("/<int:meeting_id>/edit/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def edit(meeting_id: int) -> AnyResponse:
    """Texts, times, places. Where people are concerned, a page says how many before anything is stored."""
    meeting = meeting_for(meeting_id, Permission.EDIT, programme=True)
    form = meeting_form(offered(), meeting)
    if change_page.asked(AUTO):
        return save_by_script(form, meeting)
    if not form.is_submitted() or rebuilt(form) or not form.validate():
        return edit_page(form, meeting)
    return save(form, meeting)


# These two check their token by themselves: a page that was open for too long comes back filled in.
csrf.exempt(new)
csrf.exempt(edit)


@blueprint.get("/<int:meeting_id>/preview/<lang>/")
@needs(Permission.SEE_LIST)
def preview(meeting_id: int) -> str:
    """The page as people see it, in the language of the address; drafts too, however unfinished."""
    meeting = meeting_for(meeting_id, Permission.SEE_LIST, programme=True)
    return preview_page(meeting, availability(db.session(), meeting, now=clock.now()))


@blueprint.post("/<int:meeting_id>/publish/")
@needs(Permission.EDIT)
def publish(meeting_id: int) -> AnyResponse:
    """Show a draft to everybody."""
    try:
        _act(meeting_id, meetings.publish)
    except NotPublishable as refusal:
        for sentence in missing_words(refusal.missing):
            flash(sentence, "warning")
    else:
        flash(_("The meeting is published. People can find it and register."), "success")
    return _to(meeting_id)


@blueprint.post("/<int:meeting_id>/duplicate/")
@needs(Permission.EDIT)
def duplicate(meeting_id: int) -> AnyResponse:
    """A new draft with the same texts and programme."""
    copy_id = _act(meeting_id, duplicate_meeting, mail_domain=settings().mail_domain).id
    flash(_("This is the copy, as a draft. Set its day first."), "success")
    return redirect(url_for("workspace.meetings.edit", meeting_id=copy_id), 303)


@blueprint.post("/<int:meeting_id>/delete/")
@needs(Permission.EDIT)
def delete(meeting_id: int) -> AnyResponse:
    """Throw a draft away; the list, to which it leads, has the button that brings it back."""
    try:
        _act(meeting_id, meetings.delete_draft)
    except NotDeletable:
        flash(
            _("Only a draft that was never published can be deleted. Call the meeting off instead."),
            "warning",
        )
        return _to(meeting_id)
    return redirect(url_for("workspace.meetings.index", deleted=meeting_id), 303)


@blueprint.route("/<int:meeting_id>/call-off/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def call_off(meeting_id: int) -> AnyResponse:
    """Call a published meeting off: first the reason, then a page that shows the letters and whom they go to."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    if meeting.state != MeetingState.PUBLISHED:
        flash(str(CALL_OFF_REFUSED), "warning")
        return _to(meeting_id)
    form = call_off_form()
    if change_page.asked(change_page.BACK) or not form.validate_on_submit():
        told = changes.count_told(db.session(), meeting.id)
        return form_page("workspace/meetings/call_off.html", form, meeting=meeting, told=told)
    reason = dict(form.reason)
    preview = change_preview.of_call_off(db.session(), meeting, reason)
    question = Question(name="call_off", meeting=meeting, preview=preview)
    if not change_page.asked(change_page.TELL):
        return question_page(question)
    try:
        _act(meeting_id, changes.call_off, reason=reason, seen=change_page.seen())
    except changes.NotAsSeen:
        return question_page(replace(question, stale=True))
    except ChangeRefused:
        flash(str(CALL_OFF_REFUSED), "warning")
        return _to(meeting_id)
    flash(
        ngettext(
            "The meeting is called off. %(num)d person is told.",
            "The meeting is called off. %(num)d people are told.",
            preview.told,
        ),
        "success",
    )
    return redirect(after_telling(meeting_id), HTTPStatus.SEE_OTHER)


@blueprint.route("/<int:meeting_id>/restore/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def restore(meeting_id: int) -> AnyResponse:
    """Take calling off back; the page shows the letters and who gets the invite again."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    refusal = changes.why_not_restored(meeting, now=clock.now())
    if refusal is not None:
        flash(str(RESTORE_REFUSED[refusal]), "warning")
        return _to(meeting_id)
    preview = change_preview.of_restoring(db.session(), meeting)
    here = url_for("workspace.meetings.show", meeting_id=meeting_id)
    question = Question(name="restore", meeting=meeting, preview=preview, back=here)
    if not change_page.asked(change_page.TELL):
        return question_page(question)
    try:
        _act(meeting_id, changes.restore, seen=change_page.seen())
    except changes.NotAsSeen:
        return question_page(replace(question, stale=True))
    except ChangeRefused as late:  # a colleague was quicker, or the meeting has begun meanwhile
        flash(str(RESTORE_REFUSED[late.reason]), "warning")
        return _to(meeting_id)
    flash(
        ngettext(
            "The meeting takes place after all. %(num)d person is told.",
            "The meeting takes place after all. %(num)d people are told.",
            preview.told,
        ),
        "success",
    )
    return redirect(after_telling(meeting_id), HTTPStatus.SEE_OTHER)


def _act(meeting_id: int, verb: Callable[..., Any], **more: Any) -> Any:
    """One verb in one transaction; a refusal leaves nothing behind."""
    meeting_for(meeting_id, Permission.EDIT)
    session = db.session()
    begin_write(session)
    try:
        done = verb(session, meeting_id, now=clock.now(), actor=_actor(), **more)
        session.commit()
    except Exception:
        session.rollback()
        raise
    return done


def _past_page(past: list[Meeting]) -> Page[Meeting]:
    shown = clamp_page(page_number(request.args.get("page")), len(past), PAST_PER_PAGE)
    return Page(past[(shown - 1) * PAST_PER_PAGE : shown * PAST_PER_PAGE], shown, len(past), PAST_PER_PAGE)


def _public_links(meeting: Meeting) -> list[tuple[str, str, str]]:
    """(code, name, address) of the public page in each language."""
    return [
        (
            one.code,
            one.name,
            settings().base_url + url_for("public.meetings.show", lang=one.code, slug=meeting.slug),
        )
        for one in languages()
    ]


def _actor() -> Actor:
    return organiser(current_account().id)


def _to(meeting_id: int) -> AnyResponse:
    return redirect(url_for("workspace.meetings.show", meeting_id=meeting_id), HTTPStatus.SEE_OTHER)
