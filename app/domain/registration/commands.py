"""What the faces hand to the verbs: clean, typed, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.registration.models import Mode

if TYPE_CHECKING:
    from app.domain.questions.commands import Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a person needs to take part. `consent_text` is the wording agreed to; without it nothing is stored."""

    interpreter: str = ""
    access: str = ""
    diet: str = ""
    note: str = ""
    consent_text: str = ""


NO_NEEDS = Needs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person as typed; texts are already clean (`app.base.text`), `email` is None only from an organiser.

    `handout_consent` is the wording agreed to, that the name may be on the list which participants get; empty: no.
    `answers` are what was said to the questions of the meeting, judged already.
    """

    name: str
    email: str | None
    organisation: str = ""
    organisation_kind: str | None = None
    mode: Mode = Mode.ROOM
    needs: Needs = field(default=NO_NEEDS)
    handout_consent: str = ""
    answers: Answers = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """One submission of the form: one to six people, the first being the one who types.

    `delays` are hours to hold letters back, per folded address, where a stranger caused too many already.
    """

    people: tuple[Person, ...]
    language: str
    form_key: str
    delays: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New values of what an attendee may change. `answers` of None leaves what was said to questions as it is."""

    name: str
    organisation: str
    organisation_kind: str | None
    mode: Mode
    language: str
    needs: Needs
    handout_consent: str = ""
    answers: Answers | None = None
