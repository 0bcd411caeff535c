"""Whom a letter goes to, when it may leave, what it must have before it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.base.errors import Refusal
from app.domain.broadcasts import placeholders
from app.domain.broadcasts.models import Broadcast, BroadcastState, Purpose
from app.domain.registration.models import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from app.domain.broadcasts.placeholders import Placeholder

GRACE = timedelta(seconds=30)  # "now" begins after this, so that it can still be taken back
LATEST = timedelta(hours=12)
FARTHEST = timedelta(days=366)
MORNING, EVENING = 7, 21
MEGABYTE = 1024 * 1024
LARGEST_FILE = 5 * MEGABYTE
LARGEST_TOGETHER = 10 * MEGABYTE
MOST_FILES = 10
CAME, DID_NOT_COME = "came", "not"
RUNNING = (BroadcastState.SCHEDULED, BroadcastState.SENDING)


class BroadcastRefused(Refusal):
    """It cannot be done with this letter now.

    `reason` is not_draft, not_scheduled, not_running, not_stopped, deleted, nobody, meeting_draft, past, too_far,
    night, incomplete, too_large, too_many or none_failed.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Whom a letter goes to. In each row one of the values must fit; an empty row asks for nothing.

    A further row is one more field here and one more condition in `queries`. `people` are ids of attendees who were
    ticked in the list.
    """

    places: tuple[str, ...] = (Place.CONFIRMED,)
    answers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    presence: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    def stored(self) -> dict[str, Any]:
        """The segment as the database keeps it."""
        return {
            "places": list(self.places),
            "answers": list(self.answers),
            "kinds": list(self.kinds),
            "modes": list(self.modes),
            "presence": list(self.presence),
            **({"people": list(self.people)} if self.people else {}),
        }


def segment_of(stored: Mapping[str, Any]) -> Segment:
    """A stored segment. A value that means nothing any more stays: it fits nobody, and widens nothing."""
    return Segment(
        **{name: tuple(str(one) for one in stored.get(name) or ()) for name in Segment.__dataclass_fields__}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an organiser wrote. Texts are by language; empty ones are left out."""

    subject: dict[str, str] = field(default_factory=dict)
    body: dict[str, str] = field(default_factory=dict)
    purpose: Purpose = Purpose.ABOUT
    segment: Segment = field(default_factory=Segment)


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a letter from being sent: `what` is subject, body, nothing, unknown or absent; `name` a placeholder.

    `absent`: it stands for something that this meeting or this letter does not have.
    """

    what: str
    language: str = ""
    part: str = ""
    name: str = ""
    nearest: str = ""


def problems(
    subject: Mapping[str, str], body: Mapping[str, str], absent: Collection[Placeholder] = ()
) -> list[Problem]:
    """All that is missing or wrong in the texts; `absent` are placeholders that stand for nothing here."""
    languages = list(dict.fromkeys((*subject, *body)))
    if not languages:
        return [Problem("nothing")]
    found = [Problem("subject", code, "subject") for code in languages if not subject.get(code)]
    found += [Problem("body", code, "body") for code in languages if not body.get(code)]
    for part, texts in (("subject", subject), ("body", body)):
        found += [
            Problem("unknown", code, part, name, near)
            for code in languages
            for name, near in placeholders.unknown(texts.get(code, ""))
        ]
        found += [
            Problem("absent", code, part, name)
            for code in languages
            for name in absent
            if placeholders.is_named(name, [texts.get(code, "")])
        ]
    return found


def languages_of(broadcast: Broadcast, order: Iterable[str]) -> list[str]:
    """Languages in which the letter is whole, in `order`, then any other."""
    every = dict.fromkeys((*order, *broadcast.body))
    return [code for code in every if broadcast.subject.get(code) and broadcast.body.get(code)]


def language_for(broadcast: Broadcast, language: str, order: Iterable[str]) -> str:
    """The language in which somebody gets the letter: their own, else the first there is; empty without any."""
    whole = languages_of(broadcast, order)
    return language if language in whole else (whole[0] if whole else "")


def is_night(at: datetime, timezone: str) -> bool:
    """Whether people sleep then, where the meeting is."""
    return not MORNING <= at.astimezone(ZoneInfo(timezone)).hour < EVENING


def check_draft(broadcast: Broadcast) -> None:
    """Raises `BroadcastRefused` for a letter whose texts may not change any more."""
    if broadcast.deleted_at is not None:
        raise BroadcastRefused("deleted")
    if broadcast.state != BroadcastState.DRAFT:
        raise BroadcastRefused("not_draft")


def check_time(at: datetime | None, *, timezone: str, at_night: bool, now: datetime) -> None:
    """Raises `BroadcastRefused` for a time that was, is far, or is at night without that being said. None is now."""
    if at is not None and at < now:
        raise BroadcastRefused("past")
    if at is not None and at > now + FARTHEST:
        raise BroadcastRefused("too_far")
    if not at_night and is_night(at or now, timezone):
        raise BroadcastRefused("night")


def check_files(sizes: Iterable[int], size: int) -> None:
    """Raises `BroadcastRefused` when one more file of `size` bytes would be too much for mailboxes."""
    sizes = list(sizes)
    if size > LARGEST_FILE or sum(sizes) + size > LARGEST_TOGETHER:
        raise BroadcastRefused("too_large")
    if len(sizes) >= MOST_FILES:
        raise BroadcastRefused("too_many")
