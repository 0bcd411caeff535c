"""What a change would tell to whom, before anything is stored.

It is made of the same `Telling`s as what is stored later (`changes.py`); `ChangePreview.seen` says what was shown,
so that nothing else is sent: `changes.Plan.seen` is compared under the lock.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.domain.directory.models import Contact
from app.domain.meetings import service as meetings
from app.domain.meetings.models import Meeting, MeetingState, Series
from app.domain.registration import letters, news, rules, telling
from app.domain.registration.models import LIVE, Answer, Attendee

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from app.domain.meetings.service import MeetingText
    from app.domain.outbox.service import NewLetter
    from app.domain.registration.telling import Telling

MOST_LETTERS = 12  # different letters that are shown; of each language at least one
MOST_NAMES = 50  # names of one list; the page of attendees has them all


@dataclass(frozen=True, slots=True)
class Group:
    """People whom one telling concerns alike. `letter` is false where they have no address."""

    telling: Telling
    place: str
    answer: str
    language: str
    letter: bool
    number: int
    bounced: int
    first_id: int
    ids: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One letter as it would be sent, and how many people get one like it."""

    telling: Telling
    place: str
    language: str
    number: int
    letter: NewLetter


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """Who would be told what. `after` is the meeting as it would be, in no session."""

    after: Meeting
    tellings: Sequence[Telling]
    groups: Sequence[Group]
    live: int
    seen: str

    @property
    def told(self) -> int:
        """How many letters would be written."""
        return sum(group.number for group in self.groups if group.letter)

    @property
    def concerned(self) -> int:
        """How many people the change concerns, with or without an address."""
        return sum(group.number for group in self.groups)

    @property
    def without_address(self) -> int:
        """How many it concerns of whom no address is known."""
        return sum(group.number for group in self.groups if not group.letter)

    @property
    def bounced(self) -> int:
        """How many would be written to although their address returned a letter before."""
        return sum(group.bounced for group in self.groups if group.letter)

    @property
    def unconcerned(self) -> int:
        """How many have, or wait for, a place and are told nothing: it concerns others, or they know already."""
        return self.live - self.concerned

    @property
    def moves(self) -> bool:
        """Whether the time moves for anybody, so that answers could be asked anew."""
        return any(news.moves(one.changed) for one in self.tellings)

    @property
    def changed(self) -> list[str]:
        """Names of the announced values that are new to anybody."""
        names = {name for one in self.tellings for name in one.changed}
        return [name for name in news.ANNOUNCED if name in names]


def of_edit(
    session: Session, meeting: Meeting, text: MeetingText, *, keep_answers: bool = False
) -> ChangePreview:
    """What saving `text` would tell, with all that was held back before."""
    after = _copy(meeting, revision=meeting.revision + 1)
    meetings.apply_text(after, text)
    after.series = session.get_one(Series, text.series_id)
    after.contact = session.get_one(Contact, text.contact_id) if text.contact_id is not None else None
    befores = [*news.held(meeting), news.snapshot(meeting)] if news.changed_since(after, meeting) else []
    return _of(session, after, news.tellings_of_change(after, befores, keep_answers=keep_answers))


def of_held(session: Session, meeting: Meeting, *, keep_answers: bool = False) -> ChangePreview:
    """What telling the held changes would tell."""
    tellings = news.tellings_of_change(meeting, news.held(meeting), keep_answers=keep_answers)
    return _of(session, meeting, tellings)


def of_call_off(session: Session, meeting: Meeting, reason: dict[str, str]) -> ChangePreview:
    """What calling off would tell."""
    after = _copy(
        meeting,
        revision=meeting.revision + 1,
        state=MeetingState.CALLED_OFF,
        called_off_reason=reason,
    )
    return _of(session, after, [news.telling_of_call_off(reason)])


def of_restoring(session: Session, meeting: Meeting) -> ChangePreview:
    """What restoring would tell."""
    after = _copy(meeting, revision=meeting.revision + 1, state=MeetingState.PUBLISHED)
    return _of(session, after, news.tellings_of_restoring(meeting))


def seen_by(session: Session, meeting: Meeting, tellings: Iterable[Telling]) -> str:
    """A short word for all that is told to whom: it is another one when anybody comes, goes or answers."""
    return _seen(meeting, [(one, _rows(session, meeting.id, one)) for one in tellings])


