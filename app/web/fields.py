"""Form fields that know their own noun.

All that a stranger types passes through one of these: each cleans by `app.base.text`, keeps what was typed
for the page that says what is wrong, and says it as a whole sentence. Each field is required unless
`optional=True`; then an empty one gives "" (or None for days, times and numbers).
`hint` stands below the label.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import StopValidation
from wtforms.widgets import DateInput, EmailInput, TextArea, TimeInput, URLInput

from app.base.addresses import MAX_EMAIL, BadAddress, normalise_email, web_address
from app.base.dates import parse_day, parse_time
from app.base.text import BadText, clean_line, clean_text
from app.web.addresses import suggest_email

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

MAX_NAME = 200
MAX_NOTE = 2000
MAX_WEB_ADDRESS = 2000
MAX_PASSWORD = 128
MAX_SEARCH = 100
LAST_PAGE = 100_000
UNSHOWABLE = "\ufffd"
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class LineField(StringField):
    """One line of text. `missing` is the sentence for an empty one ("Enter the topic")."""

    data: Any

    def __init__(
        self,
        label: Any = None,
        *,
        max_length: int = MAX_NAME,
        missing: Any = None,
        optional: bool = False,
        hint: Any = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, description=hint, **kwargs)
        self.max_length, self.missing, self.optional = max_length, missing, optional
        self.flags.maxlength = max_length
        if not optional:
            self.flags.required = True

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Take over what was sent; raises `ValueError` with a sentence when it cannot be used."""
        sent = valuelist[0] if valuelist else ""
        self.data = self.empty()
        try:
            cleaned = self.clean(sent if isinstance(sent, str) else "")
        except BadText as bad:
            raise ValueError(self.sentence(bad.reason)) from bad
        if cleaned:
            self.data = self.convert(cleaned)

    def clean(self, text: str) -> str:
        """The text in its one canonical form; raises `BadText`."""
        return clean_line(text, max_length=self.max_length)

    def convert(self, text: str) -> Any:
        """The value of a text that is clean and not empty; raises `ValueError` with a sentence."""
        return text

    def empty(self) -> Any:
        """The value of a field that was left empty."""
        return ""

    def sentence(self, reason: str) -> str:
        """What to do about a text that is `too_long`, or has a `control` or `surrogate` character."""
        label = self.label.text
        if reason == "too_long":
            text = _(
                "“%(label)s” is too long: use at most %(limit)d characters.",
                label=label,
                limit=self.max_length,
            )
        else:
            text = _("“%(label)s” contains a character that cannot be kept. Type it by hand.", label=label)
        return str(text)

    def pre_validate(self, form: Any) -> None:
        """One error is enough: an unusable or missing value stops the other validators."""
        del form
        if self.process_errors:
            raise StopValidation
        if self.data in ("", None):
            if self.optional:
                raise StopValidation
            raise StopValidation(str(self.missing or _("Fill in “%(label)s”.", label=self.label.text)))

    def _value(self) -> str:
        if self.process_errors and self.raw_data:
            return showable(str(self.raw_data[0]))
        return self.shown()

    def shown(self) -> str:
        """The value as the control shows it."""
        return "" if self.data is None else str(self.data)


class TextField(LineField):
    """Several lines of text, in a text area."""

    widget = TextArea()

    def __init__(self, label: Any = None, *, max_length: int = 4000, rows: int = 5, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"rows": rows, **(kwargs.get("render_kw") or {})}
        super().__init__(label, max_length=max_length, **kwargs)

    def clean(self, text: str) -> str:
        """Several lines keep their line breaks and tabs."""
        return clean_text(text, max_length=self.max_length)


