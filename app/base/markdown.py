"""Organisers' longer texts: Markdown without HTML, then a list of allowed tags. For pages and for letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

TAGS = {
    "p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "a", "strong", "em", "code", "pre", "blockquote",
    "hr", "br",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}
DEEPEST = 6


def parse(text: str) -> list[Token]:
    """The parts of `text`. Its highest headings become `h2`: `h1` is the page's."""
    return _markdown.parse(text)


def html_of(tokens: Sequence[Token]) -> Markup:
    """HTML that is safe to show, without pictures."""
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    safe = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener")
    return Markup(safe)  # noqa: S704 - nh3 has just cleaned it


def _place_headings(state: StateCore) -> None:
    """Begin with `h2` below the page's `h1`, whichever level the text begins with, and leave no level out."""
    found = [token for token in state.tokens if token.type in {"heading_open", "heading_close"}]
    levels = sorted({token.tag for token in found})
    for token in found:
        token.tag = f"h{min(levels.index(token.tag) + 2, DEEPEST)}"


_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable("image")
_markdown.core.ruler.push("place_headings", _place_headings)
