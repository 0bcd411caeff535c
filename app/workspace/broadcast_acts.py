"""Doing one thing to a letter to many, and which languages its readers have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Refusal
from app.domain.accounts.rules import Permission
from app.domain.broadcasts import queries
from app.domain.broadcasts.rules import BroadcastRefused, languages_of
from app.extensions import db, settings
from app.web.access import meeting_for
from app.web.locale import language_name
from app.workspace import broadcast_words as words
from app.workspace.attendee_acts import actor
from app.workspace.forms.attendees import ActForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.broadcasts.models import Broadcast
    from app.domain.meetings.models import Meeting


def broadcast_of(meeting_id: int, broadcast_id: int, permission: Permission) -> tuple[Meeting, Broadcast]:
    """A letter that the account may do this with, and its meeting; 404 outside."""
    meeting = meeting_for(meeting_id, permission)
    return meeting, queries.get_broadcast(db.session(), meeting.id, broadcast_id)


def act_on(
    meeting_id: int,
    broadcast_id: int,
    verb: Callable[..., Any],
    sentence: str | Callable[[], str],
    back: str = "",
) -> AnyResponse:
    """Do one thing to a letter to many, then say so, or why not."""
    broadcast_of(meeting_id, broadcast_id, Permission.EDIT)
    page = url_for("workspace.broadcast_sending.show", meeting_id=meeting_id, broadcast_id=broadcast_id)
    address = back or page
    if not ActForm().validate_on_submit():
        flash(str(_("This page was open for too long. Please press the button again.")), "warning")
        return redirect(address, 303)
    session = db.session()
    begin_write(session)
    try:
        verb(session, broadcast_id, now=clock.now(), actor=actor())
        session.commit()
    except BroadcastRefused as refusal:
        session.rollback()
        flash(words.refusal_sentence(refusal), "warning")
        return redirect(page, 303)
    except Refusal:
        session.rollback()
        raise
    flash(sentence if isinstance(sentence, str) else sentence(), "success")
    return redirect(address, 303)


def shares(broadcast: Broadcast) -> list[tuple[str, int, str]]:
    """Each language of recipients: its name, how many have it, and in which language they read the letter."""
    whole = languages_of(broadcast, settings().languages)
    found = queries.languages_reached(db.session(), broadcast)
    return [
        (language_name(code), number, "" if code in whole or not whole else language_name(whole[0]))
        for code, number in sorted(found.items())
    ]
