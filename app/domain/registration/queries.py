"""Reads of attendees: by personal link, by submission, and the organiser's list."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import aliased, joinedload

from app.base.errors import NotFound
from app.base.paging import PER_PAGE, Page, clamp_page
from app.base.text import like
from app.domain.history.models import Entry
from app.domain.questions.models import QuestionAnswer
from app.domain.registration.models import LIVE, Answer, Attendee, AttendeeLabel, Mode, Party, Place
from app.domain.registration.rules import TIMES, seats_of

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from app.domain.meetings.models import Meeting
    from app.domain.registration.rules import Seats

Rows = TypeVar("Rows", bound=Select[Any])
NO_LABEL = "none"  # as a filter: whoever has no label

HAS_FILE, NO_FILE = "file", "none"
SORTS: dict[str, tuple[ColumnElement[Any] | Any, ...]] = {
    "name": (Attendee.sort_key, Attendee.id),
    "organisation": (Attendee.organisation_sort_key, Attendee.sort_key, Attendee.id),
    "place": (Attendee.place, Attendee.queue_number, Attendee.sort_key, Attendee.id),
    "registered": (Attendee.registered_at, Attendee.id),
    "answer": (
        case({Answer.YES: 0, Answer.MAYBE: 1, Answer.NONE: 2}, value=Attendee.answer, else_=3),
        Attendee.sort_key,
        Attendee.id,
    ),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """Which attendees a tab of the list holds: those with one of these places, perhaps with this answer only."""

    places: tuple[Place, ...]
    answer: Answer | None = None

    def holds(self, place: str, answer: str) -> bool:
        """Whether somebody with this place and answer is in it."""
        return place in self.places and self.answer in (None, answer)


TABS = {
    "all": Tab(tuple(Place)),
    "confirmed": Tab((Place.CONFIRMED,)),
    "maybe": Tab((Place.CONFIRMED,), Answer.MAYBE),
    "waiting": Tab((Place.WAITING,)),
    "pending": Tab((Place.PENDING,)),
    "invited": Tab((Place.INVITED,)),
    "declined": Tab((Place.DECLINED,)),
    "cancelled": Tab((Place.CANCELLED,)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """What the organiser's list shows: the same for the screen and for "same as on the screen" downloads.

    `said` is `<question>:<option, yes or no, file or none>`: only who gave this answer to a question. `columns` are
    questions whose answers have a column on the screen, `shown` the names of the other columns, empty for the
    usual ones. Of those without an `answer` (`none`) only who still has,
    or waits for, a place counts. `label`: the id of one, or `none` for who has no label. `bounced`: only whose
    address takes no mail; `invited`: only who was invited by an organiser. `people`: only these, who were ticked;
    it stands in no address.
    """

    tab: str = "all"
    search: str = ""
    kind: str = ""
    mode: str = ""
    answer: str = ""
    said: str = ""
    columns: tuple[int, ...] = ()
    shown: tuple[str, ...] = ()
    label: str = ""
    bounced: bool = False
    invited: bool = False
    people: tuple[int, ...] = ()
    sort: str = "name"
    descending: bool = False


def get_by_token(session: Session, token: str) -> Attendee:
    """The attendee of a personal link, with meeting and party; raises `NotFound`.

    The look-up goes through a unique index over 128 random bits.
    """
    query = (
        select(Attendee)
        .where(Attendee.token == token, Attendee.erased_at.is_(None))
        .options(joinedload(Attendee.meeting), joinedload(Attendee.party))
    )
    attendee = session.scalar(query)
    if attendee is None:
        raise NotFound
    return attendee


def get_attendee(session: Session, attendee_id: int) -> Attendee:
    """One attendee with meeting and party; raises `NotFound`."""
    query = select(Attendee).where(Attendee.id == attendee_id)
    attendee = session.scalar(query.options(joinedload(Attendee.meeting), joinedload(Attendee.party)))
    if attendee is None:
        raise NotFound
    return attendee


def get_party(session: Session, token: str) -> Party:
    """A submission by the token of its done page; raises `NotFound`."""
    party = session.scalar(select(Party).where(Party.token == token))
    if party is None:
        raise NotFound
    return party


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody whom an attendee registered: the name as typed, and the present place; they see no more.

    `place` is `substituted` where a colleague comes instead.
    """

    position: int
    name: str
    place: str

    @property
    def is_live(self) -> bool:
        """Whether the person still has, or waits for, a place."""
        return self.place in LIVE


