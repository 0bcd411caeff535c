"""One name in three places, nothing unused, small functions, and who may commit: what no linter can say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest
from flask import Blueprint, Flask

import app.commands
import app.public
import app.web
import app.workspace
from app.domain.outbox.models import Kind

ROOT = Path(__file__).resolve().parents[2]
APP, TEMPLATES = ROOT / "app", ROOT / "templates"
SOURCES = sorted(APP.rglob("*.py"))
FACES = {"public": app.public, "workspace": app.workspace}
FACE_FILES = {APP / face / "__init__.py" for face in ("public", "workspace", "commands")}
LONGEST_BODY = 45  # lines, without signature and docstring
COMMITTERS = {"public", "workspace", "commands", "delivery"}
GUARD = (
    "app/web/access.py"  # notes that a session is in use, in a transaction of its own before the request's
)

NOT_OF_A_FACE = {"root", "health.process", "health.ready"}
WITHOUT_A_PAGE = {
    "root": "redirects to the language",
    "health.process": "for machines",
    "health.ready": "for machines",
    "public.feeds.atom": "for programs",
    "public.feeds.calendar": "a calendar file",
    "public.feeds.meeting": "a calendar file",
    "public.feeds.personal": "a calendar file",
    "public.feeds.series": "a calendar file",
    "public.personal.invite": "a calendar file",
    "public.personal_files.show": "a file, to be saved",
    "public.registration.correct": "redirects to the done page",
    "workspace.answer_files.show": "a file, to be saved",
    "workspace.door_line.people": "for the script of the door",
    "workspace.door_line.state": "for the script of the door",
    "workspace.door_line.worker": "a script",
    "workspace.broadcast_preview.html": "the letter itself, in a frame",
    "workspace.broadcasts.file": "a file, to be saved",
    "workspace.directory.add_contact": "the page of edit_contact, empty",
    "workspace.directory.add_organisation": "the page of edit_organisation, empty",
    "workspace.moves.choose_for_one": "the page of choose, about one person",
    "workspace.help.picture": "a picture",
    "workspace.jobs.download": "a file",
    "workspace.meetings.new": "the page of edit, empty",
    "workspace.statistics.file": "a file",
    "workspace.statistics.meeting_file": "a file",
    "workspace.meetings.preview": "the public page of the meeting",
    "workspace.outbox.html": "the letter itself, in a frame",
    "workspace.replies.original": "the mail itself, to be saved",
    "workspace.second_factor.download": "a text file",
}
SECOND_STEPS = {
    "workspace/imports/columns.html": "asks what columns hold, in workspace.imports.new",
    "workspace/imports/preview.html": "asks before workspace.imports.new adds people",
    "workspace/invitations/columns.html": "asks what columns hold, in workspace.invitations.new",
    "workspace/invitations/preview.html": "asks before workspace.invitations.new sends letters",
    "workspace/meetings/confirm.html": "shows whom workspace.meetings.edit and others would tell",
    "workspace/meetings/difference.html": "what somebody else saved meanwhile, in workspace.meetings.edit",
}


def names(folder: Path, pattern: str) -> list[str]:
    """Paths of templates below `templates/`, as they are written in code."""
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in folder.rglob(pattern))


PAGES = [name for face in FACES for name in names(TEMPLATES / face, "*.html")]


def tree(path: Path) -> ast.Module:
    """The syntax tree of a source."""
    return ast.parse(path.read_text(encoding="utf-8"))


def short(path: Path) -> str:
    """A path as tests show it."""
    return path.relative_to(ROOT).as_posix()


def get_endpoints(site: Flask) -> set[str]:
    """Endpoints that answer GET."""
    return {rule.endpoint for rule in site.url_map.iter_rules() if "GET" in (rule.methods or ())}


@pytest.fixture(scope="module")
def site(_apps) -> Flask:
    """The application; its database is not asked."""
    found: Flask = _apps("sqlite")
    return found


# --- one name in three places -----------------------------------------------------------------------------


def test_an_endpoint_is_a_module_and_a_function(site):
    for endpoint, view in site.view_functions.items():
        if endpoint not in NOT_OF_A_FACE:
            assert f"{view.__module__}.{view.__name__}" == f"app.{endpoint}"


def test_a_view_has_the_template_of_its_name(site):
    without = {
        endpoint
        for endpoint in get_endpoints(site)
        if not (TEMPLATES / f"{endpoint.replace('.', '/')}.html").exists()
    }
    assert without == set(WITHOUT_A_PAGE)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_the_view_of_its_name_or_is_a_part_of_its_neighbours(site, name):
    folder, _, file = name.rpartition("/")
    endpoint = name.removesuffix(".html").replace("/", ".")
    if endpoint in site.view_functions or name in SECOND_STEPS:
        return
    assert file == "parts.html"
    assert any(name in path.read_text(encoding="utf-8") for path in (TEMPLATES / folder).glob("*.html"))


@pytest.mark.parametrize("name", [*SECOND_STEPS, *(f"endpoint {one}" for one in WITHOUT_A_PAGE)])
def test_no_exception_outlives_its_reason(site, name):
    kind, _, endpoint = name.partition(" ")
    assert endpoint in site.view_functions if kind == "endpoint" else (TEMPLATES / name).exists()


# --- nothing unused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [*PAGES, *names(TEMPLATES / "components", "*"), *names(TEMPLATES / "layouts", "*")]
)
def test_every_template_is_used(name):
    code = [path for path in SOURCES if name in path.read_text(encoding="utf-8")]
    other = [
        path
        for path in TEMPLATES.rglob("*")
        if path.is_file()
        and path != TEMPLATES / name
        and re.search(rf"""['"]{re.escape(name)}['"]""", path.read_text(encoding="utf-8"))
    ]
    assert code or other


