"""The ground of both databases: instants, names of constraints, and how a write begins."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, StatementError

from app.base.db import Base, UtcDateTime, begin_write, engine_options
from app.base.text import name_sort_key
from app.domain.directory.models import Organisation
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM, record
from app.extensions import db

NOON = datetime(2027, 3, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_a_naive_instant_is_refused(dialect):
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(datetime(2027, 3, 28, 12), dialect)  # noqa: DTZ001 - naive on purpose
    assert UtcDateTime().process_bind_param(None, dialect) is None
    assert UtcDateTime().process_result_value(None, dialect) is None


def test_instants_come_back_in_utc(session):
    prague = NOON.astimezone(timezone(timedelta(hours=2)))
    record(session, "meeting:probe", subject_id=1, actor=SYSTEM, now=prague)
    session.flush()
    session.expire_all()
    entry = session.scalars(select(Entry)).one()
    assert entry.at == NOON
    assert entry.at.tzinfo is UTC


def test_a_naive_instant_never_reaches_a_table(session):
    record(session, "meeting:probe", subject_id=1, actor=SYSTEM, now=datetime(2027, 3, 28, 12))  # noqa: DTZ001
    with pytest.raises(StatementError, match="time zone"):
        session.flush()


def test_every_constraint_has_a_name():
    for table in Base.metadata.sorted_tables:
        assert all(constraint.name for constraint in table.constraints), table.name
        assert all(index.name for index in table.indexes), table.name


def test_beginning_a_write_forgets_what_was_read(session):
    record(session, "meeting:probe", subject_id=1, actor=SYSTEM, now=NOON)
    session.flush()
    begin_write(session)
    assert session.scalars(select(Entry)).all() == []


def test_only_a_write_takes_the_lock_of_sqlite(session, database):
    if database != "sqlite":
        session.execute(text("SELECT 1"))
        begin_write(session)
        assert session.in_transaction()
        return
    other = sqlite3.connect(db.engine.url.database, isolation_level=None, timeout=0)
    session.execute(text("SELECT 1"))
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    begin_write(session)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    assert other.execute("SELECT count(*) FROM history").fetchone() == (0,)
    session.rollback()
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_sqlite_is_set_to_survive_a_power_cut(session, database):
    if database == "sqlite":
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [session.scalar(text(f"PRAGMA {name}")) for name in asked]
        assert found == ["wal", 2, 1, 10_000]
        assert Path(db.engine.url.database).exists()
    else:
        asked = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "TimeZone")
        found = [session.scalar(text(f"SHOW {name}")) for name in asked]
        assert found == ["3s", "15s", "30s", "UTC"]


def test_a_lock_that_is_held_too_long_is_an_operational_error(session, database):
    if database == "sqlite":
        session.execute(text("PRAGMA busy_timeout=50"))
    else:
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
    if database == "sqlite":
        other = sqlite3.connect(db.engine.url.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        session.rollback()
        with pytest.raises(OperationalError, match="locked"):
            session.connection(execution_options={"write": True})
        other.close()
        session.rollback()
        session.execute(text("PRAGMA busy_timeout=10000"))
        return
    with db.engine.connect() as other:
        other.execute(text("LOCK TABLE history IN EXCLUSIVE MODE"))
        with pytest.raises(OperationalError, match="lock timeout"):
            session.execute(text("LOCK TABLE history IN EXCLUSIVE MODE"))


def test_pools_are_sized_for_a_shared_server():
    options = engine_options("postgresql+psycopg://db/setkani")
    assert options["pool_size"] + options["max_overflow"] <= 10
    assert options["pool_pre_ping"]
    assert options["pool_timeout"] == 5
    assert "pool_size" not in engine_options("sqlite:///x.sqlite")


NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), min_size=1, max_size=12), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES)
def test_both_databases_sort_keys_as_python_does(session, names):
    session.rollback()
    keys = [name_sort_key(name) for name in ("Hana Chalupová", "Jan Hůl", "Eva Čápová", *names)]
    rows = [
        {"name": "x", "name_key": str(number), "sort_key": key, "kind": "other"}
        for number, key in enumerate(keys)
    ]
    session.execute(insert(Organisation), rows)
    assert list(session.scalars(select(Organisation.sort_key).order_by(Organisation.sort_key))) == sorted(
        keys
    )
