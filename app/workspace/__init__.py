"""Floor 4: what organisers see. One guard stands before every page; what is not marked is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, url_for

from app.domain.accounts.rules import Permission
from app.web.access import guard, needs
from app.workspace import (
    answers,
    attendees,
    decisions,
    directory,
    erase,
    exports,
    invitations,
    me,
    meetings,
    outbox,
    pages,
    questions,
    replies,
    series,
    team,
)

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

workspace = Blueprint("workspace", __name__, url_prefix="/workspace")
workspace.before_request(guard)

for part in (
    meetings,
    attendees,
    answers,
    decisions,
    invitations,
    erase,
    exports,
    series,
    questions,
    outbox,
    replies,
    directory,
    pages,
    team,
    me,
):
    workspace.register_blueprint(part.blueprint)


@workspace.get("/")
@needs(Permission.OWN)
def index() -> AnyResponse:
    """The first page of the workspace is the list of meetings."""
    return redirect(url_for("workspace.meetings.index"), 302)
