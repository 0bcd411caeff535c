"""Jinja filters, strict templates. `tz` defaults to the configured zone, the language is the page's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.numbers import format_decimal
from jinja2 import StrictUndefined

from app.base import dates
from app.base.text import in_language, postal_address
from app.extensions import settings
from app.web.locale import current_language
from app.web.markdown import markdown

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

    from flask import Flask

    Zone = str | tzinfo | None


def init_app(app: Flask) -> None:
    """Register the filters; a misspelt name in a template is an error."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        day=day,
        long_day=long_day,
        short_day=short_day,
        day_span=day_span,
        clock_time=clock_time,
        time_span=time_span,
        moment=moment,
        isotime=isotime,
        isoday=isoday,
        line=line,
        number=number,
        address=address,
        markdown=markdown,
        local=local,
        local_lang=local_lang,
    )


def day(when: datetime | date, tz: Zone = None) -> str:
    """`úterý 6. 4. 2027`."""
    return dates.day(when, _zone(tz), current_language())


def long_day(when: datetime | date, tz: Zone = None) -> str:
    """`6 April 2027`, without the weekday."""
    return dates.long_day(when, _zone(tz), current_language())


def short_day(when: datetime | date, tz: Zone = None) -> str:
    """`6. 4. 2027`, `6 Apr 2027`."""
    return dates.short_day(when, _zone(tz), current_language())


def day_span(start: datetime, end: datetime | None, tz: Zone = None) -> str:
    """The day with its weekday, or the first and the last of several."""
    return dates.day_span(start, end, _zone(tz), current_language())


def clock_time(when: datetime, tz: Zone = None) -> str:
    """`13:00`."""
    return dates.clock_time(when, _zone(tz), current_language())


def time_span(start: datetime, end: datetime | None, tz: Zone = None) -> str:
    """`13:00 – 16:00`."""
    return dates.time_span(start, end, _zone(tz), current_language())


def moment(when: datetime, tz: Zone = None) -> str:
    """`6. 4. 2027 13:00`."""
    return dates.moment(when, _zone(tz), current_language())


def isotime(when: datetime, tz: Zone = None) -> str:
    """The value of `<time datetime>`."""
    return dates.isotime(when, _zone(tz))


def isoday(when: datetime | date, tz: Zone = None) -> str:
    """`2027-04-06`."""
    return dates.isoday(when, _zone(tz))


def line(start: datetime, end: datetime | None, tz: Zone = None, place: str = "") -> str:
    """A meeting as one line of text."""
    return dates.line(start, end, _zone(tz), place, current_language())


def number(value: float) -> str:
    """`12 345,5` in the language of the page."""
    return format_decimal(value, locale=dates.locale_for(current_language()))


def address(text: str) -> str:
    """A postal address whose postcode stays in one piece: `110 00`."""
    return postal_address(text)


def local(texts: dict[str, str]) -> str:
    """A text that is kept per language: in the page's language, else in the first one that has it."""
    return in_language(texts, current_language(), settings().languages)[0]


def local_lang(texts: dict[str, str]) -> str:
    """The language that `local` found, for the `lang` attribute around it."""
    return in_language(texts, current_language(), settings().languages)[1]


def _zone(tz: Zone) -> str | tzinfo:
    return settings().timezone if tz is None else tz
