"""Questions of organisers as fields of a form, on any page: `asking(Form, questions)` gives the form with them.

What an answer may be is judged by `questions/rules.py` alone; the fields only carry what was typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from wtforms import StringField
from wtforms.widgets import DateInput, EmailInput, TextArea, TextInput, URLInput

from app.base.text import in_language
from app.domain.privacy.register import NEEDS_KEPT
from app.domain.questions.models import CHOOSING, NO, YES, QuestionKind
from app.domain.questions.rules import LONGEST, FileGone, judge_all
from app.extensions import settings
from app.web.choices import AnyOfField, OneOfField
from app.web.fields import showable
from app.web.locale import current_language
from app.web.question_files import FileAnswerField, Kept, kinds_words
from app.web.question_trouble import full_words, gone_words, plain, trouble_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question
    from app.domain.questions.rules import OptionFull

FormType = TypeVar("FormType")
WIDGETS: dict[str, Any] = {
    QuestionKind.LONG: TextArea(),
    QuestionKind.DATE: DateInput(),
    QuestionKind.EMAIL: EmailInput(),
    QuestionKind.LINK: URLInput(),
}
CONTROLS: dict[str, dict[str, Any]] = {
    QuestionKind.LONG: {"rows": 4},
    QuestionKind.NUMBER: {"inputmode": "decimal"},
    QuestionKind.EMAIL: {"autocomplete": "off", "spellcheck": "false"},
}
WIDTHS = {QuestionKind.NUMBER: "tiny", QuestionKind.DATE: "short"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A field with what a page says around it.

    `hints` stand below options by value, `full` are values whose last place is taken. A question with a condition
    names the control that decides, the `value` that it must have, and says so in `words`.
    """

    field: Any
    width: str
    hints: dict[str, str] = field(default_factory=dict)
    full: frozenset[str] = frozenset()
    decided_by: str = ""
    value: str = ""
    words: Any = ""


class _Typed(StringField):
    """What was typed, as it was typed; nothing is judged here."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Take it over."""
        sent = valuelist[0] if valuelist else ""
        self.data = showable(sent) if isinstance(sent, str) else ""


class _One(OneOfField):
    def pre_validate(self, form: Any) -> None:
        """The rules decide."""


class _Many(AnyOfField):
    def pre_validate(self, form: Any) -> None:
        """The rules decide."""


class WithQuestions:
    """A part of a form that asks questions. After validation `answers` holds what was said."""

    questions: ClassVar[Sequence[Question]] = ()
    left: ClassVar[Mapping[int, int]] = {}
    all_optional: ClassVar[bool] = False
    answers: Answers
    _shown: list[Shown] | None = None

    def validate(self, extra_validators: Any = None) -> bool:
        """Judge the answers too; what is not asked is no mistake."""
        sound = bool(super().validate(extra_validators))  # type: ignore[misc]  # of the form beside it
        raw = {one.id: self._raw(one) for one in self.questions}
        files = {key: field.given() for key, field in self.file_fields.items()}
        self.answers, wrong = judge_all(self.questions, raw, files, all_optional=self.all_optional)
        for one in self.questions:
            if one.id in wrong:
                self.question_field(one.id).errors = [trouble_words(one, wrong[one.id])]
        return sound and not wrong

    @property
    def file_fields(self) -> dict[int, FileAnswerField]:
        """The fields that take files, by question."""
        return {
            one.id: self.question_field(one.id) for one in self.questions if one.kind == QuestionKind.FILE
        }

    @property
    def takes_files(self) -> bool:
        """Whether the form has to be sent in parts."""
        return bool(self.file_fields)

    def question_field(self, question_id: int) -> Any:
        """The field of a question."""
        return self[field_name(question_id)]  # type: ignore[index]  # of the form beside it

    @property
    def asked(self) -> list[Shown]:
        """The fields in their order, as pages show them."""
        if self._shown is None:
            self._shown = [self._as_shown(one) for one in self.questions]
        return self._shown

    def say_trouble(self) -> None:
        """Say what is wrong with files, on a page that judges nothing else: nobody shall think they are kept."""
        for one in self.questions:
            if one.kind == QuestionKind.FILE and (trouble := self.question_field(one.id).trouble) is not None:
                self.question_field(one.id).errors = [trouble_words(one, trouble.reason)]

    def _raw(self, question: Question) -> list[str]:
        one = self.question_field(question.id)
        return [text for text in one.raw_data or () if isinstance(text, str)]

    def _as_shown(self, question: Question) -> Shown:
        own = self.question_field(question.id)
        limited = {one.id: self.left[one.id] for one in question.offered if one.id in self.left}
        decisive = next((one for one in self.questions if one.id == question.condition_id), None)
        return Shown(
            own,
            WIDTHS.get(QuestionKind(question.kind), "wide"),
            hints={str(key): _left_words(number) for key, number in limited.items()},
            full=frozenset(str(key) for key, number in limited.items() if number == 0),
            decided_by=self.question_field(decisive.id).name if decisive else "",
            value=question.condition_value,
            words=_condition_words(decisive, question.condition_value) if decisive else "",
        )


