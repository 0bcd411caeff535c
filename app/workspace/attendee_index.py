"""The page of the attendee list, also as the answer to an act on many that was refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request, url_for

from app.base import clock
from app.domain.accounts.rules import Permission, may
from app.domain.meetings.models import MeetingState
from app.domain.questions.queries import given_by
from app.domain.registration import label_queries, queries, rules
from app.domain.registration.saved_views import views_of
from app.domain.reports.names import surname_first
from app.domain.reports.on_screen import on_screen
from app.extensions import db
from app.web.access import current_account, meeting_for
from app.web.fields import page_number
from app.web.question_answers import answer_lines
from app.workspace import attendee_words as words
from app.workspace import list_columns
from app.workspace.attendee_acts import selected
from app.workspace.attendee_list import (
    UNDO,
    Links,
    asked_view,
    filters_set,
    instant_of,
    is_narrowed,
    kept_by_name,
)
from app.workspace.forms.attendees import CancelManyForm, SelectionForm
from app.workspace.forms.labels import ViewNameForm
from app.workspace.question_columns import (
    columns_of,
    file_href,
    narrowed_view,
    said_choices,
    with_known_label,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response
    from sqlalchemy.orm import Session

    from app.base.paging import Page
    from app.domain.accounts.models import Account
    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question
    from app.domain.registration.models import Attendee
    from app.domain.registration.queries import ListView
    from app.domain.registration.rules import Seats

MAYBE, PENDING, ANY = "maybe", "pending", "any"


def list_page(
    meeting_id: int, *, form: SelectionForm | None = None, view_form: ViewNameForm | None = None
) -> Response:
    """The list as the address asks for it.

    `form` is a selection that was sent and stays as it was, `view_form` the name that was sent for this view.
    """
    meeting = meeting_for(meeting_id, Permission.SEE_LIST)
    session, account = db.session(), current_account()
    view, questions, found = _found(session, meeting)
    counts, seats = queries.counts_and_seats(session, meeting)
    is_ahead, ids = _is_ahead(meeting), [row.id for row in found.rows]
    labels, rights = label_queries.shown(session, meeting.id, ids), _rights(account, meeting)
    markup = render_template(
        "workspace/attendees/index.html",
        meeting=meeting,
        view=view,
        narrowed=is_narrowed(view),
        filters=filters_set(view),
        links=Links(meeting.id, view),
        counts=counts,
        found=found,
        sort_names={row.id: surname_first(row.name, row.sort_key) for row in found.rows},
        beside=on_screen(session, meeting.id, ids, somebody_waits=any(seats.waiting.values())),
        seats=seat_lines(meeting, seats),
        kinds=words.KINDS,
        answers=words.ANSWERS,
        modes=words.MODES if len(rules.offered_modes(meeting)) > 1 else {},
        letters_in=words.languages(),
        **_columns(meeting, view, found.rows, rights, labels=bool(labels.used)),
        **rights,
        is_open=rules.closed_because(meeting, now=clock.now()) is None,
        is_ahead=is_ahead,
        **_answers(session, meeting.id, view, questions, ids),
        labels=labels,
        lacking=_is_lacking(view),
        saved=saved_links(meeting, {} if view.search else kept_by_name(view)),
        may_save=bool(kept_by_name(view)),
        view_form=view_form or ViewNameForm(formdata=None),
        form=form or (SelectionForm if view.tab == PENDING else CancelManyForm)(formdata=None),
        selected=set(selected()) if form else set(),
        bulk=(view.tab if view.tab in (MAYBE, PENDING) else ANY) if is_ahead else "",
        moving_up=_moving_up(meeting, seats, counts) if view.tab == MAYBE else 0,
        undo_at=_undo_at(),
    )
    return make_response(markup, HTTPStatus.UNPROCESSABLE_ENTITY if form or view_form else HTTPStatus.OK)


def saved_links(meeting: Meeting, kept: dict[str, Any]) -> list[dict[str, Any]]:
    """The saved views that fit a meeting; `current` is the one that asks for just what is `kept`."""
    return [
        {
            "id": view.id,
            "name": view.name,
            "href": url_for("workspace.attendees.index", meeting_id=meeting.id, **view.parameters),
            "is_own": view.meeting_id is not None,
            "current": view.parameters == kept,
        }
        for view in views_of(db.session(), meeting)
    ]


def _found(session: Session, meeting: Meeting) -> tuple[ListView, list[Question], Page[Attendee]]:
    """What the address asks for, the questions of it, and who fits; a label is looked up only when nobody does."""
    (view, questions), number = narrowed_view(meeting, trusting=True), page_number(request.args.get("page"))
    found = queries.page(session, meeting.id, view, number)
    if view.label and not found.total and (known := with_known_label(meeting, view)) != view:
        return known, questions, queries.page(session, meeting.id, known, number)
    return view, questions, found


def _rights(account: Account, meeting: Meeting) -> dict[str, bool]:
    return {
        "may_edit": may(account, Permission.EDIT, meeting.series_id),
        "may_export": may(account, Permission.EXPORT, meeting.series_id),
        "may_see_needs": may(account, Permission.SEE_NEEDS, meeting.series_id),
        "may_read_letters": may(account, Permission.READ_LETTERS, meeting.series_id),
    }


def _columns(
    meeting: Meeting, view: ListView, rows: Sequence[Attendee], rights: dict[str, bool], *, labels: bool
) -> dict[str, Any]:
    """The columns that can be chosen, those that are, and those that the table has."""
    sees_needs = rights["may_see_needs"]
    modes = len(rules.offered_modes(meeting)) > 1
    here = list_columns.offered(modes=modes, needs=sees_needs, note=rights["may_edit"])
    some_needs = sees_needs and any(row.has_needs for row in rows)
    return {
        "columns": here,
        "ticked": list_columns.ticked(view),
        "shown": list_columns.shown(view, here, labels=labels, needs=some_needs),
    }


def _is_lacking(view: ListView) -> bool:
    """Whether the address asks for a label or a question that is not there, or not for this account."""
    asked = asked_view()
    return (asked.label, asked.said, asked.columns) != (view.label, view.said, view.columns)


def seat_lines(meeting: Meeting, seats: Seats) -> list[dict[str, Any]]:
    """Per way to take part: how many come and wait, how many seats (None: no limit) and free ones."""
    return [
        {
            "mode": mode.value,
            "taken": seats.taken[mode],
            "waiting": seats.waiting[mode],
            "capacity": seats.capacity[mode],
            "free": seats.free(mode),
        }
        for mode in rules.offered_modes(meeting)
    ]


def _answers(
    session: Session, meeting_id: int, view: ListView, questions: list[Question], attendee_ids: list[int]
) -> dict[str, Any]:
    """The questions that have a column, what the people of this page said to them, and what to filter by."""
    shown = [one for one in questions if one.id in view.columns]
    said = given_by(session, attendee_ids) if shown and attendee_ids else {}
    return {
        "questions": questions,
        "asked": columns_of(shown, needs=True),
        "said": {
            attendee_id: {
                line.question_id: line
                for line in answer_lines(shown, given, has_seat=True, href=file_href(meeting_id, attendee_id))
            }
            for attendee_id, given in said.items()
        },
        "said_choices": said_choices(questions),
    }


def _is_ahead(meeting: Meeting) -> bool:
    return meeting.state == MeetingState.PUBLISHED and clock.now() < meeting.starts_at


def _moving_up(meeting: Meeting, seats: Seats, counts: dict[str, int]) -> int:
    """How many of those who wait would have a seat at once if all undecided seats were released."""
    if not rules.may_promote(meeting, now=clock.now()):
        return 0
    return sum(min(counts[f"maybe:{mode}"], seats.waiting[mode]) for mode in rules.offered_modes(meeting))


def _undo_at() -> str:
    """The instant of the act that may be taken back, if the address names one."""
    text = request.args.get(UNDO, "")
    return text if instant_of(text) else ""
