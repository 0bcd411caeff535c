"""Showing a long form again: in the language that was switched to, with what was typed."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request
from flask_babel import force_locale

from app.extensions import settings
from app.web.hosts import set_cookie
from app.web.locale import A_YEAR

if TYPE_CHECKING:
    from flask import Response

SWITCH = "switch"


def switched() -> bool:
    """Whether the form was only sent to see the page in another language."""
    return SWITCH in request.form


def form_page(template: str, form: Any, *, status: int | None = None, **context: Any) -> Response:
    """The page of `form`: 422 when something in it is wrong, unless `status` says otherwise.

    The addresses of the workspace name no language: the switch says it in the query and the cookie keeps it.
    """
    code = request.args.get("lang") if switched() else None
    code = code if code in settings().languages else None
    with force_locale(code) if code else nullcontext():
        page = render_template(template, form=form, **context)
    response = make_response(page, status or (422 if form.errors else 200))
    if code:
        set_cookie(response, "lang", code, max_age=A_YEAR)
    return response
