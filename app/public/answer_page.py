"""The page with the three buttons: I will come, maybe, I cannot come."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, make_response, render_template, request

from app.base import clock
from app.base.db import begin_write
from app.domain.history import service as history
from app.domain.registration import answers, rules, seating
from app.domain.registration.models import Answer, Place
from app.extensions import db
from app.public.forms.answers import ANSWERS, answer_form
from app.public.register_page import mode_hints
from app.web.availability import availability

if TYPE_CHECKING:
    from datetime import date

    from app.domain.meetings.models import Meeting
    from app.domain.registration.models import Attendee
    from app.public.forms.answers import AnswerForm

HAS_A_PLACE = (Place.CONFIRMED, Place.WAITING)


@dataclass(frozen=True, slots=True)
class AnswerParts:
    """What the three buttons stand with.

    `buttons` are (value, words), the one that was asked for first; `hints` say how full each way to take part is;
    `queue` is the number that a newcomer would have where every seat is taken, else 0; `by` the last day to answer.
    """

    form: AnswerForm
    buttons: list[tuple[str, str]]
    hints: dict[str, str]
    queue: int
    by: date | None


def can_answer(attendee: Attendee) -> bool:
    """Whether an answer would be taken now: while one has a place or is invited, or after an own no."""
    meeting, now = attendee.meeting, clock.now()
    try:
        if attendee.is_live:
            rules.check_changeable(meeting, attendee, now=now)
        else:
            rules.check_undoable(meeting, attendee, now=now, by_organiser=False)
    except rules.ChangeRefused:
        return False
    return True


def answer_parts(attendee: Attendee, form: AnswerForm | None = None) -> AnswerParts:
    """The form as it was sent, or with what is stored; the seats are counted anew."""
    meeting = attendee.meeting
    form = form or answer_form(attendee)
    form.offer(rules.offered_modes(meeting))
    seats = availability(db.session(), meeting, now=clock.now())
    has_place = attendee.place in HAS_A_PLACE
    wants_seat = not has_place and attendee.place != Place.PENDING
    return AnswerParts(
        form=form,
        buttons=_buttons(str(form.answer.data or request.args.get("answer"))),
        hints=mode_hints(meeting, seats, own=attendee.mode if has_place else None),
        queue=seats.modes[0].waiting + 1 if wants_seat and seats.full and len(seats.modes) == 1 else 0,
        by=answer_by(meeting),
    )


def answer_page(attendee: Attendee, form: AnswerForm, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """The page with the form as it was sent, or with what is stored."""
    page = render_template(
        "public/personal/answer.html",
        attendee=attendee,
        meeting=attendee.meeting,
        ask=answer_parts(attendee, form),
        answerable=can_answer(attendee),
        position=seating.queue_position(db.session(), attendee),
    )
    return make_response(page, status)


def give_answer(attendee: Attendee, form: AnswerForm) -> str | None:
    """Answer and commit; gives the word of what was done, for the personal page. Raises as the verb does."""
    number, had_seat = attendee.id, attendee.place == Place.CONFIRMED
    begin_write(db.session())
    row = answers.answer(
        db.session(),
        number,
        form.said,
        note=form.note.data,
        mode=form.chosen,
        now=clock.now(),
        actor=history.ATTENDEE,
    )
    done = _done_word(row, had_seat=had_seat)
    db.session.commit()
    return done


def answer_by(meeting: Meeting) -> date | None:
    """The last day to answer; None when that is the start of the meeting."""
    return meeting.deadline if clock.now() <= rules.deadline_instant(meeting) else None


def _done_word(attendee: Attendee, *, had_seat: bool) -> str | None:
    """Nothing is said of a place that an organiser took away."""
    if attendee.place == Place.CANCELLED:
        return None
    return "freed" if had_seat and attendee.answer == Answer.NO else "answered"


def _buttons(first: str) -> list[tuple[str, str]]:
    found = [(answer.value, str(words)) for answer, words in ANSWERS]
    return sorted(found, key=lambda button: button[0] != first)
