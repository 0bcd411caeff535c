"""The page that shows a change before it is told: what changes, who hears of it, the letters, the calendars.

Four ways lead to it: an edit, news that were held, calling off, restoring. Nothing is stored on the way; what was
typed travels in hidden fields. The formatted letter is the answer to the same form, sent into a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, abort, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.base import clock
from app.delivery.letters import preview_unwritten
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import change_preview
from app.domain.registration.models import Answer, Place
from app.extensions import db
from app.web.headers import allow_frames, as_letter
from app.workspace.attendee_words import ANSWERS, STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.delivery.letters import Preview
    from app.domain.meetings.models import Meeting
    from app.domain.registration.change_preview import ChangePreview, Group, Sample
    from app.domain.registration.telling import Telling
    from app.workspace.meeting_words import Difference

PAGE = "workspace/meetings/confirm.html"
PAGES = {"held": "workspace/changes/tell.html", "restore": "workspace/meetings/restore.html"}
ACT, SEEN, KEEP = "act", "seen", "keep"
TELL, HOLD, BACK, LETTER = "tell", "hold", "back", "letter-"
KEEP_ANSWERS, ASK_ANEW = "keep-answers", "ask-anew"
NOT_CARRIED = frozenset({"csrf_token", ACT, "switch", SEEN, KEEP})
SEATED = (Place.CONFIRMED, Place.INVITED)
CALENDARS = {
    Kind.RESCHEDULED: _l("The entry in the calendar is brought up to date."),
    Kind.CALLED_OFF: _l("The entry in the calendar is marked as cancelled."),
    Kind.RESTORED: _l("The entry in the calendar comes back."),
}
ASKED = _l("The entry in the calendar moves and asks again: yes, maybe or no?")
ASKED_AGAIN = _l("The entry in the calendar comes back and asks again: yes, maybe or no?")
NO_ENTRY = _l("Only a letter: there is no entry in the calendar yet.")
NO_LETTER = _l("No letter: no address is known.")


@dataclass(frozen=True, slots=True)
class Row:
    """People alike, in words: who, how many, and what becomes of the entry in their calendar."""

    who: str
    number: int
    calendar: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One letter, rendered; `said` is None where it cannot be written."""

    act: str
    language: str
    who: str
    number: int
    said: Preview | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the page asks besides showing. `name` chooses its words: `edit`, `held`, `call_off`, `restore`."""

    name: str
    meeting: Meeting
    preview: ChangePreview
    differences: Sequence[Difference] = ()
    back: str = ""
    keep: bool = False
    stale: bool = False


def asked(act: str | None = None) -> bool:
    """Whether the button of this name was pressed."""
    return request.form.get(ACT) == act


def keeps_answers() -> bool:
    """Whether the organiser chose to keep answers after a move of time."""
    if asked(KEEP_ANSWERS):
        return True
    return request.form.get(KEEP) == "1" and not asked(ASK_ANEW)


def seen() -> str:
    """What the page showed that was sent back; never what `Plan.seen` takes for "no preview at all"."""
    return request.form.get(SEEN, "")


def question_page(question: Question) -> Response:
    """The page, or the formatted letter alone where a frame asks for it. 409 where the list changed meanwhile."""
    session, preview = db.session(), question.preview
    samples = change_preview.samples(session, preview)
    if (act := request.form.get(ACT, "")).startswith(LETTER):
        return _letter(samples, act.removeprefix(LETTER))
    allow_frames()
    markup = render_template(
        PAGES.get(question.name, PAGE),
        question=question,
        meeting=question.meeting,
        preview=preview,
        rows=_rows(preview),
        letters=[_shown(number, sample) for number, sample in enumerate(samples)],
        names={
            which: change_preview.names(session, preview, which)
            for which, number in _lists(preview)
            if number
        },
        carried=[pair for pair in request.form.items(multi=True) if pair[0] not in NOT_CARRIED],
    )
    return make_response(markup, HTTPStatus.CONFLICT if question.stale else HTTPStatus.OK)


def _lists(preview: ChangePreview) -> list[tuple[str, int]]:
    return [
        ("told", preview.told),
        ("without_address", preview.without_address),
        ("bounced", preview.bounced),
        ("unconcerned", preview.unconcerned),
    ]


def _letter(samples: Sequence[Sample], number: str) -> Response:
    if not number.isascii() or not number.isdecimal() or int(number[:3]) >= len(samples):
        abort(HTTPStatus.NOT_FOUND)
    said = _said(samples[int(number[:3])])
    if said is None:
        abort(HTTPStatus.NOT_FOUND)
    as_letter()
    return Response(said.html, content_type="text/html; charset=utf-8")


def _shown(number: int, sample: Sample) -> Shown:
    who = str(STATES[Place(sample.place)])
    return Shown(f"{LETTER}{number}", sample.language, who, sample.number, _said(sample))


def _said(sample: Sample) -> Preview | None:
    return preview_unwritten(db.session(), sample.letter, now=clock.now())


def _rows(preview: ChangePreview) -> list[Row]:
    """By place and answer; people of all languages together."""
    found: dict[tuple[str, str], int] = {}
    for group in preview.groups:
        key = (_who(group), _calendar(group.telling, group))
        found[key] = found.get(key, 0) + group.number
    return [Row(who, number, calendar) for (who, calendar), number in found.items()]


def _who(group: Group) -> str:
    place = str(STATES[Place(group.place)])
    if group.place != Place.CONFIRMED:
        return place
    return str(_("%(place)s, answer: %(answer)s", place=place, answer=ANSWERS[Answer(group.answer)]))


def _calendar(telling: Telling, group: Group) -> str:
    if not group.letter:
        return str(NO_LETTER)
    if group.place not in SEATED:
        return str(NO_ENTRY)
    if telling.asks_anew and telling.calendar == Calendar.REQUEST:
        return str(ASKED_AGAIN if telling.kind == Kind.RESTORED else ASKED)
    return str(CALENDARS[telling.kind])
