"""Floor 5: puts the parts together. An inventory, one line per part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from app import commands
from app.base.db import engine_options, prepare_engine
from app.extensions import babel, csrf, db, login, mail, migrate
from app.public import public
from app.web import access, errors, filters, headers, health, hosts, locale, logs, static
from app.workspace import workspace

if TYPE_CHECKING:
    from config import Config


def create_app(config: Config) -> Flask:
    """A new application for `config`; nothing is shared between two of them but the code."""
    app = Flask(
        __name__,
        root_path=str(config.root / "app"),
        instance_path=str(config.instance_path),
        template_folder=str(config.root / "templates"),
        static_folder=None,
    )
    config.instance_path.mkdir(parents=True, exist_ok=True)
    app.extensions["setkani_config"] = config
    app.config.from_mapping(_flask_settings(config))

    logs.init_app(app)
    hosts.init_app(app)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db, directory=str(config.root / "migrations"))
    csrf.init_app(app)
    mail.init_app(app)
    login.init_app(app)
    access.init_app(app)
    locale.init_app(app, babel)
    filters.init_app(app)
    static.init_app(app)
    headers.init_app(app)
    errors.init_app(app)

    app.register_blueprint(health.blueprint)
    app.register_blueprint(public)
    app.register_blueprint(workspace)
    commands.init_app(app)
    return app


def _flask_settings(config: Config) -> dict[str, object]:
    return {
        "SECRET_KEY": config.secret_key,
        "SECRET_KEY_FALLBACKS": list(config.secret_key_fallbacks),
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(config.database_url),
        "WTF_CSRF_TIME_LIMIT": None,
        "MAIL_SERVER": config.mail_server or "localhost",
        "MAIL_PORT": config.mail_port,
        "MAIL_USE_TLS": config.mail_use_tls,
        "MAIL_USE_SSL": config.mail_use_ssl,
        "MAIL_USERNAME": config.mail_username,
        "MAIL_PASSWORD": config.mail_password,
        "MAIL_DEFAULT_SENDER": config.mail_sender,
    }
