"""The steps of an import, as an organiser takes them: the list, its columns, the preview, its button."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.outbox.models import Letter
from app.domain.registration.models import Attendee
from tests.workspace.desk import Desk
from tests.workspace.invitation_steps import carried

ACTION = "/attendees/import/"


def url(meeting: int) -> str:
    """The address of an import."""
    return f"/workspace/meetings/{meeting}{ACTION}"


def begin(desk: Desk, meeting: int, text: str = "", file: bytes | None = None, **fields: Any) -> TestResponse:
    """Send the first form; `file` is the content of an upload."""
    sent: dict[str, Any] = {"text": text, "mode": "room", "language": "cs", "letters": "tell", **fields}
    if file is not None:
        sent["file"] = (io.BytesIO(file), "lidé.csv")
    page = desk.post(url(meeting), **sent)
    page.request.environ["wsgi.input"].close()  # a temporary file when it is large
    return page


def go_on(
    desk: Desk, page: TestResponse, act: str = "", *, follow: bool = True, **changes: Any
) -> TestResponse:
    """Press a button of the page that came, `act` its value, with all that the page's own form carries."""
    fields = carried(page, ACTION) | changes | ({"act": act} if act else {})
    return desk.post(page.request.path, follow=follow, **fields)


def preview(desk: Desk, meeting: int, text: str, **fields: Any) -> TestResponse:
    """A table as guessed, up to its preview."""
    return go_on(desk, begin(desk, meeting, text, **fields))


def on_list(session: Session) -> list[Attendee]:
    """Everybody, in the order of adding."""
    session.rollback()
    return list(session.scalars(select(Attendee).order_by(Attendee.id)))


def letters(session: Session) -> list[tuple[str, str | None, str | None, str]]:
    """Kind, address, calendar part and state of all letters, in order."""
    session.rollback()
    rows = session.scalars(select(Letter).order_by(Letter.id))
    return [(one.kind, one.recipient, one.calendar, one.state) for one in rows]
