"""The migrations make what the models say, and can be taken back, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from app.base.db import Base
from app.extensions import db
from app.factory import create_app


@pytest.fixture
def empty(database, configure, request):
    """An application on a database without tables."""
    environ = {}
    if database == "postgresql":
        environ["DATABASE_URL"] = request.getfixturevalue("new_pg_database")("migrations")
    app = create_app(configure(**environ))
    with app.app_context():
        yield app
        db.engine.dispose()


def tables():
    return set(inspect(db.engine).get_table_names())


def differences():
    with db.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)


@pytest.mark.usefixtures("empty")
def test_up_gives_the_models_down_gives_nothing_and_up_again():
    upgrade()
    assert differences() == []
    assert tables() == {*Base.metadata.tables, "alembic_version"}
    downgrade(revision="base")
    assert tables() == {"alembic_version"}
    upgrade()
    assert differences() == []


@pytest.mark.usefixtures("empty")
def test_each_constraint_has_the_name_that_the_models_give():
    upgrade()
    found = inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        uniques = {entry["name"] for entry in found.get_unique_constraints(table.name)}
        foreign = {entry["name"] for entry in found.get_foreign_keys(table.name)}
        assert None not in uniques | foreign, table.name
