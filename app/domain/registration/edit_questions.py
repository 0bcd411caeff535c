"""Changing a question that people have answered, and answering it in somebody's stead.

The caller has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from app.domain.history import service as history
from app.domain.questions import queries, service
from app.domain.questions.models import QuestionAnswer
from app.domain.registration import handed_over, option_places, rules, seating

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.questions.commands import Answers, QuestionText
    from app.domain.questions.models import Question
    from app.domain.registration.models import Attendee


def change_question(
    session: Session, question_id: int, text: QuestionText, *, now: datetime, actor: Actor
) -> Question:
    """New texts, options and condition. No option gets fewer places than people have it.

    Where a limit falls, every wish for the option is fulfilled. Raises `QuestionRefused`, `NotFound`.
    """
    question = service.lock(session, question_id)
    taken = option_places.most_taken(session, [option.id for option in question.options])
    limited = {option.id for option in question.options if option.places is not None}
    service.change(session, question, text, taken=taken, now=now, actor=actor)
    unlimited = [option.id for option in question.options if option.places is None]
    if limited & set(unlimited):
        fulfilled = update(QuestionAnswer).where(QuestionAnswer.option_id.in_(unlimited))
        session.execute(fulfilled.values(has_place=True).execution_options(synchronize_session=False))
    return question


def fill_in(session: Session, attendee_id: int, answers: Answers, *, now: datetime, actor: Actor) -> Attendee:
    """An organiser says what an attendee would have, also after the deadline; no letter goes.

    Raises `OptionFull`, `FileGone`, `ChangeRefused` (`ended`: the person was erased), `NotFound`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if attendee.erased_at is not None:
        raise rules.ChangeRefused("ended")
    before = queries.given_by(session, [attendee.id]).get(attendee.id, {})
    asked = queries.asked_at(session, meeting)
    if option_places.replace(session, attendee, before, answers, asked):
        attendee.changed_at = now
        history.record(
            session, "attendee:fill_in", subject_id=attendee.id, meeting_id=meeting.id, actor=actor, now=now
        )
        handed_over.record(session, attendee, answers, now=now, actor=actor)
    return attendee
