"""Doing something to attendees: one form, one verb, one commit, and where to go afterwards."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from flask import flash, redirect, request, url_for

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound, Refusal
from app.domain.accounts.rules import Permission
from app.domain.history import service as history
from app.domain.registration import rules
from app.extensions import db
from app.web.access import current_account, meeting_for
from app.web.hosts import LARGEST_NUMBER
from app.workspace import attendee_words as words
from app.workspace.attendee_page import attendee_of, page

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.registration.models import Attendee

    Verb = Callable[..., Attendee]
    Said = Callable[[Attendee], str]

Done = TypeVar("Done")

SELECTED = "person"
MOST_SELECTED = 1000


def act(
    meeting_id: int,
    attendee_id: int,
    form: Any,
    verb: Verb,
    said: Said,
    *,
    undo: bool | str = False,
    **forms: Any,
) -> AnyResponse:
    """Do one thing to one attendee: 303 to the page with a notice, or the page with the reason why not.

    `undo` is as in `to_page`; after a text that names a kind of act comes the instant.
    """
    attendee_of(meeting_for(meeting_id, Permission.EDIT), attendee_id)
    if not form.validate_on_submit():
        return page(
            meeting_id, attendee_id, status=HTTPStatus.UNPROCESSABLE_ENTITY, **(forms or {"act_form": form})
        )
    session, now = db.session(), clock.now()
    begin_write(session)
    try:
        attendee = verb(session, attendee_id, now=now, actor=actor())
        session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        return page(
            meeting_id,
            attendee_id,
            status=HTTPStatus.CONFLICT,
            refused=words.refusal_sentence(refusal),
            offer_chair=isinstance(refusal, rules.NoSeatFree),
            **forms,
        )
    flash(said(attendee), "success")
    return to_page(attendee, undo=f"{undo}{now.isoformat()}" if isinstance(undo, str) else undo)


def act_on_many(meeting_id: int, verb: Callable[..., Done], *, now: datetime, **more: Any) -> Done | None:
    """Do one thing with several people of a meeting and give what the verb gives.

    None, with a notice that says why, when it was refused.
    """
    session = db.session()
    begin_write(session)
    try:
        done = verb(session, meeting_id, now=now, actor=actor(), **more)
        session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        flash(words.refusal_sentence(refusal), "warning")
        return None
    return done


def selected() -> list[int]:
    """The attendees that were ticked; what cannot be a number of one counts as not ticked."""
    sent = request.form.getlist(SELECTED)[:MOST_SELECTED]
    numbers = [
        int(one) for one in sent if one.isascii() and one.isdecimal() and len(one) <= len(str(LARGEST_NUMBER))
    ]
    return [number for number in numbers if number <= LARGEST_NUMBER]


def to_page(attendee: Attendee, *, undo: bool | str = False) -> AnyResponse:
    """To the page of a person; with `undo` its notice has the button that takes the act (of that instant) back."""
    more: dict[str, Any] = {"undo": "1" if undo is True else undo} if undo else {}
    address = url_for(
        "workspace.attendees.show", meeting_id=attendee.meeting_id, attendee_id=attendee.id, **more
    )
    return redirect(address, 303)


def actor() -> history.Actor:
    """The account of this request, as history names it."""
    return history.organiser(current_account().id)
