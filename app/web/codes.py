"""Fields for the codes of a second factor."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.web.fields import LineField

LONGEST_APP_CODE = 12  # somebody types a space between
LONGEST_RECOVERY_CODE = 40


class AppCodeField(LineField):
    """Six digits; phones show digits and offer what the app copied."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        kwargs["render_kw"] = {
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "autocapitalize": "off",
            "spellcheck": "false",
        }
        super().__init__(
            label or _l("Code from your app"),
            max_length=LONGEST_APP_CODE,
            missing=_l("Enter the six digits that the app shows"),
            hint=kwargs.pop("hint", _l("Six digits. A new code comes every half minute.")),
            **kwargs,
        )

    def shown(self) -> str:
        """A code is never shown again."""
        return ""


class RecoveryCodeField(LineField):
    """One of the codes that a person keeps on paper; how it is grouped does not matter."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        super().__init__(
            label or _l("Recovery code"),
            max_length=LONGEST_RECOVERY_CODE,
            missing=_l("Enter one of your recovery codes"),
            hint=_l("Sixteen letters and digits. Each code works once."),
            **kwargs,
        )

    def shown(self) -> str:
        """A code is never shown again."""
        return ""


class AnyCodeField(RecoveryCodeField):
    """A code of the app or, where the phone is lost, a recovery code."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label or _l("Code from your app, or a recovery code"), **kwargs)
        self.missing = _l("Enter a code from your app, or a recovery code")
        self.description = ""
