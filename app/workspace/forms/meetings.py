"""The form of a meeting: texts per language, when, where, seats, programme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.base.dates import NoSuchTime, at, last_second
from app.domain.meetings.models import Format, MeetingState
from app.domain.meetings.service import REMINDER_DAYS, MeetingText, Slot
from app.extensions import settings
from app.web.forms import WorkspaceForm
from app.workspace.forms.meeting_fields import first_meeting_fields, meeting_fields
from app.workspace.forms.programme import (
    Frame,
    ItemList,
    goes_beyond,
    typed_items,
)
from app.workspace.forms.texts import kept_and_new, texts_of, typed_texts, with_languages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from wtforms import HiddenField

    from app.domain.directory.models import Contact
    from app.domain.meetings.models import Meeting
    from app.web.choices import OneOfField, SelectOneField
    from app.web.fields import (
        ClockField,
        DayField,
        LineField,
        NumberField,
        TickField,
        WebAddressField,
    )
    from app.workspace.forms.meeting_fields import DaysField, DegreesField, ZoneField

TEXTS = ("title", "summary", "description", "venue", "access_notes", "languages_note")
FIRST_YEAR = 1990
LONGEST = timedelta(days=31)
LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Offered:
    """What the drop-downs offer: (value, label). `names_series`: there is none yet, so its name is asked."""

    series: Sequence[tuple[str, str]]
    contacts: Sequence[tuple[str, str]]
    names_series: bool = False


class MeetingForm(WorkspaceForm):
    """Create or edit. After a valid `validate` there are `frame`, `slots` and `to_text`."""

    languages: ClassVar[tuple[str, ...]]
    is_draft = False  # stored, and shown to nobody yet
    version: HiddenField
    anchor: HiddenField
    series: SelectOneField
    number: NumberField
    format: OneOfField
    day: DayField
    starts: ClockField
    ends: ClockField
    last_day: DayField
    zone: ZoneField
    address: LineField
    latitude: DegreesField
    longitude: DegreesField
    online_url: WebAddressField
    capacity: NumberField
    online_capacity: NumberField
    opens_day: DayField
    opens_time: ClockField
    deadline: DayField
    promote_hours: NumberField
    show_places: TickField
    invitation_only: TickField
    approval: TickField
    reminder_days: DaysField
    contact: SelectOneField
    programme: ItemList
    shift: TickField

    def __init__(self, offered: Offered, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.offered = offered
        if not offered.names_series:
            self.series.choices = list(offered.series)
        self.contact.choices = [("", _l("nobody in particular")), *offered.contacts]
        self.frame: Frame | None = None
        self.opens_at: datetime | None = None
        self.slots: list[Slot] = []

    @property
    def known_version(self) -> int:
        """The version that the editor began with; 0 when it was not said."""
        text = str((self.version.raw_data or [""])[0])
        return int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000000") else 0

    @property
    def series_name(self) -> dict[str, str]:
        """The name of the first series by language, where it is asked."""
        return texts_of(self, "series_name", self.languages)

    @property
    def beyond(self) -> bool:
        """Whether the programme lies partly outside the meeting."""
        return self.frame is not None and goes_beyond(self.slots, self.frame)

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field, then what they say together."""
        super().validate(extra_validators)
        self._check_position()
        self.frame = self._read_frame()
        if self.frame is not None:
            self._check_registration(self.frame)
            self._read_slots(self.frame)
        return not self.errors

    def to_text(self, old: Meeting | None = None) -> MeetingText:
        """The command, after validation. Texts of `old` in languages that are not offered now are kept."""
        if self.frame is None:
            raise LookupError("the form was not validated")
        texts = {}
        for name in TEXTS:
            before = getattr(old, name) if old is not None else {}
            texts[name] = kept_and_new(before, texts_of(self, name, self.languages), self.languages)
        return MeetingText(
            **texts,
            series_id=0 if self.offered.names_series else int(self.series.data),
            contact_id=int(self.contact.data) if self.contact.data else None,
            number=self.number.data,
            format=self.format.data,
            starts_at=self.frame.starts_at,
            ends_at=self.frame.ends_at,
            timezone=self.frame.zone,
            address=self.address.data,
            latitude=self.latitude.data,
            longitude=self.longitude.data,
            online_url=self.online_url.data,
            capacity=self.capacity.data,
            online_capacity=self.online_capacity.data,
            opens_at=self.opens_at,
            deadline=self.deadline.data,
            promote_hours=self.promote_hours.data,
            show_places=self.show_places.data,
            invitation_only=self.invitation_only.data,
            approval=self.approval.data,
            reminder_days=list(self.reminder_days.data),
        )

    def _check_position(self) -> None:
        pair = (self.latitude, self.longitude)
        if not any(field.errors for field in pair) and (pair[0].data is None) != (pair[1].data is None):
            empty = next(field for field in pair if field.data is None)
            _say(empty, _("Enter both latitude and longitude, or neither."))

    def _read_frame(self) -> Frame | None:
        if any(field.errors for field in (self.day, self.starts, self.ends, self.last_day, self.zone)):
            return None
        if self.day.data.year < FIRST_YEAR:
            _say(self.day, _("Check the year of the day."))
            return None
        starts_at = self._instant(self.day.data, self.starts)
        ends_at = self._instant(self.last_day.data or self.day.data, self.ends)
        if starts_at is None or ends_at is None:
            return None
        if ends_at <= starts_at:
            _say(
                self.ends,
                _("The end must be after the start. If the meeting ends on another day, fill in “Last day”."),
            )
            return None
        if ends_at - starts_at > LONGEST:
            _say(self.last_day, _("The meeting would take more than a month. Check the last day."))
            return None
        return Frame(starts_at, ends_at, self.zone.data)

    def _instant(self, day: date, clock: ClockField) -> datetime | None:
        try:
            return at(day, clock.data, self.zone.data)
        except NoSuchTime:
            _say_jumped(clock)
            return None

    def _check_registration(self, frame: Frame) -> None:
        if not self.deadline.errors and self.deadline.data and self.deadline.data > frame.first_day:
            _say(self.deadline, _("The deadline must not be after the day of the meeting."))
        if self.opens_day.errors or self.opens_time.errors:
            return
        if self.opens_time.data is not None and self.opens_day.data is None:
            _say(self.opens_day, _("Enter also the day on which registration opens."))
        if self.opens_day.data is None:
            return
        try:
            self.opens_at = at(self.opens_day.data, self.opens_time.data or time(), frame.zone)
        except NoSuchTime:
            _say_jumped(self.opens_time)
            return
        if self.opens_at >= frame.starts_at:
            _say(self.opens_day, _("Registration must open before the meeting begins."))
        elif (
            not self.deadline.errors
            and self.deadline.data
            and self.opens_at > last_second(self.deadline.data, frame.zone)
        ):
            _say(self.opens_day, _("Registration must open before the deadline."))

    def _read_slots(self, frame: Frame) -> None:
        basis = self._anchored(frame) if self.shift.data else frame
        rows = [entry.form for entry in self.programme if not entry.form.is_empty]
        slots = [row.to_slot(basis, untitled=self.is_draft) for row in rows]
        self.slots = [slot for slot in slots if slot is not None]
        wrong = [entry.errors for entry in self.programme]
        self.programme.errors = wrong if any(wrong) else []

    def _anchored(self, frame: Frame) -> Frame:
        """The frame in which the times were shown, so that the programme moves along with the start."""
        try:
            shown = datetime.strptime(str(self.anchor.data or ""), LOCAL)  # noqa: DTZ007 - local by intent
            starts_at = at(shown.date(), shown.time(), frame.zone)
        except ValueError:
            return frame
        return Frame(starts_at, starts_at + (frame.ends_at - frame.starts_at), frame.zone)


