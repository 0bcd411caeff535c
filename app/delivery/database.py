"""Short transactions of the postman, each in a session of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from app.base.db import begin_write
from app.extensions import db

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE_TROUBLE = (DBAPIError, PoolTimeoutError)


@contextmanager
def transaction(*, write: bool = False) -> Iterator[Session]:
    """A session that commits at the end and rolls back on an error. Needs an application context."""
    with Session(db.engine, expire_on_commit=False) as session:
        if write:
            begin_write(session)
        yield session
        session.commit()
