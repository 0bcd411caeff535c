"""The form of an import: who, what holds where a row says nothing, and whether letters tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from flask_babel import lazy_gettext as _l

from app.base.tables import MOST_ROWS
from app.domain.registration.models import Mode
from app.domain.registration.rules import offered_modes
from app.extensions import settings
from app.web.choices import OneOfField, SelectOneField
from app.web.fields import TickField
from app.web.form_key import new_form_key, read_form_key
from app.web.locale import language_name
from app.workspace.attendee_list import NUMBER
from app.workspace.attendee_words import MODES
from app.workspace.forms.invitations import language_of
from app.workspace.forms.people_list import COLUMN, PeopleListForm
from app.workspace.import_columns import labels_of
from app.workspace.import_rows import Usual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question

TELL, SILENT = "tell", "silent"
EMPTY = '""'  # a cell
KEY, SHOWN = "key", "shown"


class ImportForm(PeopleListForm):
    """People as typed, pasted or uploaded, who come on the list at once."""

    mode = OneOfField(
        _l("How do they take part?"),
        missing=_l("Choose in person or online"),
        hint=_l("Unless a row says something else."),
    )
    language = SelectOneField(_l("Language of letters"), hint=_l("Unless a row says something else."))
    letters = OneOfField(
        _l("What do they get?"),
        choices=[(TELL, _l("The confirmation with the invite")), (SILENT, _l("No letter now"))],
        default=TELL,
        missing=_l("Choose whether letters go out"),
    )
    consent = TickField(
        _l("These people agreed that we keep their needs and private answers for this meeting."),
        hint=_l("Only then such columns are used. We erase both soon after the meeting."),
    )
    questions: Sequence[Question] = ()

    def as_typed(self, rows: list[list[str]]) -> str:
        """An empty cell at the very beginning is quoted: a text is stripped, and the rows would shift."""
        if not rows[0][0]:
            rows[0][0] = EMPTY
        return super().as_typed(rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns hold, as somebody chose; empty when nobody was asked."""
        return self.chosen_columns(labels_of(self.questions))

    @property
    def tells(self) -> bool:
        """Whether letters go out."""
        return bool(self.letters.data == TELL)

    @property
    def key(self) -> str:
        """The name of the form that was sent, by which a second press is known; empty when it is not ours."""
        known = read_form_key(request.form.get(KEY))
        return known.nonce if known else ""

    @property
    def shown(self) -> int:
        """How many people the button said; nothing else is taken for a number."""
        sent = request.form.get(SHOWN, "")
        return min(int(sent), MOST_ROWS) if NUMBER.fullmatch(sent) else 0

    def to_usual(self) -> Usual:
        """What holds where a row says nothing else."""
        consent = str(self.consent.label.text) if self.consent.data else ""
        return Usual(mode=Mode(self.mode.data), language=self.language.data, consent_text=consent)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What the next page sends back: names and values, and a new name for its form."""
        kept = [(name, self[name].data or "") for name in ("text", "mode", "language", "letters")]
        kept += [("consent", "y")] if self.consent.data else []
        return [*kept, (KEY, new_form_key()), *((COLUMN, role) for role in self.columns)]


def import_form(meeting: Meeting, questions: Sequence[Question]) -> ImportForm:
    """The form for a meeting: its modes, its questions, the site's languages. A single mode needs no question."""
    modes = offered_modes(meeting)
    form = ImportForm()
    form.questions = questions
    form.mode.choices = [(mode.value, MODES[mode]) for mode in modes]
    form.language.choices = [(code, language_name(code)) for code in settings().languages]
    form.language.data = form.language.data or language_of(meeting)
    if len(modes) == 1 or not form.is_submitted():
        form.mode.data = modes[0].value
    return form
