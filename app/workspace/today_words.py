"""What is stuck, in words, each with the way to the page where it is set right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.domain.reports.today import Stuck, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.meetings.models import Meeting

# Which people of the list a trouble is about.
ASKED: dict[Trouble, dict[str, Any]] = {
    Trouble.FREE: {"tab": "waiting"},
    Trouble.PENDING: {"tab": "pending"},
    Trouble.MAYBE: {"tab": "maybe"},
    Trouble.BOUNCED: {"bounced": "1"},
}


def stuck_lines(found: Iterable[Stuck], *, replies: int, may_edit: bool) -> list[dict[str, Any]]:
    """`words`, `href` and `meeting` of each; replies that somebody must look at are of no one meeting."""
    lines = [
        {"words": _words(one), "href": _href(one, may_edit=may_edit), "meeting": one.meeting} for one in found
    ]
    if replies:
        words = ngettext(
            "%(num)d reply waits for somebody to look at it.",
            "%(num)d replies wait for somebody to look at them.",
            replies,
        )
        lines.append({"words": words, "href": url_for("workspace.replies.index"), "meeting": None})
    return lines


def _words(one: Stuck) -> str:
    number = one.number
    if one.trouble == Trouble.UNTOLD:
        return str(_("A change is held back. People do not know yet."))
    if one.trouble == Trouble.FREE:
        return str(
            ngettext(
                "A seat is free and %(num)d person is waiting. Decide who moves up.",
                "A seat is free and %(num)d people are waiting. Decide who moves up.",
                number,
            )
        )
    if one.trouble == Trouble.PENDING:
        return str(
            ngettext(
                "%(num)d registration is to be approved.", "%(num)d registrations are to be approved.", number
            )
        )
    if one.trouble == Trouble.MAYBE:
        return str(
            ngettext(
                "%(num)d person has a seat and still says maybe.",
                "%(num)d people have a seat and still say maybe.",
                number,
            )
        )
    if one.trouble == Trouble.FAILED:
        return str(ngettext("%(num)d letter failed.", "%(num)d letters failed.", number))
    return str(
        ngettext(
            "The address of %(num)d person takes no mail.",
            "The addresses of %(num)d people take no mail.",
            number,
        )
    )


def _href(one: Stuck, *, may_edit: bool) -> str:
    meeting: Meeting = one.meeting
    if one.trouble == Trouble.UNTOLD:
        page = "workspace.changes.tell" if may_edit else "workspace.meetings.show"
        return url_for(page, meeting_id=meeting.id)
    if one.trouble == Trouble.FAILED:
        return url_for("workspace.outbox.index", state="failed", meeting=meeting.id)
    return url_for("workspace.attendees.index", meeting_id=meeting.id, **ASKED[one.trouble])
