"""A paper that is to be printed, in plain values: printed at once, or kept until a worker prints it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.domain.jobs.models import JobKind
from app.domain.meetings.models import Meeting
from app.domain.reports import lists
from app.domain.reports.lists import Whom
from app.domain.reports.orders import plain, restored_view, stored_view, tuples
from app.paper import sheets
from app.paper.sheets import Head, Layout, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from app.base.sealing import Sealer
    from app.domain.registration.queries import ListView
    from app.paper.press import Watch

    Ticket = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrder:
    """Which paper, whose names on it, and what else stands there; `blank` lines follow on a sheet to sign."""

    meeting_id: int
    kind: JobKind
    whom: Whom
    view: ListView
    head: Head
    words: dict[str, str]
    blank: int

    def lines(self, session: Session, ticket: Ticket) -> list[Line]:
        """The people as they are now."""
        meeting = session.get_one(Meeting, self.meeting_id)
        return lines_of(lists.people(session, meeting, self.whom, self.view), ticket)


def lines_of(people: Sequence[lists.Listed], ticket: Ticket) -> list[Line]:
    """People as lines; `ticket` makes the address of a badge's code from its token."""
    return [
        Line(name=one.name, organisation=one.organisation, check_in=ticket(one.checkin_token))
        for one in people
    ]


def pdf(order: PaperOrder, lines: Sequence[Line], *, watch: Watch | None = None) -> bytes:
    """The PDF; `watch` as for `press`. Raises `PressBusy`, `PressFailed`."""
    if order.kind == JobKind.SHEET:
        return sheets.sign_in_sheet(order.head, order.words, lines, blank=order.blank, watch=watch)
    if order.kind == JobKind.HANDOUT:
        return sheets.participants(order.head, order.words, lines, watch=watch)
    layout = Layout.A4 if order.kind == JobKind.BADGES else Layout.LABEL
    return sheets.badges(order.head, order.words, lines, layout=layout, watch=watch)


def stored(order: PaperOrder, sealer: Sealer) -> dict[str, Any]:
    """The order as JSON has it."""
    return plain(asdict(order) | {"view": stored_view(order.view, sealer)})


def restored(values: dict[str, Any], sealer: Sealer) -> PaperOrder:
    """The order again; raises `ValueError` where it cannot be read any more."""
    known: dict[str, Any] = {
        "kind": JobKind(values["kind"]),
        "whom": Whom(values["whom"]),
        "view": restored_view(values["view"], sealer),
        "head": Head(**tuples(values["head"])),
    }
    return PaperOrder(**values | known)
