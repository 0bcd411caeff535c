"""Numbers in the words of the page: each block of figures as a table with a heading and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.base import dates
from app.domain.reports.statistics import MAYBE, NOT_GIVEN
from app.web.locale import current_language, language_name
from app.workspace.attendee_words import ANSWERS, KINDS, MODES, STATES

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping

    from app.domain.attendance.after import Attended
    from app.domain.reports.statistics import Day, Figures, Need, Needs

STATE_ORDER = ("confirmed", MAYBE, "waiting", "pending", "invited", "declined", "cancelled")
NOT_KNOWN = _l("not given")
NEEDS = {
    "interpreter": _l("Interpreter"),
    "access": _l("Access"),
    "diet": _l("Diet"),
    "other": _l("Something else"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One bar: its words and its number."""

    words: str
    number: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with a heading; `what` heads the column of words."""

    name: str
    title: str
    what: str
    rows: list[Row]

    @property
    def most(self) -> int:
        """The longest bar."""
        return max((row.number for row in self.rows), default=0)

    @property
    def total(self) -> int:
        """All bars together."""
        return sum(row.number for row in self.rows)


def charts(figures: Figures) -> list[Chart]:
    """What is known of a meeting's people. A block that says nothing (one bar, or none) is left out."""
    found = [
        Chart("states", _("State"), _("State"), _in_order(figures.states, STATES, STATE_ORDER)),
        Chart("answers", _("Answers"), _("Answer"), _in_order(figures.answers, ANSWERS, ANSWERS)),
        Chart("modes", _("How people take part"), _("Takes part"), _in_order(figures.modes, MODES, MODES)),
        Chart(
            "kinds", _("Kinds of organisations"), _("Kind of organisation"), _by_size(figures.kinds, KINDS)
        ),
        Chart("districts", _("Districts"), _("District"), _by_size(figures.districts, {})),
        Chart("languages", _("Languages"), _("Language"), _languages(figures.languages)),
    ]
    return [chart for chart in found if len(chart.rows) > 1 or chart.name == "states"]


def attended_chart(came: Attended) -> list[Chart]:
    """Who came of those who had a seat, where anybody noted it."""
    if not came.known:
        return []
    rows = [Row(str(_("present")), came.present), Row(str(_("did not come")), came.absent)]
    return [Chart("attended", _("Attendance"), _("Attendance"), rows)]


def days_chart(days: Iterable[Day], zone: str) -> Chart:
    """Registrations by day."""
    rows = [Row(dates.short_day(day.on, zone, current_language()), day.new) for day in days]
    return Chart("days", _("Registrations by day"), _("Day"), rows)


def needs_charts(needs: Needs) -> list[Chart]:
    """What those who come need, one table for each sort of need that somebody has."""
    return [
        Chart(f"needs-{name}", str(title), _("Need"), _needed(getattr(needs, name)))
        for name, title in NEEDS.items()
        if getattr(needs, name)
    ]


def _in_order(numbers: Counter[str], words: Mapping[Any, object], order: Iterable[str]) -> list[Row]:
    return [Row(str(words.get(name, name)), numbers[name]) for name in order if numbers[name]]


def _by_size(numbers: Counter[str], words: Mapping[Any, object]) -> list[Row]:
    """The largest first; what was not told comes last."""
    told = [
        Row(str(words.get(name, name)), number) for name, number in numbers.most_common() if name != NOT_GIVEN
    ]
    if told and numbers[NOT_GIVEN]:
        told.append(Row(str(NOT_KNOWN), numbers[NOT_GIVEN]))
    return told


def _languages(numbers: Counter[str]) -> list[Row]:
    return [Row(language_name(code), number) for code, number in numbers.most_common()]


def _needed(needs: Iterable[Need]) -> list[Row]:
    return [Row(need.words, need.number) for need in needs]
