"""What the templates of letters see: the facts of a letter, with words where words are due."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_name
from flask_babel import gettext as _

from app.base import dates
from app.base.text import postal_address
from app.delivery import links
from app.extensions import settings

ONLINE = "online"
TIMES = frozenset({"starts_at", "ends_at", "timezone"})
PLACES = frozenset({"venue", "address"})
INVITED, CONFIRMED = "invited", "confirmed"
UNDECIDED = frozenset({"none", "maybe"})
BY_OTHERS = frozenset({"added", "substitute"})


class Facts(dict[str, Any]):
    """Facts by name; one that an older letter does not have is an empty text."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingView:
    """A meeting as one attendee may know it; instants are aware, texts are in the language of the letter."""

    lang: str
    slug: str
    title: str
    summary: str
    series: str
    number: int | None
    format: str
    mode: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    venue: str
    address: str
    access_notes: str
    geo: tuple[float, float] | None
    online_url: str
    contact: str
    contact_email: str
    deadline: date | None = None

    @property
    def url(self) -> str:
        """The public page, which lets nobody in."""
        return links.meeting(self.lang, self.slug)

    @property
    def is_online(self) -> bool:
        """Whether this attendee takes part online."""
        return self.mode == ONLINE

    @property
    def place(self) -> str:
        """The place in the line."""
        return str(_("online")) if self.is_online else self.venue

    @property
    def day(self) -> str:
        """The day for subjects."""
        return dates.short_day(self.starts_at, self.timezone, self.lang)

    @property
    def days(self) -> str:
        """The day, or the first and the last, with the weekday."""
        return dates.day_span(self.starts_at, self.ends_at, self.timezone, self.lang)

    @property
    def times(self) -> str:
        """From when to when."""
        return dates.time_span(self.starts_at, self.ends_at, self.timezone, self.lang)

    @property
    def line(self) -> str:
        """Day, time and place in one line."""
        return dates.line(self.starts_at, self.ends_at, self.timezone, self.place, self.lang)

    @property
    def zone(self) -> str:
        """The name of the time zone for people elsewhere."""
        local = self.starts_at.astimezone(ZoneInfo(self.timezone))
        name = get_timezone_name(local, "long", locale=dates.locale_for(self.lang))
        return f"{name} ({self.timezone})"

    @property
    def postal(self) -> str:
        """The address as a letter shows it."""
        return postal_address(self.address)

    @property
    def series_line(self) -> str:
        """The series, with the meeting's number if it has one."""
        if self.number is None:
            return self.series
        return str(_("%(series)s no.\u00a0%(number)d", series=self.series, number=self.number))

    @property
    def full_title(self) -> str:
        """The title for a calendar: the series too, unless the title says it."""
        if not self.series or self.series.casefold() in self.title.casefold():
            return self.title
        return str(_("%(series)s: %(title)s", series=self.series_line, title=self.title))

    def answer_by(self, written_at: datetime) -> str:
        """The last day for an answer, with the weekday; empty when there is none, or it was over at `written_at`."""
        zone = ZoneInfo(self.timezone)
        today, start = written_at.astimezone(zone).date(), self.starts_at.astimezone(zone).date()
        if self.deadline is None or not today <= self.deadline <= start:
            return ""
        return dates.day(self.deadline, self.timezone, self.lang)

    @property
    def map_url(self) -> str:
        """Where the address is on a map; empty without an address."""
        return links.on_map(self.address) if self.address else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What moved, for "before" and "now": `before` is None where a letter is not about a change."""

    names: frozenset[str] = frozenset()
    before: MeetingView | None = None
    now: MeetingView | None = None

    @property
    def what(self) -> str:
        """The one word for the subject: date, time, place, both, format, title, link or other."""
        if self.before is None or self.now is None:
            return "other"
        moved = self._moved()
        if moved and self.names & PLACES:
            return f"{moved}_place"
        if moved or self.names & PLACES:
            return moved or "place"
        rest = [name for name in ("format", "title", "online_url") if name in self.names]
        if rest == ["online_url"] and not self.now.is_online:
            return "other"
        return {"online_url": "link"}.get(rest[0], rest[0]) if rest else "other"

    @property
    def shown_before(self) -> MeetingView | None:
        """What a letter shows as it was; None for a new link, which was nowhere shown."""
        return None if self.what == "link" else self.before

    @property
    def is_moved(self) -> bool:
        """Whether the meeting takes place at another time."""
        return bool(self._moved())

    @property
    def is_new_link(self) -> bool:
        """Whether the online link changed for somebody who uses it."""
        return "online_url" in self.names and self.now is not None and self.now.is_online

    @property
    def is_new_zone(self) -> bool:
        """Whether the time zone changed."""
        return "timezone" in self.names

    def _moved(self) -> str:
        if not self.names & TIMES or self.before is None or self.now is None:
            return ""
        return "date" if self.before.days != self.now.days else "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """Everything that a template of a letter may say. `more` are the facts that one kind of letter has."""

    kind: str
    lang: str
    dir: str
    site_name: str
    home_url: str
    meetings_url: str
    sender_address: str
    calendar: str | None
    personal: links.Personal | None
    sign_in_url: str
    queue_position: int
    is_last: bool
    answer_by: str = ""
    feed: links.Feed | None = None
    ticket_url: str = ""
    meeting: MeetingView | None = None
    attendee: Facts = field(default_factory=Facts)
    change: Change = field(default_factory=Change)
    more: Facts = field(default_factory=Facts)

    @property
    def is_invited(self) -> bool:
        """Whether this person was invited and holds no seat yet."""
        return bool(self.attendee["place"] == INVITED)

    @property
    def is_by_others(self) -> bool:
        """Whether it was not this person who put their name on the list."""
        named = self.kind in BY_OTHERS or self.more["was"] == INVITED or self.more["registered_by"]
        return self.is_invited or bool(named)

    @property
    def asks(self) -> bool:
        """Whether this person may have a seat and has not said yet if they come."""
        undecided = self.attendee["answer"] in UNDECIDED
        return self.is_invited or (undecided and bool(self.attendee["place"] == CONFIRMED))

    @property
    def needs_zone(self) -> bool:
        """Whether the reader's clock may show another time than the meeting's. In the room it does not."""
        meeting = self.meeting
        if meeting is None:
            return False
        return meeting.is_online or self.change.is_new_zone or meeting.timezone != settings().timezone

    @property
    def account_url(self) -> str:
        """The page of the reader's own account, behind the sign-in."""
        return links.workspace("me/")

    @property
    def contact_address(self) -> str:
        """Whom to write to."""
        return (self.meeting.contact_email if self.meeting else "") or self.sender_address


