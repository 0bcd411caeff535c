"""What the cells of an imported row say: each becomes a value of ours, or a sentence that says what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.base.addresses import BadAddress, normalise_email
from app.base.dates import locale_for
from app.base.people_lines import entry_of, guessed_name
from app.base.text import BadText, clean_line, clean_text, fold
from app.domain.directory.models import OrganisationKind
from app.domain.questions.models import CHOOSING, NO, YES, QuestionKind
from app.domain.questions.rules import judge_all
from app.domain.registration.commands import NO_NEEDS, Needs
from app.domain.registration.models import Mode
from app.domain.registration.rules import offered_modes
from app.domain.reports.csv_files import as_meant
from app.extensions import settings
from app.web.fields import MAX_NAME, MAX_NOTE
from app.web.locale import language_name
from app.web.question_fields import field_name
from app.web.question_trouble import trouble_words
from app.workspace.attendee_words import KINDS, MODES
from app.workspace.import_columns import LANGUAGE, MODE, NOTE, by_word
from app.workspace.invitation_rows import unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.base.people_lines import Entry
    from app.domain.meetings.models import Meeting
    from app.domain.questions.commands import Answers
    from app.domain.questions.models import Question

LONGEST_NEEDS = {"interpreter": 100, "access": 500, "diet": 500, "note": 1000}
YES_NO = {
    **dict.fromkeys(("ano", "yes", "y", "a", "1", "x", "true", "+"), YES),
    **dict.fromkeys(("ne", "no", "n", "0", "false", "-"), NO),
}
SPOKEN = {"cesky": "cs", "anglicky": "en", "cz": "cs"}  # beside the names of languages in all our languages
MIDNIGHT = " 00:00:00"  # a day of a workbook


class Cells:
    """One row: each reader gives a value, or notes in `wrong` why there is none."""

    def __init__(self, number: int, cells: Sequence[str], roles: Sequence[str]) -> None:
        meant = [as_meant(cell) for cell in cells]
        self.entry: Entry = entry_of(number, meant, roles)
        self.held = {role: cell for role, cell in zip(roles, meant, strict=False) if role}
        self.wrong: list[str] = []
        self.remarks: list[str] = []

    def name(self, email: str) -> str:
        """The name, made of the address where there is none."""
        name = self._line(self.entry.name)
        if name or self.wrong:
            return name
        guessed = guessed_name(email)
        if guessed:
            self.remarks.append(_("The name was made from what there is. Go back to correct it."))
        else:
            self.wrong.append(_("There is no name. Add it to this row."))
        return guessed

    def organisation(self) -> str:
        """The organisation."""
        return self._line(self.entry.organisation)

    def email(self) -> str:
        """The address; empty for whoever has none."""
        written = self.entry.email.strip()
        if not written:
            return ""
        try:
            return normalise_email(written)
        except BadAddress:
            self.wrong.append(
                _("“%(text)s” is no e-mail address. Write it like name@example.org.", text=written)
            )
            return ""

    def one_of(
        self, role: str, words: Mapping[str, str], otherwise: str, sentence: Callable[..., str]
    ) -> str:
        """The value that a cell names, or `otherwise` when it is empty."""
        written = self.held.get(role, "")
        found = words.get(fold(written)) if written else otherwise
        if found is None:
            self.wrong.append(sentence(written))
        return otherwise if found is None else found

    def note(self) -> str:
        """The organiser's own note."""
        return self._text(self.held.get(NOTE, ""), MAX_NOTE)

    def needs(self, consent_text: str) -> Needs:
        """The needs; without a consent none."""
        texts = {
            name: self._text(self.held.get(f"needs_{name}", ""), longest)
            for name, longest in LONGEST_NEEDS.items()
        }
        return Needs(**texts, consent_text=consent_text) if consent_text and any(texts.values()) else NO_NEEDS

    def answers(self, questions: Sequence[Question]) -> Answers:
        """What was said to the questions, judged by their own rules; none has to be answered."""
        raw = {one.id: raw_answer(one, self.held.get(field_name(one.id), "")) for one in questions}
        said, wrong = judge_all(questions, raw, all_optional=True)
        self.wrong += [trouble_words(one, wrong[one.id]) for one in questions if one.id in wrong]
        return said

    def _line(self, written: str) -> str:
        try:
            return clean_line(written, max_length=MAX_NAME)
        except BadText as bad:
            self.wrong.append(unusable(bad))
            return ""

    def _text(self, written: str, longest: int) -> str:
        try:
            return clean_text(written, max_length=longest)
        except BadText:
            self.wrong.append(_("“%(text)s…” is too long. Shorten it.", text=written[:20]))
            return ""


class Words:
    """The words by which cells name stored values, in every language of the site."""

    def __init__(self, meeting: Meeting) -> None:
        self.kinds, self.modes = by_word(KINDS), by_word(MODES)
        self.offered = offered_modes(meeting)
        codes = settings().languages
        spoken = {word: code for word, code in SPOKEN.items() if code in codes}
        names = {fold(locale_for(one).languages.get(code, code)): code for one in codes for code in codes}
        self.languages = spoken | names | {fold(code): code for code in codes}

    def kind(self, cells: Cells) -> str | None:
        """The kind of organisation."""
        return cells.one_of("kind", self.kinds, "", _no_kind) or None

    def mode(self, cells: Cells, otherwise: Mode) -> Mode:
        """How the person takes part."""
        known = {word: mode for word, mode in self.modes.items() if mode in self.offered}
        return Mode(cells.one_of(MODE, known, otherwise, self._no_mode))

    def language(self, cells: Cells, otherwise: str) -> str:
        """The language of the letters."""
        return cells.one_of(LANGUAGE, self.languages, otherwise, _no_language)

    def _no_mode(self, written: str) -> str:
        if self.modes.get(fold(written)):
            return str(_("Nobody can take part in this meeting in that way."))
        offered = ", ".join(str(MODES[mode]) for mode in self.offered)
        return str(
            _(
                "“%(text)s” does not say how they take part. Write %(words)s, or leave the cell empty.",
                text=written,
                words=offered,
            )
        )


def raw_answer(question: Question, cell: str) -> list[str]:
    """A cell as the form would send it; what names nothing on offer stays as it is, to be refused."""
    if not cell:
        return []
    if question.kind == QuestionKind.YES_NO:
        return [YES_NO.get(fold(cell), cell)]
    if question.kind == QuestionKind.DATE:
        return [cell.removesuffix(MIDNIGHT)]
    if question.kind not in CHOOSING:
        return [cell]
    offered = {fold(text): str(one.id) for one in question.offered for text in one.label.values()}
    if fold(cell) in offered or question.kind == QuestionKind.ONE:
        return [offered.get(fold(cell), cell)]
    parts = [part.strip() for part in cell.replace(",", ";").split(";")]
    whole = [part.strip() for part in cell.split(";")]  # an option may have a comma in its words
    return [offered.get(fold(one), one) for one in (whole if _all_in(whole, offered) else parts) if one]


def _all_in(parts: Sequence[str], offered: Mapping[str, str]) -> bool:
    return all(fold(part) in offered for part in parts if part)


def _no_kind(written: str) -> str:
    return str(
        _(
            "“%(text)s” is no kind of organisation. Write %(word)s or another one, or leave the cell empty.",
            text=written,
            word=str(KINDS[OrganisationKind.NGO]),
        )
    )


def _no_language(written: str) -> str:
    names = ", ".join(language_name(code) for code in settings().languages)
    return str(
        _(
            "We do not write letters in “%(text)s”. Write %(words)s, or leave the cell empty.",
            text=written,
            words=names,
        )
    )
