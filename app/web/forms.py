"""Forms: `PublicForm` carries a signed key, `WorkspaceForm` a CSRF token, `PartForm` is a part of either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from flask import g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf, validate_csrf
from markupsafe import Markup
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Form, HiddenField, StringField
from wtforms.csrf.core import CSRF
from wtforms.meta import DefaultMeta
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import HiddenInput

from app.web.form_key import FormKey, new_form_key, read_form_key

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class PartForm(Form):
    """A part of a form, for `FormField`: one person of a party, one item of a programme."""


class PageForm(Form):
    """A form that takes what was posted by itself. Use one of its two subclasses."""

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        super().__init__(_posted() if formdata is None else formdata, **kwargs)

    def showing(self, **stored: Any) -> Self:
        """The form with what is stored, also where another form of the same page was sent."""
        self.process(None, data=stored)
        return self

    def is_submitted(self) -> bool:
        """True when this request may change something: never for GET and HEAD."""
        return request.method in CHANGING

    def validate_on_submit(self) -> bool:
        """True when the form was sent and is right."""
        return self.is_submitted() and self.validate()

    def hidden_tag(self) -> Markup:
        """The hidden fields; each template puts them into its `<form>` once."""
        return Markup("\n").join(field() for field in self if isinstance(field.widget, HiddenInput))


class FormKeyField(HiddenField):
    """Holds the signed key; a bad one is replaced by a fresh one, so that sending again works."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Keep the key that was sent; raises `ValueError` with a sentence when it is not ours."""
        sent = str(valuelist[0]) if valuelist else ""
        if read_form_key(sent) is not None:
            self.data = sent
            return
        self.data = new_form_key()
        raise ValueError(_("We could not recognise this page. Check the form and send it again."))


class TrapField(StringField):
    """A field that no person sees. Filled in, it asks to send again and comes back empty."""

    def pre_validate(self, form: Any) -> None:
        """Stop programs that fill in everything; a person's browser that did so loses nothing."""
        del form
        if self.data:
            raise StopValidation(_("Please send the form once more."))

    def _value(self) -> str:
        return ""


class PublicForm(PageForm):
    """A form of public and personal pages: works with cookies off and does not expire."""

    form_key = FormKeyField(default=new_form_key)
    website = TrapField(
        _l("Leave this field empty"), render_kw={"tabindex": "-1", "autocomplete": "off", "class": "trap"}
    )

    @property
    def key(self) -> FormKey:
        """What the key says. Ask only after the form has validated."""
        key = read_form_key(self.form_key.data)
        if key is None:
            raise LookupError("the form was not validated")
        return key

    def hidden_tag(self) -> Markup:
        """The key, and the trap in a box that is out of sight and out of reach of the keyboard."""
        box = Markup('<div class="unseen" aria-hidden="true">{label} {field}</div>')
        return super().hidden_tag() + box.format(label=self.website.label(), field=self.website())


class SessionCsrf(CSRF):
    """Flask-WTF's token, with a sentence that says what to do."""

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        """The token of this session."""
        del csrf_token_field
        return str(generate_csrf())

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        """Compare with the session, unless the guard of the whole application has done so."""
        del form
        if g.get("csrf_valid", False):
            return
        try:
            validate_csrf(field.data)
        except ValidationError as error:
            raise ValidationError(
                _("This page was open for too long. Check what you typed and send it again.")
            ) from error


class WorkspaceForm(PageForm):
    """A form whose authority is a cookie: sign-in and workspace."""

    class Meta(DefaultMeta):
        """Switch on the CSRF token."""

        csrf_class = SessionCsrf
        csrf_field_name = "csrf_token"
        csrf = True


def _posted() -> Any:
    """Only what a form can send: never a JSON body, whose values may be anything."""
    if request.method not in CHANGING:
        return None
    return CombinedMultiDict([request.files, request.form]) if request.files else request.form
