"""Who wants letters that are not about their own registration: refusing them, and taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from app.base.errors import NotFound
from app.base.text import fold_email
from app.base.tokens import new_token
from app.domain.broadcasts.models import NewsChoice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


def get_choice(session: Session, token: str) -> NewsChoice:
    """The choice that a link in a letter leads to; raises `NotFound`."""
    choice = session.scalar(select(NewsChoice).where(NewsChoice.token == token))
    if choice is None:
        raise NotFound
    return choice


def of_address(session: Session, email: str) -> NewsChoice | None:
    """The choice of an address, if it ever had a letter with one."""
    return session.scalar(select(NewsChoice).where(NewsChoice.email_key == fold_email(email)))


def refuse(session: Session, token: str, *, now: datetime) -> None:
    """No more news to this address. Repeating it changes nothing. Raises `NotFound`."""
    choice = _lock(session, token)
    choice.refused_at = choice.refused_at or now


def accept(session: Session, token: str) -> None:
    """News to this address again: the undo. Raises `NotFound`."""
    _lock(session, token).refused_at = None


def prepare(session: Session, email_keys: Iterable[str], *, now: datetime) -> None:
    """See to it that each address has a token for the link in its letters; many in one statement."""
    rows: list[dict[str, Any]] = [
        {"email_key": key, "token": new_token(), "created_at": now}
        for key in sorted(set(email_keys))  # always in one order: two workers must not wait for each other
    ]
    if rows:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = insert(NewsChoice).on_conflict_do_nothing(index_elements=[NewsChoice.email_key])
        session.connection().execute(statement, rows)


def _lock(session: Session, token: str) -> NewsChoice:
    query = select(NewsChoice).where(NewsChoice.token == token).with_for_update()
    choice = session.scalar(query.execution_options(populate_existing=True))
    if choice is None:
        raise NotFound
    return choice
