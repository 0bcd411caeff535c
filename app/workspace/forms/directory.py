"""Forms of contacts and organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.domain.directory.service import ContactText, OrganisationText
from app.extensions import settings
from app.web.choices import SelectOneField
from app.web.fields import EmailField, LineField, NumberField, TextField
from app.web.forms import WorkspaceForm
from app.workspace.attendee_words import KINDS
from app.workspace.forms.texts import in_each, kept_and_new, texts_of, typed_texts, with_languages

if TYPE_CHECKING:
    from app.domain.directory.models import Contact, Organisation

MOST_CONTACTS = 10_000


class ContactForm(WorkspaceForm):
    """A role, what about, and how to reach it. `position` only travels with the undo of a deleting."""

    languages: ClassVar[tuple[str, ...]]
    version: HiddenField
    position: NumberField
    name: LineField
    email: EmailField
    phone: LineField

    @property
    def known_version(self) -> int:
        """The version that the editor began with; 0 when it was not said."""
        text = str((self.version.raw_data or [""])[0])
        return int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000000") else 0

    def to_text(self, old: Contact | None = None) -> ContactText:
        """The command, after validation. Texts of `old` in languages that are not offered now are kept."""
        texts = {}
        for name in ("role", "about"):
            before = getattr(old, name) if old is not None else {}
            texts[name] = kept_and_new(before, texts_of(self, name, self.languages), self.languages)
        return ContactText(**texts, name=self.name.data, email=self.email.data, phone=self.phone.data)


def contact_form(contact: Contact | None = None) -> ContactForm:
    """The form as it was sent, or of `contact`, or empty."""
    languages = settings().languages
    data: dict[str, Any] = {}
    if contact is not None:
        data = typed_contact(contact, languages) | {"version": str(contact.version)}
    return with_languages(ContactForm, _contact_fields, languages)(data=data)


def typed_contact(contact: Contact | ContactText, languages: tuple[str, ...]) -> dict[str, str]:
    """A contact as data for the form's fields."""
    return {
        **typed_texts("role", contact.role, languages),
        **typed_texts("about", contact.about, languages),
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
    }


class OrganisationForm(WorkspaceForm):
    """The name as people shall see it, the kind, and the district where one applies."""

    name = LineField(
        _l("Name of the organisation"),
        missing=_l("Enter the name of the organisation."),
        render_kw={"autocomplete": "off"},
    )
    kind = SelectOneField(
        _l("Kind of organisation"),
        choices=[("", _l("Choose a kind")), *KINDS.items()],
        missing=_l("Choose the kind of organisation."),
    )
    district = LineField(
        _l("District"), optional=True, max_length=100, hint=_l("Only where it belongs to one: Praha 3.")
    )

    def to_text(self) -> OrganisationText:
        """The command, after validation."""
        return OrganisationText(name=self.name.data, kind=self.kind.data, district=self.district.data or None)


def organisation_form(organisation: Organisation | None = None) -> OrganisationForm:
    """The form as it was sent, or of `organisation`, or empty."""
    return OrganisationForm(obj=organisation)


def _contact_fields(languages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "version": HiddenField(),
        **in_each(languages, ("role", _role), ("about", _about)),
        "name": LineField(
            _l("Name"),
            optional=True,
            hint=_l("People look for roles. Add a name only if the person agrees."),
            render_kw={"autocomplete": "off"},
        ),
        "email": EmailField(_l("E-mail"), render_kw={"autocomplete": "off"}),
        "phone": LineField(
            _l("Phone"),
            optional=True,
            max_length=40,
            render_kw={"autocomplete": "off", "inputmode": "tel"},
        ),
        "position": NumberField(_l("Position"), optional=True, maximum=MOST_CONTACTS),
    }


def _role(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    return LineField(
        _l("Role (%(language)s)", language=language),
        missing=_l("Enter the role (%(language)s).", language=language),
        optional=not first,
        render_kw=render_kw,
    )


def _about(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return TextField(
        _l("What one can write about (%(language)s)", language=language),
        optional=True,
        max_length=500,
        rows=2,
        render_kw=render_kw,
    )
