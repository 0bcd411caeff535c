"""Verbs on questions. Each locks the meetings concerned first, as registering does, so that no count is stale.

The caller has begun a write and commits. Changing a question that people answered is in
`registration/edit_questions.py`, which knows how many places are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.base.errors import NotFound
from app.domain.history import service as history
from app.domain.meetings import following
from app.domain.meetings import service as meetings
from app.domain.meetings.models import Meeting, Series
from app.domain.questions import queries, rules
from app.domain.questions.commands import Owner
from app.domain.questions.models import FeedbackForm, Purpose, Question, QuestionOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.questions.commands import NewQuestion, OptionText, QuestionText

COPIED = (
    *("purpose", "kind", "position", "label", "hint"),
    *("required", "sensitive", "condition_id", "condition_value"),
    *("file_kinds", "file_megabytes"),
)
RETIRE, RESTORE = "question:retire", "question:restore"


def add(session: Session, owner: Owner, command: NewQuestion, *, now: datetime, actor: Actor) -> Question:
    """A new question at the end. Raises `QuestionRefused`, `NotFound`."""
    lock_owner(session, owner)
    before = queries.of_owner(session, owner)
    if len(before) >= rules.MOST_QUESTIONS:
        raise rules.QuestionRefused("many")
    text = rules.fitting(command.text, owner.purpose)
    rules.check_text(command.kind, text, queries.earlier_than(session, owner))
    question = Question(
        series_id=owner.series_id,
        meeting_id=owner.meeting_id,
        purpose=owner.purpose,
        kind=command.kind,
        position=max((one.position for one in before), default=-1) + 1,
        created_at=now,
        options=[],
    )
    _write(question, text, answered=set(), now=now)
    session.add(question)
    session.flush()
    _record(session, "question:add", question, now=now, actor=actor)
    return question


def change(
    session: Session,
    question: Question,
    text: QuestionText,
    *,
    taken: Mapping[int, int],
    now: datetime,
    actor: Actor,
) -> Question:
    """New texts, options and condition of a locked question; `taken` are places by option, at any one meeting.

    An option that is left out goes, or is retired when somebody chose it. Raises `QuestionRefused`.
    """
    owner = queries.owner_of(question)
    text = rules.fitting(text, owner.purpose)
    rules.check_text(question.kind, text, queries.earlier_than(session, owner, question.id))
    rules.check_places(text.options, taken)
    kept = {str(one.id) for one in text.options if one.id is not None and not one.retired}
    lost = {str(option.id) for option in question.offered} - kept
    if lost and queries.has_dependents(session, question.id, lost):
        raise rules.QuestionRefused("depend")
    _write(question, text, answered=queries.chosen_options(session, question.id), now=now)
    session.flush()
    _record(session, "question:change", question, now=now, actor=actor)
    return question


def move(session: Session, question_id: int, to: int, *, now: datetime, actor: Actor) -> Question:
    """Put a question at the index `to` among those that its owner asks. Raises `QuestionRefused`, `NotFound`."""
    question = lock(session, question_id)
    every = queries.of_owner(session, queries.owner_of(question))
    asked = {one.id: one for one in every if one.retired_at is None}
    if question_id not in asked:
        raise NotFound
    order = rules.move(list(asked), question_id, to)
    if order == list(asked):
        return question
    ahead = queries.earlier_than(session, queries.owner_of(question), next(iter(asked)))
    rules.check_order([*ahead, *(asked[one] for one in order)])
    for position, one in enumerate([*order, *(one.id for one in every if one.id not in asked)]):
        session.get_one(Question, one).position = position
    _record(session, "question:move", question, now=now, actor=actor)
    return question


def retire(session: Session, question_id: int, *, now: datetime, actor: Actor) -> Question:
    """Ask a question no more; what was said stays. Raises `QuestionRefused` (`depend`), `NotFound`."""
    question = lock(session, question_id)
    if question.retired_at is not None:
        return question
    if queries.has_dependents(session, question.id):
        raise rules.QuestionRefused("depend")
    question.retired_at = now
    _record(session, RETIRE, question, now=now, actor=actor)
    return question


def restore(session: Session, question_id: int, *, now: datetime, actor: Actor) -> Question:
    """Ask a retired question again: at its old place, or at the end where that comes too early now.

    Raises `QuestionRefused` (`condition`: what it hung on is not asked any more; `many`), `NotFound`.
    """
    question = lock(session, question_id)
    if question.retired_at is None:
        return question
    owner = queries.owner_of(question)
    asked = [one for one in queries.of_owner(session, owner) if one.retired_at is None]
    if len(asked) >= rules.MOST_QUESTIONS:
        raise rules.QuestionRefused("many")
    if not _is_fulfillable(session, question):
        question.position = max((one.position for one in asked), default=-1) + 1
        session.flush()
        if not _is_fulfillable(session, question):
            raise rules.QuestionRefused("condition")
    question.retired_at = None
    _record(session, RESTORE, question, now=now, actor=actor)
    return question


def delete(session: Session, question_id: int, *, now: datetime, actor: Actor) -> None:
    """Throw a retired question away that nobody answered and on which none hangs, not even a retired one.

    Raises `QuestionRefused` (`answered`, `depend`), `NotFound`.
    """
    question = lock(session, question_id)
    if question.retired_at is None or queries.answer_counts(session, [question.id]):
        raise rules.QuestionRefused("answered")
    if queries.has_dependents(session, question.id, retired=True):
        raise rules.QuestionRefused("depend")
    _record(session, "question:delete", question, now=now, actor=actor)
    session.delete(question)


def duplicate_meeting(
    session: Session, meeting_id: int, *, now: datetime, actor: Actor, mail_domain: str
) -> Meeting:
    """A new draft with the same texts, programme, capacities and own questions; raises `NotFound`."""
    made = meetings.duplicate(session, meeting_id, now=now, actor=actor, mail_domain=mail_domain)
    copy(session, meeting_id, made.id, now=now)
    return made


def prepare_next(
    session: Session, meeting_id: int, *, now: datetime, actor: Actor, mail_domain: str
) -> Meeting:
    """A draft of the next date of the series, with the own questions of this meeting; raises `NotFound`."""
    made = following.prepare(session, meeting_id, now=now, actor=actor, mail_domain=mail_domain)
    copy(session, meeting_id, made.id, now=now)
    return made


def copy(session: Session, source_id: int, meeting_id: int, *, now: datetime) -> None:
    """Give a meeting the own questions of another one, those after it too; those of its series it has already."""
    copies: dict[int, Question] = {}
    options: dict[str, QuestionOption] = {}
    for purpose in Purpose:
        for old in queries.of_owner(session, Owner(meeting_id=source_id, purpose=purpose)):
            if old.retired_at is None:
                copies[old.id] = _copied(old, meeting_id, options, now=now)
                session.add(copies[old.id])
    if form := session.get(FeedbackForm, source_id):
        session.add(FeedbackForm(meeting_id=meeting_id, anonymous=form.anonymous, days=form.days, tally={}))
    session.flush()
    for old_id, new in copies.items():
        condition_id = session.get_one(Question, old_id).condition_id
        if condition_id in copies:
            new.condition_id = copies[condition_id].id
            if new.condition_value in options:
                new.condition_value = str(options[new.condition_value].id)


def lock(session: Session, question_id: int) -> Question:
    """A question, fresh, behind the lock of every meeting that asks it; raises `NotFound`."""
    found = session.execute(
        select(Question.series_id, Question.meeting_id).where(Question.id == question_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    lock_owner(session, Owner(series_id=found.series_id, meeting_id=found.meeting_id))
    session.expire_all()
    return queries.get_question(session, question_id)


def lock_owner(session: Session, owner: Owner) -> None:
    """Lock the meeting, or the series with all of its meetings; raises `NotFound`."""
    if owner.meeting_id is not None:
        which = Meeting.id == owner.meeting_id
    else:
        which = Meeting.series_id == owner.series_id
        series = select(Series.id).where(Series.id == owner.series_id).with_for_update()
        if session.scalar(series) is None:
            raise NotFound
    locked = session.scalars(select(Meeting.id).where(which).order_by(Meeting.id).with_for_update(of=Meeting))
    if not locked.all() and owner.meeting_id is not None:
        raise NotFound


def _is_fulfillable(session: Session, question: Question) -> bool:
    """Whether what it hangs on is asked before it and still offers the answer."""
    if question.condition_id is None:
        return True
    earlier = queries.earlier_than(session, queries.owner_of(question), question.id)
    found = next((one for one in earlier if one.id == question.condition_id), None)
    return found is not None and question.condition_value in rules.values_of(found)


def _write(question: Question, text: QuestionText, *, answered: set[int], now: datetime) -> None:
    question.label, question.hint = text.label, text.hint
    question.required, question.sensitive = text.required, text.sensitive
    question.condition_id = text.condition_id
    question.condition_value = text.condition_value if text.condition_id is not None else ""
    question.file_kinds, question.file_megabytes = ",".join(text.file_kinds), text.file_megabytes
    question.options = _options(question.options, text.options, answered, now=now)


def _options(
    before: Iterable[QuestionOption], typed: Iterable[OptionText], answered: set[int], *, now: datetime
) -> list[QuestionOption]:
    known = {option.id: option for option in before}
    found = []
    for position, one in enumerate(typed):
        option = known.pop(one.id or 0, None) or QuestionOption()
        if one.retired and option.id not in answered:
            continue
        option.position, option.label, option.places = position, one.label, one.places
        option.retired_at = (option.retired_at or now) if one.retired else None
        found.append(option)
    for option in known.values():  # left out
        if option.id in answered:
            option.position, option.retired_at = len(found), option.retired_at or now
            found.append(option)
    return found


def _copied(old: Question, meeting_id: int, options: dict[str, QuestionOption], *, now: datetime) -> Question:
    new = Question(
        meeting_id=meeting_id,
        created_at=now,
        **{name: getattr(old, name) for name in COPIED},
    )
    new.options = []
    for option in old.offered:
        copied = QuestionOption(position=option.position, label=option.label, places=option.places)
        options[str(option.id)] = copied
        new.options.append(copied)
    return new


def _record(session: Session, act: str, question: Question, *, now: datetime, actor: Actor) -> None:
    """Of a series question history knows no meeting."""
    history.record(
        session,
        act,
        subject_id=question.id,
        meeting_id=question.meeting_id,
        actor=actor,
        now=now,
    )
