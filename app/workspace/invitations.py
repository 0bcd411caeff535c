"""Invitations of a meeting: who was invited and what they said, inviting many, and reminding the silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import clock
from app.base.people_lines import EMAIL, read_people, table_in
from app.base.tables import MOST_ROWS, as_text
from app.domain.accounts.rules import Permission, may
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import MeetingState
from app.domain.registration import invitations, queries, rules
from app.domain.registration.queries import ListView
from app.domain.reports.counts import of_meetings
from app.domain.reports.former import MOST, chosen_people, former_people
from app.domain.reports.names import surname_first
from app.extensions import csrf, db, settings
from app.web.access import current_account, meeting_for, needs, visible_series_ids
from app.web.fields import page_number, search_text
from app.web.hosts import takes_uploads
from app.web.locale import language_name
from app.workspace import attendee_words as words
from app.workspace import invitation_rows
from app.workspace.attendee_acts import act_on_many, selected
from app.workspace.form_page import form_page, switched
from app.workspace.forms.attendees import ActForm
from app.workspace.forms.invitations import COLUMNS, InviteForm, invite_form, mode_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.base.people_lines import Table
    from app.domain.meetings.models import Meeting
    from app.domain.registration.invitations import Invited
    from app.workspace.invitation_rows import Row

blueprint = Blueprint("invitations", __name__, url_prefix="/meetings/<int:meeting_id>/invitations")
ACT, INVITE, BACK = "act", "invite", "back"
MOST_SHOWN = 300
SAMPLE_ROWS = 5


@blueprint.get("/")
@needs(Permission.SEE_LIST)
def index(meeting_id: int) -> str:
    """Who was invited, when, and what they answered."""
    meeting = meeting_for(meeting_id, Permission.SEE_LIST)
    session, now = db.session(), clock.now()
    view = ListView(invited=True)
    found = queries.page(session, meeting.id, view, page_number(request.args.get("page")))
    counts = queries.invitation_counts(session, meeting.id)
    why_not = _why_not(meeting)
    return render_template(
        "workspace/invitations/index.html",
        meeting=meeting,
        found=found,
        counts=counts,
        answers=words.ANSWERS,
        sort_names={row.id: surname_first(row.name, row.sort_key) for row in found.rows},
        queue=queries.queue_positions(session, meeting.id),
        to_remind=invitations.count_to_remind(session, meeting, now=now)
        if counts["silent"] and not why_not
        else 0,
        why_not=why_not,
        page_href=lambda number: url_for("workspace.invitations.index", meeting_id=meeting.id, page=number),
        may_edit=may(current_account(), Permission.EDIT, meeting.series_id),
        may_see_needs=may(current_account(), Permission.SEE_NEEDS, meeting.series_id),
    )


@blueprint.route("/new/", methods=["GET", "POST"])
@needs(Permission.EDIT)
@takes_uploads
def new(meeting_id: int) -> AnyResponse:
    """Type, paste or upload people; a second page shows what each line comes to before anything is sent."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    if refused := _why_not(meeting):
        return _to_index(meeting.id, refused, "warning")
    form = invite_form(meeting)
    is_only_shown = not form.is_submitted() or switched() or request.form.get(ACT) == BACK
    if is_only_shown or not form.validate() or not form.take_people():
        return form_page("workspace/invitations/new.html", form, meeting=meeting)
    return _second_step(meeting, form)


# Checks its token by itself: a page that was open for too long comes back filled in.
csrf.exempt(new)


