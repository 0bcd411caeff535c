"""Labels and saved views of a meeting, short and long ones, for the visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting
from app.domain.registration import labels, saved_views
from app.domain.registration.label_queries import find
from app.domain.registration.models import Attendee

Seen = tuple[str, Callable[[Page], None] | None]  # path below the meeting's own, what to do there

NAMES = ("VIP", "čeká na potvrzení úřadu", "Nejneobhospodařovávatelnějšími" + "o" * 10)
VIEWS = {
    "Kdo čeká z neziskovek": {"tab": "waiting", "kind": "ngo"},
    "Podle odpovědi": {"sort": "answer"},
    "N" * 60: {"tab": "maybe"},
}


def label_pages(session: Session, meeting: Meeting) -> list[Seen]:
    """Give labels to people and names to views; gives the pages that show them."""
    now = meeting.created_at + timedelta(days=3650)
    query = select(Attendee.id).where(Attendee.meeting_id == meeting.id).order_by(Attendee.sort_key)
    people = list(session.scalars(query))
    for number, name in enumerate(NAMES, start=1):
        labels.put_on(session, meeting.id, people[: 8 // number], name, now=now, actor=SYSTEM)
    for name, parameters in VIEWS.items():
        saved_views.save(session, meeting.id, name, parameters, own=False, now=now, actor=SYSTEM)
    vip = find(session, meeting.id, "VIP")
    saved_views.save(session, meeting.id, "VIP", {"label": str(vip)}, own=True, now=now, actor=SYSTEM)
    session.commit()
    return [
        (f"attendees/?label={vip}", None),
        (f"attendees/?label={vip}&q=a", open_all),
        ("attendees/?tab=waiting&label=4711", None),
        ("attendees/?sort=registered", save_without_a_name),
        ("attendees/?sort=registered", put_on_without_a_label),
        (f"attendees/{people[0]}/", None),
        (f"attendees/{people[0]}/", put_on_nothing),
        ("attendees/views/", None),
        ("attendees/views/", rename_to_nothing),
    ]


def open_all(page: Page) -> None:
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")


def save_without_a_name(page: Page) -> None:
    """Save the view under no name."""
    open_all(page)
    page.locator("button[form='save-view']").click()


def put_on_without_a_label(page: Page) -> None:
    """Tick the first person and write no label."""
    open_all(page)
    page.locator("input[name=person]").first.check()
    page.locator("button[formaction*='many/label']:not(.unseen)").first.click()


def put_on_nothing(page: Page) -> None:
    """Send the form of the label empty."""
    page.locator("form[action$='/label'] button").click()


def rename_to_nothing(page: Page) -> None:
    """Give a saved view no name."""
    page.locator("input[name$='-name']").first.fill("")
    page.locator("form[action$='/rename'] button").first.click()
