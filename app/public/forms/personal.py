"""Forms behind a personal link, of the done page, and the one that asks for a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from app.domain.registration.commands import Change, Needs
from app.domain.registration.models import Mode
from app.extensions import settings
from app.public.forms.registration import PersonFields
from app.web.choices import SelectOneField
from app.web.fields import EmailField
from app.web.forms import PublicForm
from app.web.locale import language_name
from app.web.question_fields import WithQuestions, asking, typed_answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question
    from app.domain.registration.models import Attendee


class ButtonForm(PublicForm):
    """A button and nothing else."""


class AskLinkForm(PublicForm):
    """Whose link to send again."""

    email = EmailField(
        _l("E-mail"), hint=_l("The address that you registered with, or that you were invited at.")
    )


class CorrectionForm(PublicForm):
    """Another address for somebody on the done page."""

    email = EmailField(_l("Right e-mail"), render_kw={"autocomplete": "off"})


class ChangeForm(PersonFields, WithQuestions, PublicForm):
    """What an attendee may change."""

    language = SelectOneField(_l("Language of our letters"))

    def to_change(self, attendee: Attendee) -> Change:
        """The command, after validation."""
        return Change(
            name=self.name.data,
            organisation=self.organisation.data,
            organisation_kind=self.organisation_kind.data or None,
            mode=self.mode_or(Mode(attendee.mode)),
            language=self.language.data,
            needs=_with_consent_given(self.to_needs(), attendee),
            handout_consent=self.handout_consent_of(attendee),
            answers=self.answers if self.questions else None,
        )

    def handout_consent_of(self, attendee: Attendee) -> str:
        """A consent that was given before keeps its words, in whatever language it was given."""
        return (self.handout.data and attendee.handout_consent_text) or self.to_handout_consent()


def change_form(
    attendee: Attendee,
    modes: Iterable[Mode],
    questions: Sequence[Question] = (),
    answers: Answers | None = None,
    left: Mapping[int, int] | None = None,
) -> ChangeForm:
    """The form filled in with what is stored, or with what was sent; `questions` while they can be answered."""
    form = asking(ChangeForm, questions, left)(
        data={
            **typed_answers(questions, answers or {}),
            "name": attendee.name,
            "organisation": attendee.organisation_name,
            "organisation_kind": attendee.organisation_kind or "",
            "mode": attendee.mode,
            "language": attendee.language,
            "interpreter": attendee.needs_interpreter,
            "access": attendee.needs_access,
            "diet": attendee.needs_diet,
            "note": attendee.needs_note,
            "consent": attendee.needs_consent_at is not None,
            "handout": attendee.handout_consent_at is not None,
        }
    )
    form.language.choices = [(code, language_name(code)) for code in settings().languages]
    form.offer(tuple(modes))
    return form


def _with_consent_given(needs: Needs, attendee: Attendee) -> Needs:
    """The same needs stand on the consent that they had, in whatever language it was given."""
    stored = (attendee.needs_interpreter, attendee.needs_access, attendee.needs_diet, attendee.needs_note)
    same = stored == (needs.interpreter, needs.access, needs.diet, needs.note)
    if not same or not attendee.needs_consent_text:
        return needs
    return Needs(
        interpreter=needs.interpreter,
        access=needs.access,
        diet=needs.diet,
        note=needs.note,
        consent_text=attendee.needs_consent_text,
    )
