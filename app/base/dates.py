"""How days and times look to people, and how they are read from people.

Pure functions: pages, letters and calendars use the same ones. `lang` is a language code ("cs"), `tz` an IANA
name or a tzinfo, instants are aware. Czech follows the client's house form (`4. 4. 2023 | 13:00 – 16:00`) and
the Institute of the Czech Language (prirucka.ujc.cas.cz/?id=810); English is British; the rest is Babel's.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_time

NBSP = "\u00a0"
DASH = "\u2013"
BETWEEN = f"{NBSP}{DASH}{NBSP}"  # the house form; Czech rules would have no spaces here
PARTS = " | "
LEFT_TO_RIGHT, FIRST_STRONG, END_OF_ISOLATE = "\u2066", "\u2068", "\u2069"
ONE_NIGHT = timedelta(hours=12)  # a meeting past midnight, shorter than this, is still one day's meeting
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199

_CZECH_DAY = re.compile(r"([0-9]{1,2})\.\s*([0-9]{1,2})\.\s*([0-9]{4})")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::00(?:\.0+)?)?")


class NoSuchTime(ValueError):  # noqa: N818 - says what is the matter
    """The clocks jump over this local time in the night when summer time begins."""


@lru_cache
def locale_for(lang: str) -> Locale:
    """Babel's locale for a language code; English is British, for its day-month order and 24 hours."""
    return Locale.parse("en_GB" if lang == "en" else lang.replace("-", "_"))


def day(when: datetime | date, tz: str | tzinfo, lang: str) -> str:
    """The day with its weekday: `úterý 6. 4. 2027`, `Tuesday 6 April 2027`."""
    local = _local_day(when, tz)
    if lang in {"cs", "en"}:
        weekday = format_date(local, "EEEE", locale=locale_for(lang))
        return f"{weekday} {long_day(local, tz, lang)}"
    return _unbreakable(format_date(local, "full", locale=locale_for(lang)))


def long_day(when: datetime | date, tz: str | tzinfo, lang: str) -> str:
    """The day without its weekday, month in words where the language does so: `6 April 2027`."""
    local = _local_day(when, tz)
    if lang == "cs":
        return _czech(local)
    return _unbreakable(format_date(local, "long", locale=locale_for(lang)))


def short_day(when: datetime | date, tz: str | tzinfo, lang: str) -> str:
    """The day for tables: `6. 4. 2027`, `6 Apr 2027`."""
    local = _local_day(when, tz)
    if lang == "cs":
        return _czech(local)
    return _unbreakable(format_date(local, "medium", locale=locale_for(lang)))


def clock_time(when: datetime, tz: str | tzinfo, lang: str) -> str:
    """The time of day: `13:00`, `9:30`. Isolated in languages written from the right."""
    locale = locale_for(lang)
    text = _unbreakable(format_time(_local(when, tz).time(), "short", locale=locale))
    return f"{LEFT_TO_RIGHT}{text}{END_OF_ISOLATE}" if locale.text_direction == "rtl" else text


def time_span(start: datetime, end: datetime | None, tz: str | tzinfo, lang: str) -> str:
    """From when to when by the clock: `13:00 – 16:00`. Only the start when there is no other end."""
    first = clock_time(start, tz, lang)
    return first if end is None or end == start else f"{first}{BETWEEN}{clock_time(end, tz, lang)}"


def day_span(start: datetime, end: datetime | None, tz: str | tzinfo, lang: str) -> str:
    """The day with its weekday, or the first and the last of several: `4. 4. – 5. 4. 2023`."""
    if end is None or not _several_days(start, end, tz):
        return day(start, tz, lang)
    first, last = _local_day(start, tz), _local_day(end, tz)
    if lang not in {"cs", "en"}:
        return _unbreakable(format_interval(first, last, "yMMMMd", locale=locale_for(lang)))
    beginning = long_day(first, tz, lang)
    if first.year == last.year:
        beginning = beginning.removesuffix(str(first.year)).rstrip(NBSP)
    return f"{beginning}{BETWEEN}{long_day(last, tz, lang)}"


def moment(when: datetime, tz: str | tzinfo, lang: str) -> str:
    """A point in time for tables and notes: `6. 4. 2027 13:00`, `6 Apr 2027, 13:00`."""
    joint = NBSP if lang == "cs" else f",{NBSP}"
    return f"{short_day(when, tz, lang)}{joint}{clock_time(when, tz, lang)}"


def line(start: datetime, end: datetime | None, tz: str | tzinfo, place: str, lang: str) -> str:
    """A meeting as text: `úterý 4. 4. 2023 | 13:00 – 16:00 | Sál architektů`; `place` may be empty."""
    parts = [day_span(start, end, tz, lang), time_span(start, end, tz, lang)]
    if place:
        parts.append(place)
    if locale_for(lang).text_direction == "rtl" or _has_rtl(place):
        parts = [f"{FIRST_STRONG}{part}{END_OF_ISOLATE}" for part in parts]
    return PARTS.join(parts)


def isotime(when: datetime, tz: str | tzinfo) -> str:
    """The value of `<time datetime>`: `2027-04-06T13:00+02:00`."""
    return _local(when, tz).isoformat(timespec="minutes")


def isoday(when: datetime | date, tz: str | tzinfo) -> str:
    """The day for machines and native inputs: `2027-04-06`."""
    return _local_day(when, tz).isoformat()


def parse_day(text: str) -> date:
    """Read `2023-04-04`, `4.4.2023` or `4. 4. 2023`. Raises `ValueError` for all else."""
    text = text.strip()
    if found := _ISO_DAY.fullmatch(text):
        year, month, number = (int(part) for part in found.groups())
    elif found := _CZECH_DAY.fullmatch(text):
        number, month, year = (int(part) for part in found.groups())
    else:
        raise ValueError("not a day")
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError("not a year of ours")
    return date(year, month, number)


def parse_time(text: str) -> time:
    """Read `13:00`, `13.00` or `9:30`; whole minutes only. Raises `ValueError` for all else."""
    if not (found := _TIME.fullmatch(text.strip())):
        raise ValueError("not a time of day")
    return time(int(found[1]), int(found[2]))


def at(on: date, clock: time, tz: str | tzinfo) -> datetime:
    """The UTC instant of a local day and time; of an hour that comes twice, the first.

    Raises `NoSuchTime` for an hour that the clocks jump over.
    """
    local = datetime.combine(on, clock.replace(tzinfo=None), tzinfo=_zone(tz))
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(local.isoformat())
    return instant


def last_second(on: date, tz: str | tzinfo) -> datetime:
    """The UTC instant of a local day's last second: what a deadline that is a date means."""
    next_day = datetime.combine(on + timedelta(days=1), time(), tzinfo=_zone(tz))
    return next_day.astimezone(UTC) - timedelta(seconds=1)


def _zone(tz: str | tzinfo) -> tzinfo:
    return ZoneInfo(tz) if isinstance(tz, str) else tz


def _local(when: datetime, tz: str | tzinfo) -> datetime:
    if when.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return when.astimezone(_zone(tz))


def _local_day(when: datetime | date, tz: str | tzinfo) -> date:
    return _local(when, tz).date() if isinstance(when, datetime) else when


def _several_days(start: datetime, end: datetime, tz: str | tzinfo) -> bool:
    return end - start >= ONE_NIGHT and _local_day(start, tz) != _local_day(end, tz)


def _czech(on: date) -> str:
    return f"{on.day}.{NBSP}{on.month}.{NBSP}{on.year}"


def _unbreakable(text: str) -> str:
    return text.replace(" ", NBSP)


def _has_rtl(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in {"R", "AL"} for char in text)
