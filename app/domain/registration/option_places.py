"""Places of options: counted, taken and given back behind the meeting's lock, together with the seats.

A place is taken by a confirmed attendee alone. Whoever waits, is pending or invited only wishes for an option;
with the seat the wish gets a place if one is left, else it stays and is marked. Whoever gives up the seat or
chooses otherwise frees the place at once (docs/decisions/0015).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, delete, func, insert, select, update

from app.domain.questions import files
from app.domain.questions.commands import NOTHING, Given
from app.domain.questions.models import FeedbackGiven, QuestionAnswer, QuestionOption
from app.domain.questions.rules import FileGone, OptionFull
from app.domain.registration.models import Attendee, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question

Taken: TypeAlias = Counter[int]  # how many places of each option are taken


def limits_of(questions: Iterable[Question]) -> dict[int, int]:
    """How many places each limited option has, also a retired one that people still hold."""
    return {
        option.id: option.places
        for question in questions
        for option in question.options
        if option.places is not None
    }


def taken(session: Session, meeting_id: int, option_ids: Collection[int]) -> Counter[int]:
    """How many places of these options are taken at one meeting."""
    if not option_ids:
        return Counter()
    query = _held().where(Attendee.meeting_id == meeting_id, QuestionAnswer.option_id.in_(option_ids))
    rows = session.execute(query.group_by(QuestionAnswer.option_id))
    return Counter({option_id: number for option_id, number in rows if option_id is not None})


def most_taken(session: Session, option_ids: Collection[int]) -> dict[int, int]:
    """How many places of these options are taken at the meeting where the most are."""
    query = _held().where(QuestionAnswer.option_id.in_(option_ids))
    found: Counter[int] = Counter()
    for option_id, number in session.execute(query.group_by(QuestionAnswer.option_id, Attendee.meeting_id)):
        found[option_id or 0] = max(found[option_id or 0], number)
    return dict(found)


def left(session: Session, meeting_id: int, questions: Iterable[Question]) -> dict[int, int]:
    """Places left of each limited option, by option."""
    limits = limits_of(questions)
    gone = taken(session, meeting_id, limits)
    return {option_id: max(0, places - gone[option_id]) for option_id, places in limits.items()}


def check_party(
    people: Sequence[Answers], places: Sequence[str], questions: Sequence[Question], gone: Counter[int]
) -> None:
    """Refuse a choice whose last place is gone, in the order typed; `places` are those of newcomers.

    Raises `OptionFull`. What is taken by the party itself counts, but only by those who get a seat.
    """
    limits, asked, now_gone = limits_of(questions), {one.id for one in questions}, gone.copy()
    for position, (answers, place) in enumerate(zip(people, places, strict=True)):
        for question_id, given in answers.items():
            for option_id in given.options if question_id in asked else ():
                if option_id in limits and now_gone[option_id] >= limits[option_id]:
                    raise OptionFull(question_id, option_id, position)
                now_gone[option_id] += place == Place.CONFIRMED


def first_full(
    answers: Answers, questions: Iterable[Question], limits: Mapping[int, int], gone: Taken
) -> OptionFull | None:
    """The first choice of one person whose last place is gone, as the refusal of it; None when all can be had."""
    for question in questions:
        for option_id in answers.get(question.id, NOTHING).options:
            if option_id in limits and gone[option_id] >= limits[option_id]:
                return OptionFull(question.id, option_id)
    return None


def store(
    session: Session,
    said: Iterable[tuple[Attendee, Answers]],
    questions: Sequence[Question],
    gone: Counter[int],
) -> None:
    """Write answers of people who had none, with the places that are left; `gone` counts what they take.

    What is said to a question that is asked no more is left out. Raises `FileGone` for a file that waits no longer.
    """
    limits, asked = limits_of(questions), {one.id for one in questions}
    rows, handed_over = [], []
    for attendee, answers in said:
        for question_id, given in answers.items():
            if question_id in asked:
                rows += _rows(attendee, question_id, given, limits, gone)
                handed_over += [(attendee, question_id, given.file)] if given.file else []
    if rows:
        session.execute(insert(QuestionAnswer), rows)
    for attendee, question_id, token in handed_over:
        if not files.claim(session, attendee.id, question_id, token):
            raise FileGone(question_id, attendee.position)


def replace(
    session: Session, attendee: Attendee, before: Answers, after: Answers, questions: Sequence[Question]
) -> bool:
    """Put other answers to `questions` in the place of those `before`; True when something changed.

    A place that one has stays; a wish that was in vain is tried once more. Raises `OptionFull` for a limited
    option that one did not choose before and that is full now, `FileGone` as `store` does.
    """
    changed = [one for one in questions if after.get(one.id, NOTHING) != before.get(one.id, NOTHING)]
    if changed:
        limits = limits_of(changed)
        gone = taken(session, attendee.meeting_id, limits)
        for one in changed:
            chosen_before = before.get(one.id, NOTHING).options
            for option_id in set(after.get(one.id, NOTHING).options) - set(chosen_before):
                if option_id in limits and gone[option_id] >= limits[option_id]:
                    raise OptionFull(one.id, option_id)
        forget(session, [attendee.id], [one.id for one in changed])
        gone = taken(session, attendee.meeting_id, limits)
        store(session, [(attendee, {one.id: after.get(one.id, NOTHING) for one in changed})], changed, gone)
    if any(given.without_place for given in before.values()):
        settle(session, attendee.meeting_id, [attendee])
    return bool(changed)


def forget(
    session: Session, attendee_ids: Collection[int], question_ids: Collection[int] | None = None
) -> None:
    """Take away what these attendees said, to these questions or to all, and then also that they gave feedback."""
    if not attendee_ids:
        return
    statement = delete(QuestionAnswer).where(QuestionAnswer.attendee_id.in_(attendee_ids))
    if question_ids is not None:
        statement = statement.where(QuestionAnswer.question_id.in_(question_ids))
    session.execute(statement.execution_options(synchronize_session=False))
    if question_ids is None:
        given = delete(FeedbackGiven).where(FeedbackGiven.attendee_id.in_(attendee_ids))
        session.execute(given.execution_options(synchronize_session=False))


def hand_over(
    session: Session, old_id: int, new_id: int, question_ids: Collection[int] | None = None
) -> None:
    """Let the row that takes over keep what was said, to these questions or to all, with the places and files."""
    moved = update(QuestionAnswer).where(QuestionAnswer.attendee_id == old_id).values(attendee_id=new_id)
    if question_ids is not None:
        moved = moved.where(QuestionAnswer.question_id.in_(question_ids))
    session.execute(moved.execution_options(synchronize_session=False))


def settle(session: Session, meeting_id: int, attendees: Collection[Attendee]) -> None:
    """Give the places of limited options to people who have just got a seat, as far as they are left.

    Whoever comes first in `attendees` is served first. One statement where nobody chose a limited option.
    """
    seated = [one.id for one in attendees if one.place == Place.CONFIRMED and one.id is not None]
    if not seated:
        return
    wishes = session.execute(
        select(QuestionAnswer.id, QuestionAnswer.attendee_id, QuestionOption.id, QuestionOption.places)
        .join(QuestionOption, QuestionOption.id == QuestionAnswer.option_id)
        .where(QuestionAnswer.attendee_id.in_(seated), QuestionOption.places.is_not(None))
        .order_by(QuestionAnswer.id)
    ).all()
    if not wishes:
        return
    in_turn = sorted(wishes, key=lambda wish: seated.index(wish[1]))
    _give(session, meeting_id, [(wish[0], wish[2], wish[3] or 0) for wish in in_turn])


def _give(session: Session, meeting_id: int, wishes: Sequence[tuple[int, int, int]]) -> None:
    """Wishes are (answer, option, its places), in their turn."""
    answer_ids = [one[0] for one in wishes]
    _mark(session, answer_ids, has_place=False)  # so that nobody counts before their turn
    gone = taken(session, meeting_id, {one[1] for one in wishes})
    served = []
    for answer_id, option_id, places in wishes:
        if gone[option_id] < places:
            gone[option_id] += 1
            served.append(answer_id)
    _mark(session, served, has_place=True)


def _mark(session: Session, answer_ids: Collection[int], *, has_place: bool) -> None:
    if answer_ids:
        marked = update(QuestionAnswer).where(QuestionAnswer.id.in_(answer_ids)).values(has_place=has_place)
        session.execute(marked.execution_options(synchronize_session=False))


def _rows(
    attendee: Attendee, question_id: int, given: Given, limits: dict[int, int], gone: Counter[int]
) -> list[dict[str, Any]]:
    base: dict[str, Any] = {
        "attendee_id": attendee.id,
        "question_id": question_id,
        "option_id": None,
        "text": given.text,
    }
    if given.text:
        return [base | {"has_place": False}]
    found = []
    for option_id in given.options:
        limit = limits.get(option_id)
        has_place = limit is None or (attendee.place == Place.CONFIRMED and gone[option_id] < limit)
        gone[option_id] += attendee.place == Place.CONFIRMED and has_place
        found.append(base | {"option_id": option_id, "has_place": has_place})
    return found


def _held() -> Select[int | None, int]:
    return (
        select(QuestionAnswer.option_id, func.count())
        .join(Attendee, Attendee.id == QuestionAnswer.attendee_id)
        .where(QuestionAnswer.has_place, Attendee.place == Place.CONFIRMED)
    )