def meeting_view(facts: dict[str, Any], *, mode: str, lang: str) -> MeetingView:
    """A meeting from a letter's facts; raises `KeyError` or `ValueError` for facts that are no meeting."""
    geo = facts.get("geo")
    return MeetingView(
        lang=lang,
        slug=facts["slug"],
        title=facts["title"],
        summary=facts.get("summary") or "",
        series=facts.get("series") or "",
        number=facts.get("number"),
        format=facts["format"],
        mode=mode,
        starts_at=datetime.fromisoformat(facts["starts_at"]),
        ends_at=datetime.fromisoformat(facts["ends_at"]),
        timezone=facts["timezone"],
        venue=facts.get("venue") or "",
        address=facts.get("address") or "",
        access_notes=facts.get("access_notes") or "",
        geo=(geo[0], geo[1]) if geo and None not in geo else None,
        online_url=facts.get("online_url") or "",
        contact=facts.get("contact") or "",
        contact_email=facts.get("contact_email") or "",
        deadline=date.fromisoformat(facts["deadline"]) if facts.get("deadline") else None,
    )


def other_meeting(facts: dict[str, Any], lang: str) -> Facts:
    """The meeting from or to which somebody was moved: title and day."""
    starts_at = datetime.fromisoformat(facts["starts_at"])
    return Facts(title=facts["title"], day=dates.short_day(starts_at, facts["timezone"], lang))


def change_view(facts: dict[str, Any], now: MeetingView) -> Change:
    """What changed, from the facts of a letter about it; an empty change for other letters."""
    before = facts.get("before")
    if not before:
        return Change()
    old = replace(
        now,
        title=before.get("title") or "",
        format=before.get("format", now.format),
        starts_at=datetime.fromisoformat(before["starts_at"]),
        ends_at=datetime.fromisoformat(before["ends_at"]),
        timezone=before.get("timezone", now.timezone),
        venue=before.get("venue") or "",
        address=before.get("address") or "",
    )
    return Change(names=frozenset(facts.get("changed") or ()), before=old, now=now)
