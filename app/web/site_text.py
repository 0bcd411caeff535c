"""The site's texts: as an administrator wrote them, else as they come with the program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from app.domain.pages.queries import find_page
from app.extensions import settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FOLDER = "public/pages/defaults"
PLACEHOLDER = re.compile(r"\[\[([a-z_]+)\]\]")


def site_text(session: Session, name: str, language: str) -> str:
    """The Markdown of a page in a language, with its placeholders filled from the configuration."""
    page = find_page(session, name, language)
    return fill(page.markdown if page and page.markdown else original(name, language))


def heading_and_body(markdown: str) -> tuple[str, str]:
    """The heading that a text begins with (`# …`), perhaps empty, and the rest."""
    first, _newline, rest = markdown.lstrip().partition("\n")
    return (first[2:].strip(), rest) if first.startswith("# ") else ("", markdown)


def original(name: str, language: str) -> str:
    """The text that comes with the program; in English where the language has none."""
    folder = Path(current_app.root_path).parent / "templates" / FOLDER
    path = folder / f"{name}.{language}.md"
    return (path if path.is_file() else folder / f"{name}.en.md").read_text(encoding="utf-8")


def fill(markdown: str) -> str:
    """Put values in place of `[[name]]`; unknown names stay. Texts are data, never templates."""
    values = {
        "site": settings().site_name,
        "address": settings().base_url,
        "months": str(settings().retention_months),
        "sender": settings().mail_sender,
    }
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), markdown)
