"""Light, dark or as the device has it: kept in a cookie that says nothing else, written out by the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request, url_for

from app.web.access import own_path
from app.web.hosts import set_cookie
from app.web.locale import A_YEAR, THEMES

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

blueprint = Blueprint("display", __name__, url_prefix="/<lang>/display")


@blueprint.post("/")
def choose() -> Response:
    """Keep the choice and go back to the page; `auto` takes the cookie away."""
    response = redirect(own_path(request.form.get("next")) or url_for("public.home.index"), 303)
    theme = request.form.get("theme", "")
    if theme in THEMES:
        set_cookie(response, "theme", theme, max_age=A_YEAR)
    else:
        set_cookie(response, "theme", "", max_age=0)
    return response
