"""What of a meeting people are told when it changes, and what of it is new to whom. Pure: no session, no clock.

An organiser may hold a change back. Then `meeting.untold` keeps what people were told last and until when that
was: `{"values": …, "since": …, "later": [{"values": …, "since": …}, …]}`, one more for each further change that
is held. Who comes on the list meanwhile is told the values of that moment, and so has another news.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.domain.outbox.models import Calendar, Kind
from app.domain.registration.rules import TIMES
from app.domain.registration.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.domain.meetings.models import Meeting

# What attendees are told about when it changes. Titles count, typing errors in other texts do not.
ANNOUNCED = ("starts_at", "ends_at", "timezone", "format", "title", "venue", "address", "online_url")


@dataclass(frozen=True, slots=True)
class Before:
    """Announced values of a meeting, and until when whoever came on the list was told them (None: until now)."""

    values: dict[str, Any]
    until: datetime | None = None


def snapshot(meeting: Meeting) -> Before:
    """Remember the announced values, to be compared by `announce` after the edit."""
    return Before({name: _plain(getattr(meeting, name)) for name in ANNOUNCED})


def changed_fields(meeting: Meeting, before: Before) -> list[str]:
    """Names of announced values that differ now."""
    return [name for name in ANNOUNCED if _plain(getattr(meeting, name)) != before.values[name]]


def changed_since(after: Meeting, meeting: Meeting) -> bool:
    """Whether any announced value of `after` is another one than that of `meeting`."""
    return bool(changed_fields(after, snapshot(meeting)))


def held(meeting: Meeting) -> list[Before]:
    """What people were told before each change that is held back, the first one first."""
    if not meeting.untold:
        return []
    steps = [meeting.untold, *meeting.untold.get("later", ())]
    return [Before(one["values"], datetime.fromisoformat(one["since"])) for one in steps]


def tellings_of_change(
    meeting: Meeting, befores: Collection[Before], *, keep_answers: bool = False
) -> list[Telling]:
    """What there is to tell of a changed meeting to whoever knows one of `befores`, the first one first.

    When the time moved, answers are asked anew unless they are kept.
    """
    found, after = [], None
    for before in befores:
        if changed := changed_fields(meeting, before):
            found.append(
                Telling(
                    kind=Kind.RESCHEDULED,
                    calendar=Calendar.REQUEST,
                    changed=tuple(changed),
                    before=before.values,
                    asks_anew=not keep_answers and moves(changed),
                    after=after,
                    until=before.until,
                )
            )
        after = before.until
    return found


def telling_of_call_off(reason: dict[str, str]) -> Telling:
    """What there is to tell when a meeting is called off."""
    return Telling(kind=Kind.CALLED_OFF, calendar=Calendar.CANCEL, reason=reason)


def tellings_of_restoring(meeting: Meeting) -> list[Telling]:
    """What there is to tell when a meeting is restored: all that was held before it was called off as well."""
    found, after = [], None
    for before in (*held(meeting), snapshot(meeting)):
        asks = moves(changed_fields(meeting, before))
        found.append(
            Telling(
                kind=Kind.RESTORED,
                calendar=Calendar.REQUEST,
                asks_anew=asks,
                after=after,
                until=before.until,
            )
        )
        after = before.until
    return found


def moves(changed: Collection[str]) -> bool:
    """Whether these changes move the time."""
    return bool(set(changed) & set(TIMES))


def _plain(value: Any) -> Any:
    """A copy that JSON can hold and that a later edit does not touch."""
    if isinstance(value, dict):
        return dict(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