def samples(session: Session, preview: ChangePreview) -> list[Sample]:
    """The different letters, the most frequent first, each to somebody who would really get it."""
    chosen = _chosen(preview)
    query = select(*letters.RECIPIENT).where(Attendee.id.in_([group.first_id for group, _number in chosen]))
    rows: dict[int, Any] = {row.id: row for row in session.execute(query).all()}
    return [
        Sample(group.telling, group.place, group.language, number, letter)
        for group, number in chosen
        for letter in telling.letters_of(
            preview.after, group.telling, [_as_after(preview.after, group.telling, rows[group.first_id])]
        )
    ]


def names(session: Session, preview: ChangePreview, which: str) -> list[tuple[str, str]]:
    """Some (name, organisation), sorted: `told`, `without_address`, `bounced` or `unconcerned`."""
    meeting_id = preview.after.id
    anybody = or_(*(and_(*telling.whom(meeting_id, one)) for one in preview.tellings))
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "told": [anybody, Attendee.email.is_not(None)],
        "without_address": [anybody, Attendee.email.is_(None)],
        "bounced": [anybody, Attendee.email.is_not(None), Attendee.bounced_at.is_not(None)],
        "unconcerned": [Attendee.meeting_id == meeting_id, Attendee.place.in_(LIVE), ~anybody],
    }
    query = select(Attendee.name, Attendee.organisation_name).where(*conditions[which])
    rows = session.execute(query.order_by(Attendee.sort_key, Attendee.id).limit(MOST_NAMES))
    return [(row.name, row.organisation_name) for row in rows]


def _of(session: Session, after: Meeting, tellings: Sequence[Telling]) -> ChangePreview:
    found = [(one, _rows(session, after.id, one)) for one in tellings]
    live = session.scalar(select(func.count()).where(*telling.concerned(after.id))) or 0
    groups = [Group(one, *row) for one, rows in found for row in rows]
    return ChangePreview(after, tellings, groups, live, _seen(after, found))


def _rows(session: Session, meeting_id: int, one: Telling) -> Sequence[Any]:
    """One row for each group of people: one statement, however many people there are."""
    alike = (Attendee.place, Attendee.answer, Attendee.language, Attendee.email.is_not(None))
    query = select(
        *alike, func.count(), func.count(Attendee.bounced_at), func.min(Attendee.id), func.sum(Attendee.id)
    )
    return session.execute(
        query.where(*telling.whom(meeting_id, one)).group_by(*alike).order_by(*alike)
    ).all()


def _seen(meeting: Meeting, found: Iterable[tuple[Telling, Iterable[Any]]]) -> str:
    said = [
        (one.kind, one.changed, one.before, one.reason, [[str(value) for value in row] for row in rows])
        for one, rows in found
    ]
    whole = json.dumps([said, news.snapshot(meeting).values, meeting.revision], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def _chosen(preview: ChangePreview) -> list[tuple[Group, int]]:
    """A group for each different letter with the number of people; rare ones give way when there are very many."""
    alike: dict[tuple[int, str, str, str], tuple[Group, int]] = {}
    for group in preview.groups:
        if group.letter:
            # An answer shows in the letter only where it is kept.
            answer = "" if group.telling.asks_anew else group.answer
            key = (preview.tellings.index(group.telling), group.language, group.place, answer)
            first, number = alike.get(key, (group, 0))
            alike[key] = (first, number + group.number)
    ordered = sorted(alike.values(), key=lambda pair: -pair[1])
    languages = [group.language for group, _number in ordered]
    first_ones = sorted({languages.index(language) for language in languages})
    others = [index for index in range(len(ordered)) if index not in first_ones]
    return [ordered[index] for index in sorted([*first_ones, *others][:MOST_LETTERS])]


def _as_after(after: Meeting, one: Telling, row: Any) -> Attendee:
    """The person as they take part afterwards, in no session."""
    offered = rules.offered_modes(after)
    mode = row.mode if row.mode in offered else offered[0]
    answer = Answer.NONE if one.asks_anew else row.answer
    return Attendee(**{**row._asdict(), "mode": mode, "answer": answer})


def _copy(meeting: Meeting, **changes: Any) -> Meeting:
    values = {column.key: getattr(meeting, column.key) for column in Meeting.__table__.columns}
    copy = Meeting(**{**values, **changes})
    copy.series, copy.contact = meeting.series, meeting.contact
    return copy
