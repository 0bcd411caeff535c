"""The test client: a browser without scripts that refuses to look away.

Every HTML page it fetches must parse as HTML 5 without errors, name its language, have one `h1`, unique ids, a
label for each field, working fragments, and nothing inline. Every answer must carry the common headers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from flask import has_app_context
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from app.extensions import db

LABELLED = {
    "text",
    "email",
    "search",
    "password",
    "number",
    "date",
    "time",
    "datetime-local",
    "checkbox",
    "radio",
}


class InspectingClient(FlaskClient):
    """`client.get(…)` and `client.post(…)` as in Flask; broken pages fail the test that fetched them.

    Each request runs outside the application context that a test may hold, as it would on a server: nothing of
    one request, neither `g` nor the session, reaches the next. The test's own transaction ends first, so that it
    then sees what the request stored; what it has not committed is gone.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Fetch, then inspect."""
        if has_app_context():
            db.session.rollback()
        response = Context().run(super().open, *args, **kwargs)
        inspect(response)
        return response


def inspect(response: TestResponse) -> None:
    """Check the headers of any answer and the markup of an HTML page."""
    assert response.headers.get("X-Content-Type-Options") == "nosniff", response.request.path
    assert "Content-Security-Policy" in response.headers
    assert "Referrer-Policy" in response.headers
    if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 304, 308):
        check_page(response.get_data(as_text=True), error=response.status_code == 422)


def check_page(markup: str, *, error: bool = False) -> Element:
    """Check one page; gives back its tree (no namespaces). `error`: the title must say so first."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(markup)
    serious = [item for item in parser.errors if item[1] != "unexpected-end-tag-implies-table-voodoo"]
    assert not serious, f"broken HTML: {serious[:3]}"
    assert tree.get("lang"), "the page names no language"
    assert tree.get("dir") in ("ltr", "rtl")
    headings = tree.findall(".//h1")
    assert len(headings) == 1, f"{len(headings)} h1 on the page"
    title = "".join(tree.find(".//title").itertext()).strip()
    assert title, "the page has no title"
    if error:
        assert title.startswith(("Error: ", "Chyba: ")), title
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids)), [name for name, times in Counter(ids).items() if times > 1]
    _check_fields(tree, set(ids))
    _check_nothing_inline(tree)
    return tree


def _check_fields(tree: Element, ids: set[str | None]) -> None:
    labelled = {node.get("for") for node in tree.iter("label")}
    wrapped = {id(field) for label in tree.iter("label") for field in label.iter("input")}
    for field in [*tree.iter("input"), *tree.iter("select"), *tree.iter("textarea")]:
        kind = field.get("type", "text")
        if field.tag == "input" and kind not in LABELLED:
            continue
        named = field.get("aria-label") or field.get("aria-labelledby") or field.get("id") in labelled
        assert named or id(field) in wrapped, f"no label for {field.get('name')}"
    for node in tree.iter():
        for attribute in ("aria-describedby", "aria-labelledby", "list"):
            for name in (node.get(attribute) or "").split():
                assert name in ids, f"{attribute} points to #{name}, which is not there"
        href = node.get("href") or ""
        if href.startswith("#") and len(href) > 1:
            assert href[1:] in ids, f"a link points to {href}, which is not there"


def _check_nothing_inline(tree: Element) -> None:
    for node in tree.iter():
        assert node.tag != "style", "a style element"
        if node.tag == "script":
            assert node.get("src") or node.get("type") in ("application/ld+json", "application/json"), (
                "inline script"
            )
        for name in node.attrib:
            assert name != "style", f"style on {node.tag}"
            assert not name.startswith("on"), f"{name} on {node.tag}"


@contextmanager
def count_statements(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that reach the database; BEGIN and COMMIT are not statements here."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
