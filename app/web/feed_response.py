"""How calendars and feeds are sent: compressed, kept by caches for a quarter of an hour, and not twice.

Programs ask for them again and again, mostly for nothing.
"""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC
from typing import TYPE_CHECKING

from flask import Response, request

from app.base import clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from werkzeug.wrappers import Response as AnyResponse

CALENDAR = "text/calendar; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
MAX_AGE = 900  # seconds


def feed_response(
    body: bytes, changed: datetime, *, content_type: str = CALENDAR, secret: bool = False
) -> AnyResponse:
    """The answer with `body`, or 304 when the asker has it.

    `changed` is its Last-Modified (`last_change`). The strong ETag is of the bytes; each encoding has its own
    (RFC 9110, 8.8.3). `secret` keeps it out of shared caches.
    """
    packed = request.accept_encodings["gzip"] > 0
    response = Response(gzip.compress(body, mtime=0) if packed else body, content_type=content_type)
    response.set_etag(hashlib.sha256(body).hexdigest()[:32] + ("-gzip" if packed else ""))
    response.last_modified = changed
    response.headers["Cache-Control"] = f"{'private' if secret else 'public'}, max-age={MAX_AGE}"
    response.vary.add("Accept-Encoding")
    if packed:
        response.content_encoding = "gzip"
    return response.make_conditional(request)


def last_change(changes: Iterable[datetime]) -> datetime:
    """The Last-Modified of a feed: its last known change, but at least the beginning of this day (UTC).

    Some changes leave no trace to date them by: a meeting grew too old, a person was erased, the program has new
    words. Programs that send no ETag see them the next day.
    """
    midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return max([midnight, *changes])
