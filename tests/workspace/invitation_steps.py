"""The steps of inviting, as an organiser takes them: fill in the list, look at the preview, press its button."""

from __future__ import annotations

import io
from typing import Any

import html5lib
from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Kind, Letter
from app.domain.registration.models import Attendee
from tests.workspace.desk import Desk


def url(meeting: Meeting | int, page: str = "new/") -> str:
    """The address of a page of invitations."""
    number = meeting if isinstance(meeting, int) else meeting.id
    return f"/workspace/meetings/{number}/invitations/{page}"


def check(desk: Desk, number: int, text: str = "", file: bytes | None = None, **fields: Any) -> TestResponse:
    """Send the first form; `file` is the content of an upload."""
    sent: dict[str, Any] = {"text": text, "mode": "room", "language": "cs", "words": "", **fields}
    if file is not None:
        sent["file"] = (io.BytesIO(file), sent.pop("filename", "lidé.csv"))
    page = desk.post(url(number), **sent)
    page.request.environ["wsgi.input"].close()  # a temporary file when it is large
    return page


def press(
    desk: Desk, page: TestResponse, act: str = "", *, follow: bool = True, **changes: Any
) -> TestResponse:
    """Press a button of the page that came, `act` its value, with all that the page's own form carries."""
    fields = carried(page) | changes | ({"act": act} if act else {})
    number = page.request.path.split("/")[3]
    return desk.post(url(int(number)), follow=follow, **fields)


def carried(page: TestResponse, action: str = "/invitations/new/") -> dict[str, Any]:
    """The fields of the page's form that posts to `action`; several of one name are a list."""
    tree = html5lib.parse(page.get_data(as_text=True), namespaceHTMLElements=False)
    (form,) = (one for one in tree.iter("form") if (one.get("action") or "").endswith(action))
    found: dict[str, list[str]] = {}
    for node in form.iter():
        if node.tag == "input" and node.get("name") and node.get("type") != "file":
            if node.get("type") not in ("radio", "checkbox") or node.get("checked") is not None:
                found.setdefault(node.get("name"), []).append(node.get("value") or "")
        elif node.tag == "textarea":
            found[node.get("name")] = ["".join(node.itertext())]
        elif node.tag == "select":
            every = list(node.iter("option"))
            chosen = next((one for one in every if one.get("selected") is not None), every[0])
            found.setdefault(node.get("name"), []).append(chosen.get("value") or "")
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def lines(page: TestResponse, table: str) -> list[list[str]]:
    """The cells of a table of the preview: `new`, `left-out` or `wrong`."""
    tree = html5lib.parse(page.get_data(as_text=True), namespaceHTMLElements=False)
    for one in tree.iter("table"):
        if one.get("id") == table:
            return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in one.find("tbody")]
    return []


def invited(session: Session) -> list[tuple[str, str, str]]:
    """Name, address and organisation of whoever is invited, in order."""
    session.rollback()
    rows = session.scalars(select(Attendee).where(Attendee.place == "invited").order_by(Attendee.id))
    return [(one.name, one.email or "", one.organisation_name) for one in rows]


def letters(session: Session) -> list[Letter]:
    """The invitations that were written."""
    session.rollback()
    return list(session.scalars(select(Letter).where(Letter.kind == Kind.INVITED).order_by(Letter.id)))


def workbook(*rows: tuple[Any, ...]) -> bytes:
    """An Excel file."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
