"""The pages of the workspace about invitations, answers, approval and replies, for `visits.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.registration.models import Attendee
from app.domain.replies.models import Decision, Reply
from tests import factories
from tests.journeys.answer_visits import far_meeting, press
from tests.public.personal_pages import bring_to

Seen = tuple[str, Callable[[Page], None] | None, str]  # path, what to do there, who looks

LONG = "Nejneobhospodařovávatelnějšími" * 3
STATES = ("invited", "pending", "maybe", "declined", "released", "not approved", "substituted")
REPLIES = {
    Decision.APPLIED: "declined",
    Decision.NOTED: "same_answer",
    Decision.ASKED: "unverified",
    Decision.PROPOSED: "counter",
    Decision.BOUNCED: "undeliverable",
    Decision.IGNORED: "older_answer",
    Decision.REVIEW: "no_calendar",
}
PEOPLE = f"""Jana Nováková <jana.novakova@praha7.example>, Praha 7
Karolína {LONG} <k.{LONG[:50]}@spolek.example>, Spolek {LONG}
Petr Říha <petr@gmial.com>
Eva Malá
Jana Nováková <jana.novakova@praha7.example>
adam@"""
IMPORTED = f"""Jméno;E-mail;Organizace;Typ organizace;Jazyk
Žofie Šťastná;zofie@praha7.example;Úřad;;cs
Karolína {LONG};k.{LONG[:50]}@spolek.example;Spolek {LONG};;
Petr Říha;;InBáze;;
Eva Malá;eva@;{LONG};kroužek;klingonsky
Petr Říha;;InBáze;;"""
TABLE = "17\tŽofie Šťastná\t777\tzofie@praha7.example\tÚřad\n18\tPetr Říha\t778\tpetr@spolek.example\tSpolek"


def desk_pages(session: Session) -> list[Seen]:
    """Make people and replies of every kind; gives the pages that show them."""
    meeting, empty = far_meeting(session), far_meeting(session, invitation_only=True)
    draft = factories.make_meeting(session, state=MeetingState.DRAFT, number=99)
    people = {state: bring_to(session, meeting, state, f"Osoba {state}") for state in STATES}
    people["invited"].organisation_name = f"Spolek {LONG}"
    replies = [reply_to(session, people["maybe"], decision, reason) for decision, reason in REPLIES.items()]
    session.commit()
    new, former = at(empty, "invitations/new/"), f"{at(empty, 'invitations/former/')}?meeting={meeting.id}"
    pages: list[tuple[str, Callable[[Page], None] | None]] = [
        *((at(one, "invitations/"), None) for one in (meeting, empty, draft)),
        (new, None),
        (new, check_nothing),
        (new, preview),
        (new, columns),
        (new, columns_and_check),
        (at(meeting, "attendees/import/"), None),
        (at(meeting, "attendees/import/"), import_nothing),
        (at(meeting, "attendees/import/"), import_columns),
        (at(meeting, "attendees/import/"), import_columns_refused),
        (at(meeting, "attendees/import/"), import_preview),
        (at(empty, "invitations/former/"), None),
        (former, None),
        (former, untick_and_go_on),
        (at(meeting, "attendees/?tab=pending"), None),
        (at(meeting, "attendees/?answer=maybe"), None),
        *((at(meeting, f"attendees/{row.id}/"), None) for row in people.values()),
        ("/workspace/replies/", None),
        ("/workspace/replies/?tab=", None),
        (f"/workspace/replies/?meeting={empty.id}", None),
        *((f"/workspace/replies/{one.id}/", None) for one in replies),
    ]
    for_viewers = [
        at(meeting, "invitations/"),
        at(empty, "invitations/"),
        at(meeting, "attendees/?tab=pending"),
        at(meeting, f"attendees/{people['pending'].id}/"),
        "/workspace/replies/?tab=",
        f"/workspace/replies/{replies[3].id}/",
    ]
    return [(path, act, "administrator") for path, act in pages] + [
        (path, None, "viewer") for path in for_viewers
    ]


def at(meeting: Meeting, page: str) -> str:
    """The path of a page of this meeting in the workspace."""
    return f"/workspace/meetings/{meeting.id}/{page}"


def reply_to(session: Session, attendee: Attendee, decision: Decision, reason: str) -> Reply:
    """A line of the log about this person."""
    start = clock.now() + timedelta(days=90)
    proposes = decision == Decision.PROPOSED
    reply = Reply(
        received_at=clock.now(),
        via="imap",
        digest=f"desk {decision}",
        sender=attendee.email,
        method="COUNTER" if proposes else "DSN" if decision == Decision.BOUNCED else "REPLY",
        partstat="DECLINED",
        authenticity="weak",
        decision=decision,
        reason=reason,
        words=f"Omlouvám se, {LONG}",
        guests=2,
        meeting_id=attendee.meeting_id,
        attendee_id=attendee.id,
        proposed_starts_at=start if proposes else None,
        proposed_ends_at=start + timedelta(hours=2) if proposes else None,
        raw=b"From: a@example.org\r\n\r\nAhoj" if decision == Decision.REVIEW else None,
    )
    session.add(reply)
    session.flush()
    return reply


def check_nothing(page: Page) -> None:
    """Send the form as it is."""
    press(page, "#invite .button")


def preview(page: Page) -> None:
    """Type people with every sort of mistake and look what they come to."""
    page.locator("#text").fill(PEOPLE)
    press(page, "#invite .button")


def columns(page: Page) -> None:
    """Paste a table whose columns nobody can guess."""
    page.locator("#text").fill(TABLE)
    press(page, "#invite .button")


def columns_and_check(page: Page) -> None:
    """Say nothing of the columns."""
    columns(page)
    for select in page.locator("[name=column]").all():
        select.select_option("")
    press(page, "main form .button")


def import_nothing(page: Page) -> None:
    """Send the form of an import as it is."""
    press(page, "#import .button")


def import_columns(page: Page) -> None:
    """Paste a table and look what was guessed of its columns."""
    page.locator("#text").fill(IMPORTED)
    press(page, "#import .button")


def import_columns_refused(page: Page) -> None:
    """Say that needs are in a column, without a consent."""
    import_columns(page)
    page.locator("[name=column]").last.select_option("needs_diet")
    press(page, "main form .button:not([name])")


def import_preview(page: Page) -> None:
    """Look what each row comes to."""
    import_columns(page)
    press(page, "main form .button:not([name])")


def untick_and_go_on(page: Page) -> None:
    """Choose nobody."""
    for box in page.locator("[name=person]").all():
        box.uncheck()
    press(page, "main form[method=post] .button")
