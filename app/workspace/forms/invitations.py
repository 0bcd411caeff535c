"""The form of an invitation: who, in which language, with which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

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
from app.base.tables import as_text
from app.domain.registration.invitations import Invitation
from app.domain.registration.models import Mode
from app.domain.registration.rules import offered_modes
from app.extensions import settings
from app.web.choices import OneOfField, SelectOneField
from app.web.fields import TextField
from app.web.locale import language_name
from app.workspace.attendee_words import MODES
from app.workspace.forms.people_list import COLUMN, PeopleListForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.meetings.models import Meeting
    from app.domain.registration.commands import Person

LONGEST_WORDS = 1000
COLUMNS = {
    NOTHING: _l("not used"),
    NAME: _l("Name"),
    FIRST: _l("First name"),
    LAST: _l("Surname"),
    EMAIL: _l("E-mail"),
    ORGANISATION: _l("Organisation"),
    KIND: _l("Kind of organisation"),
}


class InviteForm(PeopleListForm):
    """People as typed, pasted or uploaded, and what goes with the letters."""

    mode = OneOfField(_l("How are they to take part?"), missing=_l("Choose in person or online"))
    language = SelectOneField(_l("Language of letters"))
    words = TextField(
        _l("A word to go with the letter"),
        optional=True,
        max_length=LONGEST_WORDS,
        rows=4,
        hint=_l("Everybody reads it in the invitation. The letter itself says what, when and where."),
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns hold, as somebody chose; empty when nobody was asked."""
        return self.chosen_columns(ROLES)

    def as_typed(self, rows: list[list[str]]) -> str:
        """Columns of no use are left out where that is sure."""
        text = as_text(rows)
        table = table_in(text)
        if table is not None and table.is_sure and table.has_heading:
            return as_text(only_used(table))
        return text

    def to_invitation(self, people: Sequence[Person]) -> Invitation:
        """The command for these people, after validation."""
        return Invitation(people=tuple(people), language=self.language.data, words=self.words.data)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What the next page sends back: names and values."""
        kept = [(name, self[name].data or "") for name in ("text", "mode", "language", "words")]
        return kept + [(COLUMN, role) for role in self.columns]


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
