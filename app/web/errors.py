"""Error pages in the person's language, with the headers of the error, and no personal data in the log."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

import structlog
from flask import g, make_response, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, SecurityError, ServiceUnavailable, TooManyRequests

from app.base.errors import NotFound
from app.extensions import db, login
from app.web.locale import current_language

if TYPE_CHECKING:
    from flask import Flask, Response

    from app.web.limits import Allowance

PAGES = frozenset({400, 403, 404, 405, 410, 413, 422, 429, 500, 503})
RETRY_AFTER = 5  # seconds; a lock is gone sooner, a restart of the database takes about as long
FIRST_OF_OURS = 500
MINIMAL = Markup(
    '<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body><h1>{title}</h1><p>{advice}</p><p><a href="/">{home}</a></p></body></html>'
)

log = structlog.get_logger("setkani.errors")


def init_app(app: Flask) -> None:
    """Answer every error with a page; a database that is away or busy with 503 and Retry-After."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(NotFound, _not_found)
    for error in (OperationalError, InterfaceError, InternalError, PoolTimeoutError):
        app.register_error_handler(error, _unavailable)
    app.register_error_handler(DBAPIError, _database_error)


def slow_down(allowance: Allowance) -> NoReturn:
    """End this request with the page 429, where there is no form to show again."""
    raise TooManyRequests(retry_after=allowance.retry_after)


def _answer(error: HTTPException) -> Response:
    code = error.code or FIRST_OF_OURS
    if isinstance(error, SecurityError):
        # An unknown Host: no address can be built, so no page of ours can be.
        return make_response(("This host is not served here.\n", code, {"Content-Type": "text/plain"}))
    if error.response is not None:
        return make_response(error.response)
    response = make_response(_page(code), code)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _not_found(_error: NotFound) -> Response:
    return make_response(_page(HTTPStatus.NOT_FOUND), HTTPStatus.NOT_FOUND)


def _unavailable(error: Exception) -> Response:
    log.warning("the database is away or busy", error=type(error).__name__)
    return _answer(ServiceUnavailable(retry_after=RETRY_AFTER))


def _database_error(error: DBAPIError) -> Response:
    """A broken line is a pause; anything else is a mistake of ours and goes on to the page 500."""
    if error.connection_invalidated:
        return _unavailable(error)
    raise error


def _page(code: int) -> str:
    known: int = code if code in PAGES else FIRST_OF_OURS if code >= FIRST_OF_OURS else HTTPStatus.BAD_REQUEST
    if known >= FIRST_OF_OURS:
        _leave_the_database()
    try:
        return render_template(f"errors/{int(known)}.html")
    except Exception:  # the page for an error must come out whatever is broken
        log.exception("the error page itself failed", status=code)
        _leave_the_database()
        return MINIMAL.format(
            lang=current_language(),
            title=_("Something broke on our side"),
            advice=_("Wait a minute and load this page again."),
            home=_("Go to the home page"),
        )


def _leave_the_database() -> None:
    """From here on this request asks the database nothing: not for the account, not for its language."""
    g.no_database = True
    g._login_user = login.anonymous_user()  # noqa: SLF001 - where Flask-Login keeps whom it has loaded
    with suppress(SQLAlchemyError):
        db.session.remove()
