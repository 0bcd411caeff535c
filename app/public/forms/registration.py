"""The registration form: one to six people, each with a name, an address and perhaps needs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField
from wtforms.validators import ValidationError

from app.base.text import fold, fold_email
from app.domain.directory.models import OrganisationKind
from app.domain.privacy.register import NEEDS_KEPT
from app.domain.registration.commands import NO_NEEDS, Needs, Person, SignUp
from app.domain.registration.models import Mode
from app.domain.registration.rules import LARGEST_PARTY
from app.web.choices import OneOfField, SelectOneField
from app.web.fields import EmailField, LineField, NameField, TextField, TickField
from app.web.forms import PartForm, PublicForm
from app.web.question_fields import WithQuestions, asking, field_name
from app.web.question_trouble import full_words, gone_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.questions.models import Question
    from app.domain.questions.rules import FileGone, OptionFull

# Anything else that begins so is not ours: WTForms would read "²" or a thousand digits as an index.
OURS = re.compile(r"people-[0-9]{1,2}-[a-z_0-9]{1,40}")
WITHOUT_KIND = ("", _l("not stated"))
KINDS = (
    (OrganisationKind.CITY, _l("City")),
    (OrganisationKind.DISTRICT, _l("Municipal district")),
    (OrganisationKind.NGO, _l("NGO")),
    (OrganisationKind.MIGRANT_ASSOCIATION, _l("Migrant association")),
    (OrganisationKind.STATE, _l("State institution")),
    (OrganisationKind.SCHOOL, _l("School or educational facility")),
    (OrganisationKind.LIBRARY, _l("Library")),
    (OrganisationKind.HOSPITAL, _l("Hospital")),
    (OrganisationKind.INTERNATIONAL, _l("International organisation")),
    (OrganisationKind.OTHER, _l("Other")),
)
MODES = ((Mode.ROOM, _l("In the room")), (Mode.ONLINE, _l("Online")))


class PersonFields:
    """What is asked about anybody who takes part, with the needs and the consents, each by itself."""

    name = NameField(_l("Full name"))
    organisation = LineField(
        _l("Organisation"),
        optional=True,
        hint=_l("Leave it empty if you come for yourself."),
        render_kw={"autocomplete": "organization"},
    )
    organisation_kind = SelectOneField(
        _l("Kind of organisation"),
        optional=True,
        choices=[WITHOUT_KIND, *((kind.value, words) for kind, words in KINDS)],
    )
    mode: OneOfField | None = OneOfField(
        _l("How do you take part?"),
        missing=_l("Choose how you take part."),
        choices=[(mode.value, words) for mode, words in MODES],
    )
    interpreter = LineField(
        _l("Interpreting"),
        optional=True,
        max_length=100,
        hint=_l("Into which language? For example Ukrainian or Czech Sign Language."),
    )
    access = LineField(
        _l("Access"),
        optional=True,
        max_length=500,
        hint=_l("For example a step-free way or a seat at the front."),
    )
    diet = LineField(
        _l("Food"), optional=True, max_length=500, hint=_l("For example no meat, or an allergy.")
    )
    note = TextField(_l("Anything else we should arrange"), optional=True, max_length=1000, rows=3)
    consent = TickField(
        _l(
            "I agree that the organisers keep these needs to arrange help. "
            "They are deleted %(days)d days after the meeting.",
            days=NEEDS_KEPT.days,
        )
    )

    handout = TickField(_l("My name and organisation may be on the list that everybody at the meeting gets."))

    def validate_name(self, field: NameField) -> None:
        """A name must have something that can be seen."""
        if not fold(field.data):
            raise ValidationError(str(field.missing))

    def validate_consent(self, field: TickField) -> None:
        """Needs are kept only with a consent of their own."""
        if self.has_needs and not field.data:
            raise ValidationError(
                _("Tick this box so that we may keep these needs, or empty the fields above it.")
            )

    @property
    def has_needs(self) -> bool:
        """Whether any need was typed."""
        return any(field.data for field in (self.interpreter, self.access, self.diet, self.note))

    @property
    def needs_open(self) -> bool:
        """Whether the group of needs has something to show: typed, ticked or wrong."""
        fields = (self.interpreter, self.access, self.diet, self.note, self.consent)
        return any(field.data or field.errors or field.process_errors for field in fields)

    def offer(self, modes: Sequence[Mode]) -> None:
        """Ask for the mode only where there is a choice."""
        if len(modes) == 1 and self.mode is not None:
            del self.mode

    def mode_or(self, only: Mode) -> Mode:
        """The mode chosen, or the only one."""
        return only if self.mode is None else Mode(self.mode.data)

    def to_handout_consent(self) -> str:
        """The wording that was agreed to; empty when the box is not ticked."""
        return str(self.handout.label.text) if self.handout.data else ""

    def to_needs(self) -> Needs:
        """The needs with the wording that was agreed to, after validation."""
        if not self.has_needs or not self.consent.data:
            return NO_NEEDS
        return Needs(
            interpreter=self.interpreter.data,
            access=self.access.data,
            diet=self.diet.data,
            note=self.note.data,
            consent_text=str(self.consent.label.text),
        )


class PersonForm(PersonFields, WithQuestions, PartForm):
    """One person of a party."""

    email = EmailField(
        _l("E-mail"), hint=_l("We send the calendar invite here, and the link to change the registration.")
    )

    def speak_of_another(self) -> None:
        """The words for the second and later people: the one who types fills in for somebody else."""
        self.name.missing = _("Enter the name of this person")
        self.email.description = _("They get their own invite and their own link.")
        self.organisation.description = ""
        self.consent.label.text = _(
            "This person agrees that the organisers keep these needs to arrange help. "
            "They are deleted %(days)d days after the meeting.",
            days=NEEDS_KEPT.days,
        )
        self.handout.label.text = _(
            "This person agrees that their name and organisation are on the list that everybody at the meeting gets."
        )
        for field in (self.name, self.email, self.organisation):
            field.render_kw = {**(field.render_kw or {}), "autocomplete": "off"}
        if self.mode is not None:
            self.mode.label.text = _("How does this person take part?")
            self.mode.missing = _("Choose how this person takes part.")

    def to_person(self, only: Mode) -> Person:
        """The person as typed, after validation; `only` is the mode where there is no choice."""
        return Person(
            name=self.name.data,
            email=self.email.data,
            organisation=self.organisation.data,
            organisation_kind=self.organisation_kind.data or None,
            mode=self.mode_or(only),
            needs=self.to_needs(),
            handout_consent=self.to_handout_consent(),
            answers=self.answers,
        )


class RegistrationForm(PublicForm):
    """A party. `registration_form` makes it fit a meeting."""

    people = FieldList(FormField(PersonForm), min_entries=1)
    modes: tuple[Mode, ...] = tuple(Mode)
    questions: Sequence[Question] = ()

    @property
    def persons(self) -> list[PersonForm]:
        """The people in the order typed."""
        return [entry.form for entry in self.people]

    @property
    def takes_files(self) -> bool:
        """Whether somebody is asked for a file."""
        return any(person.takes_files for person in self.persons)

    @property
    def addresses(self) -> list[str]:
        """The distinct addresses, folded, after validation."""
        return list(dict.fromkeys(fold_email(person.email.data) for person in self.persons))

    def add_person(self) -> None:
        """One more empty person, of the same organisation and in the same way as the first."""
        first = self.persons[0]
        same = {"organisation": first.organisation.data}
        if first.mode is not None:
            same["mode"] = first.mode.data
        if len(self.people) < LARGEST_PARTY:
            self.people.append_entry(same)
        self.dress()

    def remove_person(self, position: int) -> None:
        """Take one person out; the first one stays."""
        if 1 <= position < len(self.people):
            self.people.pop_entry(position)  # type: ignore[call-arg]  # newer than types-WTForms
        self.dress()

    def dress(self) -> None:
        """Give each person the words and the choices that fit."""
        for position, person in enumerate(self.persons):
            person.offer(self.modes)
            if position:
                person.speak_of_another()

    def blame(self, position: int, name: str, words: str) -> None:
        """Put an error at a field of one person."""
        field = self.persons[position][name]
        field.errors = [*field.errors, words]
        self.people.errors = [entry.errors for entry in self.people]

    def blame_option(self, full: OptionFull, questions: Sequence[Question]) -> None:
        """Say at the question that the last place of an option has gone."""
        words = full_words(questions, full.option_id)
        name = field_name(full.question_id)
        if name in self.persons[full.position]:
            self.blame(full.position, name, words)
        else:
            self.refuse(words)

    def blame_gone(self, gone: FileGone, questions: Sequence[Question]) -> None:
        """Say at the question that a file which waited for the form is kept no longer."""
        self.persons[gone.position].question_field(gone.question_id).forget()
        self.blame(gone.position, field_name(gone.question_id), gone_words(questions, gone.question_id))

    def say_trouble(self) -> None:
        """Say what is wrong with files, on a page that judges nothing else: nobody shall think they are kept."""
        for person in self.persons:
            person.say_trouble()
        self.people.errors = [entry.errors for entry in self.people]

    def refuse(self, words: str) -> None:
        """Put an error above the form."""
        self.form_errors.append(words)

    def to_sign_up(self, language: str, delays: dict[str, int]) -> SignUp:
        """The command, after validation. Companions of the first one's organisation share its kind."""
        people = [person.to_person(self.modes[0]) for person in self.persons]
        return SignUp(
            people=tuple(_with_kind_of(people[0], person) for person in people),
            language=language,
            form_key=self.key.nonce,
            delays=delays,
        )


