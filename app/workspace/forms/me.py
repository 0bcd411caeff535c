"""Forms of one's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from app.domain.accounts.passwords import LONGEST, SHORTEST, WeakPassword, judge_password
from app.domain.notices.rules import Event, Timing
from app.extensions import settings
from app.web.choices import OneOfField, SelectOneField
from app.web.fields import NameField, SecretField
from app.web.forms import WorkspaceForm
from app.web.locale import language_name

if TYPE_CHECKING:
    from app.domain.accounts.models import Account


class MeForm(WorkspaceForm):
    """Name and language."""

    name = NameField(_l("Your name"), hint=_l("Your team sees it."))
    language = SelectOneField(_l("Language"), hint=_l("For the pages you see and the letters you get."))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.language.choices = [(code, language_name(code)) for code in settings().languages]


TIMINGS = [(Timing.NOW, _l("At once")), (Timing.DAILY, _l("Daily")), (Timing.OFF, _l("Off"))]


class NoticesForm(WorkspaceForm):
    """When to be told of each event; the names of the fields are those of the events."""

    registered = OneOfField(
        _l("New registrations"), choices=TIMINGS, hint=_l("Also people who were invited and say yes.")
    )
    cancelled = OneOfField(
        _l("Cancellations"), choices=TIMINGS, hint=_l("Also people who decline, or send somebody else.")
    )
    full = OneOfField(_l("All seats are taken"), choices=TIMINGS)
    waiting = OneOfField(_l("More people on the waiting list"), choices=TIMINGS)
    seat_free = OneOfField(
        _l("A free seat while people wait"),
        choices=TIMINGS,
        hint=_l("Shortly before the meeting nobody moves up automatically. You decide who gets the seat."),
    )
    pending = OneOfField(_l("Registrations to be approved"), choices=TIMINGS)
    proposed = OneOfField(_l("Proposals of another time"), choices=TIMINGS)
    unusable = OneOfField(
        _l("Replies that a person has to read"), choices=TIMINGS, hint=_l("We could not use them.")
    )
    undelivered = OneOfField(
        _l("Letters that did not arrive"), choices=TIMINGS, hint=_l("They failed, or came back.")
    )

    def to_timings(self) -> dict[Event, Timing]:
        """The choice; ask only after the form has validated."""
        return {event: Timing(self[event].data) for event in Event}


class NewPasswordField(SecretField):
    """A password to be chosen: judged against the account it is for."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"autocomplete": "new-password", "minlength": SHORTEST}
        super().__init__(label, missing=_l("Enter a new password"), **kwargs)
        self.email = ""

    def pre_validate(self, form: Any) -> None:
        """Refuse what others would guess first."""
        super().pre_validate(form)
        try:
            judge_password(self.data or "", email=self.email, site_name=settings().site_name)
        except WeakPassword as weak:
            raise StopValidation(sentence_about(weak)) from weak


class FirstPasswordForm(WorkspaceForm):
    """A new password, where no present one is asked for."""

    password = NewPasswordField(
        _l("New password"),
        hint=_l("At least 12 characters of any kind. Four random words are easy to remember."),
    )

    def __init__(self, account: Account, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.password.email = account.email


class PasswordForm(FirstPasswordForm):
    """A new password; the present one shows that it is you."""

    present = SecretField(_l("Present password"), missing=_l("Enter your present password"))


def sentence_about(weak: WeakPassword) -> str:
    """What to do about a password that was refused."""
    if weak.reason == "short":
        text = _("Use at least %(number)d characters for the password.", number=SHORTEST)
    elif weak.reason == "long":
        text = _("Use a password of at most %(limit)d characters.", limit=LONGEST)
    elif weak.reason == "personal":
        text = _("Leave your e-mail address and the name of this site out of the password.")
    else:
        text = _("Others could guess this password. Add words that nobody would expect.")
    return str(text)
