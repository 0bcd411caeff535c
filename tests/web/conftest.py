"""Small applications: the parts under test around a few pages, so that anything can be made to fail."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask, abort, render_template_string, request, session
from flask_babel import gettext
from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.base.db import engine_options, prepare_engine
from app.base.errors import NotFound
from app.extensions import babel, csrf, db, login, migrate
from app.web import access, errors, filters, headers, health, hosts, locale, logs, static
from app.web.forms import PublicForm, WorkspaceForm
from config import ROOT, load

ENDPOINT = re.compile(r"'(public\.\w+\.\w+)'")


@pytest.fixture
def make_config(tmp_path):
    def make(languages=("cs", "en"), **environ):
        config = load({"SECRET_KEY": "k" * 32, "INSTANCE_PATH": str(tmp_path), **environ})
        return replace(config, languages=languages)

    return make


def _flask(config, **settings):
    app = Flask(
        "app",
        root_path=str(config.root / "app"),
        template_folder=str(config.root / "templates"),
        static_folder=None,
    )
    app.extensions["setkani_config"] = config
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        WTF_CSRF_TIME_LIMIT=None,
        **settings,
    )
    return app


@pytest.fixture
def bare(make_config):
    """Flask, the database and Babel; no pages."""
    app = _flask(make_config(), TESTING=True)
    db.init_app(app)
    csrf.init_app(app)
    babel.init_app(app)
    login.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        yield app
        db.engine.dispose()


@pytest.fixture
def make_site(make_config):
    """A function that makes an application of every part of `app.web`, with pages that fail in every way."""
    made = []

    def make(**environ):
        config = make_config(**environ)
        app = _flask(config)
        made.append(app)
        logs.init_app(app)
        hosts.init_app(app)
        db.init_app(app)
        with app.app_context():
            prepare_engine(db.engine)
        migrate.init_app(app, db, directory=str(config.root / "migrations"))
        csrf.init_app(app)
        login.init_app(app)
        access.init_app(app)
        locale.init_app(app, babel)
        filters.init_app(app)
        static.init_app(app)
        headers.init_app(app)
        errors.init_app(app)
        app.register_blueprint(health.blueprint)
        app.register_blueprint(_public())
        app.register_blueprint(_workspace())
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture
def browser(site):
    return site.test_client()


@pytest.fixture
def migrated(site):
    with site.app_context():
        upgrade()
    return site


@pytest.fixture
def signed_in(browser, monkeypatch):
    """`browser` belongs to an organiser who reads English."""
    user = access.SignedIn("token", SimpleNamespace(language="en"), None)
    monkeypatch.setattr(login, "_user_callback", lambda _token: user)
    with browser.session_transaction() as session:
        session["_user_id"] = "token"


def _public():
    public = Blueprint("public", __name__)
    parts = {}
    for endpoint in _linked():
        _face, page, view = endpoint.split(".")
        prefix = "/<lang>" if page == "home" else f"/<lang>/{page}"
        part = parts.setdefault(page, Blueprint(page, __name__, url_prefix=prefix))
        part.add_url_rule("/" if view in {"index", "show"} else f"/{view}", view, _heading)
    parts["home"].add_url_rule("/fail/<how>", "fail", _fail)
    parts["home"].add_url_rule("/whoami", "whoami", lambda: access.current_account().language)
    add = parts["meetings"].add_url_rule
    add("/<slug>/", "show", lambda slug: slug, methods=["GET", "POST"])
    add("/<slug>/register", "register", _register, methods=["GET", "POST"])
    add("/<slug>/cancel", "cancel", lambda slug: slug, methods=["POST"])
    add("/number/<int:number>/", "number", lambda number: f"{number}")
    for part in parts.values():
        public.register_blueprint(part)
        csrf.exempt(part)
    return public


def _workspace():
    workspace = Blueprint("workspace", __name__, url_prefix="/workspace")
    meetings = Blueprint("meetings", __name__, url_prefix="/meetings")
    meetings.add_url_rule("/", "index", _heading)
    meetings.add_url_rule(
        "/rename", "rename", lambda: str(WorkspaceForm().csrf_token), methods=["GET", "POST"]
    )
    meetings.add_url_rule("/session", "session", _use_session)
    workspace.register_blueprint(meetings)
    return workspace


def _linked():
    """What the layouts, components and error pages link to."""
    texts = [
        path.read_text()
        for name in ("layouts", "components", "errors")
        for path in (ROOT / "templates" / name).iterdir()
    ]
    return sorted({endpoint for text in texts for endpoint in ENDPOINT.findall(text)})


def _heading():
    return gettext("There is no such page")


def _register(slug):
    form = PublicForm()
    return (
        (slug, 200) if form.validate_on_submit() else (form.hidden_tag(), 422 if form.is_submitted() else 200)
    )


def _use_session():
    session["seen"] = True
    return "seen"


FAILURES = {
    "mistake": lambda: KeyError("jana@example.org"),
    "typo": lambda: AttributeError("'str' object has no attribute 'nmae'"),
    "locked": lambda: OperationalError(
        "UPDATE x SET y = ?", ("jana@example.org",), Exception("database is locked")
    ),
    "pool": lambda: PoolTimeoutError("QueuePool limit"),
    "unknown": lambda: NotFound("meeting"),
}


def _fail(how):
    if how in FAILURES:
        raise FAILURES[how]()  # noqa: RSE102 - a factory, not a class
    if how == "template":
        return render_template_string("{{ nothing_of_the_kind }}")
    wait = {"retry_after": int(request.args["wait"])} if "wait" in request.args else {}
    return abort(int(how), **wait)
