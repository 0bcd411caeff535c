"""Files that come with a form: kept before the form is judged, so that a mistake elsewhere does not lose them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base import clock
from app.base.db import begin_write
from app.extensions import db
from app.web.question_files import keep_new, new_files, refuse_new

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.web.limits import Allowance
    from app.web.question_files import WithFiles


def keep_files(forms: Sequence[WithFiles], uploads: Allowance | None) -> bool:
    """Keep the good ones; True when some were, and what this request had read must be read again.

    `uploads` is what `count_uploads` gave.
    """
    if uploads is None:
        return False
    if not uploads.allowed:
        refuse_new(forms)
        return False
    new, session = new_files(forms), db.session()
    if new:
        begin_write(session)
        keep_new(session, new, now=clock.now())
        session.commit()
    return bool(new)
