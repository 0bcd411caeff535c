"""Forms of the door."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.domain.attendance.commands import WalkIn
from app.domain.attendance.service import new_client_id
from app.domain.registration.commands import Person
from app.extensions import settings
from app.web.choices import SelectOneField
from app.web.fields import EmailField, LineField, NameField
from app.web.forms import WorkspaceForm
from app.web.locale import current_language, language_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.datastructures import MultiDict

    from app.domain.attendance.commands import Came

LONGEST_CODE = 300  # a whole address, with room for what a scanner adds
CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,36}")


class CodeForm(WorkspaceForm):
    """What a scanner types, or a person."""

    code = LineField(
        _l("Code"),
        max_length=LONGEST_CODE,
        missing=_l("Scan a code, or type it"),
        hint=_l("For scanners that type like a keyboard. You can also paste the address."),
        render_kw={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"},
    )


class ClientIdField(HiddenField):
    """The name of this act, so that a form that is sent twice does it once; a bad one is replaced."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Keep what was sent if it can be one."""
        sent = valuelist[0] if valuelist else ""
        self.data = sent if CLIENT_ID.fullmatch(sent) else new_client_id()


class WalkInForm(WorkspaceForm):
    """Somebody who comes without having registered."""

    name = NameField(
        _l("Name"), missing=_l("Enter the name of the person"), render_kw={"autocomplete": "off"}
    )
    organisation = LineField(_l("Organisation"), optional=True)
    email = EmailField(
        _l("E-mail"),
        optional=True,
        hint=_l("For the minutes and the next meeting. Nobody has to give one."),
        render_kw={"autocomplete": "off"},
    )
    language = SelectOneField(_l("Language of letters"))
    client_id = ClientIdField(default=new_client_id)

    def to_walk_in(self, came: Came | None = None) -> WalkIn:
        """The command, after validation; `came` is when, by a phone that kept them."""
        return WalkIn(
            client_id=self.client_id.data or new_client_id(),
            person=Person(
                name=self.name.data, email=self.email.data or None, organisation=self.organisation.data
            ),
            language=self.language.data,
            came=came,
        )


def walk_in_form(sent: MultiDict[str, str] | None = None) -> WalkInForm:
    """The form with the languages of the site; `sent` is what a script sent in its place."""
    form = WalkInForm(sent)
    form.language.choices = [(code, language_name(code)) for code in settings().languages]
    if not form.is_submitted():
        form.language.data = current_language()
    return form


class ActForm(WorkspaceForm):
    """A button and nothing else."""