def registration_form(
    modes: Iterable[Mode],
    questions: Sequence[Question] = (),
    left: Mapping[int, int] | None = None,
    *,
    preferred: Mode | None = None,
) -> RegistrationForm:
    """The form for a meeting that offers `modes`; `preferred` is chosen beforehand on a new page.

    `questions` are asked of each person, `left` are places of their options.
    """
    posted = _posted()
    beforehand: dict[str, Any] = {"people": [{"mode": preferred}]} if posted is None else {}
    form = _form_with(questions, left)(posted, data=beforehand)
    form.modes = tuple(modes)
    form.dress()
    return form


def _form_with(questions: Sequence[Question], left: Mapping[int, int] | None) -> type[RegistrationForm]:
    if not questions:
        return RegistrationForm
    people = FieldList(FormField(asking(PersonForm, questions, left)), min_entries=1)
    return type("RegistrationForm", (RegistrationForm,), {"people": people, "questions": questions})


def _posted() -> MultiDict[str, str] | None:
    if request.method != "POST":
        return None
    return MultiDict(
        (name, value)
        for name, value in request.form.items(multi=True)
        if not name.startswith("people") or OURS.fullmatch(name)
    )


def _with_kind_of(first: Person, person: Person) -> Person:
    same = first.organisation and fold(first.organisation) == fold(person.organisation)
    if person.organisation_kind or not same or not first.organisation_kind:
        return person
    return replace(person, organisation_kind=first.organisation_kind)
