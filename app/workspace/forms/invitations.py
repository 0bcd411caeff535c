"""The form of an invitation: who, in which language, with which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField

from app.base.people_lines import (
    EMAIL,
    FIRST,
    KIND,
    LAST,
    NAME,
    NOTHING,
    ORGANISATION,
    ROLES,
    only_used,
    table_in,
)
from app.base.tables import MOST_BYTES, MOST_ROWS, BadTable, as_text, read_table
from app.domain.registration.invitations import Invitation
from app.domain.registration.models import Mode
from app.domain.registration.rules import offered_modes
from app.extensions import settings
from app.web.choices import OneOfField, SelectOneField
from app.web.fields import TextField
from app.web.forms import WorkspaceForm
from app.web.locale import language_name
from app.workspace.attendee_words import MODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.meetings.models import Meeting
    from app.domain.registration.commands import Person

LONGEST_LIST = 600_000  # characters: 2,000 people with room to spare
LONGEST_WORDS = 1000
COLUMN = "column"
COLUMNS = {
    NOTHING: _l("not used"),
    NAME: _l("Name"),
    FIRST: _l("First name"),
    LAST: _l("Surname"),
    EMAIL: _l("E-mail"),
    ORGANISATION: _l("Organisation"),
    KIND: _l("Kind of organisation"),
}
BAD_FILES = {
    "empty": _l("The file holds nobody. Choose another one."),
    "too_large": _l("The file is too large. Keep only the columns with names, addresses and organisations."),
    "too_many": _l("The file has more than %(limit)d rows. Take it apart and invite in several steps."),
    "old_excel": _l("This is an old Excel file. Open it and save it as .xlsx or CSV."),
    "not_text": _l("This is neither a workbook nor a text file. Save the list as .xlsx or CSV."),
    "unreadable": _l("This workbook cannot be read. Open it and save it again, or save it as CSV."),
}


class InviteForm(WorkspaceForm):
    """People as typed, pasted or uploaded, and what goes with the letters."""

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
    mode = OneOfField(_l("How are they to take part?"), missing=_l("Choose in person or online"))
    language = SelectOneField(_l("Language of letters"))
    words = TextField(
        _l("A word to go with the letter"),
        optional=True,
        max_length=LONGEST_WORDS,
        rows=4,
        hint=_l("Everybody reads it in the invitation. The letter itself says what, when and where."),
    )

    def take_people(self) -> bool:
        """Put the people of an uploaded file into the text; False, with an error at its field, when there are none."""
        data = self._uploaded()
        if data and self.text.data:
            return self._wrong(self.file, _("Use either the field above or a file, not both."))
        if data:
            try:
                self.text.data = _text_of(data)
            except BadTable as bad:
                return self._wrong(self.file, str(BAD_FILES[bad.reason]) % {"limit": MOST_ROWS})
        if not self.text.data:
            return self._wrong(self.text, _("Type or paste at least one person, or choose a file."))
        return True

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns hold, as somebody chose; empty when nobody was asked."""
        sent = request.form.getlist(COLUMN)
        return tuple(role if role in ROLES else NOTHING for role in sent)

    def to_invitation(self, people: Sequence[Person]) -> Invitation:
        """The command for these people, after validation."""
        return Invitation(people=tuple(people), language=self.language.data, words=self.words.data)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What the next page sends back: names and values."""
        kept = [(name, self[name].data or "") for name in ("text", "mode", "language", "words")]
        return kept + [(COLUMN, role) for role in self.columns]

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


def invite_form(meeting: Meeting) -> InviteForm:
    """The form for a meeting: its modes, the site's languages. A single mode needs no question."""
    modes = offered_modes(meeting)
    form = InviteForm()
    form.mode.choices = [(mode.value, MODES[mode]) for mode in modes]
    form.language.choices = [(code, language_name(code)) for code in settings().languages]
    form.language.data = form.language.data or language_of(meeting)
    if len(modes) == 1 or not form.is_submitted():
        form.mode.data = modes[0].value
    return form


def language_of(meeting: Meeting) -> str:
    """The language that people are written to: the first of the site in which the meeting has a title."""
    languages = settings().languages
    return next((code for code in languages if meeting.title.get(code)), languages[0])


def mode_of(form: InviteForm) -> Mode:
    """How the people take part."""
    return Mode(form.mode.data)


def _text_of(data: bytes) -> str:
    """An uploaded table as a text that can be corrected; columns of no use are left out where that is sure."""
    text = as_text(read_table(data))
    table = table_in(text)
    if table is not None and table.is_sure and table.has_heading:
        text = as_text(only_used(table))
    if len(text) > LONGEST_LIST:
        raise BadTable("too_large")
    return text
