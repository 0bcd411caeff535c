"""The form of the sign-in page: one address, and either a password or the wish for a letter."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.domain.accounts.models import Purpose
from app.web.access import own_path
from app.web.codes import AppCodeField, RecoveryCodeField
from app.web.fields import EmailField, LineField, SecretField
from app.web.forms import WorkspaceForm


class LinkForm(WorkspaceForm):
    """Who wants a link by mail; `next` is where to go after signing in."""

    email = EmailField(_l("E-mail"), render_kw={"autocomplete": "username"})
    next = HiddenField()

    @property
    def way_on(self) -> str:
        """The path of ours to go to afterwards, or empty."""
        return own_path(self.next.data) or ""


class SignInForm(LinkForm):
    """Address and password."""

    password = SecretField(_l("Password"), missing=_l("Enter your password, or let us send you a link."))


class AskedFor(WorkspaceForm):
    """The button that opens a link from a letter."""


class CodeForm(WorkspaceForm):
    """The code that the app shows."""

    code: LineField = AppCodeField()
    wrong = _l("This code does not fit. Wait for the next one, and check the clock of your phone.")


class RecoveryForm(CodeForm):
    """One of the codes on paper."""

    code = RecoveryCodeField()
    wrong = _l("This code does not fit, or it was used already. Try the next one on your list.")


def purpose_of(value: str | None) -> Purpose:
    """Which link a button asks for."""
    return Purpose.PASSWORD if value == Purpose.PASSWORD else Purpose.SIGN_IN
