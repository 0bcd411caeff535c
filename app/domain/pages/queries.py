"""Reads of the site's texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.pages.models import SitePage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def find_page(session: Session, name: str, language: str) -> SitePage | None:
    """The text as an administrator wrote it, or None while the one that comes with the program is in use."""
    return session.scalar(select(SitePage).where(SitePage.name == name, SitePage.language == language))


def written_pages(session: Session) -> dict[tuple[str, str], SitePage]:
    """Every text that was written, by name and language."""
    return {(page.name, page.language): page for page in session.scalars(select(SitePage))}
