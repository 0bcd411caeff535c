"""A letter to many on its way: letting it go, stopping it, what became of it for each person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission, may
from app.domain.broadcasts import queries, sending, service
from app.domain.broadcasts.models import BroadcastState, Purpose
from app.domain.broadcasts.rules import BroadcastRefused, languages_of, segment_of
from app.domain.outbox.models import State
from app.domain.reports.queries import account_names
from app.extensions import db, settings
from app.web.access import current_account, needs
from app.web.fields import page_number
from app.web.locale import language_name
from app.workspace import broadcast_words as words
from app.workspace import letter_words
from app.workspace.attendee_acts import actor
from app.workspace.broadcast_acts import act_on, broadcast_of, shares
from app.workspace.broadcast_edit import missing
from app.workspace.form_page import form_page
from app.workspace.forms.broadcasts import SendForm

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.broadcasts.models import Broadcast
    from app.domain.meetings.models import Meeting

blueprint = Blueprint(
    "broadcast_sending", __name__, url_prefix="/meetings/<int:meeting_id>/letters/<int:broadcast_id>"
)
MOST_NAMED = 50
ENDED = (State.SENT, State.FAILED, State.BOUNCED, State.SUPERSEDED)


@blueprint.route("/send", methods=["GET", "POST"])
@needs(Permission.EDIT)
def send(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """How many people get it, who is left out and why, and when it leaves. Letters cannot be called back."""
    meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    if broadcast.state != BroadcastState.DRAFT:
        return redirect(_address("show", meeting_id, broadcast_id), 303)
    if broadcast.deleted_at is not None or missing(broadcast):
        return redirect(
            url_for("workspace.broadcasts.edit", meeting_id=meeting_id, broadcast_id=broadcast_id), 303
        )
    form = SendForm()
    moment = form.moment(meeting.timezone) if form.validate_on_submit() else None
    if not form.is_submitted() or form.errors or not _is_same_number(form, broadcast):
        return _confirm(form, meeting, broadcast)
    session = db.session()
    begin_write(session)
    try:
        service.schedule(
            session,
            broadcast_id,
            at=moment,
            at_night=form.at_night.data,
            now=clock.now(),
            actor=actor(),
        )
        session.commit()
    except BroadcastRefused as refusal:
        session.rollback()
        form.form_errors.append(words.refusal_sentence(refusal))
        return _confirm(form, *broadcast_of(meeting_id, broadcast_id, Permission.EDIT))
    return redirect(_address("show", meeting_id, broadcast_id), 303)


@blueprint.get("/")
@needs(Permission.SEE_OUTBOX)
def show(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """How far it is, and what became of the letter to each person."""
    meeting, broadcast = broadcast_of(meeting_id, broadcast_id, Permission.SEE_OUTBOX)
    account = current_account()
    may_edit = may(account, Permission.EDIT, meeting.series_id)
    may_read = may(account, Permission.READ_LETTERS, meeting.series_id)
    if broadcast.state == BroadcastState.DRAFT and may_edit:
        return redirect(
            url_for("workspace.broadcasts.edit", meeting_id=meeting_id, broadcast_id=broadcast_id), 303
        )
    session = db.session()
    state = request.args.get("state", "")
    state = state if state in letter_words.TABS else ""
    counts = queries.counts(session, [broadcast.id])[broadcast.id]
    number = page_number(request.args.get("page"))
    markup = render_template(
        "workspace/broadcast_sending/show.html",
        meeting=meeting,
        broadcast=broadcast,
        state=state,
        counts=counts,
        total=sum(counts.values()),
        done=sum(counts[one] for one in ENDED),
        planned=_reach(broadcast).who if broadcast.state == BroadcastState.SCHEDULED else 0,
        tabs=_tabs(broadcast, counts, state),
        found=queries.results(session, broadcast.id, state=state or None, number=number),
        page_href=lambda page: _address("show", meeting_id, broadcast_id, state=state or None, page=page),
        states=words.STATES,
        subject_line=words.subject_line(broadcast, meeting) if may_read else "",
        stops=words.STOPS,
        whom=words.whom(segment_of(broadcast.segment)),
        purposes=words.PURPOSES,
        texts=[
            (code, language_name(code), broadcast.subject[code], broadcast.body[code])
            for code in languages_of(broadcast, settings().languages)
        ],
        files=queries.files_of(session, broadcast.id),
        author=account_names(session, [broadcast.author_id]).get(broadcast.author_id or 0, ""),
        is_moving=queries.unfinished(broadcast),
        may_edit=may_edit,
        may_read=may_read,
    )
    return make_response(markup)


@blueprint.post("/take-back")
@needs(Permission.EDIT)
def take_back(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Make it a draft again, before it starts."""
    return act_on(
        meeting_id,
        broadcast_id,
        service.take_back,
        _("It was not sent. It is a draft again."),
        url_for("workspace.broadcasts.edit", meeting_id=meeting_id, broadcast_id=broadcast_id),
    )


