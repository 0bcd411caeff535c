"""Refusing letters that are not about one's own registration: by one click of a mail program, or by a button.

Opening the link changes nothing. A mail program posts `List-Unsubscribe=One-Click` by itself (RFC 8058), without a
cookie or a form of ours, and is answered without a redirect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from app.base import clock
from app.base.db import begin_write
from app.domain.broadcasts import news
from app.extensions import db
from app.web.forms import PublicForm
from app.web.headers import private, secret_address

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("news_choice", __name__, url_prefix="/<lang>/news")
ONE_CLICK = ("List-Unsubscribe", "One-Click")
ACT, REFUSE, ACCEPT = "act", "refuse", "accept"


class ChoiceForm(PublicForm):
    """One button."""


@blueprint.get("/<token>/")
def show(token: str) -> ResponseReturnValue:
    """Whether this address gets news, with the button for the other choice."""
    return _page(token, ChoiceForm())


@blueprint.post("/<token>/")
def choose(token: str) -> ResponseReturnValue:
    """Refuse news, or take that back."""
    name, value = ONE_CLICK
    if request.form.get(name) == value:
        _change(token, REFUSE)
        return _page(token, ChoiceForm())
    form = ChoiceForm()
    act = request.form.get(ACT)
    if not form.validate() or act not in (REFUSE, ACCEPT):
        return _page(token, form, 422 if form.errors else 400)
    _change(token, act)
    return redirect(url_for("public.news_choice.show", token=token), 303)


def _change(token: str, act: str) -> None:
    session = db.session()
    begin_write(session)
    if act == REFUSE:
        news.refuse(session, token, now=clock.now())
    else:
        news.accept(session, token)
    session.commit()


def _page(token: str, form: ChoiceForm, status: int = 200) -> ResponseReturnValue:
    private()
    secret_address()
    choice = news.get_choice(db.session(), token)
    return render_template("public/news_choice/show.html", choice=choice, token=token, form=form), status