def field_name(question_id: int) -> str:
    """The name of the field of a question."""
    return f"q{question_id}"


def asking(
    base: type[FormType], questions: Sequence[Question], left: Mapping[int, int] | None = None
) -> type[FormType]:
    """`base` with a field for each question in the language of the page; `left` are places by limited option."""
    if not questions:
        return base
    optional = getattr(base, "all_optional", False)
    fields = {field_name(one.id): _field(one, required=one.required and not optional) for one in questions}
    made: Any = type(
        base.__name__, (base,), {**fields, "questions": tuple(questions), "left": dict(left or {})}
    )
    return cast("type[FormType]", made)


def blame(form: WithQuestions, refusal: FileGone | OptionFull, questions: Sequence[Question]) -> None:
    """Say at the question what happened meanwhile: the last place of an option has gone, or a file."""
    field = form.question_field(refusal.question_id)
    if isinstance(refusal, FileGone):
        field.forget()
        words = gone_words(questions, refusal.question_id)
    else:
        words = full_words(questions, refusal.option_id)
    field.errors = [*field.errors, words]


def typed_answers(questions: Sequence[Question], answers: Answers) -> dict[str, Any]:
    """What was said, as data for the fields."""
    found: dict[str, Any] = {}
    for one in questions:
        if (given := answers.get(one.id)) is None:
            continue
        chosen = [str(option_id) for option_id in given.options]
        if one.kind == QuestionKind.MANY:
            found[field_name(one.id)] = chosen
        elif one.kind == QuestionKind.FILE:
            found[field_name(one.id)] = Kept(given.text)
        else:
            found[field_name(one.id)] = chosen[0] if chosen else given.text
    return found


def said(texts: dict[str, str]) -> Any:
    """A text in the language of the page; one in another language is marked as such."""
    text, code = in_language(texts, current_language(), settings().languages)
    return text if code == current_language() else Markup('<span lang="{}">{}</span>').format(code, text)


def yes_no_words() -> dict[str, str]:
    """The two answers in words."""
    return {YES: str(_("Yes")), NO: str(_("No"))}


def _field(question: Question, *, required: bool) -> Any:
    common: dict[str, Any] = {"label": said(question.label)}
    hint = said(question.hint)
    if question.sensitive:
        hint = _and_erased(hint)
    kind = QuestionKind(question.kind)
    if kind == QuestionKind.MANY:
        missing = "required" if required else None
        return _Many(**common, hint=hint, choices=_choices(question), missing=missing)
    if kind in CHOOSING or kind == QuestionKind.YES_NO:
        choices = _choices(question)
        if not required:
            choices.append(("", str(_("no answer"))))
        return _One(**common, hint=hint, choices=choices, optional=not required)
    if kind == QuestionKind.FILE:
        hint = _and_said(kinds_words(question.file_groups, question.largest_file), hint)
        return FileAnswerField(**common, question=question, required=required, description=hint)
    controls = {"maxlength": LONGEST.get(kind, LONGEST[QuestionKind.SHORT]), **CONTROLS.get(kind, {})}
    if required:
        controls["required"] = True
    return _Typed(**common, description=hint, widget=WIDGETS.get(kind, TextInput()), render_kw=controls)


def _choices(question: Question) -> list[tuple[str, Any]]:
    if question.kind == QuestionKind.YES_NO:
        return list(yes_no_words().items())
    return [(str(option.id), said(option.label)) for option in question.offered]


def _and_erased(hint: Any) -> Markup:
    words = _(
        "We erase your answer %(days)d days after the meeting. Only its organisers see it.",
        days=NEEDS_KEPT.days,
    )
    return _and_said(words, hint)


def _and_said(words: str, hint: Any) -> Markup:
    return Markup("{} {}").format(hint, words) if hint else Markup("{}").format(words)


def _left_words(number: int) -> str:
    if number == 0:
        return str(_("Full"))
    return str(ngettext("%(num)d place left", "%(num)d places left", number))


def _condition_words(decisive: Question, value: str) -> Any:
    options = {str(one.id): plain(one.label) for one in decisive.options}
    answer = {**options, **yes_no_words()}.get(value, "")
    return _(
        "Only if you answered “%(answer)s” to “%(question)s”.",
        answer=answer,
        question=plain(decisive.label),
    )
