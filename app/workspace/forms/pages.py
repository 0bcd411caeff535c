"""The text of a page, as Markdown."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.web.fields import TextField
from app.web.forms import WorkspaceForm

LONGEST = 50_000


class PageForm(WorkspaceForm):
    """One text in one language. `version` is 0 while the text that comes with the program is in use."""

    version = HiddenField()
    markdown = TextField(
        _l("Text"),
        max_length=LONGEST,
        rows=24,
        missing=_l("Write the text, or bring the original back."),
        hint=_l("You can use Markdown: ## heading, **bold**, - list, [text](https://…)."),
    )

    @property
    def known_version(self) -> int:
        """The version that the editor began with; -1, which none has, when it was not said."""
        text = str((self.version.raw_data or [""])[0])
        return int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000000") else -1


class OriginalForm(WorkspaceForm):
    """The button that brings the original back."""
