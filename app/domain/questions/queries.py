"""Reads of questions and of what was said to them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.base.errors import NotFound
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.questions.commands import Answers, Given, Owner
from app.domain.questions.models import (
    PEOPLE,
    VALUES,
    AnswerFile,
    FeedbackForm,
    Purpose,
    Question,
    QuestionAnswer,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.orm import Session

# Those of the series come first, then the meeting's own.
ORDER = (
    case((Question.meeting_id.is_(None), 0), else_=1),
    Question.position,
    Question.id,
)


def asked_at(session: Session, meeting: Meeting, purpose: Purpose = Purpose.REGISTRATION) -> list[Question]:
    """The questions on the form of a meeting, with their options, in their order; one statement."""
    asked = _of_meeting(meeting, purpose).where(Question.retired_at.is_(None))
    return list(session.scalars(asked).unique())


def get_published(session: Session, slug: str) -> tuple[Meeting, bool]:
    """A meeting that strangers may see, and whether it asks anything, in one statement; raises `NotFound`."""
    asks = exists().where(
        or_(Question.meeting_id == Meeting.id, Question.series_id == Meeting.series_id),
        Question.purpose == Purpose.REGISTRATION,
        Question.retired_at.is_(None),
    )
    query = select(Meeting, asks).where(Meeting.slug == slug, Meeting.state != MeetingState.DRAFT)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def every_of(session: Session, meeting: Meeting, purpose: Purpose = Purpose.REGISTRATION) -> list[Question]:
    """All that were ever asked at a meeting, the retired ones too, in their order."""
    return list(session.scalars(_of_meeting(meeting, purpose)).unique())


def of_owner(session: Session, owner: Owner) -> list[Question]:
    """All questions of a series or a meeting, the retired ones too, in their order."""
    return list(session.scalars(_loaded().where(_owned_by(owner))).unique())


def get_question(session: Session, question_id: int) -> Question:
    """One question with its options; raises `NotFound`."""
    query = select(Question).where(Question.id == question_id).options(selectinload(Question.options))
    question = session.scalar(query)
    if question is None:
        raise NotFound
    return question


def owner_of(question: Question) -> Owner:
    """Whose it is."""
    return Owner(
        series_id=question.series_id, meeting_id=question.meeting_id, purpose=Purpose(question.purpose)
    )


def earlier_than(session: Session, owner: Owner, question_id: int | None = None) -> list[Question]:
    """The questions asked before this one (before a new one at the end), of the series too."""
    found = []
    if owner.meeting_id is not None and owner.purpose == Purpose.REGISTRATION:
        series_id = session.get_one(Meeting, owner.meeting_id).series_id
        found = _asked(of_owner(session, Owner(series_id=series_id)))
    for one in of_owner(session, owner):
        if one.id == question_id:
            break
        found += _asked([one])
    return found


def has_dependents(
    session: Session, question_id: int, values: Collection[str] | None = None, *, retired: bool = False
) -> bool:
    """Whether another question that is asked (or `retired`) hangs on this one; with `values` on one of these."""
    query = exists().where(Question.condition_id == question_id)
    if not retired:
        query = query.where(Question.retired_at.is_(None))
    if values is not None:
        query = query.where(Question.condition_value.in_(values))
    return bool(session.scalar(select(query)))


def answer_counts(session: Session, question_ids: Collection[int]) -> dict[int, int]:
    """How many people answered each question, with their names or without."""
    query = (
        select(QuestionAnswer.question_id, func.count(QuestionAnswer.attendee_id.distinct()))
        .where(QuestionAnswer.question_id.in_(question_ids))
        .group_by(QuestionAnswer.question_id)
    )
    if not question_ids:
        return {}
    counts = dict(iter(session.execute(query)))
    tallies = _tallies(session, question_ids)
    return counts | {number: int(one[PEOPLE]) for number, one in tallies.items() if number not in counts}


def chosen_options(session: Session, question_id: int) -> set[int]:
    """Options of a question that somebody chose."""
    query = select(QuestionAnswer.option_id).where(
        QuestionAnswer.question_id == question_id, QuestionAnswer.option_id.is_not(None)
    )
    chosen = {option_id for option_id in session.scalars(query.distinct()) if option_id is not None}
    tally = _tallies(session, [question_id]).get(question_id, {})
    return chosen | {int(value) for value in tally.get(VALUES, {}) if value.isdecimal()}


def given_by(session: Session, attendee_ids: Collection[int]) -> dict[int, Answers]:
    """What these attendees said, by attendee and question; who said nothing is left out."""
    columns = (
        QuestionAnswer.attendee_id,
        QuestionAnswer.question_id,
        QuestionAnswer.option_id,
        QuestionAnswer.text,
        QuestionAnswer.has_place,
    )
    query = select(*columns).where(QuestionAnswer.attendee_id.in_(attendee_ids)).order_by(QuestionAnswer.id)
    return collect(session.execute(query))


def get_file(session: Session, attendee_id: int, question_id: int) -> AnswerFile:
    """The file that an attendee gave to a question; raises `NotFound`. Its content is read when it is asked for."""
    query = (
        select(AnswerFile)
        .join(QuestionAnswer, QuestionAnswer.id == AnswerFile.answer_id)
        .where(QuestionAnswer.attendee_id == attendee_id, QuestionAnswer.question_id == question_id)
    )
    found = session.scalar(query.limit(1))
    if found is None:
        raise NotFound
    return found


def collect(rows: Iterable[tuple[int, int, int | None, str, bool]]) -> dict[int, Answers]:
    """Rows (attendee, question, option, text, has a place) as answers by attendee."""
    found: dict[int, Answers] = defaultdict(dict)
    alike: dict[tuple[int | None, str, bool], Given] = {}  # many say the same, and a `Given` never changes
    for attendee_id, question_id, option_id, text, has_place in rows:
        said = found[attendee_id]
        given = alike.get((option_id, text, has_place))
        if given is None:
            options = () if option_id is None else (option_id,)
            given = Given(
                text="" if options else text, options=options, without_place=() if has_place else options
            )
            alike[option_id, text, has_place] = given
        before = said.get(question_id)
        said[question_id] = given if before is None or option_id is None else _both(before, given)
    return dict(found)


def _both(before: Given, further: Given) -> Given:
    """One answer of several options."""
    return Given(
        options=(*before.options, *further.options),
        without_place=(*before.without_place, *further.without_place),
    )


def _asked(questions: Iterable[Question]) -> list[Question]:
    return [one for one in questions if one.retired_at is None]


def _of_meeting(meeting: Meeting, purpose: Purpose) -> Select[Question]:
    return _loaded().where(
        or_(Question.meeting_id == meeting.id, Question.series_id == meeting.series_id),
        Question.purpose == purpose,
    )


def _tallies(session: Session, question_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What was said without names to these questions, by question; one statement."""
    asked = select(Question.meeting_id).where(
        Question.id.in_(question_ids), Question.purpose == Purpose.FEEDBACK
    )
    rows = session.scalars(select(FeedbackForm.tally).where(FeedbackForm.meeting_id.in_(asked)))
    return {
        int(number): one for tally in rows for number, one in tally.items() if int(number) in question_ids
    }


def _loaded() -> Select[Question]:
    """With their options in one statement; the rows have to be made unique."""
    return select(Question).options(joinedload(Question.options)).order_by(*ORDER)


def _owned_by(owner: Owner) -> ColumnElement[bool]:
    if owner.meeting_id is not None:
        return and_(Question.meeting_id == owner.meeting_id, Question.purpose == owner.purpose)
    return and_(Question.series_id == owner.series_id, Question.purpose == owner.purpose)