def companions(session: Session, registrant: Attendee) -> list[Companion]:
    """The others whom this attendee registered, in the order typed.

    Whoever had been registered before has no row in the party and keeps the place of a newcomer here, so that
    the list does not tell. `registrant` is loaded with its party.
    """
    if registrant.party is None or registrant.position != 0:
        return []
    query = select(Attendee).where(Attendee.party_id == registrant.party.id)
    rows = session.scalars(query.order_by(Attendee.id))
    present = {row.position: _place_shown(session, row) for row in rows if row.position}
    return [
        Companion(position, typed["name"], present.get(position) or _place_typed(typed))
        for position, typed in enumerate(registrant.party.typed.get("people", []))
        if position and typed
    ]


def _place_shown(session: Session, attendee: Attendee) -> str:
    ended = attendee.place == Place.CANCELLED and ended_by(session, attendee.id) == "substitute"
    return "substituted" if ended else attendee.place


def _place_typed(typed: dict[str, Any]) -> str:
    return Place.DECLINED if typed.get("cancelled") else str(typed["place"])


def registered_by(attendee: Attendee) -> str:
    """The name, as typed, of who registered this attendee along; empty for whoever came alone or first."""
    people = attendee.party.typed.get("people", []) if attendee.party and attendee.position else []
    return people[0]["name"] if people and people[0] else ""


def is_replaced(session: Session, attendee: Attendee) -> bool:
    """Whether a corrected address took this row's place; its link is nobody's any more."""
    return bool(session.scalar(select(exists().where(Attendee.previous_id == attendee.id))))


def ended_by(session: Session, attendee_id: int) -> str:
    """By what a place ended last: `substitute`, `release`, `approval`, `reply`; empty for any other cancel."""
    query = select(Entry.details).where(
        Entry.subject == "attendee", Entry.subject_id == attendee_id, Entry.act == "attendee:cancel"
    )
    details = session.scalar(query.order_by(Entry.id.desc()).limit(1))
    return str((details or {}).get("by", ""))


def moved_since_listed(session: Session, attendee: Attendee) -> bool:
    """Whether people were told of another time of the meeting after this attendee came on the list."""
    listed = select(func.min(Entry.id)).where(Entry.subject == "attendee", Entry.subject_id == attendee.id)
    told = select(Entry.details).where(
        Entry.meeting_id == attendee.meeting_id,
        Entry.act == "meeting:reschedule",
        Entry.id > listed.scalar_subquery(),
    )
    return any(set(TIMES) & set(details.get("changed", ())) for details in session.scalars(told))


def counts(session: Session, meeting_id: int) -> dict[str, int]:
    """How many attendees each tab of the list holds; `unanswered` of those who come, `bounced` of all.

    `maybe:<mode>` are those of `maybe` by the way they take part.
    """
    query = (
        select(Attendee.place, Attendee.answer, func.count(), func.count(Attendee.bounced_at), Attendee.mode)
        .where(Attendee.meeting_id == meeting_id, visible())
        .group_by(Attendee.place, Attendee.answer, Attendee.mode)
    )
    return _by_tab(session.execute(query).all())


