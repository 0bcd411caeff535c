"""Numbers: of one meeting, and of meetings beside each other. The tables are the charts, and the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.text import in_language, slugify
from app.domain.accounts.rules import Permission, may
from app.domain.attendance.after import attended
from app.domain.meetings.queries import all_series
from app.domain.privacy.register import NEEDS_KEPT
from app.domain.reports import statistics
from app.domain.reports.csv_files import excel_csv
from app.extensions import db, settings
from app.web.access import current_account, meeting_for, needs, visible_series_ids
from app.web.locale import current_language
from app.workspace import statistics_words as words

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.meetings.models import Meeting, Series
    from app.domain.reports.rows import Cell
    from app.domain.reports.statistics import Line

blueprint = Blueprint("statistics", __name__)


@blueprint.get("/meetings/<int:meeting_id>/statistics/")
@needs(Permission.SEE_LIST)
def show(meeting_id: int) -> str:
    """The numbers of one meeting; needs only for who may see them."""
    meeting, session = meeting_for(meeting_id, Permission.SEE_LIST), db.session()
    may_see_needs = may(current_account(), Permission.SEE_NEEDS, meeting.series_id)
    figures, came = statistics.of_meeting(session, meeting.id), attended(session, [meeting.id])[meeting.id]
    return render_template(
        "workspace/statistics/show.html",
        meeting=meeting,
        figures=figures,
        charts=[*words.charts(figures), *words.attended_chart(came)],
        days=words.days_chart(statistics.days_of(session, meeting), meeting.timezone),
        organisations=statistics.organisations_of(session, [meeting.id]).get(meeting.id, 0),
        attended=came,
        may_see_needs=may_see_needs,
        needs_charts=words.needs_charts(statistics.needs_of(session, meeting.id)) if may_see_needs else [],
        needs_until=_needs_until(meeting),
        needs_gone=clock.now() >= _needs_until(meeting),
    )


@blueprint.get("/meetings/<int:meeting_id>/statistics/numbers.csv")
@needs(Permission.SEE_LIST)
def meeting_file(meeting_id: int) -> Response:
    """The charts of one meeting as one table. Counts of people, no people: needs are left out."""
    meeting, session = meeting_for(meeting_id, Permission.SEE_LIST), db.session()
    blocks = [
        *words.charts(statistics.of_meeting(session, meeting.id)),
        *words.attended_chart(attended(session, [meeting.id])[meeting.id]),
        words.days_chart(statistics.days_of(session, meeting), meeting.timezone),
    ]
    rows: list[list[Cell]] = [[block.title, row.words, row.number] for block in blocks for row in block.rows]
    return _file(meeting.slug, [_("Numbers"), _("What"), _("People")], rows)


@blueprint.get("/statistics/")
@needs(Permission.SEE_LIST)
def index() -> str:
    """Meetings beside each other: of one series or of all, of one year or of all."""
    series, year = _asked_series(), request.args.get("year", type=int)
    lines = _lines(series, year)
    came = [line.attended for line in lines if line.attended.known]
    total = statistics.summed(lines)
    return render_template(
        "workspace/statistics/index.html",
        lines=lines,
        most=max((line.figures.coming for line in lines), default=0),
        total=total,
        came=came,
        charts=[chart for chart in words.charts(total) if chart.name in {"kinds", "districts", "languages"}],
        series=series,
        year=year,
        all_series=_visible_series(),
        years=statistics.years(db.session(), series_ids=_scope(None), zone=settings().timezone),
        file_href=url_for(
            "workspace.statistics.file", series=series.id if series else None, year=year or None
        ),
    )


@blueprint.get("/statistics/numbers.csv")
@needs(Permission.SEE_LIST)
def file() -> Response:
    """The comparison as a table, one row for each meeting."""
    series, year = _asked_series(), request.args.get("year", type=int)
    headings = [
        _("Meeting"),
        _("Series"),
        _("Date"),
        _("Registered"),
        _("Coming"),
        _("Maybe"),
        _("Waiting"),
        _("Not coming"),
        _("Cancelled"),
        _("In person"),
        _("Online"),
        _("Organisations"),
        _("Present"),
        _("Did not come"),
    ]
    name = f"{series.slug if series else _('meetings')}-{year or ''}".strip("-")
    return _file(name, headings, [_row(line) for line in _lines(series, year)])


def _row(line: Line) -> list[Cell]:
    meeting, states, modes = line.meeting, line.figures.states, line.figures.modes
    lang, order = current_language(), settings().languages
    return [
        in_language(meeting.title, lang, order)[0],
        in_language(meeting.series.name, lang, order)[0],
        meeting.starts_at,
        line.figures.total - states["invited"],
        line.figures.coming,
        states["maybe"],
        states["waiting"],
        states["declined"],
        states["cancelled"],
        modes["room"],
        modes["online"],
        line.organisations,
        line.attended.present if line.attended.known else None,
        line.attended.absent if line.attended.known else None,
    ]


def _lines(series: Series | None, year: int | None) -> list[Line]:
    return statistics.compared(db.session(), series_ids=_scope(series), year=year, zone=settings().timezone)


def _visible_series() -> list[Series]:
    visible = visible_series_ids(current_account())
    return [one for one in all_series(db.session()) if not visible or one.id in visible]


def _asked_series() -> Series | None:
    """The series that the address names, if the account sees it."""
    asked = request.args.get("series", type=int)
    return next((one for one in _visible_series() if one.id == asked), None)


def _scope(series: Series | None) -> frozenset[int]:
    return frozenset({series.id}) if series else visible_series_ids(current_account())


def _needs_until(meeting: Meeting) -> datetime:
    return meeting.ends_at + NEEDS_KEPT


def _file(name: str, headings: list[str], rows: list[list[Cell]]) -> Response:
    """A file for Excel with Czech settings."""
    body = b"".join(excel_csv([str(heading) for heading in headings], rows, settings().timezone))
    response = Response(body, content_type="text/csv; charset=utf-8")
    plain = slugify(f"{_('numbers')}-{name}") or "numbers"
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}.csv"'
    return response
