"""Floor 4: what organisers see. One guard stands before every page; what is not marked is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, url_for

from app.domain.accounts.models import Role
from app.domain.accounts.rules import Permission
from app.web.access import current_account, guard, needs
from app.workspace import (
    answers,
    attendees,
    broadcast_preview,
    broadcast_sending,
    broadcasts,
    changes,
    decisions,
    directory,
    door,
    door_line,
    erase,
    exports,
    history,
    invitations,
    many,
    me,
    meetings,
    outbox,
    pages,
    questions,
    replies,
    second_factor,
    series,
    sheets,
    statistics,
    team,
)

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

workspace = Blueprint("workspace", __name__, url_prefix="/workspace")
workspace.before_request(guard)

for part in (
    meetings,
    changes,
    attendees,
    answers,
    decisions,
    many,
    invitations,
    broadcasts,
    broadcast_preview,
    broadcast_sending,
    erase,
    exports,
    sheets,
    door,
    door_line,
    series,
    questions,
    outbox,
    replies,
    statistics,
    history,
    directory,
    pages,
    team,
    me,
    second_factor,
):
    workspace.register_blueprint(part.blueprint)


@workspace.get("/")
@needs(Permission.OWN)
def index() -> AnyResponse:
    """The first page of the workspace is the list of meetings; for somebody of the door, the doors."""
    if current_account().role == Role.DOOR:
        return redirect(url_for("workspace.door.index"), 302)
    return redirect(url_for("workspace.meetings.index"), 302)
