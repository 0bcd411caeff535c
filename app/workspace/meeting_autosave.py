"""A draft of a meeting that the page saves by itself: what the script is told."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import jsonify
from flask_babel import gettext as _

from app.base import clock, dates
from app.base.db import begin_write
from app.base.errors import Conflict
from app.domain.history.service import organiser
from app.domain.meetings import service as meetings
from app.extensions import db, settings
from app.web.access import current_account
from app.web.locale import current_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response

    from app.domain.meetings.models import Meeting
    from app.workspace.forms.meetings import MeetingForm

AUTO = "auto"
MOST_SENTENCES = 3


def save_by_script(form: MeetingForm, meeting: Meeting) -> Response:
    """Store what is right as it is; say what is wrong, and that somebody else saved."""
    if not form.validate():
        wrong = " ".join(list(dict.fromkeys(_sentences(form)))[:MOST_SENTENCES])
        return _told(HTTPStatus.UNPROCESSABLE_ENTITY, _("Not saved: %(why)s", why=wrong))
    session, now = db.session(), clock.now()
    text = form.to_text(meeting)
    begin_write(session)
    try:
        version = meetings.save_draft(
            session,
            meeting.id,
            text,
            form.slots,
            version=form.known_version,
            now=now,
            actor=organiser(current_account().id),
        )
        session.commit()
    except Conflict:
        session.rollback()
        return _told(
            HTTPStatus.CONFLICT,
            _(
                "Not saved: somebody else saved or published this meeting. Press Save to see theirs beside yours."
            ),
        )
    when = dates.clock_time(now, settings().timezone, current_language())
    return _told(HTTPStatus.OK, _("Saved at %(time)s", time=when), version=str(version))


def _sentences(form: MeetingForm) -> Iterator[str]:
    for field in form:
        if field.name != form.programme.name:
            yield from (str(error) for error in field.errors)
    for number, entry in enumerate(form.programme, start=1):
        for field in entry.form:
            for error in field.errors:
                yield _("Item %(number)d: %(message)s", number=number, message=str(error))


def _told(status: HTTPStatus, sentence: str, **more: str) -> Response:
    response = jsonify({"said": str(sentence), **more})
    response.status_code = status
    return response