class NameField(LineField):
    """The whole name of a person, whatever it looks like."""

    def __init__(self, label: Any = None, *, missing: Any = None, **kwargs: Any) -> None:
        own = {"autocomplete": "name", "spellcheck": "false"}
        kwargs["render_kw"] = own | (kwargs.get("render_kw") or {})
        super().__init__(label, missing=missing, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Ask for a name in the words of a name."""
        self.missing = self.missing or _("Enter your name")
        super().pre_validate(form)


class EmailField(LineField):
    """A mail address; `data` is the stored form, `suggestion` what was probably meant instead, or None."""

    widget = EmailInput()

    def __init__(self, label: Any = None, *, missing: Any = None, **kwargs: Any) -> None:
        own = {"autocomplete": "email", "spellcheck": "false"}
        kwargs["render_kw"] = own | (kwargs.get("render_kw") or {})
        super().__init__(label, max_length=MAX_EMAIL, missing=missing, **kwargs)

    def convert(self, text: str) -> str:
        """The address in its stored form."""
        try:
            return normalise_email(text)
        except BadAddress as bad:
            raise ValueError(_("Enter an e-mail address like name@example.org")) from bad

    def pre_validate(self, form: Any) -> None:
        """Ask for an address in the words of an address."""
        self.missing = self.missing or _("Enter an e-mail address like name@example.org")
        super().pre_validate(form)

    @property
    def suggestion(self) -> str | None:
        """The address with its slip corrected (`gmial.com`), to be offered beside the field or afterwards."""
        return suggest_email(self.data) if self.data else None


class WebAddressField(LineField):
    """An http or https address; `example.org/x` is completed to https."""

    widget = URLInput()

    def __init__(self, label: Any = None, *, max_length: int = MAX_WEB_ADDRESS, **kwargs: Any) -> None:
        super().__init__(label, max_length=max_length, **kwargs)

    def convert(self, text: str) -> str:
        """The address with its scheme; nothing but http and https comes through."""
        address = web_address(text)
        if address is None:
            raise ValueError(_("Enter a web address that begins with https://"))
        if len(address) > self.max_length:
            raise ValueError(self.sentence("too_long"))
        return address


class DayInput(DateInput):
    """A native input for a day; a plain one where something else was typed: a native one would swallow it."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        """The input."""
        typed = field._value()  # noqa: SLF001 - as every widget of WTForms does
        if typed and not ISO_DAY.fullmatch(typed):
            kwargs["type"] = "text"
        return super().__call__(field, **kwargs)


class DayField(LineField):
    """A day: native input, or typed as `4. 4. 2023`; `data` is a `date` or None."""

    widget = DayInput()

    def empty(self) -> None:
        """No day."""

    def convert(self, text: str) -> Any:
        """The day that was typed."""
        try:
            return parse_day(text)
        except ValueError as bad:
            raise ValueError(_("Enter a day like 4. 4. 2027 in “%(label)s”.", label=self.label.text)) from bad

    def shown(self) -> str:
        """Native inputs want `2027-04-04`."""
        return self.data.isoformat() if self.data else ""


class ClockField(LineField):
    """A time of day in whole minutes: native input, or typed as `13:00`; `data` is a `time` or None."""

    widget = TimeInput()

    def empty(self) -> None:
        """No time."""

    def convert(self, text: str) -> Any:
        """The time that was typed."""
        try:
            return parse_time(text)
        except ValueError as bad:
            raise ValueError(_("Enter a time like 13:00 in “%(label)s”.", label=self.label.text)) from bad

    def shown(self) -> str:
        """Native inputs want `13:00`."""
        return self.data.strftime("%H:%M") if self.data else ""


class NumberField(LineField):
    """A whole number from `minimum` to `maximum`, both included; `data` is an `int` or None."""

    def __init__(self, label: Any = None, *, minimum: int = 0, maximum: int = 100_000, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "numeric"} | (kwargs.get("render_kw") or {})
        super().__init__(label, max_length=40, **kwargs)
        self.minimum, self.maximum = minimum, maximum

    def empty(self) -> None:
        """No number."""

    def convert(self, text: str) -> int:
        """The number; spaces between its thousands are allowed."""
        digits = "".join(text.split())
        plain = digits.removeprefix("-")
        if plain.isascii() and plain.isdecimal() and self.minimum <= int(digits) <= self.maximum:
            return int(digits)
        raise ValueError(
            _(
                "Enter a whole number from %(low)d to %(high)d in “%(label)s”.",
                low=self.minimum,
                high=self.maximum,
                label=self.label.text,
            )
        )


class SecretField(PasswordField):
    """A password, taken as typed (only NFC), never shown again; at most `MAX_PASSWORD` characters."""

    def __init__(self, label: Any = None, *, missing: Any = None, hint: Any = "", **kwargs: Any) -> None:
        kwargs["render_kw"] = {"autocomplete": "current-password"} | (kwargs.get("render_kw") or {})
        super().__init__(label, description=hint, **kwargs)
        self.missing = missing
        self.flags.required = True

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Refuse what a hash cannot hold; raises `ValueError` with a sentence."""
        sent = valuelist[0] if valuelist and isinstance(valuelist[0], str) else ""
        self.data = ""
        if "\x00" in sent or any("\ud800" <= char <= "\udfff" for char in sent):
            raise ValueError(_("The password contains a character that cannot be used."))
        if len(sent) > MAX_PASSWORD:
            raise ValueError(_("Use a password of at most %(limit)d characters.", limit=MAX_PASSWORD))
        self.data = unicodedata.normalize("NFC", sent)

    def pre_validate(self, form: Any) -> None:
        """An unusable or missing password stops the other validators."""
        del form
        if self.process_errors:
            raise StopValidation
        if not self.data:
            raise StopValidation(str(self.missing or _("Enter your password")))


class TickField(BooleanField):
    """A box to tick; with `must` (a sentence) it has to be ticked. Never ticked beforehand for a consent."""

    def __init__(self, label: Any = None, *, must: Any = None, hint: Any = "", **kwargs: Any) -> None:
        super().__init__(label, description=hint, **kwargs)
        self.must = must

    def pre_validate(self, form: Any) -> None:
        """Say what an unticked box means."""
        del form
        if self.must is not None and not self.data:
            raise StopValidation(str(self.must))


def showable(text: str) -> str:
    """`text` for showing again: NUL, other controls and lone surrogates become U+FFFD."""
    return "".join(
        UNSHOWABLE if unicodedata.category(char) in {"Cc", "Cs"} and char not in "\r\n\t" else char
        for char in text
    )


def search_text(value: str | None, *, max_length: int = MAX_SEARCH) -> str:
    """What a query string asks for: never an error; controls are spaces, what is too long is cut."""
    kept = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in value or ""
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())[:max_length].strip()


def page_number(value: str | None) -> int:
    """The page asked for in a query string, from 1; the first for anything else."""
    text = (value or "").strip()
    small = text.isascii() and text.isdecimal() and len(text) <= len(str(LAST_PAGE))
    return min(max(int(text), 1), LAST_PAGE) if small else 1
