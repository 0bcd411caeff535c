"""What an organiser types into the form of a meeting, as a browser sends it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree.ElementTree import Element

from app.base import clock
from tests.pages import check_page


def some_day(days: int = 30) -> date:
    """A day ahead."""
    return clock.now().date() + timedelta(days=days)


def typed(**changes: Any) -> dict[str, str]:
    """A form filled in as for an ordinary meeting; None leaves a field out."""
    fields = {
        "version": "1",
        "series": "1",
        "number": "66",
        "format": "in_person",
        "title_cs": "Školy a jazyk",
        "title_en": "Schools and language",
        "venue_cs": "Sál architektů",
        "day": some_day().isoformat(),
        "starts": "13:00",
        "ends": "16:00",
        "zone": "Europe/Prague",
        "capacity": "110",
        "promote_hours": "12",
        "show_places": "y",
        "reminder_days": "7, 1",
        **changes,
    }
    return {name: str(value) for name, value in fields.items() if value is not None}


def sent_by(page: str, form_id: str = "meeting") -> dict[str, str]:
    """What the form on a page would send as it stands, buttons left out."""
    tree = check_page(page)
    form = next(node for node in tree.iter("form") if node.get("id") == form_id)
    return fields_of(form)


def fields_of(form: Element) -> dict[str, str]:
    """Names and values of a form's controls."""
    found: dict[str, str] = {}
    for node in form.iter():
        name = node.get("name")
        if not name or node.tag == "button":
            continue
        if node.tag == "input" and node.get("type") in ("checkbox", "radio"):
            if node.get("checked") is not None:
                found[name] = node.get("value") or "on"
        elif node.tag == "input":
            found[name] = node.get("value") or ""
        elif node.tag == "textarea":
            found[name] = (node.text or "").removeprefix("\n")
        elif node.tag == "select":
            chosen = [one for one in node.iter("option") if one.get("selected") is not None]
            options = chosen or list(node.iter("option"))
            found[name] = (options[0].get("value") or "") if options else ""
    return found


def hidden_form(page: str, button: str) -> dict[str, str]:
    """What the form with the button named `act` and valued `button` would send, its button included."""
    for form in check_page(page).iter("form"):
        if any(node.get("name") == "act" and node.get("value") == button for node in form.iter("button")):
            return {**fields_of(form), "act": button}
    raise AssertionError(f"no button {button}")
