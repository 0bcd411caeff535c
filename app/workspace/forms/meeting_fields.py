"""The fields of a meeting's form, in the order of the page."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FormField, HiddenField

from app.domain.meetings.models import Format
from app.web.choices import OneOfField, SelectOneField
from app.web.fields import ClockField, DayField, LineField, NumberField, TextField, TickField, WebAddressField
from app.workspace.forms.programme import MOST_ITEMS, ItemForm, ItemList, item_fields
from app.workspace.forms.texts import in_each, with_languages

FORMATS = (
    (Format.IN_PERSON, _l("In person")),
    (Format.ONLINE, _l("Online")),
    (Format.HYBRID, _l("In person and online")),
)
COMMON_ZONES = (
    *("Europe/Prague", "Europe/Bratislava", "Europe/Berlin", "Europe/Vienna", "Europe/Warsaw"),
    *("Europe/Kyiv", "Europe/London", "Europe/Brussels", "Asia/Tbilisi", "Asia/Ho_Chi_Minh", "UTC"),
)
A_MONTH = 720  # hours before the start
MOST_SEATS = 100_000
MOST_REMINDERS = 5
FIRST_REMINDER = 90  # days before the start
NO_LIMIT = _l("Leave it empty for no limit.")


class DegreesField(LineField):
    """A latitude or longitude in degrees, WGS 84; `data` is a float or None."""

    def __init__(self, label: Any = None, *, limit: int, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "decimal"} | (kwargs.get("render_kw") or {})
        super().__init__(label, max_length=30, **kwargs)
        self.limit = limit

    def empty(self) -> None:
        """No number."""

    def convert(self, text: str) -> float:
        """The number, with a decimal point or comma."""
        try:
            number = float(text.replace(",", ".").removesuffix("°").strip())
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or abs(number) > self.limit:
            raise ValueError(
                _(
                    "Enter degrees like 50.0870 in “%(label)s”, at most %(limit)d.",
                    label=self.label.text,
                    limit=self.limit,
                )
            )
        return round(number, 6)


class DaysField(LineField):
    """Numbers of days, like `7, 1`; `data` is a list, the highest first, each once."""

    def empty(self) -> list[int]:
        """No days."""
        return []

    def convert(self, text: str) -> list[int]:
        """The numbers; commas, semicolons and spaces part them."""
        parts = text.replace(",", " ").replace(";", " ").split()
        plain = all(part.isascii() and part.isdecimal() and len(part) < len("1000") for part in parts)
        days = sorted({int(part) for part in parts}, reverse=True) if plain else []
        if not days or len(days) > MOST_REMINDERS or days[-1] < 1 or days[0] > FIRST_REMINDER:
            raise ValueError(
                _(
                    "Enter numbers of days like 7, 1: at most %(most)d, from 1 to %(high)d.",
                    most=MOST_REMINDERS,
                    high=FIRST_REMINDER,
                )
            )
        return days

    def shown(self) -> str:
        """The numbers as they are typed."""
        return ", ".join(str(day) for day in self.data or [])


class ZoneField(LineField):
    """The name of a time zone, like Europe/Prague."""

    def convert(self, text: str) -> str:
        """The name, if there is such a zone."""
        if text not in _zones():
            raise ValueError(_("Enter a time zone like Europe/Prague."))
        return text


def meeting_fields(languages: tuple[str, ...]) -> dict[str, Any]:
    """Every field, in the order of the page."""
    return {
        **_kind_fields(),
        **in_each(
            languages,
            ("title", _title),
            ("summary", _summary),
            ("description", _description),
            ("venue", _venue),
            ("access_notes", _access),
            ("languages_note", _spoken),
        ),
        **_when_fields(),
        **_where_fields(),
        **_registration_fields(),
        "reminder_days": DaysField(
            _l("Reminders, days before the start"),
            optional=True,
            max_length=40,
            render_kw={"inputmode": "text"},
            hint=_l("For example: 7, 1. Leave it empty to send no reminders."),
        ),
        "contact": SelectOneField(_l("Contact"), optional=True),
        "programme": ItemList(
            FormField(with_languages(ItemForm, item_fields, languages)), max_entries=MOST_ITEMS
        ),
        "shift": TickField(
            _l("Move the programme along with the start"),
            hint=_l("Tick this when the whole programme begins earlier or later."),
        ),
    }


def _kind_fields() -> dict[str, Any]:
    """Which meeting of which series it is. `version` and `anchor` are what the page was made from."""
    return {
        "version": HiddenField(),
        "anchor": HiddenField(),
        "series": SelectOneField(_l("Series"), missing=_l("Choose the series.")),
        "number": NumberField(
            _l("Number"),
            optional=True,
            minimum=1,
            maximum=99_999,
            hint=_l("The 65th meeting of the series: 65."),
        ),
        "format": OneOfField(
            _l("How people take part"), choices=list(FORMATS), missing=_l("Choose how people take part.")
        ),
    }


def _when_fields() -> dict[str, Any]:
    """Its time."""
    return {
        "day": DayField(_l("Day"), missing=_l("Enter the day of the meeting.")),
        "starts": ClockField(_l("Starts at"), missing=_l("Enter when the meeting starts.")),
        "ends": ClockField(_l("Ends at"), missing=_l("Enter when the meeting ends.")),
        "last_day": DayField(_l("Last day"), optional=True, hint=_l("Only if it is not the first day.")),
        "zone": ZoneField(
            _l("Time zone"), missing=_l("Enter a time zone like Europe/Prague."), max_length=60
        ),
    }


def _where_fields() -> dict[str, Any]:
    """Its place and its room online."""
    return {
        "address": LineField(
            _l("Address"),
            optional=True,
            max_length=300,
            hint=_l("Street, postcode and town. The page links it to a map."),
        ),
        "latitude": DegreesField(_l("Latitude"), optional=True, limit=90),
        "longitude": DegreesField(_l("Longitude"), optional=True, limit=180),
        "online_url": WebAddressField(
            _l("Link to the online room"),
            optional=True,
            max_length=500,
            hint=_l("Only people who have a place online get it, in their letter."),
        ),
    }


def _registration_fields() -> dict[str, Any]:
    """How many can come, who, and until when."""
    return {
        "capacity": NumberField(_l("Seats in the room"), optional=True, maximum=MOST_SEATS, hint=NO_LIMIT),
        "online_capacity": NumberField(_l("Places online"), optional=True, maximum=MOST_SEATS, hint=NO_LIMIT),
        "opens_day": DayField(_l("Registration opens on"), optional=True),
        "opens_time": ClockField(_l("at"), optional=True),
        "deadline": DayField(
            _l("Register by"), optional=True, hint=_l("The last day on which new people can register.")
        ),
        "promote_hours": NumberField(
            _l("Hours before the start"),
            maximum=A_MONTH,
            missing=_l("Enter a number of hours, 0 for up to the start."),
            hint=_l("Until then people who wait move up by themselves. Later you decide."),
        ),
        "show_places": TickField(_l("Show on the page how many seats are left")),
        "invitation_only": TickField(
            _l("By invitation only"),
            hint=_l("The page says so. Only people whom you invite can get a place."),
        ),
        "approval": TickField(
            _l("You approve each registration"),
            hint=_l(
                "Whoever registers waits until you say yes or no. A yes gives a seat, or a place in the queue."
            ),
        ),
    }


def first_meeting_fields(languages: tuple[str, ...]) -> dict[str, Any]:
    """The same where there is no series yet: the first is made along with the meeting, so its name is asked."""
    fields = {**in_each(languages, ("series_name", _series_name)), **meeting_fields(languages)}
    del fields["series"]
    return fields


def _series_name(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    return LineField(
        _l("Name of the series (%(language)s)", language=language),
        missing=_l("Enter the name of the series (%(language)s).", language=language),
        optional=not first,
        render_kw=render_kw,
        hint=_l("For example: Regional Advisory Platform. Every meeting belongs to a series.")
        if first
        else "",
    )


def _title(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    return LineField(
        _l("Topic (%(language)s)", language=language),
        missing=_l("Enter the topic (%(language)s).", language=language),
        optional=not first,
        render_kw=render_kw,
    )


def _summary(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return TextField(
        _l("In short (%(language)s)", language=language),
        optional=True,
        max_length=500,
        rows=2,
        render_kw=render_kw,
        hint=_l("One or two sentences, also for letters and calendars."),
    )


def _description(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return TextField(
        _l("Description (%(language)s)", language=language),
        optional=True,
        max_length=20_000,
        rows=8,
        render_kw=render_kw,
        hint=_l("You can use Markdown: ## heading, **bold**, - list, [text](https://…)."),
    )


def _venue(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return LineField(
        _l("Place (%(language)s)", language=language),
        optional=True,
        render_kw=render_kw,
        hint=_l("The name of the room and the building."),
    )


def _access(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return TextField(
        _l("Getting in (%(language)s)", language=language),
        optional=True,
        max_length=1000,
        rows=2,
        render_kw=render_kw,
        hint=_l("Step-free entrance, lift, nearest stop."),
    )


def _spoken(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return LineField(
        _l("Languages of the meeting (%(language)s)", language=language),
        optional=True,
        max_length=300,
        render_kw=render_kw,
        hint=_l("Which language is spoken, and into which it is interpreted."),
    )


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
