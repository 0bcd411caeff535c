"""What the faces hand to the verbs, and what an answer is once it was judged: clean, typed, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.questions.models import Purpose

if TYPE_CHECKING:
    from app.domain.questions.models import QuestionKind

Texts = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was said to one question: `text` in its one canonical form, or the ids of the `options` chosen.

    `without_place` are those of them that were full when the person got a seat; it does not make two differ.
    Of a file `text` is the name. One that has just come is named by `file`, the token under which it waits, and
    known again by its `digest`; one that was given before has neither.
    """

    text: str = ""
    options: tuple[int, ...] = ()
    without_place: tuple[int, ...] = field(default=(), compare=False)
    file: str = ""
    digest: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return not self.text and not self.options


NOTHING = Given()
Answers = dict[int, Given]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a question is: a series or a meeting, never both; and when it is asked. After it, meetings alone ask."""

    series_id: int | None = None
    meeting_id: int | None = None
    purpose: str = Purpose.REGISTRATION


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionText:
    """An option as an organiser typed it; without an `id` it is new."""

    id: int | None = None
    label: Texts
    places: int | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionText:
    """Everything that an organiser edits on a question. Its kind never changes, so that answers stay true."""

    label: Texts
    hint: Texts = field(default_factory=dict)
    required: bool = False
    sensitive: bool = False
    condition_id: int | None = None
    condition_value: str = ""
    options: tuple[OptionText, ...] = ()
    file_kinds: tuple[str, ...] = ()
    file_megabytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """A question to be added."""

    kind: QuestionKind
    text: QuestionText
