"""Today: the page an organiser sees first. The next meeting, what is stuck, what happened last, what comes then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, make_response, redirect, render_template, url_for

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.accounts.rules import Permission, may
from app.domain.attendance.queries import present
from app.domain.history.queries import newest
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import MeetingState
from app.domain.replies.queries import counts as reply_counts
from app.domain.reports import today
from app.domain.reports.things import things_of
from app.extensions import db, settings
from app.web.access import current_account, needs, visible_series_ids
from app.web.availability import of_seats
from app.workspace.history import line_of
from app.workspace.job_words import shown_jobs
from app.workspace.sight import meetings_in_sight
from app.workspace.today_words import stuck_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting
    from app.domain.reports.today import Standing

blueprint = Blueprint("today", __name__)
THEN = 3  # meetings after the next one
JUST_OVER = timedelta(days=14)
LAST_ENTRIES = 8


@blueprint.get("/")
@needs(Permission.OWN)
def index() -> AnyResponse:
    """What an organiser needs first; for somebody of the door, the doors."""
    account = current_account()
    if account.role == Role.DOOR:
        return redirect(url_for("workspace.door.index"), 302)
    session, now = db.session(), clock.now()
    found = meetings.not_over(session, now=now, series_ids=visible_series_ids(account))
    ahead = [one for one in found if one.state == MeetingState.PUBLISHED]
    standing = today.standings(session, ahead)
    scope = meetings_in_sight()
    page = render_template(
        "workspace/today/index.html",
        today=now.astimezone(ZoneInfo(settings().timezone)),
        next=_next(ahead[0], standing[ahead[0].id], now=now) if ahead else None,
        over=meetings.just_over(
            session, now=now, since=now - JUST_OVER, series_ids=visible_series_ids(account)
        ),
        stuck=_stuck(ahead, standing, scope, now=now),
        lines=_lines(scope),
        jobs=shown_jobs() if may(account, Permission.EXPORT) else [],
        then=[(one, of_seats(one, standing[one.id].seats, now=now)) for one in ahead[1 : 1 + THEN]],
        more=max(0, len(ahead) - 1 - THEN),
        drafts=[one for one in found if one.state == MeetingState.DRAFT],
        is_first_use=not found and not meetings.is_any(session, series_ids=visible_series_ids(account)),
        may_edit=may(account, Permission.EDIT),
        may_export=may(account, Permission.EXPORT),
        may_check_in=may(account, Permission.CHECK_IN),
    )
    return make_response(page)


def _next(meeting: Meeting, standing: Standing, *, now: datetime) -> dict[str, Any]:
    """The next meeting; `present` is None until its day has come."""
    zone = ZoneInfo(meeting.timezone)
    has_come = now.astimezone(zone).date() >= meeting.starts_at.astimezone(zone).date()
    return {
        "meeting": meeting,
        "seats": of_seats(meeting, standing.seats, now=now),
        "coming": standing.seats.taken.total(),
        "maybe": standing.maybe,
        "waiting": standing.seats.waiting.total(),
        "present": present(db.session(), meeting.id) if has_come else None,
        "begun": now >= meeting.starts_at,
    }


def _stuck(
    ahead: Sequence[Meeting], standing: dict[int, Standing], scope: Sequence[int] | None, *, now: datetime
) -> list[dict[str, Any]]:
    session = db.session()
    failed = today.failed_letters(session, [one.id for one in ahead])
    replies = reply_counts(session, meeting_ids=scope)["open"]
    return stuck_lines(
        today.stuck(ahead, standing, failed, now=now),
        replies=replies,
        may_edit=may(current_account(), Permission.EDIT),
    )


def _lines(scope: Sequence[int] | None) -> list[dict[str, Any]]:
    """What happened last, in sentences."""
    session = db.session()
    entries = newest(session, meeting_ids=scope, limit=LAST_ENTRIES)
    things = things_of(session, entries)
    return [line_of(entry, things) for entry in entries]
