"""Files that come with an organiser's form: kept before the form is judged, so that a mistake does not lose them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base import clock
from app.base.db import begin_write
from app.extensions import db
from app.web.question_files import keep_new, new_files

if TYPE_CHECKING:
    from app.web.question_files import WithFiles


def keep_files(form: WithFiles) -> bool:
    """Keep the good ones; True when some were, and what this request had read must be read again."""
    new, session = new_files([form]), db.session()
    if new:
        begin_write(session)
        keep_new(session, new, now=clock.now())
        session.commit()
    return bool(new)
