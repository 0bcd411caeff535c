"""Whom an act on many is about: those who are ticked, or all whom the view of the address holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flask import flash, redirect, request
from flask_babel import gettext as _

from app.base.errors import Refusal
from app.domain.accounts.rules import Permission
from app.domain.broadcasts.rules import Segment
from app.domain.registration import queries
from app.domain.registration.models import Answer
from app.extensions import db
from app.web.access import meeting_for
from app.workspace.attendee_acts import act_on_many, selected
from app.workspace.attendee_list import NUMBER, Links, asked_view
from app.workspace.forms.attendees import CancelManyForm, SelectionForm
from app.workspace.question_columns import narrowed_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.meetings.models import Meeting

Done = TypeVar("Done")

EVERYBODY = "all"


class ListChanged(Refusal):
    """More people fit the view now than the button said."""


def chosen_people(
    meeting_id: int, *, must_choose: bool = True, kind: type[SelectionForm] = SelectionForm
) -> SelectionForm:
    """The form around the list, checked; its errors say what is the matter."""
    meeting_for(meeting_id, Permission.EDIT)
    form = kind()
    form.validate()
    if must_choose and not selected():
        form.form_errors.append(str(_("Select at least one person.")))
    return form


def many_form(meeting_id: int) -> SelectionForm:
    """The form of an act on those who are ticked, or on everybody who fits."""
    return chosen_people(meeting_id, must_choose=not request.form.get(EVERYBODY), kind=CancelManyForm)


def chosen_ids(meeting: Meeting) -> list[int]:
    """Ids of whom the act is about. Of everybody only as many as the button said; raises `ListChanged`."""
    said = request.form.get(EVERYBODY, "")
    if not said:
        return selected()
    found = queries.ids(db.session(), meeting.id, narrowed_view(meeting)[0])
    if not NUMBER.fullmatch(said) or len(found) > int(said):
        raise ListChanged
    return found


def do_to_chosen(meeting_id: int, verb: Callable[..., Done], **more: Any) -> Done | None:
    """What the verb gives after doing it to them; None, with a notice that says why, when it was refused."""
    try:
        ids = chosen_ids(meeting_for(meeting_id, Permission.EDIT))
    except ListChanged:
        say_changed(meeting_id)
        return None
    return act_on_many(meeting_id, verb, attendee_ids=ids, **more)


def chosen_segment(meeting: Meeting) -> Segment:
    """The same for a letter: by what the view asks for where a letter can ask for it too, else person by person.

    Whoever has another place by the time the letter leaves does not get it.
    """
    ids, view = chosen_ids(meeting), narrowed_view(meeting)[0]
    tab = queries.TABS[view.tab]
    answer = view.answer or tab.answer
    alone = (view.search, view.said, view.label, view.bounced, view.invited, view.answer == Answer.NONE)
    by_filter = not any(alone)
    if request.form.get(EVERYBODY) and by_filter:
        return Segment(
            places=tab.places,
            answers=(answer,) if answer else (),
            kinds=(view.kind,) if view.kind else (),
            modes=(view.mode,) if view.mode else (),
        )
    return Segment(places=queries.places_of(db.session(), ids), people=tuple(str(one) for one in ids))


def back_to_list(meeting_id: int, *, undo: str = "") -> AnyResponse:
    """To the list as it was; with `undo` its notice has the button that takes the act of that instant back."""
    view = asked_view()
    return redirect(Links(meeting_id, view).to(view, undo=undo), 303)


def say_changed(meeting_id: int) -> AnyResponse:
    """Say that nothing was done, as more people fit by now; to the list as it was."""
    flash(_("Nothing was done: more people fit now than the button said. Look at the list again."), "warning")
    return back_to_list(meeting_id)
