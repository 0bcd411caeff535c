"""What tests of registration and personal pages share: a browser without scripts that fills in forms."""

from __future__ import annotations

import re
from typing import Any

import html5lib
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Letter
from app.domain.registration.models import Attendee
from tests.pages import InspectingClient


def register_url(meeting: Meeting | str, lang: str = "en") -> str:
    """The address of the form."""
    return f"/{lang}/meetings/{meeting if isinstance(meeting, str) else meeting.slug}/register"


def tree_of(response: TestResponse) -> Any:
    """The page as a tree."""
    return html5lib.parse(response.get_data(as_text=True), namespaceHTMLElements=False)


def form_fields(response: TestResponse, selector: str = "registration") -> dict[str, str]:
    """What a browser would send for the form with this id (or whose action ends so): fields, no buttons."""
    for form in tree_of(response).iter("form"):
        if selector == form.get("id") or (form.get("action") or "").endswith(selector):
            return _values(form)
    raise AssertionError(f"no form {selector} on the page")


def _values(form: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in form.iter():
        name = node.get("name")
        if not name:
            continue
        if node.tag == "input" and node.get("type") in ("checkbox", "radio"):
            if node.get("checked") is not None:
                found[name] = node.get("value") or "on"
        elif node.tag == "input":
            found[name] = node.get("value") or ""
        elif node.tag == "textarea":
            found[name] = "".join(node.itertext())
        elif node.tag == "select":
            chosen = [one for one in node.iter("option") if one.get("selected") is not None]
            first = next(iter(node.iter("option")))
            found[name] = (chosen or [first])[0].get("value") or ""
    return found


def fill(*people: dict[str, str] | tuple[str, str]) -> dict[str, str]:
    """Fields of a party: each a (name, address) pair or a dictionary of fields."""
    found = {}
    for position, person in enumerate(people):
        fields = person if isinstance(person, dict) else {"name": person[0], "email": person[1]}
        found |= {f"people-{position}-{name}": value for name, value in fields.items()}
    return found


def sign_up(
    client: InspectingClient, meeting: Meeting | str, *people: Any, lang: str = "en", **more: str
) -> TestResponse:
    """Open the form, fill it in, send it; gives the answer to the POST."""
    url = register_url(meeting, lang)
    fields = form_fields(client.get(url))
    return client.post(
        url, data=fields | fill(*(people or (("Olena Ševčenková", "olena@example.org"),))) | more
    )


def main_of(response: TestResponse) -> Any:
    """The main element."""
    return tree_of(response).find(".//main")


def place_of(response: TestResponse) -> str | None:
    """The `data-place` of the page."""
    return main_of(response).get("data-place")


def words(response: TestResponse) -> str:
    """The text of the main element, white space as single spaces."""
    return " ".join("".join(main_of(response).itertext()).split())


def heading(response: TestResponse) -> str:
    """The text of the h1."""
    return " ".join("".join(main_of(response).find(".//h1").itertext()).split())


def attendees(session: Session) -> list[Attendee]:
    """All rows in the order registered, fresh."""
    session.rollback()
    return list(
        session.scalars(select(Attendee).order_by(Attendee.id).execution_options(populate_existing=True))
    )


def letters(session: Session) -> list[Letter]:
    """All letters in the order written, fresh."""
    session.rollback()
    return list(session.scalars(select(Letter).order_by(Letter.id).execution_options(populate_existing=True)))


def masked(response: TestResponse) -> str:
    """The page without what is random in it: tokens, references, form keys."""
    page = response.get_data(as_text=True)
    page = re.sub(r'(name="[a-z0-9-]*form_key"[^>]*value=")[^"]*', r"\1", page)
    page = re.sub(r"registered/[\w-]{22}", "registered/TOKEN", page)
    return re.sub(r"reference is [A-Z0-9]{6}", "reference is R", page)