def test_each_kind_of_letter_is_a_folder_of_three_templates():
    folders = {
        path.name: sorted(one.name for one in path.iterdir())
        for path in (TEMPLATES / "mail").iterdir()
        if path.is_dir()
    }
    assert folders == {str(kind): ["body.html", "body.txt", "subject.txt"] for kind in Kind}


def test_parts_of_letters_are_used():
    for path in (TEMPLATES / "mail").iterdir():
        if path.suffix in (".html", ".txt", ".css"):
            users = [one for one in (TEMPLATES / "mail").rglob("*") if one.is_file() and one != path]
            assert any(f"mail/{path.name}" in one.read_text(encoding="utf-8") for one in users), path.name


def test_each_error_page_is_one_of_ours_and_each_of_ours_has_a_page():
    pages = {int(path.stem) for path in (TEMPLATES / "errors").glob("*.html")}
    assert pages == {400, 403, 404, 405, 410, 413, 422, 429, 500, 503}


@pytest.mark.parametrize("face", FACES)
def test_every_blueprint_of_a_face_is_registered(site, face):
    for info in iter_modules(FACES[face].__path__):
        module = import_module(f"app.{face}.{info.name}")
        blueprint = getattr(module, "blueprint", None)
        if isinstance(blueprint, Blueprint):
            assert site.blueprints.get(f"{face}.{info.name}") is blueprint


def test_every_command_is_registered(site):
    for info in iter_modules(app.commands.__path__):
        module = import_module(f"app.commands.{info.name}")
        for name, value in vars(module).items():
            own = isinstance(value, click.Command) and name == value.name.replace("-", "_")
            if own and name == info.name:
                assert site.cli.commands.get(value.name) is value


# --- the factory is an inventory --------------------------------------------------------------------------


def test_the_factory_starts_every_part_of_the_web_floor():
    factory = (APP / "factory.py").read_text(encoding="utf-8")
    for info in iter_modules(app.web.__path__):
        if hasattr(import_module(f"app.web.{info.name}"), "init_app"):
            assert f"{info.name}.init_app(app" in factory, info.name


def test_the_factory_binds_every_extension():
    factory = (APP / "factory.py").read_text(encoding="utf-8")
    for node in tree(APP / "extensions.py").body:
        if isinstance(node, ast.Assign):
            name = node.targets[0].id
            if name == "babel":
                assert "locale.init_app(app, babel)" in factory
            else:
                assert f"{name}.init_app(app" in factory, name


def test_the_factory_decides_nothing():
    (create_app,) = (
        node
        for node in tree(APP / "factory.py").body
        if isinstance(node, ast.FunctionDef) and node.name == "create_app"
    )
    branches = [
        node for node in ast.walk(create_app) if isinstance(node, ast.If | ast.For | ast.While | ast.Try)
    ]
    assert branches == []


# --- small, plain, in its place ---------------------------------------------------------------------------


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of the application, with its place."""
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{short(path)}:{node.lineno} {node.name}", node


def body_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_is_long():
    long = {place: body_length(node) for place, node in functions() if body_length(node) > LONGEST_BODY}
    assert long == {}


def test_no_import_hides_in_a_function():
    hidden = [
        place
        for place, node in functions()
        if any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))
    ]
    assert hidden == []


def test_only_the_clock_asks_for_the_time():
    asks = re.compile(r"\b(datetime|date)\.(now|utcnow|today)\(|\btime\.time\(")
    found = [short(path) for path in SOURCES if asks.search(path.read_text(encoding="utf-8"))]
    assert found == ["app/base/clock.py"]


def calls(path: Path, *wanted: str) -> list[str]:
    """Where a source calls a method of one of these names."""
    return [
        f"{short(path)}:{node.lineno}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in wanted
    ]


def test_only_faces_and_delivery_commit():
    for path in SOURCES:
        floor = path.relative_to(APP).parts[0]
        if floor not in COMMITTERS:
            assert len(calls(path, "commit")) == (short(path) == GUARD)


def test_the_domain_never_ends_a_transaction():
    for path in (APP / "domain").rglob("*.py"):
        assert calls(path, "commit", "rollback", "close", "begin") == []


def test_nobody_uses_the_old_query():
    for path in SOURCES:
        assert calls(path, "query") == [], "select() and the session"


@pytest.mark.parametrize("path", sorted(set(APP.rglob("__init__.py")) - FACE_FILES), ids=short)
def test_a_package_says_what_it_is_and_nothing_more(path):
    module = tree(path)
    assert ast.get_docstring(module)
    assert len(module.body) == 1


def test_features_of_the_domain_speak_the_same_file_names():
    """A feature begins with its tables, and reads and verbs have their names; some have no tables of their own."""
    without_tables = {"calendars", "feedback", "notices", "privacy", "reports"}
    for folder in (APP / "domain").iterdir():
        if (folder / "__init__.py").exists() and folder.name not in without_tables:
            present = {path.stem for path in folder.glob("*.py")}
            assert {"models", "queries"} <= present, folder.name
