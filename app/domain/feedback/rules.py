"""From when to when feedback is asked for, and how answers without names are kept. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.base.errors import Refusal
from app.domain.meetings.models import MeetingState
from app.domain.questions.models import CAN_DECIDE, PEOPLE, TEXTS, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from app.domain.meetings.models import Meeting
    from app.domain.questions.commands import Answers, Given
    from app.domain.questions.models import FeedbackForm, Question

USUAL_DAYS, MOST_DAYS = 14, 90
LEAST_SHOWN = 3  # answers without names; fewer could be told apart


class Stage(StrEnum):
    """How far it is."""

    OFF = "off"  # nothing is asked, or there was no meeting
    AHEAD = "ahead"
    OPEN = "open"
    CLOSED = "closed"


class FeedbackRefused(Refusal):
    """It cannot be taken.

    `reason` is `off`, `ahead`, `closed` (see `Stage`), `not_asked` (the person was not there), `given` (without
    names nobody can change what was said), `nothing` (no question was answered), `names` (they are kept now, the person
    was told otherwise, or the other way round) or `answered` (people have answered already, so whether names are kept
    stays as it was).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def last_day(meeting: Meeting, form: FeedbackForm) -> date:
    """The last day on which answers are taken, where the meeting is."""
    local = meeting.ends_at.astimezone(ZoneInfo(meeting.timezone))
    return local.date() + timedelta(days=form.days)


def closes_at(meeting: Meeting, form: FeedbackForm) -> datetime:
    """The instant from which no answer is taken."""
    after = last_day(meeting, form) + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(meeting.timezone))


def stage_of(meeting: Meeting, form: FeedbackForm, *, asks: bool, now: datetime) -> Stage:
    """How far the feedback of a meeting is; `asks`: there is at least one question."""
    if not asks or meeting.state != MeetingState.PUBLISHED:
        return Stage.OFF
    if now < meeting.ends_at:
        return Stage.AHEAD
    return Stage.OPEN if now < closes_at(meeting, form) else Stage.CLOSED


def is_shown(form: FeedbackForm) -> bool:
    """Whether the results can be shown: without names from a few answers on."""
    return not form.anonymous or form.number >= LEAST_SHOWN


def counted(
    tally: Mapping[str, Any],
    questions: Iterable[Question],
    answers: Answers,
    shuffle: Callable[[list[str]], None],
) -> dict[str, Any]:
    """The tally with one more person in it; `shuffle` puts texts into an order that tells nothing."""
    found = dict(tally)
    for one in questions:
        if one.id in answers:
            found[str(one.id)] = _with(found.get(str(one.id), {}), one, answers[one.id], shuffle)
    return dict(sorted(found.items()))


def without_texts(tally: Mapping[str, Any]) -> dict[str, Any]:
    """The tally with its numbers alone."""
    return {name: {**one, TEXTS: []} for name, one in tally.items()}


def values_in(question: Question, given: Given) -> list[str]:
    """What was chosen: ids of options, or yes or no; nothing for a text."""
    if question.kind not in CAN_DECIDE:
        return []
    return [given.text] if given.text else [str(option) for option in given.options]


def _with(
    one: Mapping[str, Any], question: Question, given: Given, shuffle: Callable[[list[str]], None]
) -> dict[str, Any]:
    values, texts = dict(one.get(VALUES, {})), list(one.get(TEXTS, []))
    for value in values_in(question, given):
        values[value] = values.get(value, 0) + 1
    if question.kind not in CAN_DECIDE:
        texts.append(given.text)
        shuffle(texts)
    return {PEOPLE: one.get(PEOPLE, 0) + 1, VALUES: dict(sorted(values.items())), TEXTS: texts}
