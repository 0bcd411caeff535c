"""Calling a meeting off: why, in each language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.extensions import settings
from app.web.fields import TextField
from app.web.forms import WorkspaceForm
from app.workspace.forms.texts import in_each, texts_of, with_languages

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_REASON = 1000


class CallOffForm(WorkspaceForm):
    """The reason, which may be left out."""

    languages: ClassVar[tuple[str, ...]]

    @property
    def reason(self) -> Mapping[str, str]:
        """What was typed, by language."""
        return texts_of(self, "reason", self.languages)


def call_off_form() -> CallOffForm:
    """The form in the site's languages."""
    return with_languages(CallOffForm, _fields, settings().languages)()


def _fields(languages: tuple[str, ...]) -> dict[str, Any]:
    return in_each(languages, ("reason", _reason))


def _reason(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return TextField(
        _l("Reason (%(language)s)", language=language),
        optional=True,
        max_length=LONGEST_REASON,
        rows=3,
        render_kw=render_kw,
    )