@blueprint.route("/former/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def former(meeting_id: int) -> AnyResponse:
    """Choose people of earlier meetings; whoever is ticked goes into the list of the invitation, to be looked at."""
    meeting = meeting_for(meeting_id, Permission.EDIT)
    if refused := _why_not(meeting):
        return _to_index(meeting.id, refused, "warning")
    earlier = _earlier(meeting)
    form = ActForm()
    if form.is_submitted() and form.validate() and selected():
        people = chosen_people(db.session(), [one.id for one in earlier], selected())
        fresh = invite_form(meeting)
        fresh.text.data = _as_list(people)
        fresh.mode.data = rules.offered_modes(meeting)[0].value
        return form_page("workspace/invitations/new.html", fresh, meeting=meeting)
    if form.is_submitted():
        form.form_errors.append(str(_("Select at least one person.")))
    return _former_page(meeting, earlier, form)


@blueprint.post("/remind")
@needs(Permission.EDIT)
def remind_silent(meeting_id: int) -> AnyResponse:
    """Write once more to everybody who was invited and has not answered."""
    meeting_for(meeting_id, Permission.EDIT)
    number = act_on_many(meeting_id, invitations.remind_silent, now=clock.now())
    if number is None:
        return _back(meeting_id)
    if not number:
        return _to_index(meeting_id, _("Everybody who is silent was reminded today already."), "info")
    sentence = ngettext("%(num)d person is reminded.", "%(num)d people are reminded.", number)
    return _to_index(meeting_id, sentence, "success")


def _second_step(meeting: Meeting, form: InviteForm) -> AnyResponse:
    """What the columns hold, where that is not sure; then what each line comes to; then the letters."""
    table = table_in(form.text.data)
    if table is not None and not form.columns and not table.is_sure:
        return _columns_page(meeting, form, table)
    if table is not None and form.columns and (problem := _wrong_columns(form.columns)):
        form.form_errors.append(problem)
        return _columns_page(meeting, form, table)
    entries = read_people(form.text.data, form.columns)
    if len(entries) > MOST_ROWS:
        sentence = _("These are more than %(limit)d people. Invite them in several steps.", limit=MOST_ROWS)
        form.text.errors = [*form.text.errors, sentence]
        return form_page("workspace/invitations/new.html", form, meeting=meeting)
    rows = invitation_rows.judged(db.session(), meeting.id, entries, mode_of(form))
    if request.form.get(ACT) == INVITE and invitation_rows.people_of(rows):
        return _invite(meeting.id, form, rows)
    return _preview(meeting, form, rows)


def _invite(meeting_id: int, form: InviteForm, rows: list[Row]) -> AnyResponse:
    command = form.to_invitation(invitation_rows.people_of(rows))
    done = act_on_many(
        meeting_id,
        invitations.invite,
        invitation=command,
        now=clock.now(),
        mail_domain=settings().mail_domain,
    )
    if done is None:
        return _back(meeting_id)
    return _to_index(meeting_id, _said_invited(done), "success" if done.attendees else "info")


def _said_invited(done: Invited) -> str:
    number = len(done.attendees)
    if not number:
        return str(_("Nobody was invited: all of them are on the list already."))
    text = ngettext(
        "%(num)d person is invited. The letter is on its way.",
        "%(num)d people are invited. Letters are on their way.",
        number,
    )
    if not done.known:
        return str(text)
    left = ngettext(
        "%(num)d person had come on the list meanwhile.",
        "%(num)d people had come on the list meanwhile.",
        done.known,
    )
    return f"{text} {left}"


def _preview(meeting: Meeting, form: InviteForm, rows: list[Row]) -> AnyResponse:
    by_state: dict[str, list[Row]] = {
        state: [row for row in rows if row.state == state]
        for state in (
            invitation_rows.NEW,
            invitation_rows.LISTED,
            invitation_rows.TWICE,
            invitation_rows.WRONG,
        )
    }
    return form_page(
        "workspace/invitations/preview.html",
        form,
        meeting=meeting,
        rows=by_state,
        most=MOST_SHOWN,
        modes=words.MODES if len(rules.offered_modes(meeting)) > 1 else {},
        language=language_name(form.language.data),
    )


def _columns_page(meeting: Meeting, form: InviteForm, table: Table) -> AnyResponse:
    return form_page(
        "workspace/invitations/columns.html",
        form,
        meeting=meeting,
        columns=COLUMNS,
        roles=form.columns or table.roles,
        samples=[cells for _number, cells in table.lines[:SAMPLE_ROWS]],
        number=len(table.lines),
    )


def _wrong_columns(columns: tuple[str, ...]) -> str:
    """What is the matter with the choice of columns; empty when nothing is."""
    chosen = [role for role in columns if role]
    if EMAIL not in chosen:
        return str(_("Say which column holds the e-mail address."))
    if len(chosen) != len(set(chosen)):
        return str(_("Use each meaning for one column only."))
    return ""


def _former_page(meeting: Meeting, earlier: list[Meeting], form: ActForm) -> AnyResponse:
    session = db.session()
    ids = {str(one.id): one.id for one in earlier}
    chosen = [ids[one] for one in dict.fromkeys(request.args.getlist("meeting")) if one in ids]
    kind = request.args.get("kind", "")
    kind = kind if kind in set(words.KINDS) else ""
    wanted = search_text(request.args.get("q"))
    found = former_people(session, chosen, kind=kind, organisations=wanted) if chosen else []
    return form_page(
        "workspace/invitations/former.html",
        form,
        meeting=meeting,
        earlier=earlier,
        counts=of_meetings(session, [one.id for one in earlier]),
        chosen=chosen,
        kind=kind,
        kinds=words.KINDS,
        wanted=wanted,
        found=found,
        most=MOST,
        selected=set(selected()) if form.is_submitted() else {one.attendee_id for one in found},
    )


def _earlier(meeting: Meeting) -> list[Meeting]:
    """Meetings with people, of the series that the account may see, newest first."""
    every = meetings.for_organisers(db.session(), series_ids=visible_series_ids(current_account()))
    return [one for one in every if one.id != meeting.id and one.state != MeetingState.DRAFT]


def _as_list(people: Any) -> str:
    """Former people as the list that one could have pasted, with headings in the language of the page."""
    names = [str(words.HEADINGS[name]) for name in ("name", "email", "organisation", "kind")]
    rows = [
        [one.name, one.email, one.organisation, str(words.KINDS.get(one.kind, one.kind or ""))]
        for one in people
    ]
    return as_text([names, *rows])


def _why_not(meeting: Meeting) -> str:
    """Why nobody can be invited now; empty when one can."""
    if meeting.state == MeetingState.DRAFT:
        return str(_("Publish the meeting first: the letter would lead to a page that is not there."))
    try:
        rules.check_ahead(meeting, now=clock.now())
    except rules.ChangeRefused as refusal:
        return words.refusal_sentence(refusal)
    return ""


def _to_index(meeting_id: int, sentence: str, kind: str) -> AnyResponse:
    flash(sentence, kind)
    return _back(meeting_id)


def _back(meeting_id: int) -> AnyResponse:
    return redirect(url_for("workspace.invitations.index", meeting_id=meeting_id), 303)
