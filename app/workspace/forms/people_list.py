"""A form that takes a list of people: typed, pasted, or uploaded as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField

from app.base.tables import MOST_BYTES, MOST_ROWS, BadTable, as_text, read_table
from app.web.fields import TextField
from app.web.forms import WorkspaceForm

if TYPE_CHECKING:
    from collections.abc import Collection

LONGEST_LIST = 600_000  # characters: 2,000 people with room to spare
COLUMN = "column"
BAD_FILES = {
    "empty": _l("The file holds nobody. Choose another one."),
    "too_large": _l("The file is too large. Keep only the columns that are needed."),
    "too_many": _l(
        "The file has more than %(limit)d rows. Take it apart and use the parts one after another."
    ),
    "old_excel": _l("This is an old Excel file. Open it and save it as .xlsx or CSV."),
    "not_text": _l("This is neither a workbook nor a text file. Save the list as .xlsx or CSV."),
    "unreadable": _l("This workbook cannot be read. Open it and save it again, or save it as CSV."),
}


class PeopleListForm(WorkspaceForm):
    """People as typed, pasted or uploaded. What was uploaded becomes a text, which the next pages carry along."""

    text = TextField(
        _l("People, one to a line"),
        optional=True,
        max_length=LONGEST_LIST,
        rows=10,
        hint=_l(
            "For example: Jana Nováková <jana@praha7.example>, Praha 7. You can paste from Excel or from a mail."
        ),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    file = FileField(
        _l("Or a file"),
        description=_l(
            "A workbook (.xlsx) or CSV, at most 1 MB and 2,000 people. Only the first sheet is read."
        ),
        render_kw={"accept": ".xlsx,.csv,.txt,.tsv"},
    )

    def take_people(self) -> bool:
        """Put the people of an uploaded file into the text; False, with an error at its field, when there are none."""
        data = self._uploaded()
        if data and self.text.data:
            return self._wrong(self.file, _("Use either the field above or a file, not both."))
        if data:
            try:
                self.text.data = self._text_of(data)
            except BadTable as bad:
                return self._wrong(self.file, str(BAD_FILES[bad.reason]) % {"limit": MOST_ROWS})
        if not self.text.data:
            return self._wrong(self.text, _("Type or paste at least one person, or choose a file."))
        return True

    def chosen_columns(self, roles: Collection[str]) -> tuple[str, ...]:
        """What the columns hold, as somebody chose of `roles`; empty when nobody was asked."""
        return tuple(role if role in roles else "" for role in request.form.getlist(COLUMN))

    def as_typed(self, rows: list[list[str]]) -> str:
        """The rows of a table as a text that can be corrected."""
        return as_text(rows)

    def _text_of(self, data: bytes) -> str:
        text = self.as_typed(read_table(data))
        if len(text) > LONGEST_LIST:
            raise BadTable("too_large")
        return text

    def _uploaded(self) -> bytes:
        """The content of the file that was chosen; one byte more than allowed is enough to refuse it."""
        chosen = request.files.get("file")
        if not chosen or not chosen.filename:
            return b""
        with chosen.stream:  # a temporary file when it is large
            return chosen.stream.read(MOST_BYTES + 1)

    @staticmethod
    def _wrong(field: Any, sentence: str) -> bool:
        field.errors = [*field.errors, sentence]
        return False
