"""Judging what was said to a question, whether it is asked at all, and the order. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.base.addresses import BadAddress, normalise_email, web_address
from app.base.dates import parse_day
from app.base.errors import Refusal
from app.base.text import BadText, clean_line, clean_text
from app.domain.questions.commands import NOTHING, Answers, Given
from app.domain.questions.models import (
    CAN_DECIDE,
    CHOOSING,
    MOST_MEGABYTES,
    NO,
    USUAL_MEGABYTES,
    YES,
    Purpose,
    QuestionKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from app.domain.questions.commands import OptionText, QuestionText
    from app.domain.questions.models import Question

LONGEST = {QuestionKind.SHORT: 300, QuestionKind.LONG: 4000, QuestionKind.NUMBER: 40, QuestionKind.LINK: 2000}
MOST_QUESTIONS = 30
MOST_OPTIONS = 40
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


class BadAnswer(Refusal):
    """What was typed cannot be the answer.

    `reason` is `missing`, `too_long`, `control`, `surrogate`, `choice`, `number`, `date`, `email` or `link`; of a
    file one of `app.base.uploads.BadUpload`, or `file_slow` (too many came from there).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OptionFull(Refusal):
    """The last place of an option went to somebody else; `position` is the person's in the party, from 0."""

    def __init__(self, question_id: int, option_id: int, position: int = 0) -> None:
        super().__init__(f"{question_id}:{option_id}")
        self.question_id, self.option_id, self.position = question_id, option_id, position


class FileGone(Refusal):
    """A file that waited for its form is kept no longer; `position` is the person's in the party, from 0."""

    def __init__(self, question_id: int, position: int = 0) -> None:
        super().__init__(str(question_id))
        self.question_id, self.position = question_id, position


