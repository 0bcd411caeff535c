"""Verbs of feedback: how it is asked for, and giving it. The caller has begun a write and commits.

Each locks the meeting first, as registering does, so that nobody answers twice and no count is stale.
"""

from __future__ import annotations

from secrets import SystemRandom
from typing import TYPE_CHECKING

from app.domain.feedback import queries, rules
from app.domain.feedback.rules import FeedbackRefused, Stage
from app.domain.history import service as history
from app.domain.questions import queries as questions_of
from app.domain.questions import service as questions
from app.domain.questions.commands import NewQuestion, Owner
from app.domain.questions.models import FeedbackForm, FeedbackGiven, Purpose
from app.domain.registration import option_places, seating

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.questions.commands import Answers, Given
    from app.domain.questions.models import Question
    from app.domain.registration.models import Attendee


def choose(
    session: Session, meeting_id: int, *, anonymous: bool, days: int, now: datetime, actor: Actor
) -> None:
    """How feedback is asked for. Raises `FeedbackRefused` (`answered`), and `NotFound`."""
    meeting = seating.lock_meeting(session, meeting_id)
    form = _stored_form(session, meeting)
    if anonymous != form.anonymous and queries.count_given(session, form):
        raise FeedbackRefused("answered")
    if (anonymous, days) == (form.anonymous, form.days):
        return
    if anonymous != form.anonymous:
        form.number = 0  # of people who were erased since
    form.anonymous, form.days = anonymous, days
    history.record(
        session, "feedback:change", subject_id=meeting_id, meeting_id=meeting_id, actor=actor, now=now
    )


def add_ready_made(
    session: Session, meeting_id: int, made: Iterable[NewQuestion], *, now: datetime, actor: Actor
) -> None:
    """Questions to begin with, where none is asked yet; else nothing. Raises `QuestionRefused`, `NotFound`."""
    seating.lock_meeting(session, meeting_id)
    if queries.asks(session, meeting_id):
        return
    owner = Owner(meeting_id=meeting_id, purpose=Purpose.FEEDBACK)
    for command in made:
        questions.add(session, owner, command, now=now, actor=actor)


def give(
    session: Session, attendee_id: int, answers: Answers, *, now: datetime, anonymous: bool | None = None
) -> None:
    """Keep what somebody says; with names also once more, until it closes. History notes neither who nor when.

    `anonymous` is what the person was told; nothing is kept in another way. What is asked no more is left out.
    Raises `FeedbackRefused`, and `NotFound`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    form, asked = _stored_form(session, meeting), queries.asked(session, meeting)
    stage = rules.stage_of(meeting, form, asks=bool(asked), now=now)
    if stage != Stage.OPEN:
        raise FeedbackRefused(stage)
    if anonymous is not None and anonymous != form.anonymous:
        raise FeedbackRefused("names")
    if not queries.is_invited(session, meeting, attendee.id):
        raise FeedbackRefused("not_asked")
    repeated = queries.has_given(session, attendee.id)
    if repeated and form.anonymous:
        raise FeedbackRefused("given")
    said = _still_offered(asked, answers)
    if not said:
        raise FeedbackRefused("nothing")
    if not repeated:
        session.add(FeedbackGiven(attendee_id=attendee.id))
        form.number += 1
    if form.anonymous:
        form.tally = rules.counted(form.tally, asked, said, SystemRandom().shuffle)
    else:
        _keep_with_name(session, attendee, said, asked)


def _keep_with_name(session: Session, attendee: Attendee, said: Answers, asked: Sequence[Question]) -> None:
    before = questions_of.given_by(session, [attendee.id]).get(attendee.id, {})
    option_places.replace(session, attendee, before, said, asked)


def _still_offered(asked: Iterable[Question], answers: Answers) -> Answers:
    """Answers to what is asked now, with the options that are on offer now."""
    found: dict[int, Given] = {}
    for one in asked:
        given, offered = answers.get(one.id), {option.id for option in one.offered}
        if given is not None and not given.is_empty and set(given.options) <= offered:
            found[one.id] = given
    return found


def _stored_form(session: Session, meeting: Meeting) -> FeedbackForm:
    """The row of the meeting, fresh behind its lock; a usual one where there was none."""
    form = session.get(FeedbackForm, meeting.id, populate_existing=True)
    if form is None:
        form = queries.usual_form(meeting.id)
        session.add(form)
        session.flush()
    return form
