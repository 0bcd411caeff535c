"""A new series: its name, and what it is about, in each language."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from app.extensions import settings
from app.web.fields import LineField, TextField
from app.web.forms import WorkspaceForm
from app.workspace.forms.texts import in_each, texts_of, with_languages


class SeriesForm(WorkspaceForm):
    """Texts per language; the name in the first one is required."""

    languages: ClassVar[tuple[str, ...]]

    @property
    def name_texts(self) -> dict[str, str]:
        """The name by language."""
        return texts_of(self, "name", self.languages)

    @property
    def about_texts(self) -> dict[str, str]:
        """What it is about, by language."""
        return texts_of(self, "about", self.languages)


def series_form() -> SeriesForm:
    """The form in the site's languages."""
    return with_languages(SeriesForm, _fields, settings().languages)()


def _fields(languages: tuple[str, ...]) -> dict[str, Any]:
    return in_each(languages, ("name", _name), ("about", _about))


def _name(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    return LineField(
        _l("Name (%(language)s)", language=language),
        missing=_l("Enter the name of the series (%(language)s).", language=language),
        optional=not first,
        render_kw=render_kw,
    )


def _about(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return TextField(
        _l("What it is about (%(language)s)", language=language),
        optional=True,
        max_length=2000,
        rows=3,
        render_kw=render_kw,
    )
