"""Rate limits, shared by all processes through the application's own database.

A fixed window per key: the first hit opens it, the hit after the last allowed one is refused until it ends.
Each hit is one statement in its own short transaction, so count BEFORE the request opens one that writes: on
SQLite it would wait for its own lock. Keys are keyed hashes and tell nothing about a person.
Why not Flask-Limiter: docs/decisions/0004-rate-limits-in-the-database.md.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import TYPE_CHECKING

from flask import request
from sqlalchemy import Column, Index, Integer, String, Table, case, delete, literal
from sqlalchemy.dialects import postgresql, sqlite

from app.base import clock
from app.base.db import Base, UtcDateTime
from app.extensions import db, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

rate_hits = Table(
    "rate_hits",
    Base.metadata,
    Column("key", String(120), primary_key=True),
    Column("hits", Integer, nullable=False),
    Column("expires", UtcDateTime(), nullable=False),
)
Index(None, rate_hits.c.expires)
# Threads that wait for SQLite's write lock look for it now and then; who sleeps may miss it until the time-out.
_turn = Lock()


@dataclass(frozen=True, slots=True)
class Limit:
    """`hits` within `seconds` for each key of `scope`."""

    scope: str
    hits: int
    seconds: int


# A town hall is one network address, so these are generous; who sends too much only has to wait.
REGISTRATION = Limit("registration", 60, 10 * 60)
LETTERS = Limit("letters", 3, 60 * 60)  # that strangers can cause, per recipient; refused silently
SIGN_IN_ACCOUNT = Limit("sign-in-account", 10, 15 * 60)
SIGN_IN_NETWORK = Limit("sign-in-network", 50, 15 * 60)
UPLOADS = Limit("uploads", 256 * 1024, 60 * 60)  # kilobytes: a hall of people, each with a presentation
# Three codes of a million fit at any moment: ten guesses an hour find one in four years.
SIGN_IN_CODE = Limit("sign-in-code", 10, 60 * 60)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether this hit is allowed, how many there were in the window, and how many seconds it still lasts."""

    allowed: bool
    hits: int
    retry_after: int


def count(limit: Limit, *parts: str, amount: int = 1) -> Allowance:
    """Count one hit of this request against `limit` for whoever `parts` name (an address, `network()`).

    Call it first: the transaction of what the request has read so far ends here, as two connections for one
    request would exhaust the pool. With rate limits switched off all is allowed.
    """
    if not settings().ratelimit_enabled:
        return Allowance(allowed=True, hits=0, retry_after=0)
    db.session.rollback()
    key = limit_key(limit.scope, *parts)
    return hit(db.engine, key, limit.hits, limit.seconds, clock.now(), amount)


def letters_held_back(addresses: Iterable[str]) -> dict[str, int]:
    """Count a letter to each folded address; gives the hours that each has to wait."""
    hits = {address: count(LETTERS, address).hits for address in addresses}
    return {address: max(number - 1, 0) // LETTERS.hits for address, number in hits.items()}


def limit_key(scope: str, *parts: str) -> str:
    """A key that shows its scope and hides its parts: HMAC-SHA256 under the application's secret."""
    message = "\0".join((scope, *parts)).encode("utf-8", "surrogatepass")
    return f"{scope}:{hmac.new(settings().secret_key.encode(), message, hashlib.sha256).hexdigest()}"


def network() -> str:
    """Where this request comes from: an IPv4 address, or the /64 of an IPv6 one; "" when it is unknown."""
    try:
        address = ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


def hit(engine: Engine, key: str, limit: int, seconds: int, now: datetime, amount: int = 1) -> Allowance:
    """Add `amount` hits to `key`, in one statement and an own transaction; say whether that is allowed."""
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    columns, ends = rate_hits.c, literal(now + timedelta(seconds=seconds), UtcDateTime())
    running = columns.expires > now
    upsert = (
        insert(rate_hits)
        .values(key=key, hits=amount, expires=ends)
        .on_conflict_do_update(
            index_elements=[columns.key],
            set_={
                "hits": case((running, columns.hits + amount), else_=amount),
                "expires": case((running, columns.expires), else_=ends),
            },
        )
        .returning(columns.hits, columns.expires)
    )
    turn = nullcontext() if engine.dialect.name == "postgresql" else _turn
    with turn, engine.connect().execution_options(write=True) as connection, connection.begin():
        hits, expires = connection.execute(upsert).one()
    left = math.ceil((expires.astimezone(UTC) - now).total_seconds())
    return Allowance(allowed=hits <= limit, hits=hits, retry_after=max(left, 1))


def sweep(engine: Engine, now: datetime) -> int:
    """Remove the windows that have ended; gives their number. Called by the worker now and then."""
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        return connection.execute(delete(rate_hits).where(rate_hits.c.expires <= now)).rowcount
