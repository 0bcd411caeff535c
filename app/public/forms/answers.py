"""Forms of answers: will you come, and who comes instead of you."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import ValidationError

from app.base.addresses import MAX_EMAIL
from app.base.text import fold
from app.domain.registration.commands import Person
from app.domain.registration.models import Answer, Mode
from app.domain.registration.seating import LONGEST_NOTE
from app.domain.registration.substitutes import Substitution
from app.extensions import settings
from app.public.forms.registration import MODES
from app.web.choices import OneOfField, SelectOneField
from app.web.fields import EmailField, LineField, NameField, TextField
from app.web.forms import PublicForm
from app.web.locale import language_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.registration.models import Attendee

ANSWERS = (
    (Answer.YES, _l("I'll come")),
    (Answer.MAYBE, _l("Maybe")),
    (Answer.NO, _l("I can't come")),
)


class AnswerForm(PublicForm):
    """Three buttons, a word to the organiser, and the way to take part where there is a choice."""

    answer = OneOfField(
        _l("Your answer"),
        missing=_l("Press one of the three buttons."),
        choices=[(answer.value, words) for answer, words in ANSWERS],
    )
    mode: OneOfField | None = OneOfField(
        _l("How do you take part?"),
        missing=_l("Choose how you take part."),
        choices=[(mode.value, words) for mode, words in MODES],
    )
    note = TextField(
        _l("A word to the organiser"),
        optional=True,
        max_length=LONGEST_NOTE,
        rows=3,
        hint=_l("For example an apology. Only the organisers read it."),
    )

    def offer(self, modes: Sequence[Mode]) -> None:
        """Ask for the way only where there is a choice."""
        if len(modes) == 1 and self.mode is not None:
            del self.mode

    @property
    def said(self) -> Answer:
        """The answer, after validation."""
        return Answer(self.answer.data)

    @property
    def chosen(self) -> Mode | None:
        """The way to take part, after validation; None where there is no choice."""
        return None if self.mode is None else Mode(self.mode.data)


class SubstituteForm(PublicForm):
    """The colleague who comes instead. An address with a probable slip has to be sent twice."""

    name = NameField(
        _l("Full name of your colleague"),
        missing=_l("Enter the name of your colleague"),
        render_kw={"autocomplete": "off"},
    )
    email = EmailField(
        _l("E-mail of your colleague"),
        hint=_l("We send the letter with their own link here."),
        render_kw={"autocomplete": "off"},
    )
    sure = HiddenField(filters=[lambda value: value if _is_plain(value) else ""])
    organisation = LineField(
        _l("Organisation of your colleague"),
        optional=True,
        hint=_l("Leave it as it is if your colleague speaks for the same one."),
        render_kw={"autocomplete": "off"},
    )
    language = SelectOneField(_l("Language of our letters to your colleague"))
    note = TextField(
        _l("A word to the organiser"),
        optional=True,
        max_length=LONGEST_NOTE,
        rows=3,
        hint=_l("For example an apology. Only the organisers read it."),
    )

    def validate_name(self, field: NameField) -> None:
        """A name must have something that can be seen."""
        if not fold(field.data):
            raise ValidationError(str(field.missing))

    def validate_email(self, field: EmailField) -> None:
        """Ask about a probable slip once: nobody could correct it afterwards."""
        if field.suggestion and self.sure.data != field.data:
            self.sure.data = field.data
            raise ValidationError(_("Check this address. Correct it, or send the form again to keep it."))

    def to_substitution(self, own_organisation: str, mode: Mode, delay_hours: int) -> Substitution:
        """The command, after validation. An organisation that was left as it is goes on as it is stored."""
        own = fold(self.organisation.data) == fold(own_organisation)
        person = Person(
            name=self.name.data,
            email=self.email.data,
            organisation="" if own else self.organisation.data,
            mode=mode,
        )
        return Substitution(
            person=person, language=self.language.data, note=self.note.data, delay_hours=delay_hours
        )


def answer_form(attendee: Attendee) -> AnswerForm:
    """The form with what is stored, or with what was sent; `offer` makes it fit the meeting."""
    return AnswerForm(data={"mode": attendee.mode, "note": attendee.answer_note})


def substitute_form(attendee: Attendee) -> SubstituteForm:
    """The form with the own organisation and language, or with what was sent."""
    form = SubstituteForm(data={"organisation": attendee.organisation_name, "language": attendee.language})
    form.language.choices = [(code, language_name(code)) for code in settings().languages]
    return form


def _is_plain(value: object) -> bool:
    """Whether a value can be an address in its stored form, and so can be shown again."""
    return isinstance(value, str) and len(value) <= MAX_EMAIL and value.isascii() and value.isprintable()