class QuestionRefused(Refusal):
    """The question cannot become so.

    `reason` is `condition` (it must hang on an earlier question that is asked and offers this), `depend` (another
    question hangs on it), `options` (too few or too many to choose from), `answered` (it has answers), `many`
    (there are enough questions), `files` (no kind of file is taken, or one too large) or `places` (fewer places
    than people have it; `number` says how many do).
    """

    def __init__(self, reason: str, number: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.number = reason, number


def kinds_for(purpose: str) -> list[QuestionKind]:
    """The kinds that a question for this purpose may have: feedback, which may be anonymous, takes no files."""
    return [kind for kind in QuestionKind if not (purpose == Purpose.FEEDBACK and kind == QuestionKind.FILE)]


def judge(question: Question, raw: Sequence[str], *, optional: bool = False) -> Given:
    """What was said, from the texts that the form sent; raises `BadAnswer`. Nothing said is `NOTHING`.

    `optional`: it need not be answered, whatever the question says.
    """
    given = _chosen(question, raw) if question.kind in CAN_DECIDE else _typed(question, raw)
    if question.required and not optional and given.is_empty:
        raise BadAnswer("missing")
    return given


def judge_all(
    questions: Sequence[Question],
    raw: Mapping[int, Sequence[str]],
    files: Mapping[int, Given | BadAnswer] | None = None,
    *,
    all_optional: bool = False,
) -> tuple[Answers, dict[int, str]]:
    """All answers of one person, and the reasons of those that cannot be used, by question.

    Questions come in their order. One whose condition does not hold is not asked: what was sent for it counts
    as not said, and is no mistake. `files` were judged when they came.
    """
    given: Answers = {}
    wrong: dict[int, str] = {}
    for question in questions:
        if not is_asked(question, given):
            continue
        try:
            if question.kind == QuestionKind.FILE:
                said = _handed_over(question, (files or {}).get(question.id, NOTHING), optional=all_optional)
            else:
                said = judge(question, raw.get(question.id, ()), optional=all_optional)
        except BadAnswer as bad:
            wrong[question.id] = bad.reason
            continue
        if not said.is_empty:
            given[question.id] = said
    return given, wrong


def is_asked(question: Question, given: Mapping[int, Given]) -> bool:
    """Whether the question is for somebody who has said `given` to those before it."""
    if question.condition_id is None:
        return True
    return question.condition_value in _values(given.get(question.condition_id, NOTHING))


def values_of(question: Question) -> list[str]:
    """What a condition can ask for: ids of the options on offer, or yes and no."""
    if question.kind == QuestionKind.YES_NO:
        return [YES, NO]
    return [str(option.id) for option in question.offered] if question.kind in CHOOSING else []


def fitting(text: QuestionText, purpose: str) -> QuestionText:
    """The text as it may be for its purpose: after the meeting no option has places, and nothing goes early."""
    if purpose == Purpose.REGISTRATION:
        return text
    return replace(
        text, sensitive=False, options=tuple(replace(option, places=None) for option in text.options)
    )


def check_order(questions: Iterable[Question]) -> None:
    """Refuse an order in which a question comes before the one that it hangs on."""
    seen: set[int] = set()
    for question in questions:
        if question.condition_id is not None and question.condition_id not in seen:
            raise QuestionRefused("depend")
        seen.add(question.id)


def check_text(kind: str, text: QuestionText, earlier: Iterable[Question]) -> None:
    """Refuse options that give no choice, and a condition that no `earlier` question can fulfil."""
    if kind in CHOOSING:
        offered = [option for option in text.options if not option.retired]
        if not 1 < len(offered) <= MOST_OPTIONS and not (kind == QuestionKind.MANY and offered):
            raise QuestionRefused("options")
    if kind == QuestionKind.FILE and not (
        text.file_kinds and 0 < (text.file_megabytes or USUAL_MEGABYTES) <= MOST_MEGABYTES
    ):
        raise QuestionRefused("files")
    if text.condition_id is None:
        return
    decisive = next((one for one in earlier if one.id == text.condition_id), None)
    if decisive is None or text.condition_value not in values_of(decisive):
        raise QuestionRefused("condition")


def check_places(options: Iterable[OptionText], taken: Mapping[int, int]) -> None:
    """Refuse fewer places than are taken: nobody loses a place; `taken` is the most at any one meeting."""
    for option in options:
        most = taken.get(option.id or 0, 0)
        if option.places is not None and option.places < most:
            raise QuestionRefused("places", most)


def move(order: Sequence[int], item: int, to: int) -> list[int]:
    """The order with `item` at the index `to`, or at the nearest end."""
    rest = [one for one in order if one != item]
    at = min(max(to, 0), len(rest))
    return [*rest[:at], item, *rest[at:]]


def _values(given: Given) -> set[str]:
    return {given.text, *(str(option) for option in given.options)} - {""}


def _chosen(question: Question, raw: Sequence[str]) -> Given:
    sent = list(dict.fromkeys(text for text in raw if text))
    if not set(sent) <= set(values_of(question)):
        raise BadAnswer("choice")
    if question.kind == QuestionKind.YES_NO:
        return Given(text=sent[0]) if sent else NOTHING
    if question.kind == QuestionKind.ONE and len(sent) > 1:
        raise BadAnswer("choice")
    return Given(options=tuple(sorted(int(text) for text in sent)))


def _handed_over(question: Question, file: Given | BadAnswer, *, optional: bool) -> Given:
    if isinstance(file, BadAnswer):
        raise file
    if question.required and not optional and file.is_empty:
        raise BadAnswer("missing")
    return file


def _typed(question: Question, raw: Sequence[str]) -> Given:
    text = raw[0] if raw else ""
    limit = LONGEST.get(QuestionKind(question.kind), LONGEST[QuestionKind.SHORT])
    clean = clean_text if question.kind == QuestionKind.LONG else clean_line
    try:
        cleaned = clean(text, max_length=limit)
        return Given(text=_CANONICAL.get(question.kind, str)(cleaned)) if cleaned else NOTHING
    except BadText as bad:
        raise BadAnswer(bad.reason) from bad


def _number(text: str) -> str:
    """A number with a point, without needless noughts; spaces between thousands and a comma are understood."""
    plain = "".join(text.split()).replace("\u2212", "-").replace(",", ".")
    if not plain.isascii() or not _NUMBER.fullmatch(plain):
        raise BadAnswer("number")
    whole, _point, rest = plain.partition(".")
    rest = rest.rstrip("0")
    canonical = f"{int(whole)}.{rest}" if rest else str(int(whole))
    return f"-{canonical}" if whole.startswith("-") and not canonical.startswith("-") and rest else canonical


def _date(text: str) -> str:
    try:
        return parse_day(text).isoformat()
    except ValueError as bad:
        raise BadAnswer("date") from bad


def _email(text: str) -> str:
    try:
        return normalise_email(text)
    except BadAddress as bad:
        raise BadAnswer("email") from bad


def _link(text: str) -> str:
    address = web_address(text)
    if address is None:
        raise BadAnswer("link")
    if len(address) > LONGEST[QuestionKind.LINK]:
        raise BadAnswer("too_long")
    return address


_CANONICAL: dict[str, Callable[[str], str]] = {
    QuestionKind.NUMBER: _number,
    QuestionKind.DATE: _date,
    QuestionKind.EMAIL: _email,
    QuestionKind.LINK: _link,
}
