"""Meetings in the words of the workspace: states, what is missing, refusals, and what an edit changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.base import dates
from app.base.text import in_language
from app.domain.meetings.service import Slot
from app.domain.registration.news import ANNOUNCED
from app.domain.registration.rules import TIMES
from app.extensions import settings
from app.web.locale import current_language
from app.workspace.forms.meeting_fields import FORMATS
from app.workspace.forms.meetings import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.meetings.models import Meeting
    from app.domain.meetings.service import MeetingText
    from app.domain.registration.change_preview import ChangePreview
    from app.workspace.forms.meetings import MeetingForm

MISSING = {
    "title": _l("Enter the topic."),
    "venue": _l("Enter the place, or choose that people take part online."),
    "programme": _l("Enter what each item of the programme is about, or remove the item."),
}
CALL_OFF_REFUSED = _l("Only a published meeting can be called off.")
RESTORE_REFUSED = {
    "past": _l("The meeting would have begun already. Make a new one instead."),
    "not_ended": _l("This meeting is not called off."),
}
WHEN = "when"
# What is announced, in one word each.
NAMES = {
    "title": _l("Topic"),
    "venue": _l("Place"),
    "address": _l("Address"),
    "format": _l("How people take part"),
    "online_url": _l("Link to the online room"),
}
# Attribute of a meeting → field of the form whose label names it.
NAMED_BY = {
    "series_id": "series",
    "number": "number",
    "format": "format",
    "address": "address",
    "latitude": "latitude",
    "longitude": "longitude",
    "online_url": "online_url",
    "capacity": "capacity",
    "online_capacity": "online_capacity",
    "opens_at": "opens_day",
    "deadline": "deadline",
    "promote_hours": "promote_hours",
    "show_places": "show_places",
    "invitation_only": "invitation_only",
    "approval": "approval",
    "reminder_days": "reminder_days",
    "contact_id": "contact",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs, in words. `name` is the attribute of a meeting, or `WHEN`, or `programme`."""

    name: str
    label: str
    before: str
    after: str
    lang: str = ""

    @property
    def announced(self) -> bool:
        """Whether people are told about it."""
        return self.name == WHEN or self.name in ANNOUNCED


def missing_words(missing: Iterable[str]) -> list[str]:
    """What a draft still needs, as sentences."""
    return [str(MISSING[name]) for name in missing]


def announced_changes(meeting: Meeting, text: MeetingText) -> list[str]:
    """Names of what people would be told about."""
    return [name for name in ANNOUNCED if getattr(meeting, name) != getattr(text, name)]


def differences(
    form: MeetingForm, meeting: Meeting, text: MeetingText, slots: list[Slot]
) -> list[Difference]:
    """How `meeting`, as it is stored, differs from `text` and `slots`, in the order of the form."""
    found = []
    for code in form.languages:
        for name in TEXTS:
            old, new = (getattr(one, name).get(code, "") for one in (meeting, text))
            if old != new:
                label = str(form[f"{name}_{code}"].label.text)
                found.append(Difference(name, label, old, new, lang=code))
    if any(getattr(meeting, name) != getattr(text, name) for name in TIMES):
        found.insert(0, Difference(WHEN, _("Date and time"), _when(meeting), _when(text)))
    for name, field in NAMED_BY.items():
        values = [getattr(one, name) for one in (meeting, text)]
        if values[0] != values[1]:
            before, after = (_spoken(form, name, value, text.timezone) for value in values)
            found.append(Difference(name, str(form[field].label.text), before, after))
    programme = [_programme(_slots_of(meeting), meeting), _programme(slots, text)]
    if programme[0] != programme[1]:
        found.append(Difference("programme", _("Programme"), *programme))
    return found


def differences_of_news(preview: ChangePreview) -> list[Difference]:
    """What people knew first, against the meeting as it will be: only what is announced, held or new."""
    if not preview.tellings or preview.tellings[0].before is None:
        return []
    before, after, lang = preview.tellings[0].before, preview.after, current_language()
    found = []
    if set(preview.changed) & set(TIMES):
        first, last = (datetime.fromisoformat(before[name]) for name in ("starts_at", "ends_at"))
        zone = before["timezone"]
        line = f"{dates.line(first, last, zone, '', lang)} ({zone})"
        found.append(Difference(WHEN, _("Date and time"), line, _when(after)))
    for name in preview.changed:
        if name in TIMES:
            continue
        values = [before[name], getattr(after, name)]
        if name == "format":
            words = [str(dict(FORMATS).get(value, value)) for value in values]
        elif isinstance(values[1], dict):
            words = [in_language(value, lang, settings().languages)[0] for value in values]
        else:
            words = [str(value) for value in values]
        found.append(Difference(name, str(NAMES[name]), words[0], words[1]))
    return found


def _when(meeting: Meeting | MeetingText) -> str:
    line = dates.line(meeting.starts_at, meeting.ends_at, meeting.timezone, "", current_language())
    return f"{line} ({meeting.timezone})"


def _spoken(form: MeetingForm, name: str, value: Any, zone: str) -> str:
    """A plain value of a meeting in words; empty for none."""
    lang = current_language()
    if value is None:
        words: Any = ""
    elif name == "series_id":
        words = dict(form.offered.series).get(str(value), "")
    elif name == "contact_id":
        words = dict(form.offered.contacts).get(str(value), "")
    elif name == "format":
        words = dict(FORMATS).get(value, value)
    elif isinstance(value, list):
        words = ", ".join(str(one) for one in value)
    elif isinstance(value, bool):
        words = _("yes") if value else _("no")
    elif isinstance(value, datetime):
        words = dates.moment(value, zone, lang)
    elif isinstance(value, date):
        words = dates.short_day(value, zone, lang)
    else:
        words = value
    return str(words)


def _slots_of(meeting: Meeting) -> list[Slot]:
    return [
        Slot(
            offset_minutes=item.offset_minutes,
            duration_minutes=item.duration_minutes,
            title=item.title,
            speakers=item.speakers,
            is_break=item.is_break,
        )
        for item in meeting.programme
    ]


def _programme(slots: list[Slot], meeting: Meeting | MeetingText) -> str:
    """One line for each part, in the order of time."""
    ordered = sorted(slots, key=lambda slot: slot.offset_minutes)
    return "\n".join(_slot_line(slot, meeting) for slot in ordered)


def _slot_line(slot: Slot, meeting: Meeting | MeetingText) -> str:
    lang, order = current_language(), settings().languages
    first = meeting.starts_at + timedelta(minutes=slot.offset_minutes)
    last = first + timedelta(minutes=slot.duration_minutes)
    title = in_language(slot.title, lang, order)[0] or (_("Break") if slot.is_break else "")
    who = in_language(slot.speakers, lang, order)[0]
    clock = dates.time_span(first, last, meeting.timezone, lang)
    return ", ".join(part for part in (f"{clock} {title}", who) if part)
