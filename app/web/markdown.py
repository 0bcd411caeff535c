"""Organisers' longer texts on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.markdown import html_of, parse

if TYPE_CHECKING:
    from markupsafe import Markup


def markdown(text: str) -> Markup:
    """HTML of `text`, safe to show, without pictures. Its highest headings become `h2`: `h1` is the page's."""
    return html_of(parse(text))
