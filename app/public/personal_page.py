"""The page behind a personal link: the state in words, and why something cannot be done."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response, abort, make_response, render_template, request
from flask_babel import gettext as _

from app.base import clock
from app.domain.feedback import queries as feedback_of
from app.domain.meetings.models import MeetingState
from app.domain.meetings.rules import is_past
from app.domain.registration import feeds, queries, rules, seating
from app.domain.registration.models import Answer, Attendee, Mode, Place
from app.extensions import db
from app.public.answer_page import answer_by, answer_parts, can_answer
from app.public.personal_answers import said_parts
from app.web.form_key import new_form_key
from app.web.qr import qr_code, ticket_address

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

ASKING = frozenset({"invited", "moved", "asked", "maybe"})  # states that show the three buttons
ENDED_BY = {
    "substitute": "substituted",
    "release": "released",
    "approval": "not_approved",
    "move": "moved_on",
}


def open_link(token: str) -> Attendee:
    """The attendee of a link; raises `NotFound`. A link that a corrected address left behind is gone."""
    session = db.session()
    attendee = queries.get_by_token(session, token)
    if attendee.place == Place.CANCELLED and queries.is_replaced(session, attendee):
        abort(410)
    return attendee


def is_changeable(attendee: Attendee) -> bool:
    """Whether the place can still be changed or given up."""
    try:
        rules.check_changeable(attendee.meeting, attendee, now=clock.now())
    except rules.ChangeRefused:
        return False
    return True


def show_page(attendee: Attendee, status: HTTPStatus = HTTPStatus.OK, problem: str = "") -> Response:
    """The page, with the reason why an act was refused as its `problem`."""
    session, now, meeting = db.session(), clock.now(), attendee.meeting
    past, state = is_past(meeting, now=now), state_of(session, attendee)
    asks = can_answer(attendee) and (state in ASKING or (attendee.is_live and attendee.answer == Answer.NONE))
    online = attendee.place == Place.CONFIRMED and attendee.mode == Mode.ONLINE
    page = render_template(
        "public/personal/show.html",
        attendee=attendee,
        meeting=meeting,
        past=past,
        state=state,
        ask=answer_parts(attendee) if asks else None,
        changeable=is_changeable(attendee),
        feedback=_feedback(session, attendee, now=now),
        undoable=rules.may_undo(meeting, attendee, now=now),
        position=seating.queue_position(session, attendee),
        code=_code(attendee, past=past),
        online_url=meeting.online_url if online and not past and meeting.called_off_at is None else "",
        registered_by=queries.registered_by(attendee),
        instead_of=_instead_of(session, attendee),
        others=queries.companions(session, attendee),
        form_key=new_form_key(),
        done=request.args.get("done") if not problem else None,
        problem=problem,
        by=answer_by(meeting),
        closed=rules.closed_because(meeting, now=now),
        has_feed=attendee.email_key is not None and feeds.active(session, attendee.email_key) is not None,
        **said_parts(attendee),
    )
    return make_response(page, status)


def _code(attendee: Attendee, *, past: bool) -> str:
    """The code for the door, for who has a seat in the room of a meeting that is on; empty for others."""
    on = not past and attendee.meeting.state == MeetingState.PUBLISHED
    if not on or attendee.place != Place.CONFIRMED or attendee.mode != Mode.ROOM:
        return ""
    return qr_code(ticket_address(attendee.checkin_token), _("Your code for the door"))


def state_of(session: Session, attendee: Attendee) -> str:
    """The place in the words of the page: `moved` and `asked` have a seat and are to answer, `maybe` to decide."""
    if attendee.place == Place.CANCELLED:
        return ENDED_BY.get(queries.ended_by(session, attendee.id), "cancelled")
    if attendee.place != Place.CONFIRMED or attendee.meeting.state != MeetingState.PUBLISHED:
        return attendee.place
    if attendee.answer == Answer.NONE:
        return "moved" if queries.moved_since_listed(session, attendee) else "asked"
    return "maybe" if attendee.answer == Answer.MAYBE else "confirmed"


def form_page(template: str, attendee: Attendee, status: HTTPStatus = HTTPStatus.OK, **more: Any) -> Response:
    """Another page behind the link, about the same attendee and meeting."""
    page = render_template(
        template, attendee=attendee, meeting=attendee.meeting, form_key=new_form_key(), **more
    )
    return make_response(page, status)


def refusal_words(refusal: Exception) -> str:
    """Why an act was refused, and what to do."""
    words = {
        "past": _("The meeting has begun. The registration can no longer be changed."),
        "called_off": _("The meeting was called off. The registration can no longer be changed."),
        "ended": _("The registration was cancelled meanwhile. Nothing was changed."),
        "not_ended": _("There is nothing to undo."),
        "not_yours": _("The organiser cancelled this registration. Write to the contact below."),
        "deadline": _(
            "The time to change answers is over. Everything else is as it was. Write to the organiser."
        ),
        "substituted": _("Your colleague comes instead of you. To come as well, write to the contact below."),
    }
    if isinstance(refusal, rules.ChangeRefused):
        return str(words.get(refusal.reason, words["ended"]))
    if isinstance(refusal, rules.ModeNotOffered):
        return str(_("The way to take part has changed. Check the form and send it again."))
    return str(_("You have registered again meanwhile. Use the link in the newer letter."))


def _feedback(session: Session, attendee: Attendee, *, now: datetime) -> str:
    """What the person can do about feedback: give or change it; empty for nothing."""
    meeting = attendee.meeting
    if attendee.place != Place.CONFIRMED or not feedback_of.is_open(session, meeting, now=now):
        return ""
    if not feedback_of.is_invited(session, meeting, attendee.id):
        return ""
    if not feedback_of.has_given(session, attendee.id):
        return "give"
    return "" if feedback_of.form_of(session, meeting).anonymous else "change"


def _instead_of(session: Session, attendee: Attendee) -> str:
    """Whom this attendee stands in for, by name; empty for nobody, and for somebody who was erased."""
    if attendee.substitute_for_id is None:
        return ""
    return session.get_one(Attendee, attendee.substitute_for_id).name
