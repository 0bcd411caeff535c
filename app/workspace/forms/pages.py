"""The text of one page of the site, as Markdown."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.web.fields import TextField
from app.web.forms import WorkspaceForm

LONGEST_TEXT = 30_000


class PageTextForm(WorkspaceForm):
    """`version` is the one the editor began with; 0 stands for the text that comes with the program."""

    version = HiddenField(default="0")
    markdown = TextField(
        _l("Text"),
        max_length=LONGEST_TEXT,
        rows=22,
        missing=_l("Write the text, or bring the original text back."),
        hint=_l(
            "A line with ## in front is a heading, one with - a point of a list. **Two stars** make bold."
        ),
    )

    @property
    def version_number(self) -> int:
        """The version as a number; 0 for anything that is none."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**31)) else 0


class OriginalForm(WorkspaceForm):
    """The button that brings the original text back."""
