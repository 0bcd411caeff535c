"""The attendance list in words: for the page, for the minutes, for the file."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.base.text import in_language
from app.domain.attendance.models import Mark
from app.domain.attendance.rules import Standing
from app.domain.reports.names import surname_first
from app.web.filters import short_day
from app.web.locale import current_language
from app.workspace.attendee_words import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.attendance.after import Line
    from app.domain.meetings.models import Meeting
    from app.domain.reports.rows import Cell

HEADINGS = {
    Standing.PRESENT: _l("Present"),
    Standing.EXCUSED: _l("Excused"),
    Standing.ABSENT: _l("Absent"),
    Standing.UNKNOWN: _l("Not known"),
    Standing.APART: _l("Had no seat"),
}
EXPLAINED = {
    Standing.EXCUSED: _l("They said no, gave their place up, or an organiser cancelled it for them."),
    Standing.ABSENT: _l("They had a seat, and nobody saw them come."),
    Standing.UNKNOWN: _l("They had a seat, and nobody noted whether they came."),
    Standing.APART: _l(
        "They waited, were to be approved, did not answer, or their seat was given to others."
    ),
}
KIND_WORDS = {str(kind): words for kind, words in KINDS.items()}
IN_MINUTES = (Standing.PRESENT, Standing.EXCUSED, Standing.ABSENT, Standing.UNKNOWN)


def by_standing(lines: Iterable[Line]) -> dict[Standing, list[Line]]:
    """The people of each part of the list, in the order of the parts; a part without anybody is empty."""
    found: dict[Standing, list[Line]] = {standing: [] for standing in HEADINGS}
    for line in lines:
        found[line.standing].append(line)
    return found


def minutes(meeting: Meeting, parts: dict[Standing, list[Line]]) -> str:
    """Plain text for the minutes: a line about the meeting, then a paragraph for each part that has somebody."""
    title = in_language(meeting.title, current_language())[0] or str(_("Without a topic"))
    head = f"{title}, {short_day(meeting.starts_at, meeting.timezone)}"
    paragraphs = [
        f"{HEADINGS[standing]} ({len(parts[standing])}): {_named(parts[standing])}."
        for standing in IN_MINUTES
        if parts[standing]
    ]
    return "\n\n".join([head, *paragraphs]).replace("\u00a0", " ")


def rows(parts: dict[Standing, list[Line]]) -> list[list[Cell]]:
    """Rows of the file, part by part, with the columns of `columns()`."""
    return [
        [
            str(HEADINGS[standing]),
            surname_first(line.attendee.name, line.attendee.sort_key),
            line.attendee.name,
            line.attendee.organisation_name,
            str(KIND_WORDS.get(line.attendee.organisation_kind or "", line.attendee.organisation_kind or "")),
            line.since,
            str(_("yes")) if line.mark else "",
        ]
        for standing, lines in parts.items()
        for line in lines
    ]


def columns() -> list[str]:
    """The first row of the file."""
    return [
        str(_("Attendance")),
        str(_("Name for sorting")),
        str(_("Name")),
        str(_("Organisation")),
        str(_("Kind of organisation")),
        str(_("Checked in")),
        str(_("Corrected by hand")),
    ]


def said_marked(mark: Mark, number: int) -> str:
    """What is said after a correction."""
    if not number:
        return str(_("Nothing changed: it was noted like this already."))
    if mark == Mark.PRESENT:
        return str(
            ngettext(
                "%(num)d person was marked as present.", "%(num)d people were marked as present.", number
            )
        )
    if mark == Mark.EXCUSED:
        return str(
            ngettext(
                "%(num)d person was marked as excused.", "%(num)d people were marked as excused.", number
            )
        )
    return str(
        ngettext("%(num)d person was marked as absent.", "%(num)d people were marked as absent.", number)
    )


def said_cleared(number: int) -> str:
    """What is said after corrections were taken back."""
    if not number:
        return str(_("There was no correction to take back."))
    return str(
        ngettext(
            "The correction of %(num)d person was taken back.",
            "The corrections of %(num)d people were taken back.",
            number,
        )
    )


def _named(lines: Sequence[Line]) -> str:
    """`Eva Černá, Petr Hrách (InBáze); Jana Malá`: people of one organisation stand together."""
    groups = groupby(lines, key=lambda line: line.attendee.organisation_sort_key)
    return "; ".join(_group(list(group)) for _key, group in groups)


def _group(lines: Sequence[Line]) -> str:
    organisation = lines[0].attendee.organisation_name
    names = ", ".join(line.attendee.name for line in lines)
    return f"{names} ({organisation})" if organisation else names
