"""Time zones as calendar programs understand them: one rule for each yearly change, and no lists of dates.

icalendar's own `add_missing_timezones()` writes lists of dates, of which several programs read only a part,
and then show every summer meeting an hour late.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_YEAR = 1970  # since when our rules claim to hold
LAST_IN_MONTH = -1
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
CHANGES_PER_YEAR = 2  # to summer time and back

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_NOTHING = timedelta(0)


class IrregularYearError(ValueError):
    """The zone's clock does not follow a yearly rule in that year: write the times in UTC."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a zone's clock: the first instant (UTC) of the new offset, both offsets, the new name."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str


@dataclass(frozen=True, slots=True)
class YearlyRule:
    """A change that comes each year: on the `nth` `weekday` (0 is Monday) of `month`, when clocks show `at`.

    `nth` is 1 to 4, or -1 for the last one. `at` is read from the clock that still runs by `before`.
    """

    month: int
    nth: int
    weekday: int
    at: time
    before: timedelta
    after: timedelta
    name: str

    def day_in(self, year: int) -> datetime:
        """The local time of the change in `year`, naive."""
        weekday_of_first, days = monthrange(year, self.month)
        candidates = range(1 + (self.weekday - weekday_of_first) % 7, days + 1, 7)
        day = candidates[self.nth if self.nth == LAST_IN_MONTH else self.nth - 1]
        return datetime.combine(date(year, self.month, day), self.at)


@lru_cache(maxsize=512)
def transitions(zone: ZoneInfo, year: int) -> tuple[Change, ...]:
    """The changes of the zone's offset in a year of UTC, in order; read from the zone itself."""
    found = []
    for day in _days(year):
        if _offset(zone, day) != _offset(zone, day + _DAY):
            at = _first_instant_after_change(zone, day, day + _DAY)
            found.append(Change(at, _offset(zone, day), _offset(zone, at), _name(zone, at)))
    return tuple(found)


def vtimezone(tzid: str, year: int) -> Timezone:
    """The VTIMEZONE of an IANA zone, right for local times of `year`.

    Raises `IrregularYearError` when no yearly rule describes that year.
    """
    component = Timezone()
    component.add("tzid", tzid)
    rules = yearly_rules(tzid, year)
    for rule in rules:
        component.add_component(_changing(rule))
    if not rules:
        component.add_component(_unchanging(ZoneInfo(tzid), year))
    return component


def follows_rules(tzid: str, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether local times of the zone, with the VTIMEZONE of the start's year, tell both instants exactly.

    They do not when a rule changes between the two, or in the hour that the clock shows twice.
    """
    zone = ZoneInfo(tzid)
    first, last = starts_at.astimezone(zone), ends_at.astimezone(zone)
    try:
        rules = {yearly_rules(tzid, year) for year in range(first.year, last.year + 1)}
    except IrregularYearError:
        return False
    return len(rules) == 1 and not _shown_twice(first) and not _shown_twice(last)


def is_utc(tzid: str, year: int) -> bool:
    """Whether the zone's clock shows UTC all that year, whatever the zone is called."""
    zone = ZoneInfo(tzid)
    return not transitions(zone, year) and _offset(zone, datetime(year, 1, 1, tzinfo=UTC)) == _NOTHING


def yearly_rules(tzid: str, year: int) -> tuple[YearlyRule, ...]:
    """The rules that give exactly the changes of `year`; empty for a clock that does not change.

    Raises `IrregularYearError` unless there are two changes, of which the second undoes the first.
    """
    changes = transitions(ZoneInfo(tzid), year)
    if changes and (len(changes) != CHANGES_PER_YEAR or changes[0].before != changes[1].after):
        raise IrregularYearError(tzid, year)
    return tuple(_rule(change) for change in changes)


def _days(year: int) -> Iterator[datetime]:
    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        yield day
        day += _DAY


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or _NOTHING


def _name(zone: ZoneInfo, instant: datetime) -> str:
    return instant.astimezone(zone).tzname() or zone.key


def _first_instant_after_change(zone: ZoneInfo, old: datetime, new: datetime) -> datetime:
    """Halve the span in which the offset changes until it is one second."""
    while new - old > _SECOND:
        middle = (old + (new - old) / 2).replace(microsecond=0)
        if _offset(zone, middle) == _offset(zone, old):
            old = middle
        else:
            new = middle
    return new


def _rule(change: Change) -> YearlyRule:
    clock = (change.at + change.before).replace(tzinfo=None)
    days = monthrange(clock.year, clock.month)[1]
    nth = LAST_IN_MONTH if clock.day + 7 > days else (clock.day - 1) // 7 + 1
    weekday, at = clock.weekday(), clock.time()
    return YearlyRule(clock.month, nth, weekday, at, change.before, change.after, change.name)


def _changing(rule: YearlyRule) -> TimezoneDaylight | TimezoneStandard:
    part = TimezoneDaylight() if rule.after > rule.before else TimezoneStandard()
    part.add("dtstart", rule.day_in(FIRST_YEAR))
    part.add("tzoffsetfrom", rule.before)
    part.add("tzoffsetto", rule.after)
    part.add("tzname", rule.name)
    day = f"{rule.nth}{WEEKDAYS[rule.weekday]}"
    part.add("rrule", {"freq": "yearly", "bymonth": rule.month, "byday": day})
    return part


def _unchanging(zone: ZoneInfo, year: int) -> TimezoneStandard:
    new_year = datetime(year, 1, 1, tzinfo=UTC)
    part = TimezoneStandard()
    part.add("dtstart", datetime.combine(date(FIRST_YEAR, 1, 1), time.min))
    part.add("tzoffsetfrom", _offset(zone, new_year))
    part.add("tzoffsetto", _offset(zone, new_year))
    part.add("tzname", _name(zone, new_year))
    return part


def _shown_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
