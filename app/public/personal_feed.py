"""The personal feed: asked for on a personal page, told to the mailbox alone, stopped by whoever has either link."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, make_response, redirect, render_template, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.delivery import links
from app.domain.history import service as history
from app.domain.registration import feeds
from app.extensions import db
from app.public.forms.personal import ButtonForm
from app.public.personal_page import open_link, show_page
from app.web.form_key import new_form_key
from app.web.limits import LETTERS, count
from app.web.locale import current_language

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.domain.registration.models import PersonalFeed

blueprint = Blueprint("personal_feed", __name__, url_prefix="/<lang>")

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/feed/<token>/")
def show(token: str) -> Response:
    """How to add the calendar, and how to stop it: the page that the letter links to."""
    return _page(_open_feed(token))


@blueprint.post("/feed/<token>/")
def stop(token: str) -> ResponseReturnValue:
    """Stop the calendar from the letter."""
    feed = _open_feed(token)
    if not ButtonForm().validate():
        return _page(feed, UNPROCESSABLE, _("Please press the button once more."))
    session = db.session()
    begin_write(session)
    feeds.end(session, feed.email_key or "", now=clock.now())
    session.commit()
    return redirect(url_for("public.personal_feed.stopped"), 303)


@blueprint.get("/feed/stopped/")
def stopped() -> str:
    """Says that the calendar is stopped."""
    return render_template("public/personal_feed/stopped.html")


@blueprint.post("/my/<token>/calendar/")
def ask(token: str) -> ResponseReturnValue:
    """Send the feed to the registered address: three letters an hour at most, and what is said is the same."""
    return _act(token, "ask")


@blueprint.post("/my/<token>/calendar/renew")
def renew(token: str) -> ResponseReturnValue:
    """A new address for the feed; the old one stops at once."""
    return _act(token, "renew")


@blueprint.post("/my/<token>/calendar/stop")
def stop_mine(token: str) -> ResponseReturnValue:
    """Stop the feed from the personal page."""
    return _act(token, "stop")


def _act(token: str, verb: str) -> ResponseReturnValue:
    attendee = open_link(token)
    if not ButtonForm().validate():
        return show_page(attendee, UNPROCESSABLE, _("Please press the button once more."))
    if attendee.email_key is None:
        abort(404)
    number, may_write = attendee.id, verb == "stop" or count(LETTERS, attendee.email_key).allowed
    session, now = db.session(), clock.now()
    begin_write(session)
    if verb == "renew":
        feeds.renew(session, number, now=now, actor=history.ATTENDEE, tell=may_write)
    elif verb == "stop":
        feeds.stop(session, number, now=now, actor=history.ATTENDEE)
    elif may_write:
        feeds.ask(session, number, now=now, actor=history.ATTENDEE)
    session.commit()
    return redirect(url_for("public.personal.show", token=token, done=f"feed_{verb}"), 303)


def _open_feed(token: str) -> PersonalFeed:
    """The feed of a link; raises `NotFound`. One that was stopped is gone."""
    feed = feeds.get(db.session(), token)
    if feed.revoked_at is not None or feed.email_key is None:
        abort(410)
    return feed


def _page(feed: PersonalFeed, status: HTTPStatus = HTTPStatus.OK, problem: str = "") -> Response:
    page = render_template(
        "public/personal_feed/show.html",
        token=feed.token,
        addresses=links.feed(current_language(), feed.token),
        form_key=new_form_key(),
        problem=problem,
    )
    return make_response(page, status)
