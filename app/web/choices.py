"""Fields with a list to choose from. What is not in the list is refused with the sentence `missing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than types-WTForms
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

if TYPE_CHECKING:
    from collections.abc import Sequence


class OneOfField(RadioField):
    """Radio buttons. `choices` are (value, label) pairs; `data` is a value, or None when none is chosen."""

    def __init__(
        self, label: Any = None, *, missing: Any = None, optional: bool = False, hint: Any = "", **kwargs: Any
    ) -> None:
        super().__init__(label, description=hint, **_described(kwargs))
        self.missing, self.optional = missing, optional
        if not optional:
            self.flags.required = True

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Take over the value sent; what cannot be a value counts as none."""
        _take_one(self, valuelist)

    def pre_validate(self, form: Any) -> None:
        """Only what the list offers."""
        del form
        _only_listed(self)


class SelectOneField(SelectField):
    """A drop-down. When optional, begin `choices` with an empty one: `("", _l("not stated"))`."""

    def __init__(
        self, label: Any = None, *, missing: Any = None, optional: bool = False, hint: Any = "", **kwargs: Any
    ) -> None:
        super().__init__(label, description=hint, **_described(kwargs))
        self.missing, self.optional = missing, optional
        if not optional:
            self.flags.required = True

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Take over the value sent; what cannot be a value counts as none."""
        _take_one(self, valuelist)

    def pre_validate(self, form: Any) -> None:
        """Only what the list offers."""
        del form
        _only_listed(self)


class AnyOfField(SelectMultipleField):
    """Tick boxes; `data` is a list of values, possibly empty."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, *, missing: Any = None, hint: Any = "", **kwargs: Any) -> None:
        super().__init__(label, description=hint, **_described(kwargs))
        self.missing = missing
        if missing is not None:
            self.flags.required = True

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Take over the values sent, each once, without those that cannot be values."""
        kept: list[Any] = []
        for sent in valuelist:
            try:
                value = self.coerce(sent)
            except (ValueError, TypeError):
                continue
            if value not in kept:
                kept.append(value)
        self.data = kept

    def pre_validate(self, form: Any) -> None:
        """Only what the list offers; at least one when `missing` says so."""
        del form
        offered = {choice[0] for choice in self.iter_choices()}
        self.data = [value for value in self.data or [] if value in offered]
        if self.missing is not None and not self.data:
            raise StopValidation(str(self.missing))


def _described(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Pairs as WTForms wants them since 3.3."""
    if isinstance(kwargs.get("choices"), list | tuple):
        kwargs["choices"] = [
            SelectChoice(*choice) if isinstance(choice, tuple) else choice for choice in kwargs["choices"]
        ]
    return kwargs


def _take_one(field: OneOfField | SelectOneField, valuelist: Sequence[Any]) -> None:
    if not valuelist:
        return
    try:
        field.data = field.coerce(valuelist[0])
    except (ValueError, TypeError):
        field.data = None


def _only_listed(field: OneOfField | SelectOneField) -> None:
    offered = {choice[0] for choice in field.iter_choices()}
    if field.data in offered and (field.optional or field.data != ""):
        return
    if field.optional and field.data in ("", None):
        return
    raise StopValidation(str(field.missing or _("Choose one answer in “%(label)s”.", label=field.label.text)))
