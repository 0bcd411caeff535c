"""History: who did what when, over all for administrators, of one meeting or one attendee for who sees the list."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.base import clock
from app.base.db import begin_write
from app.base.text import in_language
from app.domain.accounts.rules import Permission, may
from app.domain.history import queries
from app.domain.history.queries import Asked
from app.domain.history.service import organiser, record
from app.domain.reports.csv_files import excel_csv
from app.domain.reports.queries import account_names, lineage
from app.domain.reports.things import Things, things_of
from app.extensions import db, settings
from app.web.access import current_account, meeting_for, needs
from app.web.fields import page_number
from app.web.locale import current_language
from app.workspace import history_words as words
from app.workspace.attendee_page import attendee_of
from app.workspace.forms.history import HistoryFilter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from app.domain.history.models import Entry
    from app.domain.reports.rows import Cell

blueprint = Blueprint("history", __name__)


@blueprint.get("/history/")
@needs(Permission.ADMINISTER)
def index() -> str:
    """Everything that anybody has done."""
    return _page("workspace/history/index.html", Asked(), download="workspace.history.download")


@blueprint.post("/history/download/")
@needs(Permission.ADMINISTER)
def download() -> Response:
    """Everything as CSV, by the filter in the address."""
    return _file(Asked())


@blueprint.get("/meetings/<int:meeting_id>/history/")
@needs(Permission.SEE_LIST)
def meeting(meeting_id: int) -> str:
    """What was done about a meeting and the people on its list."""
    about = meeting_for(meeting_id, Permission.SEE_LIST)
    return _page(
        "workspace/history/meeting.html",
        Asked(meeting_id=meeting_id),
        download="workspace.history.download_meeting",
        meeting=about,
    )


@blueprint.post("/meetings/<int:meeting_id>/history/download/")
@needs(Permission.EXPORT)
def download_meeting(meeting_id: int) -> Response:
    """The history of a meeting as CSV."""
    meeting_for(meeting_id, Permission.EXPORT)
    return _file(Asked(meeting_id=meeting_id))


@blueprint.get("/meetings/<int:meeting_id>/attendees/<int:attendee_id>/history/")
@needs(Permission.SEE_LIST)
def attendee(meeting_id: int, attendee_id: int) -> str:
    """What was done about one person, also before their address was corrected."""
    about = meeting_for(meeting_id, Permission.SEE_LIST)
    person = attendee_of(about, attendee_id)
    asked = Asked(attendee_ids=lineage(db.session(), person))
    return _page(
        "workspace/history/attendee.html",
        asked,
        download="workspace.history.download_attendee",
        meeting=about,
        person=person,
    )


@blueprint.post("/meetings/<int:meeting_id>/attendees/<int:attendee_id>/history/download/")
@needs(Permission.EXPORT)
def download_attendee(meeting_id: int, attendee_id: int) -> Response:
    """The history of one person as CSV."""
    person = attendee_of(meeting_for(meeting_id, Permission.EXPORT), attendee_id)
    return _file(Asked(attendee_ids=lineage(db.session(), person)), meeting_id=meeting_id)


def _page(template: str, scope: Asked, *, download: str, **about: Any) -> str:
    session = db.session()
    form = _filter(scope)
    asked = _narrowed(scope, form)
    found = queries.page_of(session, asked, page_number(request.args.get("page")))
    given: dict[str, Any] = {name: value for name, value in request.args.items() if name in form and value}
    here = request.path
    return render_template(
        template,
        found=found,
        form=form,
        lines=[line_of(entry, things) for things in [things_of(session, found.rows)] for entry in found.rows],
        narrowed=bool(given),
        here=here,
        page_href=lambda number: f"{here}?{urlencode({**given, 'page': number})}",
        download=url_for(download, **(request.view_args or {}), **given),
        may_export=may(current_account(), Permission.EXPORT),
        **about,
    )


def _filter(scope: Asked) -> HistoryFilter:
    session = db.session()
    accounts, others = queries.actors(session, scope)
    names = account_names(session, accounts)
    people = [
        *((str(one), names.get(one) or _("an account that is gone")) for one in accounts),
        *((one, words.ACTORS.get(one, one)) for one in others),
    ]
    kinds = [(one, words.SUBJECTS.get(one, one)) for one in queries.subjects(session, scope)]
    form = HistoryFilter(kinds, people)
    form.validate()
    return form


def _narrowed(scope: Asked, form: HistoryFilter) -> Asked:
    """What the filter asks for; a day that cannot be read narrows nothing, the page says so."""
    who = form.who.data or ""
    return replace(
        scope,
        subject=form.kind.data or "",
        account_id=int(who) if who.isdecimal() else None,
        actor="" if who.isdecimal() else who,
        since=_midnight(form.since.data),
        until=_midnight(form.until.data, days=1),
    )


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """The first instant of a day of this house; one that no calendar of ours reaches narrows nothing."""
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=days), time(), ZoneInfo(settings().timezone))
    except OverflowError:
        return None


def line_of(entry: Entry, things: Things) -> dict[str, Any]:
    """One entry in words: when, who, what, about what, and where that is."""
    return {
        "at": entry.at,
        "who": words.actor(entry, things.accounts),
        "what": words.sentence(entry, things.labels),
        "about": _about(entry, things),
        "href": _href(entry, things),
        "meeting": _meeting_name(entry, things),
    }


def _about(entry: Entry, things: Things) -> str:
    if entry.subject == "attendee":
        return things.attendees.get(entry.subject_id, "")
    if entry.subject == "account":
        return things.accounts.get(entry.subject_id, "")
    if entry.subject == "series":
        return _local(things.series.get(entry.subject_id, {}))
    return ""


def _href(entry: Entry, things: Things) -> str:
    if entry.subject == "attendee" and entry.subject_id in things.attendees and entry.meeting_id:
        return url_for("workspace.attendees.show", meeting_id=entry.meeting_id, attendee_id=entry.subject_id)
    if entry.subject == "account" and entry.subject_id in things.accounts:
        return url_for("workspace.team.edit", account_id=entry.subject_id)
    return ""


def _meeting_name(entry: Entry, things: Things) -> str:
    number = entry.meeting_id or (entry.subject_id if entry.subject == "meeting" else 0)
    return _local(things.meetings.get(number, {}))


def _local(texts: dict[str, str]) -> str:
    return in_language(texts, current_language(), settings().languages)[0] if texts else ""


def _file(scope: Asked, *, meeting_id: int | None = None) -> Response:
    """A CSV for spreadsheets. Who took it is committed before the first byte leaves."""
    session, account = db.session(), current_account()
    asked = _narrowed(scope, _filter(scope))
    number = queries.page_of(session, asked, 1).total
    begin_write(session)
    record(
        session,
        "history:export",
        subject_id=0,
        meeting_id=meeting_id or scope.meeting_id,
        actor=organiser(account.id),
        now=clock.now(),
        number=number,
    )
    session.commit()
    headings = [str(one) for one in (_("When"), _("Who"), _("What"), _("About"), _("Meeting"), _("Act"))]
    told = [row for part in _portions(asked) for row in part]
    response = make_response(b"".join(excel_csv(headings, told, settings().timezone)))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="history.csv"'
    return response


def _portions(asked: Asked) -> Iterator[list[list[Cell]]]:
    """Rows of cells, some entries at a time."""
    with Session(db.engine) as session, closing(queries.every(session, asked)) as parts:
        for entries in parts:
            things = things_of(session, entries)
            yield [_cells(entry, line_of(entry, things)) for entry in entries]


def _cells(entry: Entry, line: dict[str, Any]) -> list[Cell]:
    return [entry.at, line["who"], line["what"], line["about"], line["meeting"], entry.act]
