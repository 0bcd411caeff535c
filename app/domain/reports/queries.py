"""Reads over several features: rows of the export, and all that is known about one person at a meeting."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.domain.accounts.models import Account
from app.domain.attendance.queries import arrivals
from app.domain.history.models import Entry
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Letter
from app.domain.questions.models import QuestionAnswer
from app.domain.questions.queries import every_of, given_by
from app.domain.registration import label_queries
from app.domain.registration import queries as registration
from app.domain.registration.models import Attendee
from app.domain.reports.rows import READ, AnswerColumns, Beside, attendee_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question
    from app.domain.registration.queries import ListView
    from app.domain.reports.rows import Asked, Cell, Words

ADDED = "attendee:add"
AT_A_TIME = 500


def export_rows(
    session: Session,
    meeting_id: int,
    view: ListView,
    words: Words,
    *,
    asked: Sequence[Asked] = (),
    needs: bool,
    labels: bool = False,
) -> Generator[list[Cell]]:
    """The rows of a view in its order, read a few hundred at a time while they are asked for."""
    answers = AnswerColumns(asked)
    beside = Beside(
        positions=registration.queue_positions(session, meeting_id),
        registrants=registrants(session, meeting_id),
        added=added_by_hand(session, meeting_id),
        substituted=substituted(session, meeting_id),
        arrivals=arrivals(session, meeting_id),
        answers=answers,
        labels=label_queries.by_attendee(session, meeting_id) if labels else None,
    )
    with closing(registration.stream_columns(session, meeting_id, view, READ)) as people:
        known = _with_answers(session, people, answers.said) if asked else people
        yield from attendee_rows(known, words, beside, needs=needs)


def _with_answers(
    session: Session, people: Iterator[Row[Any]], said: dict[int, Answers]
) -> Iterator[Row[Any]]:
    """The same people; while one is handed on, `said` holds their answers and those of the few around them."""
    while batch := list(islice(people, AT_A_TIME)):
        said.clear()
        said.update(given_by(session, [attendee.id for attendee in batch]))
        yield from batch


def known_questions(session: Session, meeting: Meeting) -> list[Question]:
    """The questions asked at a meeting now, and retired ones that somebody there answered, in their order."""
    every = every_of(session, meeting)
    retired = [one.id for one in every if one.retired_at is not None]
    answered = (
        select(QuestionAnswer.question_id)
        .join(Attendee, Attendee.id == QuestionAnswer.attendee_id)
        .where(Attendee.meeting_id == meeting.id, QuestionAnswer.question_id.in_(retired))
    )
    kept = set(session.scalars(answered.distinct())) if retired else set()
    return [one for one in every if one.retired_at is None or one.id in kept]


def registrants(session: Session, meeting_id: int) -> dict[int, str]:
    """Names of those who registered others too, by party."""
    other = aliased(Attendee)
    query = (
        select(Attendee.party_id, Attendee.name)
        .where(
            Attendee.meeting_id == meeting_id,
            Attendee.position == 0,
            Attendee.erased_at.is_(None),
            exists().where(other.party_id == Attendee.party_id, other.position > 0),
        )
        .order_by(Attendee.id)
    )
    return {party_id: name for party_id, name in session.execute(query) if party_id is not None}


def substituted(session: Session, meeting_id: int) -> dict[int, str]:
    """Names of those for whom somebody else comes, by attendee."""
    other = aliased(Attendee)
    query = select(Attendee.id, Attendee.name).where(
        Attendee.meeting_id == meeting_id,
        Attendee.erased_at.is_(None),
        exists().where(other.substitute_for_id == Attendee.id),
    )
    return dict(iter(session.execute(query)))  # a Result has keys() and would pass for a mapping


def added_by_hand(session: Session, meeting_id: int) -> set[int]:
    """The rows of people whom an organiser added, also after their address was corrected."""
    query = select(Entry.subject_id).where(Entry.meeting_id == meeting_id, Entry.act == ADDED)
    added = set(session.scalars(query))
    if added:
        moved = select(Attendee.id, Attendee.previous_id).where(
            Attendee.meeting_id == meeting_id, Attendee.previous_id.is_not(None)
        )
        for new, old in session.execute(moved.order_by(Attendee.id)):  # each correction after the one before
            if old in added:
                added.add(new)
    return added


def lineage(session: Session, attendee: Attendee) -> list[int]:
    """The ids of an attendee's row and of those that earlier addresses left behind, newest first."""
    found = [attendee.id]
    previous = attendee.previous_id
    while previous is not None:
        found.append(previous)
        previous = session.scalar(select(Attendee.previous_id).where(Attendee.id == previous))
    return found


def successor(session: Session, attendee_id: int) -> int | None:
    """The row that took over when the address was corrected."""
    return session.scalar(select(Attendee.id).where(Attendee.previous_id == attendee_id).limit(1))


def letters_of(session: Session, attendee_ids: Collection[int]) -> list[Letter]:
    """Letters to these rows of one person, newest first."""
    query = select(Letter).where(Letter.attendee_id.in_(attendee_ids)).order_by(Letter.id.desc())
    return list(session.scalars(query))


def history_of(session: Session, attendee_ids: Collection[int]) -> list[Entry]:
    """What happened to these rows of one person, newest first."""
    query = select(Entry).where(Entry.subject == "attendee", Entry.subject_id.in_(attendee_ids))
    return list(session.scalars(query.order_by(Entry.at.desc(), Entry.id.desc())))


def account_names(session: Session, account_ids: Iterable[int | None]) -> dict[int, str]:
    """Names of accounts, or their addresses where nobody typed a name."""
    wanted = {account_id for account_id in account_ids if account_id is not None}
    if not wanted:
        return {}
    query = select(Account.id, Account.name, Account.email).where(Account.id.in_(wanted))
    return {account_id: name or email for account_id, name, email in session.execute(query)}


def party_members(session: Session, attendee: Attendee) -> list[Attendee]:
    """The present rows of the others of the same party, in the order typed; erased people left it."""
    if attendee.party_id is None:
        return []
    query = select(Attendee).where(
        Attendee.party_id == attendee.party_id,
        Attendee.position != attendee.position,
        Attendee.erased_at.is_(None),
    )
    newest = {row.position: row for row in session.scalars(query.order_by(Attendee.id))}
    return [newest[position] for position in sorted(newest)]


def meeting_ids(session: Session, series_ids: Collection[int]) -> list[int]:
    """Meetings of these series; of all when none is named."""
    query = select(Meeting.id)
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    return list(session.scalars(query))
