"""Writing the site's texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.base.errors import Conflict
from app.domain.history import service as history
from app.domain.pages.models import SitePage

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
    query = select(SitePage).where(SitePage.name == name, SitePage.language == language).with_for_update()
    page = session.scalar(query.execution_options(populate_existing=True))
    if (page.version if page else 0) != version:
        raise Conflict
    if page is None:
        page = SitePage(name=name, language=language, version=0)
        session.add(page)
    page.markdown = markdown
    page.version += 1
    page.changed_at = now
    try:
        session.flush()
    except IntegrityError as error:  # two first saves at the same moment
        raise Conflict from error
    history.record(
        session, "page:edit", subject_id=page.id, actor=actor, now=now, name=name, language=language
    )
    return page
