"""A notice to an organiser in words: what happened at which meeting, and where in the workspace to look."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import dates
from app.delivery import links
from app.delivery.views import MeetingView, meeting_view
from app.domain.notices.rules import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Counted = tuple[str, int]


class Where(Enum):
    """Pages of the workspace that a notice leads to."""

    LIST = "list"
    APPROVAL = "approval"
    REPLIES = "replies"
    LETTERS = "letters"


PAGE_OF = {
    Line.PENDING: Where.APPROVAL,
    Line.PROPOSED: Where.REPLIES,
    Line.UNUSABLE: Where.REPLIES,
    Line.FAILED: Where.LETTERS,
    Line.BOUNCED: Where.LETTERS,
}
STATE_OF = {Line.FAILED: "failed", Line.BOUNCED: "bounced"}
SENTENCES: dict[Line, Callable[[int], str]] = {
    Line.REGISTERED: lambda n: ngettext("%(num)d new registration", "%(num)d new registrations", n),
    Line.BACK: lambda n: ngettext("%(num)d person comes after all", "%(num)d people come after all", n),
    Line.CANCELLED: lambda n: ngettext("%(num)d person cannot come", "%(num)d people cannot come", n),
    Line.SUBSTITUTED: lambda n: ngettext(
        "%(num)d person sends somebody else", "%(num)d people send somebody else", n
    ),
    Line.FULL_ROOM: lambda _n: _("The room is full"),
    Line.FULL_ONLINE: lambda _n: _("Online is full"),
    Line.WAITING: lambda n: ngettext(
        "%(num)d person more on the waiting list", "%(num)d people more on the waiting list", n
    ),
    Line.SEAT_FREE: lambda n: ngettext(
        "A seat is free and %(num)d person waits", "A seat is free and %(num)d people wait", n
    ),
    Line.PENDING: lambda n: ngettext(
        "%(num)d registration waits for approval", "%(num)d registrations wait for approval", n
    ),
    Line.PROPOSED: lambda n: ngettext(
        "%(num)d proposal of another time", "%(num)d proposals of another time", n
    ),
    Line.UNUSABLE: lambda n: ngettext(
        "%(num)d reply that a person has to read", "%(num)d replies that a person has to read", n
    ),
    Line.FAILED: lambda n: ngettext(
        "%(num)d letter could not be delivered", "%(num)d letters could not be delivered", n
    ),
    Line.BOUNCED: lambda n: ngettext("%(num)d letter came back", "%(num)d letters came back", n),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that lead to one page, with its address and the words of the link."""

    sentences: list[str]
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """What happened at one meeting, or at none."""

    meeting: MeetingView | None
    groups: list[Group]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice as its templates see it. `day` is empty for one that is sent at once."""

    headline: str
    day: str
    parts: list[Told]
    left_out: int
    meetings_url: str
    choices_url: str

    @property
    def only_group(self) -> Group | None:
        """The one page to go to, if there is but one."""
        groups = [group for part in self.parts for group in part.groups]
        return groups[0] if len(groups) == 1 else None


def notice_view(notice: Mapping[str, Any], lang: str) -> NoticeView:
    """A notice from the facts of its letter. Raises `KeyError` or `ValueError` for facts that are none."""
    parts = [
        Told(meeting_view(one, mode="", lang=lang), _groups(one["lines"], one["id"]))
        for one in notice["meetings"]
    ]
    if notice["elsewhere"]:
        parts.append(Told(None, _groups(notice["elsewhere"], None)))
    lines = [pair for one in (*notice["meetings"], {"lines": notice["elsewhere"]}) for pair in one["lines"]]
    day = dates.short_day(date.fromisoformat(notice["day"]), "UTC", lang) if notice["day"] else ""
    return NoticeView(
        headline=_sentence(*lines[0]) if len(lines) == 1 else _number_of_notices(notice["total"]),
        day=day,
        parts=parts,
        left_out=notice["left_out"],
        meetings_url=links.workspace("meetings/"),
        choices_url=links.workspace("me/notices/"),
    )


def _number_of_notices(number: int) -> str:
    return str(ngettext("%(num)d notice", "%(num)d notices", number))


def _sentence(line: str, number: int) -> str:
    return str(SENTENCES[Line(line)](number))


def _groups(lines: Iterable[Counted], meeting_id: int | None) -> list[Group]:
    """Sentences by the page that they lead to; letters that failed and those that came back are two lists."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for line, number in lines:
        found[_link(Line(line), meeting_id)].append(_sentence(line, number))
    return [Group(sentences, words, url) for (words, url), sentences in found.items()]


def _link(line: Line, meeting_id: int | None) -> tuple[str, str]:
    """Words and address of the page where one sees more."""
    where = PAGE_OF.get(line, Where.LIST)
    if where == Where.REPLIES:
        path = "replies/" if meeting_id is None else f"replies/?meeting={meeting_id}"
        return str(_("Read the replies")), links.workspace(path)
    if where == Where.LETTERS:
        path = f"outbox/?state={STATE_OF[line]}"
        return str(_("See the letters")), links.workspace(
            path if meeting_id is None else f"{path}&meeting={meeting_id}"
        )
    attendees = links.workspace(f"meetings/{meeting_id}/attendees/")
    if where == Where.APPROVAL:
        return str(_("Approve or decline")), f"{attendees}?tab=pending"
    return str(_("See the list")), attendees
