"""Which hosts we answer for, how cookies look, how much we read."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import abort, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.extensions import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask
    from werkzeug.wrappers import Response

    from config import Config

    Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

MEGABYTE = 1024 * 1024
MOST_OF_AN_UPLOAD = 4 * MEGABYTE  # a file, and a long list that was typed or read from one
MOST_OF_A_FILE = 6 * MEGABYTE  # a file to be sent on, and the text that goes with it
MOST_OF_ANSWERS = 64 * MEGABYTE  # a group of six with the largest file each, and what they typed
MAX_FIELDS = 1000  # six people, each with as many questions as there may be
MAX_FIELDS_WORKSPACE = 2000  # a long programme, or a selection in a list
LARGEST_NUMBER = 2**31 - 1  # of an INTEGER column
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
HEALTH = "/healthz"
TAKES_UPLOADS = "setkani_takes_uploads"
TAKES_ANSWERS = "setkani_takes_answers"
MULTIPART = "multipart/form-data"
View = TypeVar("View", bound="Callable[..., Any]")


def init_app(app: Flask) -> None:
    """Set what follows from `BASE_URL` and `PROXY_HOPS`, and the limits of a request's size."""
    config: Config = app.extensions["setkani_config"]
    app.config.update(_settings(config))
    inner = _AnyHostForHealth(cast("Application", app.wsgi_app), urlsplit(config.base_url).netloc)
    wrapped: Any = inner
    if hops := config.proxy_hops:
        wrapped = ProxyFix(inner, x_for=hops, x_proto=hops, x_host=hops)
    app.wsgi_app = wrapped  # type: ignore[method-assign]  # as Flask documents it
    app.before_request(_let_uploads_be_larger)
    app.before_request(_refuse_the_impossible)
    app.context_processor(lambda: {"site_name": config.site_name, "base_url": config.base_url})


def takes_uploads(view: View) -> View:
    """Mark a view that is sent files or long lists: its requests may be larger than others."""
    vars(view)[TAKES_UPLOADS] = MOST_OF_AN_UPLOAD
    return view


def takes_large_files(view: View) -> View:
    """Mark a view that is sent a file of up to 5 MiB."""
    vars(view)[TAKES_UPLOADS] = MOST_OF_A_FILE
    return view


def takes_answers(view: View) -> View:
    """Mark a view whose questions may ask for files. What is typed stays as small as everywhere."""
    vars(view)[TAKES_ANSWERS] = MOST_OF_ANSWERS
    return view


def cookie_name(name: str) -> str:
    """`name` with the prefix that binds it to this host, under https."""
    return f"__Host-{name}" if settings().secure else name


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    """Set a cookie of ours with the flags that all of them have; `max_age` in seconds, None until the end."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )


def _settings(config: Config) -> dict[str, object]:
    base = urlsplit(config.base_url)
    host = base.hostname or ""
    prefix = "__Host-" if config.secure else ""
    return {
        "TRUSTED_HOSTS": sorted(LOOPBACK) if host in LOOPBACK else [host],
        "SERVER_NAME": base.netloc,  # absolute addresses come from BASE_URL, never from the Host header
        "PREFERRED_URL_SCHEME": base.scheme,
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": config.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "REMEMBER_COOKIE_NAME": f"{prefix}remember",
        "REMEMBER_COOKIE_SECURE": config.secure,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": MEGABYTE // 2,
        "MAX_FORM_PARTS": MAX_FIELDS,
    }


class _AnyHostForHealth:
    """A load balancer asks for `/healthz` by address: that one path is answered for any Host."""

    def __init__(self, application: Application, netloc: str) -> None:
        self.application, self.netloc = application, netloc

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == HEALTH:
            environ["HTTP_HOST"] = self.netloc
        return self.application(environ, start_response)


def _let_uploads_be_larger() -> None:
    """The limits hold from the first look into the form, so they are set before anything else."""
    view = current_app.view_functions.get(request.endpoint or "")
    if most := getattr(view, TAKES_UPLOADS, 0):
        request.max_content_length = request.max_form_memory_size = most
    if (most := getattr(view, TAKES_ANSWERS, 0)) and request.mimetype == MULTIPART:
        request.max_content_length = most  # files lie on the disk while they are looked at


def _refuse_the_impossible() -> None:
    """What no database row can match, or no page of ours can have sent, ends here and not in a query."""
    for value in (request.view_args or {}).values():
        if isinstance(value, str) and any(unicodedata.category(char) in {"Cc", "Cs"} for char in value):
            abort(404)
        if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            abort(404)
    if any("\0" in name or "\0" in value for name, value in request.args.items(multi=True)):
        abort(400)
    limit = MAX_FIELDS_WORKSPACE if "workspace" in request.blueprints else MAX_FIELDS
    if request.method == "POST" and sum(len(values) for values in request.form.listvalues()) > limit:
        abort(413)
