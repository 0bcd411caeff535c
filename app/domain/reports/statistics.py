"""Numbers of a meeting and over meetings. Counts only: they stay true after names have been erased."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from app.base.text import fold
from app.domain.attendance.after import Attended, attended
from app.domain.directory.models import Organisation
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.registration.models import Answer, Attendee, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

NOT_GIVEN = ""
MAYBE = "maybe"


@dataclass(slots=True)
class Figures:
    """How many people a meeting had, by what is known of them.

    `states` counts everybody by place, those who hold a seat with a maybe as `maybe`; the others count only
    those who come (confirmed, maybe included). What nobody told is under `NOT_GIVEN`.
    """

    states: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    districts: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Everybody who was registered or invited."""
        return self.states.total()

    @property
    def coming(self) -> int:
        """Those who hold a seat."""
        return self.states[Place.CONFIRMED] + self.states[MAYBE]


@dataclass(frozen=True, slots=True)
class Day:
    """How many people registered on a day of the meeting's zone, and how many had until its end."""

    on: date
    new: int
    until: int


@dataclass(frozen=True, slots=True)
class Need:
    """What was asked for, in the words of the first who asked, and by how many of those who come."""

    words: str
    number: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What is to be planned for, by what it is about."""

    interpreter: list[Need]
    access: list[Need]
    diet: list[Need]
    other: list[Need]


@dataclass(frozen=True, slots=True)
class Line:
    """One meeting beside others."""

    meeting: Meeting
    figures: Figures
    organisations: int
    attended: Attended


def of_meeting(session: Session, meeting_id: int) -> Figures:
    """The figures of one meeting, in one statement."""
    return of_meetings(session, [meeting_id])[meeting_id]


def of_meetings(session: Session, meeting_ids: Collection[int]) -> dict[int, Figures]:
    """The figures of each of these meetings, in one statement; none for nobody.

    A row that an address corrected later left behind does not count: the person would count twice.
    """
    found = {meeting_id: Figures() for meeting_id in meeting_ids}
    if not found:
        return found
    district = func.coalesce(Organisation.district, NOT_GIVEN)
    kind = func.coalesce(Attendee.organisation_kind, NOT_GIVEN)
    keys = (
        Attendee.meeting_id,
        Attendee.place,
        Attendee.answer,
        Attendee.mode,
        kind,
        district,
        Attendee.language,
    )
    query = (
        select(*keys, func.count())
        .outerjoin(Organisation, Organisation.id == Attendee.organisation_id)
        .where(Attendee.meeting_id.in_(found), counts())
        .group_by(*keys)
    )
    for meeting_id, place, answer, mode, what, where, language, number in session.execute(query):
        _add(found[meeting_id], place, answer, (mode, what, where, language), number)
    return found


def counts() -> ColumnElement[bool]:
    """Whether a row stands for a person: not one that a corrected address left behind."""
    later = aliased(Attendee)
    return ~exists().where(later.previous_id == Attendee.id)


def organisations_of(session: Session, meeting_ids: Collection[int]) -> dict[int, int]:
    """How many different organisations come to each meeting; names that were erased are not known any more."""
    if not meeting_ids:
        return {}
    query = (
        select(Attendee.meeting_id, func.count(func.distinct(Attendee.organisation_sort_key)))
        .where(
            Attendee.meeting_id.in_(meeting_ids),
            Attendee.place == Place.CONFIRMED,
            Attendee.organisation_name != "",
        )
        .group_by(Attendee.meeting_id)
    )
    return dict(iter(session.execute(query)))


def days_of(session: Session, meeting: Meeting) -> list[Day]:
    """From the first registration to the last, every day that brought somebody; those only invited do not count."""
    query = select(Attendee.registered_at).where(
        Attendee.meeting_id == meeting.id, Attendee.place != Place.INVITED, counts()
    )
    zone = ZoneInfo(meeting.timezone)
    by_day = Counter(at.astimezone(zone).date() for at in session.scalars(query))
    until, found = 0, []
    for on, new in sorted(by_day.items()):
        until += new
        found.append(Day(on, new, until))
    return found


def needs_of(session: Session, meeting_id: int) -> Needs:
    """What those who come need. Personal in substance: only for who may see needs."""
    columns = (
        Attendee.needs_interpreter,
        Attendee.needs_access,
        Attendee.needs_diet,
        Attendee.needs_note,
    )
    query = (
        select(*columns)
        .where(
            Attendee.meeting_id == meeting_id,
            Attendee.place == Place.CONFIRMED,
            Attendee.needs_consent_at.is_not(None),
            or_(*(column != "" for column in columns)),
        )
        .order_by(Attendee.id)
    )
    rows = session.execute(query).all()
    return Needs(*(_grouped(row[number] for row in rows) for number in range(len(columns))))


def compared(session: Session, *, series_ids: Collection[int], year: int | None, zone: str) -> list[Line]:
    """Meetings that were published, oldest first: of these series (none given: of all), of one year or of all.

    A meeting belongs to the year in which it begins by the clocks of `zone`.
    """
    query = select(Meeting).where(Meeting.state != MeetingState.DRAFT)
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    meetings = [
        meeting
        for meeting in session.scalars(query.order_by(Meeting.starts_at, Meeting.id))
        if year is None or year_of(meeting.starts_at, zone) == year
    ]
    ids = [meeting.id for meeting in meetings]
    figures, organisations = of_meetings(session, ids), organisations_of(session, ids)
    came = attended(session, ids)
    return [Line(one, figures[one.id], organisations.get(one.id, 0), came[one.id]) for one in meetings]


def years(session: Session, *, series_ids: Collection[int], zone: str) -> list[int]:
    """Years in which there were meetings, newest first."""
    query = select(Meeting.starts_at).where(Meeting.state != MeetingState.DRAFT)
    if series_ids:
        query = query.where(Meeting.series_id.in_(series_ids))
    return sorted({year_of(at, zone) for at in session.scalars(query)}, reverse=True)


def year_of(at: datetime, zone: str) -> int:
    """The year of an instant by the clocks of `zone`."""
    return at.astimezone(ZoneInfo(zone)).year


def summed(lines: Iterable[Line]) -> Figures:
    """Figures of several meetings together: people who came to two count twice."""
    total = Figures()
    for line in lines:
        for name in Figures.__slots__:
            getattr(total, name).update(getattr(line.figures, name))
    return total


def _add(figures: Figures, place: str, answer: str, known: tuple[str, str, str, str], number: int) -> None:
    comes = place == Place.CONFIRMED
    figures.states[MAYBE if comes and answer == Answer.MAYBE else place] += number
    figures.answers[answer] += number
    if comes:
        mode, kind, district, language = known
        figures.modes[mode] += number
        figures.kinds[kind] += number
        figures.districts[district] += number
        figures.languages[language] += number


def _grouped(values: Iterable[str]) -> list[Need]:
    """Equal words together, whatever their case and diacritics; the commonest first."""
    numbers: Counter[str] = Counter()
    words: dict[str, str] = {}
    for value in values:
        if text := value.strip():
            key = fold(text)
            numbers[key] += 1
            words.setdefault(key, text)
    return [Need(words[key], number) for key, number in numbers.most_common()]
