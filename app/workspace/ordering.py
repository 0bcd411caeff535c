"""A file that takes long is ordered: a worker makes it, and a page says how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, url_for
from flask_babel import ngettext

from app.base import clock
from app.base.db import begin_write
from app.domain.jobs import service
from app.domain.jobs.models import JobKind
from app.domain.jobs.rules import MOST_BADGES, MOST_CELLS, MOST_LINES, MOST_OPEN, TooManyJobs
from app.extensions import db
from app.workspace.export_page import record_taken

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.jobs.service import NewJob
    from app.domain.reports.orders import ListOrder


def is_long_list(order: ListOrder, number: int) -> bool:
    """Whether a workbook of so many people keeps somebody waiting."""
    return number * len(order.columns) > MOST_CELLS


def is_long_print(kind: JobKind, number: int) -> bool:
    """Whether a paper of so many people keeps somebody waiting."""
    return number > (MOST_BADGES if kind in {JobKind.BADGES, JobKind.LABELS} else MOST_LINES)


def place(new: NewJob, act: str, **details: Any) -> AnyResponse:
    """Order it, note in history who takes what, and lead to the page of the job."""
    session = db.session()
    begin_write(session)
    try:
        job, is_new = service.order(session, new, now=clock.now())
    except TooManyJobs:
        session.rollback()
        sentence = ngettext(
            "%(num)d file of yours is being made. Wait until it is ready, then order another one.",
            "%(num)d files of yours are being made. Wait until one is ready, then order another one.",
            MOST_OPEN,
        )
        flash(str(sentence), "warning")
        return redirect(url_for("workspace.exports.show", meeting_id=new.meeting_id), 303)
    if is_new:
        record_taken(session, act, new.meeting_id, new.number, **details)
    session.commit()
    return redirect(url_for("workspace.jobs.show", token=job.token), 303)
