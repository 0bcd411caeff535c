"""Of which meetings somebody sees what is not bound to one meeting's pages: letters, replies, what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from app.domain.accounts.models import Role
from app.domain.accounts.rules import Permission
from app.domain.reports.queries import meeting_ids
from app.extensions import db
from app.web.access import current_account, meeting_for, visible_series_ids

if TYPE_CHECKING:
    from app.domain.meetings.models import Meeting


def meetings_in_sight() -> list[int] | None:
    """Their ids; None for administrators: all, and what belongs to no meeting."""
    account = current_account()
    if account.role == Role.ADMINISTRATOR:
        return None
    return meeting_ids(db.session(), visible_series_ids(account))


def asked_meeting() -> Meeting | None:
    """The meeting that `?meeting=` names; 403 or 404 where the account may not see its letters."""
    named = request.args.get("meeting", type=int)
    return meeting_for(named, Permission.SEE_OUTBOX) if named is not None else None
