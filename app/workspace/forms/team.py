"""Forms about the accounts of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.accounts.models import Role
from app.extensions import settings
from app.web.choices import AnyOfField, OneOfField, SelectOneField
from app.web.fields import EmailField, NameField
from app.web.forms import WorkspaceForm
from app.web.locale import current_language, language_name

if TYPE_CHECKING:
    from collections.abc import Sequence

ROLES = [
    (Role.ADMINISTRATOR, _l("Administrator")),
    (Role.ORGANISER, _l("Organiser")),
    (Role.VIEWER, _l("Viewer")),
    (Role.DOOR, _l("Door")),
]
ROLE_HINTS = {
    Role.ADMINISTRATOR: _l("May do everything, also change the team and the texts of the pages."),
    Role.ORGANISER: _l("Prepares meetings, sees and downloads the attendees, reads and resends letters."),
    Role.VIEWER: _l("Sees who comes and which letters were sent. Changes and downloads nothing."),
    Role.DOOR: _l("Helps at the door of the meetings ticked below, from the day before to the day after."),
}


class AccountForm(WorkspaceForm):
    """Name, role, series and doors of an account. `series`, `meetings`: (id, name) of those to choose from."""

    name = NameField(
        _l("Name"), missing=_l("Enter the name of the person"), render_kw={"autocomplete": "off"}
    )
    role = OneOfField(_l("Role"), choices=ROLES, coerce=Role, missing=_l("Choose a role"))
    series = AnyOfField(
        _l("Only these series"),
        coerce=int,
        hint=_l("For organisers and viewers. Tick none to allow all series."),
    )
    meetings = AnyOfField(_l("At the door of these meetings"), coerce=int, hint=_l("For the role Door."))

    def __init__(
        self, series: Sequence[tuple[int, str]], meetings: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.series.choices = list(series)
        self.meetings.choices = list(meetings)

    def validate(self, extra_validators: Any = None) -> bool:
        """Somebody of the door without a door could do nothing."""
        valid = super().validate(extra_validators)
        if self.role.data == Role.DOOR and not self.meetings.choices:
            self.role.errors = [_("There is no meeting ahead at whose door somebody could help.")]
            return False
        if self.role.data == Role.DOOR and not self.meetings.data:
            self.meetings.errors = [_("Tick the meetings at whose door this person helps.")]
            return False
        return valid


class InviteForm(AccountForm):
    """Somebody new: also the address and the language of the letter."""

    email = EmailField(_l("E-mail"), render_kw={"autocomplete": "off"})
    language = SelectOneField(_l("Language of the letter"))

    def __init__(
        self, series: Sequence[tuple[int, str]], meetings: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(series, meetings, **kwargs)
        self.language.choices = [(code, language_name(code)) for code in settings().languages]
        if self.language.data is None:
            self.language.data = current_language()
