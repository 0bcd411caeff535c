"""Floor 4: what organisers see. One guard stands before every page; what is not marked is refused."""

from __future__ import annotations

from flask import Blueprint

from app.web.access import guard
from app.workspace import (
    answers,
    attendance,
    attendees,
    broadcast_preview,
    broadcast_sending,
    broadcasts,
    changes,
    decisions,
    directory,
    door,
    door_line,
    drafts,
    duplicates,
    erase,
    exports,
    help,  # noqa: A004 - pages are named as in their addresses
    history,
    invitations,
    many,
    me,
    meetings,
    moves,
    outbox,
    pages,
    questions,
    replies,
    second_factor,
    series,
    sheets,
    statistics,
    team,
    today,
)

workspace = Blueprint("workspace", __name__, url_prefix="/workspace")
workspace.before_request(guard)

for part in (
    today,
    meetings,
    drafts,
    changes,
    attendees,
    answers,
    decisions,
    many,
    moves,
    duplicates,
    invitations,
    broadcasts,
    broadcast_preview,
    broadcast_sending,
    erase,
    exports,
    sheets,
    door,
    door_line,
    attendance,
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
    help,
):
    workspace.register_blueprint(part.blueprint)