@blueprint.post("/stop")
@needs(Permission.EDIT)
def stop(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Send no more of it."""
    return act_on(meeting_id, broadcast_id, service.stop, _("Stopped. What has left cannot be called back."))


@blueprint.post("/go-on")
@needs(Permission.EDIT)
def go_on(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Send the rest: the undo of stopping."""
    return act_on(meeting_id, broadcast_id, service.go_on, _("The rest goes out now."))


@blueprint.post("/again")
@needs(Permission.EDIT)
def again(meeting_id: int, broadcast_id: int) -> AnyResponse:
    """Write once more: to one person, or to all whose letter failed."""
    named = request.form.get("letter", type=int)
    sent = 0

    def verb(session: Any, number: int, *, now: Any, actor: Any) -> None:
        nonlocal sent
        chosen = None if named is None else [named]
        sent = sending.send_again(session, number, chosen, now=now, actor=actor)

    def sentence() -> str:
        return str(ngettext("%(num)d letter is sent again.", "%(num)d letters are sent again.", sent))

    return act_on(meeting_id, broadcast_id, verb, sentence)


def _is_same_number(form: SendForm, broadcast: Broadcast) -> bool:
    """Whether as many people get it as the page said; else an error says how many do now."""
    number = _reach(broadcast).who
    if form.number.data == str(number):
        return True
    sentence = ngettext(
        "The list has changed: the letter goes to %(num)d person now.",
        "The list has changed: the letter goes to %(num)d people now.",
        number,
    )
    form.form_errors.append(str(sentence))
    return False


def _confirm(form: SendForm, meeting: Meeting, broadcast: Broadcast) -> Response:
    """The question, with the numbers of this moment."""
    session, reach = db.session(), _reach(broadcast)
    form.number.data = str(reach.who)
    languages = languages_of(broadcast, settings().languages)
    return form_page(
        "workspace/broadcast_sending/send.html",
        form,
        meeting=meeting,
        broadcast=broadcast,
        reach=reach,
        reasons=words.LEFT_OUT,
        when_hints=words.WHEN_HINTS,
        left_out=queries.left_out(session, broadcast, most=MOST_NAMED) if reach.left_out else {},
        most=MOST_NAMED,
        whom=words.whom(segment_of(broadcast.segment)),
        purpose=words.PURPOSES[Purpose(broadcast.purpose)],
        subjects=[(code, broadcast.subject[code]) for code in languages],
        shares=shares(broadcast),
        files=queries.files_of(session, broadcast.id),
    )


def _reach(broadcast: Broadcast) -> queries.Reach:
    segment = segment_of(broadcast.segment)
    return queries.reach(db.session(), broadcast.meeting_id, segment, broadcast.purpose)


def _tabs(broadcast: Broadcast, counts: dict[str, int], state: str) -> list[dict[str, object]]:
    every = [("", _("All"), sum(counts.values()))]
    texts = {**letter_words.TABS, State.SUPERSEDED: _("Not sent")}
    every += [(name, text, counts[name]) for name, text in texts.items() if counts[name]]
    return [
        {
            "href": _address("show", broadcast.meeting_id, broadcast.id, state=name or None),
            "label": text,
            "count": number,
            "current": state == name,
        }
        for name, text, number in every
    ]


def _address(view: str, meeting_id: int, broadcast_id: int, **more: Any) -> str:
    return url_for(
        f"workspace.broadcast_sending.{view}", meeting_id=meeting_id, broadcast_id=broadcast_id, **more
    )
