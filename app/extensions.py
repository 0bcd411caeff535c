"""Floor 2: extensions, not bound to an application yet. `settings()` is the present application's `Config`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app
from flask_babel import Babel
from flask_login import LoginManager
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from app.base.db import Base
from app.base.sealing import Sealer

if TYPE_CHECKING:
    from config import Config

db = SQLAlchemy(model_class=Base)
migrate = Migrate(render_as_batch=True, compare_type=True)
csrf = CSRFProtect()
mail = Mail()
babel = Babel()
login = LoginManager()


def settings() -> Config:
    """The configuration of the application at hand."""
    return cast("Config", current_app.extensions["setkani_config"])


def sealer() -> Sealer:
    """What seals secrets under the application's key, and opens those sealed under a former one."""
    config = settings()
    return Sealer(config.secret_key, *config.secret_key_fallbacks)
