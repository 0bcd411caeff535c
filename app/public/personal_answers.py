"""Questions of organisers behind the personal link: seen always, changed until the deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for

from app.base import clock
from app.domain.questions import queries
from app.domain.registration import option_places, rules
from app.domain.registration.models import Place
from app.extensions import db
from app.public.forms.personal import change_form
from app.web.question_answers import answer_lines, unanswered
from app.web.question_fields import blame

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.meetings.models import Meeting
    from app.domain.questions.rules import FileGone, OptionFull
    from app.domain.registration.models import Attendee
    from app.public.forms.personal import ChangeForm


def form_with_questions(attendee: Attendee) -> ChangeForm:
    """The form of a change, with the questions while they can be answered."""
    session, meeting = db.session(), attendee.meeting
    modes = rules.offered_modes(meeting)
    questions = queries.asked_at(session, meeting) if rules.may_say_else(meeting, now=clock.now()) else []
    if not questions:
        return change_form(attendee, modes)
    answers = queries.given_by(session, [attendee.id]).get(attendee.id, {})
    return change_form(
        attendee, modes, questions, answers, option_places.left(session, meeting.id, questions)
    )


def blame_question(form: ChangeForm, refusal: FileGone | OptionFull, meeting: Meeting) -> None:
    """Say at the question what has gone meanwhile."""
    blame(form, refusal, queries.asked_at(db.session(), meeting))


def file_href(attendee: Attendee) -> Callable[[int], str]:
    """Where one's own file is, by question."""
    return lambda question_id: url_for(
        "public.personal_files.show", token=attendee.token, question_id=question_id
    )


def said_parts(attendee: Attendee) -> dict[str, Any]:
    """What the personal page shows: the answers, and whether some are wanted."""
    session = db.session()
    every = queries.every_of(session, attendee.meeting)
    answers = queries.given_by(session, [attendee.id]).get(attendee.id, {}) if every else {}
    asked = [one for one in every if one.retired_at is None]
    open_now = rules.may_say_else(attendee.meeting, now=clock.now())
    return {
        "said": answer_lines(
            every, answers, has_seat=attendee.place == Place.CONFIRMED, href=file_href(attendee)
        ),
        "wanted": open_now and unanswered(asked, answers),
    }
