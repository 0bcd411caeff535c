"""The form of a question: texts in each language, options with places, for whom it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import FormField, HiddenField

from app.base.uploads import Group
from app.domain.questions.commands import OptionText, QuestionText
from app.domain.questions.models import CHOOSING, MOST_MEGABYTES, USUAL_MEGABYTES, QuestionKind
from app.extensions import settings
from app.web.choices import AnyOfField, SelectOneField
from app.web.fields import LineField, NumberField, TextField, TickField
from app.web.forms import PartForm, WorkspaceForm
from app.web.question_files import group_words
from app.workspace.forms.programme import ItemList
from app.workspace.forms.texts import in_each, kept_and_new, texts_of, typed_texts, with_languages
from app.workspace.question_words import condition_choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.questions.models import Question, QuestionOption

BLANK_OPTIONS = 3
MOST_PLACES = 10_000


class OptionForm(PartForm):
    """One option. Without any text it is left out."""

    languages: ClassVar[tuple[str, ...]]
    id = HiddenField()
    places = NumberField(
        _l("Places"),
        optional=True,
        maximum=MOST_PLACES,
        hint=_l("How many people may choose it. Empty means no limit."),
    )
    retired = TickField(_l("Offer it no more"), hint=_l("Whoever chose it keeps it."))

    def to_text(self, known: dict[int, QuestionOption]) -> OptionText | None:
        """The option as typed; None when it has no text."""
        label = texts_of(self, "label", self.languages)
        old = next((one for key, one in known.items() if str(key) == self.id.data), None)
        if not label:
            return None
        return OptionText(
            id=old.id if old else None,
            label=kept_and_new(old.label if old else {}, label, self.languages),
            places=self.places.data,
            retired=bool(self.retired.data),
        )


class QuestionForm(WorkspaceForm):
    """A question. `question_form` makes it fit its kind and its language."""

    languages: ClassVar[tuple[str, ...]]
    required = TickField(_l("Everybody has to answer it"))
    sensitive = TickField(
        _l("Erase the answers 14 days after the meeting"),
        hint=_l(
            "Tick this where answers tell about health, faith, origin or other private matters. "
            "Viewers do not see them, and downloads leave them out unless needs are asked for."
        ),
    )
    condition = SelectOneField(_l("Who is asked"), optional=True)
    options: Any

    @property
    def rows(self) -> list[OptionForm]:
        """The options in the order typed."""
        return [entry.form for entry in self.options]

    def add_option(self) -> None:
        """One more empty option."""
        self.options.append_entry({})

    def swap(self, first: int) -> None:
        """Let an option and the next one change places; nothing for a place that is not there."""
        typed = [entry.form.data for entry in self.options]
        if not 0 <= first < len(typed) - 1:
            return
        typed[first], typed[first + 1] = typed[first + 1], typed[first]
        while len(self.options):
            self.options.pop_entry()
        self.options.last_index = -1
        for one in typed:
            self.options.append_entry(one)

    def to_text(self, question: Question | None) -> QuestionText:
        """The command, after validation."""
        known = {option.id: option for option in question.options} if question else {}
        condition_id, _colon, value = (self.condition.data or "").partition(":")
        offered = (row.to_text(known) for row in self.rows) if "options" in self else ()
        return QuestionText(
            label=self._texts("label", question.label if question else {}),
            hint=self._texts("hint", question.hint if question else {}),
            required=self.required.data,
            sensitive=self.sensitive.data,
            condition_id=int(condition_id) if condition_id else None,
            condition_value=value,
            file_kinds=tuple(self["file_kinds"].data) if "file_kinds" in self else (),
            file_megabytes=self["file_megabytes"].data if "file_megabytes" in self else None,
            options=tuple(one for one in offered if one is not None),
        )

    def _texts(self, name: str, old: dict[str, str]) -> dict[str, str]:
        return kept_and_new(old, texts_of(self, name, self.languages), self.languages)


def question_form(kind: str, earlier: Sequence[Question], question: Question | None = None) -> QuestionForm:
    """The form for a question of this kind, filled in with what is stored or what was sent."""
    languages = settings().languages
    form_class = with_languages(QuestionForm, _fields_of(kind), languages)
    form = form_class(data=_stored(question, languages) if question else {"options": [{}] * BLANK_OPTIONS})
    form.condition.choices = condition_choices(earlier)
    if "file_kinds" in form:
        kinds: Any = form["file_kinds"]
        kinds.choices = [(str(group), words) for group, words in group_words().items()]
    return form


def _fields_of(kind: str) -> Any:
    if kind == QuestionKind.FILE:
        return _with_files
    return _with_options if kind in CHOOSING else _texts_only


def _texts_only(languages: tuple[str, ...]) -> dict[str, Any]:
    return in_each(languages, ("label", _label), ("hint", _hint))


def _with_options(languages: tuple[str, ...]) -> dict[str, Any]:
    option = with_languages(OptionForm, _option_fields, languages)
    return {**_texts_only(languages), "options": ItemList(FormField(option))}


def _with_files(languages: tuple[str, ...]) -> dict[str, Any]:
    return {
        **_texts_only(languages),
        "file_kinds": AnyOfField(
            _l("Which files are taken?"),
            choices=[],
            default=[Group.PDF],
            missing=_l("Choose at least one kind of file."),
        ),
        "file_megabytes": NumberField(
            _l("Largest size in MB"), minimum=1, maximum=MOST_MEGABYTES, default=USUAL_MEGABYTES
        ),
    }


def _option_fields(languages: tuple[str, ...]) -> dict[str, Any]:
    return in_each(languages, ("label", _option_label))


def _stored(question: Question, languages: tuple[str, ...]) -> dict[str, Any]:
    condition = f"{question.condition_id}:{question.condition_value}" if question.condition_id else ""
    return {
        **typed_texts("label", question.label, languages),
        **typed_texts("hint", question.hint, languages),
        "required": question.required,
        "sensitive": question.sensitive,
        "condition": condition,
        "file_kinds": [str(one) for one in question.file_groups],
        "file_megabytes": question.file_megabytes or USUAL_MEGABYTES,
        "options": [
            {
                "id": str(option.id),
                "places": option.places,
                "retired": option.retired_at is not None,
                **typed_texts("label", option.label, languages),
            }
            for option in question.options
        ],
    }


def _label(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    return LineField(
        _l("Question (%(language)s)", language=language),
        missing=_l("Enter the question (%(language)s).", language=language),
        optional=not first,
        max_length=300,
        render_kw=render_kw,
    )


def _hint(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return TextField(
        _l("Help below it (%(language)s)", language=language),
        optional=True,
        max_length=500,
        rows=2,
        render_kw=render_kw,
    )


def _option_label(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return LineField(
        _l("Option (%(language)s)", language=language), optional=True, max_length=200, render_kw=render_kw
    )