def counts_and_seats(session: Session, meeting: Meeting) -> tuple[dict[str, int], Seats]:
    """`counts`, and the seats as `seating.count_seats` gives them, in one statement."""
    people = (
        select(
            Attendee.place,
            Attendee.answer,
            Attendee.bounced_at,
            Attendee.mode,
            Attendee.queue_number,
            visible().label("is_shown"),
        )
        .where(Attendee.meeting_id == meeting.id)
        .subquery()
        .c
    )
    query = select(
        people.place,
        people.answer,
        func.count(),
        func.count(people.bounced_at),
        people.mode,
        people.is_shown,
        func.min(people.queue_number),
        func.max(people.queue_number),
    ).group_by(people.place, people.answer, people.mode, people.is_shown)
    rows = session.execute(query).all()
    seats = seats_of(meeting, ((row[0], row[4], row[2], row[6], row[7]) for row in rows))
    return _by_tab([row[:5] for row in rows if row.is_shown]), seats


def _by_tab(rows: Sequence[Any]) -> dict[str, int]:
    """Rows are (place, answer, how many, how many of them bounced, mode)."""
    found = {
        name: sum(number for place, answer, number, _bounced, _mode in rows if tab.holds(place, answer))
        for name, tab in TABS.items()
    }
    coming_silent = Tab((Place.CONFIRMED,), Answer.NONE)
    found["unanswered"] = sum(row[2] for row in rows if coming_silent.holds(row[0], row[1]))
    for mode in Mode:
        found[f"maybe:{mode}"] = sum(
            row[2] for row in rows if row[4] == mode and TABS["maybe"].holds(row[0], row[1])
        )
    found["bounced"] = sum(row[3] for row in rows)
    return found


def invitation_counts(session: Session, meeting_id: int) -> dict[str, int]:
    """What became of the invitations: `invited` in all, `yes`, `maybe`, `no`, `silent`, `withdrawn`."""
    query = (
        select(Attendee.place, Attendee.answer, func.count())
        .where(Attendee.meeting_id == meeting_id, Attendee.invited_at.is_not(None), visible())
        .group_by(Attendee.place, Attendee.answer)
    )
    found = dict.fromkeys(("invited", "yes", "maybe", "no", "silent", "withdrawn"), 0)
    for place, answer, number in session.execute(query):
        silent = "silent" if answer == Answer.NONE else answer
        found["withdrawn" if place == Place.CANCELLED else silent] += number
        found["invited"] += number
    return found


def page(session: Session, meeting_id: int, view: ListView, number: int) -> Page[Attendee]:
    """One page of the list, with how many there are, in one statement; a page behind the last is the last."""
    conditions = _conditions(meeting_id, view)
    total = select(func.count()).select_from(Attendee).where(*conditions).scalar_subquery()
    query = _ordered(select(Attendee, total).where(*conditions), view).limit(PER_PAGE)
    number = max(1, number)
    found = session.execute(query.offset((number - 1) * PER_PAGE)).all()
    if not found and number > 1:
        number = clamp_page(number, count(session, meeting_id, view))
        found = session.execute(query.offset((number - 1) * PER_PAGE)).all()
    return Page([row[0] for row in found], number, found[0][1] if found else 0)


def count(session: Session, meeting_id: int, view: ListView) -> int:
    """How many attendees a view holds."""
    return (
        session.scalar(select(func.count()).select_from(Attendee).where(*_conditions(meeting_id, view))) or 0
    )


def ids(session: Session, meeting_id: int, view: ListView) -> list[int]:
    """Everybody whom a view holds."""
    return list(session.scalars(chosen(meeting_id, view)))


def chosen(meeting_id: int, view: ListView) -> Select[int]:
    """The ids of everybody whom a view holds, as a part of another statement."""
    return select(Attendee.id).where(*_conditions(meeting_id, view))


def places_of(session: Session, attendee_ids: Collection[int]) -> tuple[str, ...]:
    """The places that these people have, each once, in the order of the tabs."""
    found = set(session.scalars(select(Attendee.place).where(Attendee.id.in_(attendee_ids)).distinct()))
    return tuple(place for place in Place if place in found)


