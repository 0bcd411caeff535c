"""For machines: whether the process lives, and whether it could serve people now."""

from __future__ import annotations

from typing import Any

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db

VERSIONS = text("SELECT version_num FROM alembic_version")

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def process() -> Response:
    """200 as long as the process answers. For any Host."""
    return _plain("ok", 200)


@blueprint.get("/readyz")
def ready() -> Response:
    """200 when the database answers and has all migrations, else 503 and a word why."""
    try:
        with db.engine.connect() as connection:
            present = inspect(connection).has_table("alembic_version")
            at = set(connection.execute(VERSIONS).scalars()) if present else set()
    except SQLAlchemyError:
        return _plain("the database does not answer", 503)
    if at != expected_heads():
        return _plain("migrations are missing: run `flask db upgrade`", 503)
    return _plain("ready", 200)


def expected_heads() -> set[str]:
    """The newest migrations that this program knows; read from disk once."""
    known: set[str] | None = current_app.extensions.get("setkani_heads")
    if known is None:
        extension: Any = current_app.extensions["migrate"]
        known = set(ScriptDirectory.from_config(extension.migrate.get_config()).get_heads())
        current_app.extensions["setkani_heads"] = known
    return known


def _plain(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")
