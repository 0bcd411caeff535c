"""The page on which somebody who cannot come names a colleague."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.base.text import fold_email
from app.domain.history import service as history
from app.domain.registration import rules, substitutes
from app.domain.registration.models import Mode
from app.extensions import db, settings
from app.public.personal_page import form_page, is_changeable, refusal_words
from app.web.limits import letters_held_back

if TYPE_CHECKING:
    from flask import Response

    from app.domain.registration.models import Attendee
    from app.public.forms.answers import SubstituteForm


def substitute_page(
    attendee: Attendee, form: SubstituteForm, status: HTTPStatus = HTTPStatus.OK, wait: str = ""
) -> Response:
    """The page; `wait` is said above a form that was sent too soon after too many others."""
    return form_page(
        "public/personal/substitute.html",
        attendee,
        status,
        form=form,
        wait=wait,
        changeable=is_changeable(attendee),
    )


def name_colleague(attendee: Attendee, form: SubstituteForm) -> None:
    """Let the colleague come instead and commit; the letter to them is counted. Raises as the verb does."""
    key = fold_email(form.email.data)
    number, own, mode = attendee.id, attendee.organisation_name, Mode(attendee.mode)
    command = form.to_substitution(own, mode, letters_held_back([key])[key])
    begin_write(db.session())
    substitutes.substitute(
        db.session(),
        number,
        command,
        now=clock.now(),
        actor=history.ATTENDEE,
        mail_domain=settings().mail_domain,
    )
    db.session.commit()


def no_substitute_words(refusal: Exception) -> str:
    """Why nobody comes instead."""
    if isinstance(refusal, rules.AlreadyRegistered):
        return str(_("This is you. Enter the name and the e-mail of your colleague."))
    return refusal_words(refusal)