def stream(session: Session, meeting_id: int, view: ListView) -> Generator[Attendee]:
    """All attendees of a view in its order, a few hundred at a time. Closing it ends the reading at once."""
    query = _ordered(select(Attendee).where(*_conditions(meeting_id, view)), view)
    with closing(session.scalars(query.execution_options(yield_per=500))) as rows:
        yield from rows


def stream_columns(
    session: Session, meeting_id: int, view: ListView, columns: Collection[str]
) -> Generator[Row[Any]]:
    """The same, only these columns: rows whose values are called as those of an attendee, at half the cost."""
    wanted = [getattr(Attendee, name) for name in columns]
    query = _ordered(select(*wanted).where(*_conditions(meeting_id, view)), view)
    with closing(session.execute(query.execution_options(yield_per=500))) as rows:
        yield from rows


def queue_positions(session: Session, meeting_id: int) -> dict[int, int]:
    """Position in the queue (from 1, per mode) of each who waits."""
    return {row.id: row.place_in_queue for row in session.execute(waiting_places(meeting_id))}


def waiting_places(meeting_id: int) -> Select[tuple[int, int]]:
    """Who waits, and at which position in the queue, as `id` and `place_in_queue`."""
    position = func.row_number().over(partition_by=Attendee.mode, order_by=Attendee.queue_number)
    return select(Attendee.id, position.label("place_in_queue")).where(
        Attendee.meeting_id == meeting_id, Attendee.place == Place.WAITING
    )


def on_list(meeting_id: int) -> list[ColumnElement[bool]]:
    """What is true of each person on the list of a meeting, whatever their place."""
    return [Attendee.meeting_id == meeting_id, visible()]


def visible() -> ColumnElement[bool]:
    """Rows replaced by a corrected address are history, not people; erased ones are counts only."""
    newer = aliased(Attendee)
    replaced = exists().where(newer.previous_id == Attendee.id)
    return and_(Attendee.erased_at.is_(None), ~replaced)


def _conditions(meeting_id: int, view: ListView) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = on_list(meeting_id)
    if view.tab in TABS and view.tab != "all":
        found += _of_tab(TABS[view.tab])
    same = (
        (Attendee.answer, view.answer),
        (Attendee.organisation_kind, view.kind),
        (Attendee.mode, view.mode),
    )
    found += [column == value for column, value in same if value]
    if view.answer == Answer.NONE:
        found.append(Attendee.place.in_(LIVE))
    if view.invited:
        found.append(Attendee.invited_at.is_not(None))
    if view.bounced:
        found.append(Attendee.bounced_at.is_not(None))
    if view.people:
        found.append(Attendee.id.in_(view.people))
    if view.said:
        found.append(_said(view.said))
    if view.label:
        found.append(_labelled(view.label))
    found.extend(Attendee.search_key.like(like(word), escape="\\") for word in view.search.split()[:8])
    return found


def _said(said: str) -> ColumnElement[bool]:
    question_id, _colon, value = said.partition(":")
    answered = exists().where(
        QuestionAnswer.attendee_id == Attendee.id, QuestionAnswer.question_id == int(question_id)
    )
    if value in (HAS_FILE, NO_FILE):
        return answered if value == HAS_FILE else ~answered
    gave = QuestionAnswer.option_id == int(value) if value.isdecimal() else QuestionAnswer.text == value
    return answered.where(gave)


def _labelled(label: str) -> ColumnElement[bool]:
    own = AttendeeLabel.attendee_id == Attendee.id
    if label == NO_LABEL:
        return ~exists().where(own)
    return exists().where(own, AttendeeLabel.label_id == int(label))


def _of_tab(tab: Tab) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Attendee.place.in_(tab.places)]
    if tab.answer is not None:
        found.append(Attendee.answer == tab.answer)
    return found


def _ordered(query: Rows, view: ListView) -> Rows:
    columns = SORTS.get(view.sort, SORTS["name"])
    return query.order_by(*(column.desc() if view.descending else column for column in columns))
