"""The page after registering. It belongs to the submission and says nothing about who was known before."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response, make_response, render_template, request

from app.base import clock
from app.domain.privacy.service import names_expire_on
from app.domain.registration import rules
from app.extensions import settings
from app.public.forms.personal import CorrectionForm
from app.web.addresses import suggest_email

if TYPE_CHECKING:
    from app.domain.meetings.models import Meeting
    from app.domain.registration.models import Party


@dataclass(frozen=True, slots=True)
class Typed:
    """One person as typed; `form` corrects the address while that is possible, `meant` is a probable one."""

    position: int
    name: str
    email: str
    mode: str
    place: str
    queue: int | None
    form: CorrectionForm | None
    meant: str | None


def done_page(
    meeting: Meeting,
    party: Party,
    wrong: CorrectionForm | None = None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    """The page; `wrong` is a correction that could not be made."""
    people = _people(party, wrong)
    corrected = request.args.get("corrected")
    page = render_template(
        "public/registration/done.html",
        meeting=meeting,
        party=party,
        people=people,
        wrong=wrong,
        corrected=next((one for one in people if corrected == str(one.position)), None),
        sender=settings().mail_sender,
        kept_until=names_expire_on(meeting, settings().retention_months),
    )
    return make_response(page, status)


def correction_form(position: int) -> CorrectionForm:
    """The form for the person typed at `position`; each has names of its own."""
    return CorrectionForm(prefix=f"person-{position}-")


def _people(party: Party, wrong: CorrectionForm | None) -> list[Typed]:
    correctable = rules.may_correct(party.created_at, now=clock.now())
    found = []
    for position, typed in enumerate(party.typed["people"]):
        if typed:
            meant = suggest_email(typed["email"]) if correctable else None
            form = _form_for(position, wrong, meant) if correctable else None
            found.append(_typed(position, typed, form, meant))
    return found


def _typed(position: int, typed: dict[str, Any], form: CorrectionForm | None, meant: str | None) -> Typed:
    return Typed(
        position=position,
        name=typed["name"],
        email=typed["email"],
        mode=typed["mode"],
        place=typed["place"],
        queue=typed.get("queue"),
        form=form,
        meant=meant,
    )


def _form_for(position: int, wrong: CorrectionForm | None, meant: str | None) -> CorrectionForm:
    """The one that was sent, or a fresh one in which a probable slip is put right."""
    if wrong is not None and wrong.email.name == f"person-{position}-email":
        return wrong
    form = correction_form(position)
    form.email.data = meant or ""
    return form
