"""A small application of its own: the parts under test, without the pages of the faces."""

import pytest
from flask import Flask

from app.base.db import engine_options, prepare_engine
from app.extensions import babel, csrf, db, login
from config import load


@pytest.fixture
def make_config(tmp_path):
    def make(**environ):
        return load({"SECRET_KEY": "k" * 32, "INSTANCE_PATH": str(tmp_path), **environ})

    return make


@pytest.fixture
def bare(make_config):
    """Flask, the database and Babel; no pages."""
    config = make_config()
    app = Flask("app")
    app.extensions["setkani_config"] = config
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        TESTING=True,
    )
    db.init_app(app)
    csrf.init_app(app)
    babel.init_app(app)
    login.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        yield app
        db.engine.dispose()
