"""The page with the registration form: what it says about seats, closing and waiting."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import clock
from app.domain.directory import queries as directory
from app.domain.meetings import queries as meetings
from app.domain.privacy.service import names_expire_on
from app.domain.questions.queries import asked_at
from app.domain.registration import option_places, rules
from app.domain.registration.models import Mode
from app.extensions import db, settings
from app.public.forms.registration import registration_form
from app.web.availability import availability

if TYPE_CHECKING:
    from app.domain.meetings.models import Meeting
    from app.public.forms.registration import RegistrationForm
    from app.web.availability import Availability, Left
    from app.web.limits import Allowance


def register_page(
    meeting: Meeting,
    form: RegistrationForm,
    seats: Availability | None = None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    wait: str = "",
) -> Response:
    """The page; `wait` is said above a form that was sent too soon after too many others."""
    session, now = db.session(), clock.now()
    seats = seats or availability(session, meeting, now=now)
    sent = request.method == "POST"
    page = render_template(
        "public/registration/register.html",
        meeting=meeting,
        form=form,
        seats=seats,
        hints=mode_hints(meeting, seats),
        position=min((left.waiting for left in seats.modes if left.full), default=0) + 1,
        short=_is_short(form, seats),
        most=rules.LARGEST_PARTY,
        sent=sent,
        refused=status == HTTPStatus.UNPROCESSABLE_ENTITY,
        wait=wait,
        follow_up=_follow_up(meeting) if seats.closed else None,
        organisations=directory.organisation_names(session) if sent or not seats.closed else [],
        kept_until=names_expire_on(meeting, settings().retention_months),
    )
    return make_response(page, status)


def form_for(meeting: Meeting, *, asks: bool, preferred: Mode | None = None) -> RegistrationForm:
    """The form with the meeting's ways to take part and, where it `asks` any, its questions."""
    questions = asked_at(db.session(), meeting) if asks else []
    left = option_places.left(db.session(), meeting.id, questions)
    return registration_form(rules.offered_modes(meeting), questions, left, preferred=preferred)


def preferred_mode(seats: Availability) -> Mode | None:
    """The first way is chosen beforehand while it has seats; else the person has to decide."""
    return None if seats.modes[0].full and len(seats.modes) > 1 else Mode(seats.modes[0].mode)


def mode_hints(meeting: Meeting, seats: Availability, *, own: str | None = None) -> dict[str, str]:
    """What to say below each way to take part; nothing below one's `own`."""
    return {left.mode: "" if left.mode == own else _mode_hint(meeting, left) for left in seats.modes}


def wait_words(allowance: Allowance) -> str:
    """How long to wait, in minutes, before sending again."""
    text: str = ngettext(
        "Many registrations come from your network right now. Wait %(num)d minute, then send again.",
        "Many registrations come from your network right now. Wait %(num)d minutes, then send again.",
        math.ceil(allowance.retry_after / 60),
    )
    return text


def _follow_up(meeting: Meeting) -> Meeting | None:
    """The next meeting that one can register for now or soon, of the same series if there is one."""
    now = clock.now()
    ahead = [
        one
        for one in meetings.upcoming(db.session(), now=now)
        if one.id != meeting.id and rules.closed_because(one, now=now) in (None, "not_open")
    ]
    same = (one for one in ahead if one.series_id == meeting.series_id)
    return next(same, ahead[0] if ahead else None)


def _mode_hint(meeting: Meeting, left: Left) -> str:
    if left.full and meeting.approval:
        text: str = _("Full. After the approval you would wait for a seat.")
    elif left.full:
        text = _("Full. You would be number %(position)d on the waiting list.", position=left.waiting + 1)
    elif left.free is None or left.shown is None or not meeting.show_places:
        text = ""
    elif left.exact:
        text = ngettext("%(num)d seat left", "%(num)d seats left", left.shown)
    else:
        text = ngettext("more than %(num)d seat left", "more than %(num)d seats left", left.shown)
    return text


def _is_short(form: RegistrationForm, seats: Availability) -> bool:
    """Whether some way to take part has fewer seats than there are people on the form."""
    people = len(form.people)
    return people > 1 and any(left.free is not None and left.free < people for left in seats.modes)
