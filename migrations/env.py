"""Runs migrations on the database of the present application."""

from alembic import context
from flask import current_app

from app.base.db import Base, UtcDateTime

context_options = current_app.extensions["migrate"].configure_args
engine = current_app.extensions["sqlalchemy"].engine


def render_item(kind, item, _autogen_context):
    """Write our instants as what they are in the database, so that old migrations stand on their own."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run() -> None:
    """Migrate over one connection. SQLite rebuilds tables, so foreign keys are off meanwhile and checked after."""
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_item=render_item, **context_options
        )
        with context.begin_transaction():
            context.run_migrations()
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"foreign keys are broken after the migration: {broken[:5]}")
        connection.commit()
        if sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")


run()
