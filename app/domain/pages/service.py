"""Writing the site's texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.errors import Conflict
from app.domain.history import service as history
from app.domain.pages.models import SitePage
from app.domain.pages.queries import find_page

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor


def save_page(
    session: Session, name: str, language: str, markdown: str, *, version: int, now: datetime, actor: Actor
) -> SitePage:
    """Keep a text; `version` is the one the editor began with (0 for the text that comes with the program).

    An empty text brings the original back. Raises `Conflict` when somebody saved meanwhile.
    """
    page = find_page(session, name, language)
    if (page.version if page else 0) != version:
        raise Conflict
    if page is None:
        page = SitePage(name=name, language=language, version=0)
        session.add(page)
    page.markdown = markdown
    page.version += 1
    page.changed_at = now
    session.flush()
    history.record(
        session, "page:edit", subject_id=page.id, actor=actor, now=now, name=name, language=language
    )
    return page
