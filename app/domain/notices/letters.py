"""What a notice says: counts and meetings, never who. Mail is less protected than the workspace it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.base.text import in_language
from app.domain.notices.rules import Line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from app.domain.meetings.models import Meeting
    from app.domain.notices.queries import News

MOST_MEETINGS = 12  # in one letter
ONCE = (Line.FULL_ROOM, Line.FULL_ONLINE, Line.SEAT_FREE, Line.PENDING)  # their number is no number of events


def facts(news: Sequence[News], language: str, *, day: date | None = None) -> dict[str, Any]:
    """The facts of a notice; `day` makes it the digest of that day. `meeting` is there when it is the only one."""
    meetings = [(one.meeting, one.lines) for one in news if one.meeting is not None]
    told = [
        _meeting(meeting, language) | {"lines": _lines(lines)} for meeting, lines in meetings[:MOST_MEETINGS]
    ]
    said: dict[str, Any] = {
        "notice": {
            "day": day.isoformat() if day else None,
            "total": sum(_weight(line, number) for one in news for line, number in one.lines.items()),
            "meetings": told,
            "elsewhere": [pair for one in news if one.meeting is None for pair in _lines(one.lines)],
            "left_out": len(meetings) - len(told),
        }
    }
    if len(meetings) == len(news) == 1:
        said["meeting"] = told[0]
    return said


def _weight(line: Line, number: int) -> int:
    return 1 if line in ONCE else number


def _lines(lines: dict[Line, int]) -> list[list[str | int]]:
    return [[line, number] for line, number in lines.items()]


def _meeting(meeting: Meeting, language: str) -> dict[str, Any]:
    return {
        "id": meeting.id,
        "slug": meeting.slug,
        "title": in_language(meeting.title, language)[0],
        "series": in_language(meeting.series.name, language)[0],
        "number": meeting.number,
        "format": meeting.format,
        "starts_at": meeting.starts_at.isoformat(),
        "ends_at": meeting.ends_at.isoformat(),
        "timezone": meeting.timezone,
    }
