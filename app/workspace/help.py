"""Help: the organiser's handbook of `docs/organiser/`, one page per task, in the language of the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, current_app, render_template, url_for
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.domain.accounts.models import Role
from app.domain.accounts.rules import Permission
from app.web.access import current_account, needs, refuse
from app.web.locale import current_language
from app.web.site_text import fill, heading_and_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

TASKS = (
    "meeting", "invite", "people", "import", "many", "move", "twice", "labels", "views", "questions", "change",
    "letters", "print", "door", "feedback", "files", "replies", "numbers", "team", "privacy",
)  # fmt: skip
OF_THE_DOOR = ("door",)
WRITTEN_FIRST = "en"

blueprint = Blueprint("help", __name__, url_prefix="/help")
_markdown = MarkdownIt("commonmark", {"html": False})


@blueprint.get("/")
@needs(Permission.OWN)
def index() -> str:
    """The tasks that this role can do, each with its page."""
    return render_template("workspace/help/index.html", pages=[(task, *_title(task)) for task in _tasks()])


@blueprint.get("/<task>/")
@needs(Permission.OWN)
def show(task: str) -> str:
    """How one task is done. Who helps at the door reads about the door alone."""
    tasks = _tasks()
    if task not in tasks:
        abort(404) if tasks == TASKS else refuse(current_account(), Permission.OWN)
    text, language = _text(task)
    heading, body = heading_and_body(fill(text))
    following = tasks[tasks.index(task) + 1 :][:1]
    return render_template(
        "workspace/help/show.html",
        heading=heading,
        body=_html(body),
        language=language,
        is_translated=language == current_language(),
        following=[(one, *_title(one)) for one in following],
    )


@blueprint.get("/pictures/<name>")
@needs(Permission.OWN)
def picture(name: str) -> Response:
    """A picture of the handbook; only what lies in its folder, and only pictures."""
    found = {path.name: path for path in (_folder() / "images").glob("*.png")}
    if name not in found:
        abort(404)
    return Response(found[name].read_bytes(), mimetype="image/png")


def _tasks() -> tuple[str, ...]:
    return OF_THE_DOOR if current_account().role == Role.DOOR else TASKS


def _folder() -> Path:
    return Path(current_app.root_path).parent / "docs" / "organiser"


def _text(task: str) -> tuple[str, str]:
    """The Markdown of a page and its language: the one asked for, else English."""
    asked, name = current_language(), f"{task}.md"
    language = asked if (_folder() / asked / name).is_file() else WRITTEN_FIRST
    return (_folder() / language / name).read_text(encoding="utf-8"), language


def _title(task: str) -> tuple[str, str]:
    """The heading of a page and its language."""
    text, language = _text(task)
    return heading_and_body(text)[0], language


def _html(body: str) -> Markup:
    """Our own text, without HTML of its own; links to pages and pictures lead to where they are shown."""
    tokens = _markdown.parse(body)
    for token in tokens:
        _redirect(token.children or ())
    return Markup(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S704 - our own, `html` is off


def _redirect(tokens: Sequence[Token]) -> None:
    for token in tokens:
        name = str(token.attrs.get("href") or token.attrs.get("src") or "").rpartition("/")[2]
        if token.type == "link_open" and name.endswith(".md"):
            token.attrs["href"] = url_for("workspace.help.show", task=name.removesuffix(".md"))
        elif token.type == "image":
            token.attrs["src"] = url_for("workspace.help.picture", name=name)
