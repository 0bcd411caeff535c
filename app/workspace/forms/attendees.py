"""Forms of the attendee pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from app.domain.registration.commands import Person
from app.domain.registration.labels import LONGEST_LABEL
from app.domain.registration.models import Mode
from app.domain.registration.rules import offered_modes
from app.extensions import settings
from app.web.choices import OneOfField, SelectOneField
from app.web.fields import MAX_NOTE, EmailField, LineField, NameField, TextField
from app.web.forms import WorkspaceForm
from app.web.locale import current_language, language_name
from app.web.question_fields import WithQuestions, asking
from app.workspace.attendee_words import KINDS, MODES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.meetings.models import Meeting
    from app.domain.questions.models import Question

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Whom an organiser puts on the list, the language of their letters, and the organiser's own note."""

    person: Person
    language: str
    note: str


class AddForm(WithQuestions, WorkspaceForm):
    """A person added by hand; no question has to be answered."""

    all_optional = True

    name = NameField(
        _l("Name"), missing=_l("Enter the name of the person"), render_kw={"autocomplete": "off"}
    )
    email = EmailField(
        _l("E-mail"),
        optional=True,
        hint=_l("Without an address no letters go out."),
        render_kw={"autocomplete": "off"},
    )
    organisation = LineField(_l("Organisation"), optional=True)
    kind = SelectOneField(
        _l("Kind of organisation"), optional=True, choices=[("", _l("not stated")), *KINDS.items()]
    )
    mode = OneOfField(_l("How do they take part?"), missing=_l("Choose in person or online"))
    language = SelectOneField(_l("Language of letters"))
    note = TextField(
        _l("Note"),
        optional=True,
        max_length=MAX_NOTE,
        rows=3,
        hint=_l("Only organisers see it."),
    )

    def to_addition(self) -> Addition:
        """The command, after validation."""
        person = Person(
            name=self.name.data,
            email=self.email.data or None,
            organisation=self.organisation.data,
            organisation_kind=self.kind.data or None,
            mode=Mode(self.mode.data),
            answers=self.answers,
        )
        return Addition(person=person, language=self.language.data, note=self.note.data)


def add_form(meeting: Meeting, questions: Sequence[Question], left: Mapping[int, int]) -> AddForm:
    """The form for a meeting: its modes, its questions, the site's languages. A single mode is not asked for."""
    modes = offered_modes(meeting)
    form = asking(AddForm, questions, left)()
    form.mode.choices = [(mode.value, MODES[mode]) for mode in modes]
    form.language.choices = [(code, language_name(code)) for code in settings().languages]
    if not form.is_submitted():
        form.language.data = current_language()
    if len(modes) == 1:
        form.mode.data = modes[0].value
    return form


class NoteForm(WorkspaceForm):
    """The organiser's own note."""

    note = TextField(
        _l("Note"), optional=True, max_length=MAX_NOTE, rows=3, hint=_l("Only organisers see it.")
    )


class AddressForm(WorkspaceForm):
    """Another address for a person."""

    email = EmailField(
        _l("New e-mail"),
        hint=_l("The old address is told that it is no longer used. The new one gets the invite."),
        render_kw={"autocomplete": "off"},
    )


class SortNameForm(WorkspaceForm):
    """By what the person is sorted."""

    sort_name = LineField(
        _l("Name for sorting"),
        missing=_l("Enter the surname, a comma, and the other names"),
        hint=_l("Surname, a comma, then the other names: Nguyen, Thi Mai"),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


class CancelForm(WorkspaceForm):
    """Taking a place away, perhaps with a reason that the person reads."""

    reason = TextField(
        _l("Reason"),
        optional=True,
        max_length=LONGEST_REASON,
        rows=3,
        hint=_l("The person reads it in the letter."),
    )


class DeclineForm(WorkspaceForm):
    """Declining a pending registration, with a reason that the person reads."""

    decline_reason = TextField(
        _l("Reason"),
        optional=True,
        max_length=LONGEST_REASON,
        rows=3,
        hint=_l("The person reads it in the letter."),
    )


class SelectionForm(WorkspaceForm):
    """An act on everybody who is ticked in the list; declining takes a reason, and a label can be given."""

    label = LineField(
        _l("Label"),
        optional=True,
        max_length=LONGEST_LABEL,
        hint=_l("Choose one that is there, or write a new one, for example VIP."),
        render_kw={"autocomplete": "off"},
    )
    reason = TextField(
        _l("Reason for declining"),
        optional=True,
        max_length=LONGEST_REASON,
        rows=2,
        hint=_l("Everybody who is declined reads it in the letter."),
    )


class CancelManyForm(SelectionForm):
    """An act on everybody who is ticked or fits; cancelling takes a reason."""

    reason = TextField(
        _l("Reason for cancelling"),
        optional=True,
        max_length=LONGEST_REASON,
        rows=2,
        hint=_l("Everybody whose place is cancelled reads it in the letter."),
    )


class ActForm(WorkspaceForm):
    """A button and nothing else."""
