"""Whose questions a page is about, and the list of them with the form as people see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import abort, make_response, render_template, request, url_for
from flask_babel import force_locale

from app.domain.accounts.rules import Permission, covers, may
from app.domain.meetings.queries import get_series
from app.domain.questions import queries
from app.domain.questions.commands import Owner
from app.domain.questions.models import Purpose
from app.domain.registration import option_places
from app.extensions import db
from app.web.access import current_account, meeting_for, refuse, visible_series_ids
from app.web.forms import PartForm
from app.web.locale import current_language, languages
from app.web.question_fields import WithQuestions, asking
from app.workspace.question_words import KINDS, answer_words

if TYPE_CHECKING:
    from flask import Response

    from app.domain.meetings.models import Meeting, Series
    from app.domain.questions.models import Question


@dataclass(frozen=True, slots=True)
class Place:
    """A meeting, or a series: whose questions these are, when they are asked, and the addresses of their pages."""

    series: Series
    meeting: Meeting | None
    view_args: dict[str, Any]

    @property
    def owner(self) -> Owner:
        """As the domain calls it."""
        return Owner(**self.view_args)

    @property
    def is_feedback(self) -> bool:
        """Whether these are asked after the meeting."""
        return self.owner.purpose == Purpose.FEEDBACK

    def index(self, *, undo: int | None = None, show: str | None = None) -> str:
        """The list; `undo` names the question that was just retired, `show` the language of the preview."""
        return self.to("index", undo=undo, show=show)

    def to(self, view: str, question_id: int | None = None, **more: Any) -> str:
        """Another page, perhaps of one question."""
        asked: dict[str, Any] = {"question_id": question_id, **self.view_args, **more}
        return url_for(f"workspace.questions.{view}", **asked)


class PreviewForm(WithQuestions, PartForm):
    """The questions alone, to be looked at."""


def place_for(view_args: dict[str, Any], permission: Permission) -> Place:
    """What the address names, if the account may do this with it; 404 or 403 otherwise."""
    if "meeting_id" in view_args:
        meeting = meeting_for(view_args["meeting_id"], permission)
        return Place(meeting.series, meeting, view_args | {"meeting_id": meeting.id})
    account, series = current_account(), get_series(db.session(), view_args["series_id"])
    if not covers(visible_series_ids(account), series.id):
        abort(404)
    if not may(account, permission, series.id):
        refuse(account, permission)
    return Place(series, None, {"series_id": series.id})


def index_page(place: Place) -> Response:
    """The list. Those of the series are shown above a meeting's own, and edited on their own page."""
    session = db.session()
    every = queries.of_owner(session, place.owner)
    own = [one for one in every if one.retired_at is None]
    common = []
    if place.meeting is not None and not place.is_feedback:
        common = [one for one in queries.asked_at(session, place.meeting) if one.series_id is not None]
    asked = [*common, *own]
    markup = render_template(
        "workspace/questions/index.html",
        place=place,
        common=common,
        own=own,
        retired=[one for one in every if one.retired_at is not None],
        counts=queries.answer_counts(session, [one.id for one in every]),
        kinds=KINDS,
        conditions={one.id: _condition(one, asked) for one in asked if one.condition_id is not None},
        may_edit=may(current_account(), Permission.EDIT, place.series.id),
        undo=request.args.get("undo", 0, type=int),
        **_preview(place, asked),
    )
    return make_response(markup)


def _preview(place: Place, asked: list[Question]) -> dict[str, Any]:
    """The questions as fields, in the language that the address asks for."""
    codes = [one.code for one in languages()]
    shown = request.args.get("show", "")
    shown = shown if shown in codes else current_language()
    limited = place.meeting is not None and not place.is_feedback
    left = option_places.left(db.session(), place.meeting.id, asked) if limited and place.meeting else None
    with force_locale(shown):
        preview: Any = asking(PreviewForm, asked, left)(prefix="preview-")
        fields = preview.asked
    return {"preview": {"asked": fields}, "shown": shown, "preview_languages": languages()}


def _condition(question: Question, asked: list[Question]) -> tuple[dict[str, str], str]:
    """The question that decides, and the answer in words."""
    decisive = next((one for one in asked if one.id == question.condition_id), None)
    if decisive is None:
        return {}, ""
    return decisive.label, answer_words(decisive).get(question.condition_value, "")
