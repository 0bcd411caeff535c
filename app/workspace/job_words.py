"""What is said of files that workers make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.base import clock
from app.domain.jobs import queries
from app.domain.jobs.models import JobKind, JobState, Trouble
from app.domain.jobs.rules import kept_until
from app.domain.reports.lists import Whom
from app.extensions import db
from app.web.access import current_account
from app.workspace import paper_words
from app.workspace.forms.sheets import Paper

if TYPE_CHECKING:
    from app.domain.jobs.models import Job

STATES = {  # of those that are listed
    JobState.QUEUED: _l("waits for its turn"),
    JobState.RUNNING: _l("is being made"),
    JobState.DONE: _l("ready"),
    JobState.FAILED: _l("could not be made"),
    JobState.DROPPED: _l("deleted"),
}
TAGS = {
    JobState.QUEUED: "wait",
    JobState.RUNNING: "maybe",
    JobState.DONE: "yes",
    JobState.FAILED: "bad",
}
ENDINGS = {
    JobState.STOPPED: _l("You stopped it. There is no file."),
    JobState.DROPPED: _l("Somebody on the list was erased since, so the file was deleted. Order it again."),
}
TROUBLES = {
    Trouble.DIED: _l("The file could not be made: the work broke off three times. Order a smaller part."),
    Trouble.PRESS: _l("The PDF could not be made. Order it for fewer people."),
    Trouble.FAULT: _l("The file could not be made because of a fault in the program. Tell whoever runs it."),
}


def label(job: Job) -> str:
    """What it is, for how many people, as which kind of file."""
    if job.kind == JobKind.WORKBOOK:
        return str(
            ngettext(
                "List of attendees, %(num)d person, Excel",
                "List of attendees, %(num)d people, Excel",
                job.number,
            )
        )
    return paper_words.button(Paper(job.kind), Whom.SEATED, job.number)


def ending(job: Job) -> str:
    """Why there is no file; empty while there may be one."""
    if job.state == JobState.FAILED:
        return str(TROUBLES[Trouble(job.trouble or Trouble.FAULT)])
    return str(ENDINGS[JobState(job.state)]) if job.state in ENDINGS else ""


def shown_jobs(*, meeting_id: int | None = None) -> list[dict[str, Any]]:
    """What this account ordered of a meeting within a day, newest first; without one, what is being made now."""
    found = queries.of_account(db.session(), current_account().id, meeting_id=meeting_id, now=clock.now())
    return [
        {
            "href": url_for("workspace.jobs.show", token=job.token),
            "label": label(job),
            "state": STATES[JobState(job.state)],
            "tag": TAGS.get(JobState(job.state), "no"),
            "until": kept_until(job),
        }
        for job in found
    ]
