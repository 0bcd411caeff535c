"""A file on its way: how far it is, stopping it, taking it. Only whoever ordered it comes here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from sqlalchemy.orm import Session

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission, may
from app.domain.jobs import queries, rules, service
from app.extensions import db
from app.web.access import current_account, meeting_for, needs, refuse
from app.workspace import job_words as words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.jobs.models import Job
    from app.domain.meetings.models import Meeting

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs/<token>")


@blueprint.get("/")
@needs(Permission.EXPORT)
def show(token: str) -> str:
    """How far it is; the file, once there is one."""
    job, meeting = _own(token)
    now = clock.now()
    return render_template(
        "workspace/jobs/show.html",
        job=job,
        meeting=meeting,
        label=words.label(job),
        ending=words.ending(job),
        is_open=rules.is_open(job),
        is_kept=rules.is_kept(job, now=now),
        kept_until=rules.kept_until(job),
        is_alone=_is_alone(job),
    )


@blueprint.post("/stop")
@needs(Permission.EXPORT)
def stop(token: str) -> AnyResponse:
    """Make no more of it."""
    job, _meeting = _own(token)
    job_id, session = job.id, db.session()
    begin_write(session)
    service.stop(session, job_id, now=clock.now())
    session.commit()
    return redirect(url_for("workspace.jobs.show", token=token), 303)


@blueprint.get("/file")
@needs(Permission.EXPORT)
def download(token: str) -> Response:
    """The file. Who takes what was written into the history when it was ordered."""
    job, _meeting = _own(token)
    if not rules.is_kept(job, now=clock.now()):
        abort(404)
    response = Response(_pieces(db.engine, job.id), content_type=job.content_type)
    response.headers["Content-Disposition"] = job.disposition
    response.content_length = job.size
    return response


def _own(token: str) -> tuple[Job, Meeting]:
    """The job and its meeting, as long as the account may export there; 404, or 403 when the role was taken away."""
    account = current_account()
    job = queries.own(db.session(), token, account.id, now=clock.now())
    meeting = meeting_for(job.meeting_id, Permission.EXPORT)
    if job.sensitive and not may(account, Permission.SEE_NEEDS, meeting.series_id):
        refuse(account, Permission.SEE_NEEDS)
    return job, meeting


def _is_alone(job: Job) -> bool:
    """Whether no worker seems to run: nobody took the job, nor is at another one."""
    now = clock.now()
    waits = job.state in rules.OPEN and job.due_at < now - rules.UNTOUCHED
    return waits and not queries.is_anyone_working(db.session(), now=now)


def _pieces(engine: Engine, job_id: int) -> Iterator[bytes]:
    """Through a session of its own, because that of the request ends before the last piece."""
    with Session(engine) as session:
        for piece in queries.pieces(session, job_id):
            session.rollback()  # a slow reader keeps no transaction open
            yield piece