def meeting_form(offered: Offered, meeting: Meeting | None = None, **preset: Any) -> MeetingForm:
    """The form as it was sent, or of `meeting`, or for a new one with `preset` values."""
    languages = settings().languages
    fields = first_meeting_fields if offered.names_series else meeting_fields
    form_class = with_languages(MeetingForm, fields, languages)
    data = {**_new(), **preset} if meeting is None else typed_meeting(meeting, languages)
    form = form_class(offered, data=data)
    form.is_draft = meeting is not None and meeting.state == MeetingState.DRAFT
    return form


def typed_meeting(meeting: Meeting, languages: tuple[str, ...]) -> dict[str, Any]:
    """A meeting as data for the form: days and times as its own zone has them."""
    zone = ZoneInfo(meeting.timezone)
    first, last = meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)
    opens = meeting.opens_at.astimezone(zone) if meeting.opens_at else None
    texts: dict[str, Any] = {}
    for name in TEXTS:
        texts |= typed_texts(name, getattr(meeting, name), languages)
    plain = ("number", "format", "address", "latitude", "longitude", "online_url", "capacity")
    more = ("online_capacity", "deadline", "promote_hours", "show_places")
    rules = ("invitation_only", "approval", "reminder_days")
    return {
        **texts,
        **{name: getattr(meeting, name) for name in (*plain, *more, *rules)},
        "version": str(meeting.version),
        "anchor": first.strftime(LOCAL),
        "series": str(meeting.series_id),
        "contact": str(meeting.contact_id or ""),
        "day": first.date(),
        "starts": first.time(),
        "ends": last.time(),
        "last_day": last.date() if last.date() != first.date() else None,
        "zone": meeting.timezone,
        "opens_day": opens.date() if opens else None,
        "opens_time": opens.time() if opens else None,
        "programme": typed_items(meeting, languages),
    }


def offered_contacts(contacts: Iterable[Contact], role: Any) -> list[tuple[str, str]]:
    """Contacts for the drop-down; `role` gives a contact's role in the page's language."""
    return [(str(contact.id), f"{role(contact)} – {contact.email}") for contact in contacts]


def _new() -> dict[str, Any]:
    return {
        "format": Format.IN_PERSON,
        "zone": settings().timezone,
        "promote_hours": 12,
        "show_places": True,
        "reminder_days": list(REMINDER_DAYS),
        "programme": [{}],
    }


def _say(field: Any, sentence: Any) -> None:
    field.errors = [*field.errors, str(sentence)]


def _say_jumped(clock: ClockField) -> None:
    _say(
        clock,
        _(
            "The clocks jump over the time in “%(label)s” that night. Choose another time.",
            label=clock.label.text,
        ),
    )
