"""Forms of letters to many: what it says and to whom, and when it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField

from app.base.attachments import kind_of, safe_name
from app.base.dates import NoSuchTime, at
from app.domain.broadcasts.models import Purpose
from app.domain.broadcasts.rules import LARGEST_FILE, Draft, Segment, problems, segment_of
from app.domain.registration.rules import offered_modes
from app.extensions import settings
from app.web.choices import AnyOfField, OneOfField
from app.web.fields import ClockField, DayField, LineField, TextField, TickField
from app.web.forms import WorkspaceForm
from app.workspace.attendee_words import ANSWERS, KINDS, MODES
from app.workspace.broadcast_words import PLACES, PRESENCE, PURPOSES, problem_sentence
from app.workspace.forms.texts import in_each, kept_and_new, texts_of, typed_texts, with_languages

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from app.domain.broadcasts.models import Broadcast
    from app.domain.broadcasts.placeholders import Placeholder
    from app.domain.meetings.models import Meeting

LONGEST_SUBJECT = 120
LONGEST_BODY = 20_000
NOW, LATER = "now", "later"


class BroadcastForm(WorkspaceForm):
    """A draft. Its fields `subject_<code>` and `body_<code>` are there for each language of the site."""

    languages: ClassVar[tuple[str, ...]]

    def to_draft(self, broadcast: Broadcast) -> Draft:
        """The command, after validation; texts in languages that the site has no more are kept."""
        form: Any = self
        texts = {
            name: kept_and_new(getattr(broadcast, name), texts_of(self, name, self.languages), self.languages)
            for name in ("subject", "body")
        }
        return Draft(
            **texts,
            purpose=Purpose(form.purpose.data),
            segment=Segment(
                places=tuple(form.places.data),
                answers=tuple(form.answers.data),
                kinds=tuple(form.kinds.data),
                modes=tuple(form.modes.data),
                presence=tuple(form.presence.data),
                people=segment_of(broadcast.segment).people,
            ),
        )

    @property
    def known_version(self) -> int | None:
        """The version that the page began with; None where it cannot be read."""
        text = self["version"].data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**31)) else None

    def mark_problems(self, absent: Collection[Placeholder]) -> bool:
        """Put what keeps the letter from being sent at its fields; whether there is anything."""
        texts = {name: texts_of(self, name, self.languages) for name in ("subject", "body")}
        found = problems(texts["subject"], texts["body"], absent)
        for one in found:
            name = f"{one.part}_{one.language}" if one.part else f"subject_{self.languages[0]}"
            if name in self:
                self[name].errors = [*self[name].errors, problem_sentence(one)]
            else:
                self.form_errors.append(problem_sentence(one))
        return bool(found)

    def uploaded(self) -> tuple[str, str, bytes] | None:
        """Name, type and content of the file that was chosen; None, with an error at its field, when there is none."""
        chosen = request.files.get("file")
        data = chosen.stream.read(LARGEST_FILE + 1) if chosen and chosen.filename else b""
        if chosen:
            chosen.close()
        if not chosen or not data:
            self._wrong(_("Choose a file that is not empty."))
            return None
        kind = kind_of(data, chosen.filename or "")
        if kind is None:
            self._wrong(
                _(
                    "This file cannot be sent. Use PDF, a picture, an office document without macros, or a text."
                )
            )
            return None
        return safe_name(chosen.filename or "", kind), kind, data

    def _wrong(self, sentence: str) -> None:
        self["file"].errors = [*self["file"].errors, sentence]


class SendForm(WorkspaceForm):
    """When it leaves. `number` is how many people the page spoke of."""

    number = HiddenField()
    when = OneOfField(
        _l("When shall it leave?"),
        choices=[(NOW, _l("Now")), (LATER, _l("Later"))],
        missing=_l("Choose now or later."),
        default=NOW,
    )
    day = DayField(_l("Day"), optional=True)
    time = ClockField(_l("Time"), optional=True)
    at_night = TickField(_l("It may leave between 21:00 and 7:00"))

    def moment(self, timezone: str) -> datetime | None:
        """The time that was chosen; None for now, or with an error at a field."""
        if self.when.data != LATER:
            return None
        if self.day.data is None:
            self.day.errors = [*self.day.errors, str(_("Enter the day on which it shall leave."))]
        if self.time.data is None:
            self.time.errors = [*self.time.errors, str(_("Enter the time at which it shall leave."))]
        if self.day.errors or self.time.errors:
            return None
        try:
            return at(self.day.data, self.time.data, timezone)
        except NoSuchTime:
            self.time.errors = [str(_("The clocks jump over this time. Choose another one."))]
            return None


def broadcast_form(meeting: Meeting, broadcast: Broadcast) -> BroadcastForm:
    """The form of a draft, filled in with what is stored."""
    segment, languages = segment_of(broadcast.segment), settings().languages
    data = {
        "version": str(broadcast.version),
        "purpose": broadcast.purpose,
        "places": list(segment.places),
        "answers": list(segment.answers),
        "kinds": list(segment.kinds),
        "modes": list(segment.modes),
        "presence": list(segment.presence),
        **typed_texts("subject", broadcast.subject, languages),
        **typed_texts("body", broadcast.body, languages),
    }
    form: Any = with_languages(BroadcastForm, _fields, languages)(data=data)
    form.modes.choices = [(str(mode), MODES[mode]) for mode in offered_modes(meeting)]
    made: BroadcastForm = form
    return made


def _fields(languages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "version": HiddenField(),
        "purpose": OneOfField(
            _l("What is it about?"), choices=list(PURPOSES.items()), missing=_l("Choose what it is about.")
        ),
        "places": AnyOfField(
            _l("Who gets it?"),
            choices=[(str(key), text) for key, text in PLACES.items()],
            missing=_l("Choose at least one group."),
        ),
        "answers": AnyOfField(
            _l("Only with this answer"), choices=[(str(key), text) for key, text in ANSWERS.items()]
        ),
        "kinds": AnyOfField(
            _l("Only from these kinds of organisations"),
            choices=[*((str(key), text) for key, text in KINDS.items()), ("", _l("kind not stated"))],
        ),
        "modes": AnyOfField(_l("Only who takes part"), choices=[]),
        "presence": AnyOfField(_l("Only by the attendance list"), choices=list(PRESENCE.items())),
        **in_each(languages, ("subject", _subject), ("body", _body)),
        "file": FileField(
            _l("Add a file"),
            description=_l("At most 5 MB, all together 10 MB. Everybody gets all files."),
        ),
    }


def _subject(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return LineField(
        _l("Subject (%(language)s)", language=language),
        optional=True,
        max_length=LONGEST_SUBJECT,
        hint=_l("The fact first, best under 60 characters."),
        render_kw=render_kw,
    )


def _body(*, language: str, first: bool, render_kw: dict[str, str]) -> Any:
    del first
    return TextField(
        _l("Text (%(language)s)", language=language),
        optional=True,
        max_length=LONGEST_BODY,
        rows=12,
        hint=_l(
            "The letter begins with “Hello,” by itself. ## heading, **bold**, - list, [words](https://…)."
        ),
        render_kw=render_kw,
    )
