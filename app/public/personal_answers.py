"""Questions of organisers behind the personal link: seen always, changed until the deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.base import clock
from app.domain.questions import queries
from app.domain.registration import option_places, rules
from app.domain.registration.models import Place
from app.extensions import db
from app.public.forms.personal import change_form
from app.web.question_answers import answer_lines, unanswered
from app.web.question_fields import field_name, full_words

if TYPE_CHECKING:
    from app.domain.meetings.models import Meeting
    from app.domain.questions.rules import OptionFull
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


def blame_option(form: ChangeForm, full: OptionFull, meeting: Meeting) -> None:
    """Say at the question that the last place of an option has gone."""
    field = form[field_name(full.question_id)]
    field.errors = [*field.errors, full_words(queries.asked_at(db.session(), meeting), full.option_id)]


def said_parts(attendee: Attendee) -> dict[str, Any]:
    """What the personal page shows: the answers, and whether some are wanted."""
    session = db.session()
    every = queries.every_of(session, attendee.meeting)
    answers = queries.given_by(session, [attendee.id]).get(attendee.id, {}) if every else {}
    asked = [one for one in every if one.retired_at is None]
    open_now = rules.may_say_else(attendee.meeting, now=clock.now())
    return {
        "said": answer_lines(every, answers, has_seat=attendee.place == Place.CONFIRMED),
        "wanted": open_now and unanswered(asked, answers),
    }
