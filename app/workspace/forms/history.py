"""The filter of history: all of it stands in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import lazy_gettext as _l

from app.web.choices import SelectOneField
from app.web.fields import DayField
from app.web.forms import PageForm

if TYPE_CHECKING:
    from collections.abc import Sequence


class HistoryFilter(PageForm):
    """What kind of thing, by whom, between which days. Nothing chosen means all."""

    kind = SelectOneField(_l("About"), optional=True)
    who = SelectOneField(_l("By whom"), optional=True)
    since = DayField(_l("From"), optional=True)
    until = DayField(_l("To"), optional=True)

    def __init__(self, kinds: Sequence[tuple[str, Any]], people: Sequence[tuple[str, Any]]) -> None:
        super().__init__(formdata=request.args)
        everything = ("", _l("everything")), ("", _l("everybody"))
        for field, choices, first in zip((self.kind, self.who), (kinds, people), everything, strict=True):
            field.choices = [first, *choices]
            if field.data not in {value for value, _label in choices}:
                field.data = ""
