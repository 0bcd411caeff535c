"""The ground that both databases share: names of constraints, instants, and how a write begins.

SQLite (embedded default) and PostgreSQL behave alike because every write transaction begins with
`begin_write`: on SQLite it says BEGIN IMMEDIATE, on PostgreSQL the verbs lock the rows that they decide on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, String, event
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_PRAGMAS = ("journal_mode=wal", "busy_timeout=10000", "foreign_keys=on", "synchronous=full")
POSTGRESQL_SETTINGS = (
    "-c lock_timeout=3s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
)

type_texts = dict[str, str]
# Keys made by `app.base.text` sort by code point, whatever the collation of the database.
SortKey = String(400).with_variant(String(400, collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; gives back aware UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware value into UTC; raises `ValueError` for a naive one."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC; SQLite forgets the zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables. Constraints get names, so that migrations and typed refusals can speak of them."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UtcDateTime(),
            type_texts: JSON(),
            dict[str, Any]: JSON(none_as_null=True),
            list[int]: JSON(),
        },
    )


def begin_write(session: Session) -> None:
    """Begin a transaction that will write; whatever the session has read so far is forgotten first.

    SQLite takes the write lock at once (a transaction that reads first and writes later fails with
    SQLITE_BUSY_SNAPSHOT whatever the time-out). The caller reads again what it decides on.
    """
    session.rollback()
    session.connection(execution_options={"write": True})


def prepare_engine(engine: Engine) -> None:
    """Teach an SQLite engine the settings and the two ways to begin; PostgreSQL needs neither."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "checkout")
    def _guard(connection: Any, _record: object, _proxy: object) -> None:
        """A migration turns foreign keys off; whoever gets its connection next must not inherit that."""
        connection.execute("pragma foreign_keys=on")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def engine_options(url: str) -> dict[str, Any]:
    """Options for `create_engine`: the pool for PostgreSQL, time-outs; no values of rows in error messages."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 10}, "hide_parameters": True}
    return {
        "hide_parameters": True,
        "pool_size": 8,
        "max_overflow": 0,
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "pool_recycle": 300,
        "connect_args": {"options": POSTGRESQL_SETTINGS, "connect_timeout": 5},
    }
