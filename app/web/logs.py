"""Structured logs: one JSON object a line on standard error, with a request id and without personal data.

A request is logged by its endpoint, never by its path or query, which may hold personal links. Of an
exception the types and places are logged; its message only where it can speak of nothing but code.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, g, request, request_started
from jinja2 import TemplateError
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

from app.extensions import settings

if TYPE_CHECKING:
    from flask import Response
    from structlog.typing import EventDict, Processor

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
DEEPEST = 12  # frames of a traceback that are logged, the innermost ones
SPEAK_OF_CODE = (AttributeError, NameError, TypeError, ImportError, NotImplementedError, TemplateError)
QUIET = frozenset({"health.process", "health.ready"})

log = structlog.get_logger("setkani.requests")


def init_app(app: Flask) -> None:
    """Log each request of `app`, and its mistakes without the path that Flask would write."""
    configure()
    app.logger.addFilter(_without_path)
    request_started.connect(_begin, app)
    app.after_request(_end)


def configure(level: int = logging.INFO) -> None:
    """Send all logs of this process, ours and the libraries', to standard error as JSON. Safe to repeat."""
    stamp: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_failure,
    ]
    structlog.configure(
        processors=[*stamp, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every look at the migrations
    finish: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    handler = _StandardError()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=stamp, processors=finish))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _StandardError)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # its access log holds paths


def describe_failure(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Replace a traceback by types and places: values, and with them personal data, stay out."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        if isinstance(error, SPEAK_OF_CODE):
            event["said"] = str(error)[:300]
        if error.__cause__ is not None:
            event["cause"] = type(error.__cause__).__name__
        frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
        event["where"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return event


class _StandardError(logging.StreamHandler[Any]):
    """Writes to whatever standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _short(path: str) -> str:
    return "/".join(path.replace("\\", "/").rsplit("/", 3)[-3:])


def _without_path(record: logging.LogRecord) -> bool:
    """Flask writes `Exception on /cs/my/<token> [GET]`."""
    if record.exc_info and str(record.msg).startswith("Exception on"):
        record.msg, record.args = "a request failed", ()
    return True


def _begin(_app: Flask, **_extra: Any) -> None:
    clear_contextvars()
    given = request.headers.get("X-Request-Id", "")
    trusted = settings().proxy_hops > 0 and REQUEST_ID.fullmatch(given)
    g.request_id = given if trusted else secrets.token_hex(8)
    g.began = time.monotonic()
    bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers["X-Request-Id"] = g.request_id
    if request.endpoint not in QUIET or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.info(
            "request",
            method=request.method if request.method.isalpha() else "?",
            endpoint=request.endpoint or "-",
            status=response.status_code,
            ms=round((time.monotonic() - g.began) * 1000),
        )
    return response
