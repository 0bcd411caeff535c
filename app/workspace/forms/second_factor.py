"""Forms of one's own second factor."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.web.codes import AnyCodeField, AppCodeField
from app.web.forms import WorkspaceForm


class CodeForm(WorkspaceForm):
    """A code that shows that it is you."""

    code = AnyCodeField()


class SetUpForm(WorkspaceForm):
    """The first code, and the sealed secret that the page has shown."""

    code = AppCodeField(
        hint=_l("Type the six digits that the app shows now. A new code comes every half minute.")
    )
    sealed = HiddenField()


class ReplaceForm(SetUpForm):
    """Another phone: a code of the present one shows that it is you."""

    present = AnyCodeField(_l("Code from your present app, or a recovery code"))


class KeptForm(WorkspaceForm):
    """The button that says that the recovery codes are kept."""


def does_not_fit() -> str:
    """What to do about a wrong code."""
    return str(_("This code does not fit. Wait for the next one, and check the clock of your phone."))
