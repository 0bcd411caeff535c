"""Reads of feedback: how it is asked for, of whom, and what was said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select

from app.domain.attendance.after import came, newest_mark
from app.domain.feedback import rules
from app.domain.meetings.models import Format, Meeting
from app.domain.questions import queries as questions_of
from app.domain.questions.models import (
    PEOPLE,
    TEXTS,
    VALUES,
    FeedbackForm,
    FeedbackGiven,
    Purpose,
    Question,
)
from app.domain.registration.models import Attendee, Mode, Place
from app.domain.registration.queries import on_list

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.questions.commands import Answers


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote; `name` and `attendee_id` only where names are kept."""

    words: str
    name: str = ""
    attendee_id: int | None = None


@dataclass(slots=True)
class Result:
    """What was said to one question: by how many people, how often each value was chosen, and the texts."""

    question: Question
    people: int = 0
    values: Counter[str] = field(default_factory=Counter)
    texts: list[Text] = field(default_factory=list)


def form_of(session: Session, meeting: Meeting) -> FeedbackForm:
    """How feedback is asked for at a meeting; the usual way, stored nowhere, until an organiser chose."""
    return session.get(FeedbackForm, meeting.id) or usual_form(meeting.id)


def usual_form(meeting_id: int) -> FeedbackForm:
    """Without names, for two weeks; belongs to no session."""
    return FeedbackForm(
        meeting_id=meeting_id, anonymous=True, days=rules.USUAL_DAYS, number=0, tally={}, emptied_at=None
    )


def asked(session: Session, meeting: Meeting) -> list[Question]:
    """The questions after the meeting, in their order."""
    return questions_of.asked_at(session, meeting, Purpose.FEEDBACK)


def asks(session: Session, meeting_id: int) -> bool:
    """Whether anything is asked after the meeting."""
    query = select(Question.id).where(
        Question.meeting_id == meeting_id, Question.purpose == Purpose.FEEDBACK, Question.retired_at.is_(None)
    )
    return session.scalar(query.limit(1)) is not None


def stage(session: Session, meeting: Meeting, *, now: datetime) -> rules.Stage:
    """How far the feedback of a meeting is."""
    is_asked = asks(session, meeting.id)
    return rules.stage_of(meeting, form_of(session, meeting), asks=is_asked, now=now)


def is_open(session: Session, meeting: Meeting, *, now: datetime) -> bool:
    """Whether feedback can be given now; no statement before the meeting has ended."""
    return now >= meeting.ends_at and stage(session, meeting, now=now) == rules.Stage.OPEN


def is_attendance_known(session: Session, meeting_id: int) -> bool:
    """Whether anybody at all was noted as present."""
    return bool(session.scalar(select(exists().where(*on_list(meeting_id), came()))))


def invited(session: Session, meeting: Meeting) -> list[ColumnElement[bool]]:
    """What is true of everybody who is asked: who came, and where nobody could note it, whoever had a seat.

    The door does not see who takes part online in a meeting that has a room.
    """
    seated = and_(Attendee.place == Place.CONFIRMED, newest_mark().is_(None))
    if is_attendance_known(session, meeting.id):
        unseen = Attendee.mode == Mode.ONLINE if meeting.format == Format.HYBRID else false()
        seated = and_(seated, unseen)
    return [*on_list(meeting.id), or_(came(), seated)]


def count_invited(session: Session, meeting: Meeting) -> int:
    """How many people are asked."""
    query = select(func.count()).select_from(Attendee).where(*invited(session, meeting))
    return session.scalar(query) or 0


def is_invited(session: Session, meeting: Meeting, attendee_id: int) -> bool:
    """Whether this person is asked."""
    query = select(Attendee.id).where(Attendee.id == attendee_id, *invited(session, meeting))
    return session.scalar(query) is not None


def has_given(session: Session, attendee_id: int) -> bool:
    """Whether this person has answered."""
    return session.get(FeedbackGiven, attendee_id) is not None


def count_given(session: Session, form: FeedbackForm) -> int:
    """How many people have answered; with names without those who were erased since."""
    if form.anonymous:
        return form.number
    query = select(func.count()).select_from(FeedbackGiven).join(Attendee)
    return session.scalar(query.where(Attendee.meeting_id == form.meeting_id)) or 0


def given_with_names(session: Session, meeting: Meeting) -> list[tuple[Attendee, Answers]]:
    """Who answered, by name, with what they said."""
    query = (
        select(Attendee)
        .join(FeedbackGiven, FeedbackGiven.attendee_id == Attendee.id)
        .where(*on_list(meeting.id))
        .order_by(Attendee.sort_key, Attendee.id)
    )
    people = list(session.scalars(query))
    said = questions_of.given_by(session, [one.id for one in people]) if people else {}
    return [(one, said.get(one.id, {})) for one in people]


def results(session: Session, meeting: Meeting, form: FeedbackForm) -> list[Result]:
    """What was said, by question in their order; nothing while there are too few answers without names.

    Retired questions come along where somebody answered them.
    """
    if not rules.is_shown(form):
        return []
    every = [Result(one) for one in questions_of.every_of(session, meeting, Purpose.FEEDBACK)]
    if form.anonymous:
        _fill_from_tally(every, form)
    else:
        _fill_with_names(every, given_with_names(session, meeting))
    return [one for one in every if one.people or one.question.retired_at is None]


def _fill_from_tally(every: list[Result], form: FeedbackForm) -> None:
    for one in every:
        found = form.tally.get(str(one.question.id), {})
        one.people = found.get(PEOPLE, 0)
        one.values.update(found.get(VALUES, {}))
        one.texts = [Text(words) for words in found.get(TEXTS, [])]


def _fill_with_names(every: list[Result], people: list[tuple[Attendee, Answers]]) -> None:
    for one in every:
        for attendee, answers in people:
            if (given := answers.get(one.question.id)) is None:
                continue
            one.people += 1
            chosen = rules.values_in(one.question, given)
            one.values.update(chosen)
            if not chosen:
                one.texts.append(Text(given.text, attendee.name, attendee.id))
