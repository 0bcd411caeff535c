"""The programme of a meeting: rows with times of day, kept as minutes from the start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList

from app.base.dates import NoSuchTime, at
from app.domain.meetings.service import Slot
from app.web.fields import ClockField, DayField, LineField, TickField
from app.web.forms import PartForm
from app.workspace.forms.texts import in_each, texts_of, typed_texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, time

    from app.domain.meetings.models import Meeting

MOST_ITEMS = 60
LONGEST_INDEX = 3
A_DAY = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """Between what the programme lies: instants (UTC), and the zone in which its times are typed."""

    starts_at: datetime
    ends_at: datetime
    zone: str

    @property
    def first_day(self) -> date:
        """The day on which it begins, there."""
        return self.starts_at.astimezone(ZoneInfo(self.zone)).date()


class ItemList(FieldList):  # type: ignore[type-arg]  # generic only in its stubs
    """Rows of the programme. Names that no row of ours has are not ours to read."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        for name in formdata:
            beginning, _dash, rest = name.partition("-")
            index = rest.partition("-")[0]
            if beginning == prefix and index.isascii() and index.isdecimal() and len(index) <= LONGEST_INDEX:
                yield int(index)


class ItemForm(PartForm):
    """One row. A row in which nothing was typed is no part of the programme."""

    languages: ClassVar[tuple[str, ...]]
    day: DayField
    starts: ClockField
    ends: ClockField
    is_break: TickField

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed; a lone tick is nothing."""
        return not any(
            field.data or field.process_errors for field in self if not isinstance(field, TickField)
        )

    def to_slot(self, frame: Frame, *, untitled: bool = False) -> Slot | None:
        """The row as minutes from the frame's start; None when its fields say that something is wrong.

        `untitled`: times alone may be kept, as in a draft of which only the frame is known.
        """
        title = texts_of(self, "title", self.languages)
        if not title and not self.is_break.data and not untitled:
            _say(self[f"title_{self.languages[0]}"], _("Enter what this item is about."))
        if self.starts.data is None:
            if not self.starts.errors:
                _say(self.starts, _("Enter when this item begins."))
            return None
        span = self._span(frame)
        if span is None or self.errors:
            return None
        first, last = span
        return Slot(
            offset_minutes=(first - frame.starts_at) // A_MINUTE,
            duration_minutes=(last - first) // A_MINUTE,
            title=title,
            speakers=texts_of(self, "speakers", self.languages),
            is_break=self.is_break.data,
        )

    def _span(self, frame: Frame) -> tuple[datetime, datetime] | None:
        day = self.day.data or frame.first_day
        try:
            first = at(day, self.starts.data, frame.zone)
            if first < frame.starts_at and not self.day.data:
                first = _after_midnight(day, self.starts.data, frame) or first
            last = first if self.ends.data is None else self._end(first, frame)
        except NoSuchTime:
            _say(
                self.starts,
                _(
                    "The clocks jump over the time in “%(label)s” that night. Choose another time.",
                    label=self.starts.label.text,
                ),
            )
            return None
        if last < first:
            _say(self.ends, _("This item must end after it begins."))
            return None
        if first < frame.starts_at - A_DAY or last > frame.ends_at + A_DAY:
            _say(self.day, _("This item lies outside the meeting. Check its day."))
            return None
        return first, last

    def _end(self, first: datetime, frame: Frame) -> datetime:
        day = first.astimezone(ZoneInfo(frame.zone)).date()
        last = at(day, self.ends.data, frame.zone)
        if last < first:
            last = _after_midnight(day, self.ends.data, frame) or last
        return last


def item_fields(languages: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a row."""
    return {
        "starts": ClockField(_l("From"), optional=True),
        "ends": ClockField(_l("To"), optional=True),
        "day": DayField(_l("Day"), optional=True, hint=_l("Only if it is not the first day.")),
        "is_break": TickField(_l("This is a break")),
        **in_each(languages, ("title", _title), ("speakers", _speakers)),
    }


def typed_items(meeting: Meeting, languages: tuple[str, ...]) -> list[dict[str, Any]]:
    """The programme of a meeting as data for the rows."""
    zone = ZoneInfo(meeting.timezone)
    frame = Frame(meeting.starts_at, meeting.ends_at, meeting.timezone)
    rows = []
    for item in meeting.programme:
        first = item.starts(meeting.starts_at).astimezone(zone)
        last = item.ends(meeting.starts_at).astimezone(zone)
        rows.append(
            {
                "day": None if _goes_without_day(first, frame) else first.date(),
                "starts": first.time(),
                "ends": last.time() if item.duration_minutes else None,
                "is_break": item.is_break,
                **typed_texts("title", item.title, languages),
                **typed_texts("speakers", item.speakers, languages),
            }
        )
    return rows


def goes_beyond(slots: list[Slot], frame: Frame) -> bool:
    """Whether the programme begins before the meeting or ends after it: allowed, but worth a look."""
    length = (frame.ends_at - frame.starts_at) // A_MINUTE
    return any(
        slot.offset_minutes < 0 or slot.offset_minutes + slot.duration_minutes > length for slot in slots
    )


def _after_midnight(day: date, clock: time, frame: Frame) -> datetime | None:
    """The same time on the next day, if the meeting goes on until then."""
    later = at(day + A_DAY, clock, frame.zone)
    return later if later <= frame.ends_at else None


def _goes_without_day(first: datetime, frame: Frame) -> bool:
    """Whether the time of day alone would be read as this instant."""
    try:
        typed = at(frame.first_day, first.time(), frame.zone)
        if typed < frame.starts_at:
            typed = _after_midnight(frame.first_day, first.time(), frame) or typed
    except NoSuchTime:
        return False
    return typed == first


def _title(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return LineField(_l("What (%(language)s)", language=language), optional=True, render_kw=render_kw)


def _speakers(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return LineField(
        _l("Speakers (%(language)s)", language=language), optional=True, max_length=300, render_kw=render_kw
    )


def _say(field: Any, sentence: str) -> None:
    field.errors = [*field.errors, sentence]
