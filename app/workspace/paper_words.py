"""What stands on paper, and what the buttons that print it say; in the language that is spoken now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import ngettext

from app.base import dates
from app.base.text import in_language
from app.domain.meetings.models import Format
from app.domain.pages.models import PageName
from app.domain.reports.lists import Whom
from app.extensions import settings
from app.paper.glyphs import is_printable
from app.paper.sheets import Head
from app.web.locale import current_language
from app.web.site_text import site_text
from app.workspace.forms.sheets import Paper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from app.domain.meetings.models import Meeting
    from app.paper.sheets import Line

MARKUP = re.compile(r"^#+ +|\*\*|^- ", re.MULTILINE)


def head(session: Session, meeting: Meeting, paper: Paper, lines: Sequence[Line]) -> Head:
    """The head of a list, or what stands small on a badge."""
    lang, subject = current_language(), _text(meeting.title)
    day = dates.long_day(meeting.starts_at, meeting.timezone, lang)
    series = [_text(meeting.series.name)]
    if meeting.number:
        series.append(str(_("No. %(number)d", number=meeting.number)))
    badge = paper in {Paper.BADGES, Paper.LABELS}
    return Head(
        language=lang,
        site=settings().site_name,
        title=_title(paper),
        eyebrow=f"{subject} · {day}" if badge else " · ".join([settings().site_name, *series]),
        subject=subject,
        facts=_facts(meeting),
        notes=tuple(_notes(session, paper, lines)),
        foot=f"{subject}, {day}",
    )


def words() -> dict[str, str]:
    """The headings of the columns and the number of the page."""
    return {
        "page": _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
        "number": _("No."),
        "name": _("Name"),
        "organisation": _("Organisation"),
        "signature": _("Signature"),
        "code": _("Code to check in"),
    }


def button(paper: Paper, whom: Whom, number: int) -> str:
    """What a button prints, for how many people, as which kind of file."""
    if paper == Paper.SHEET:
        return _sheet_button(whom, number)
    if paper == Paper.HANDOUT:
        return str(
            ngettext(
                "List to hand out, %(num)d person, PDF",
                "List to hand out, %(num)d people, PDF",
                number,
            )
        )
    if paper == Paper.BADGES:
        return str(
            ngettext("Badges, 8 on A4, %(num)d person, PDF", "Badges, 8 on A4, %(num)d people, PDF", number)
        )
    return str(
        ngettext(
            "Badges, labels 90 × 55 mm, %(num)d person, PDF",
            "Badges, labels 90 × 55 mm, %(num)d people, PDF",
            number,
        )
    )


def file_word(paper: Paper) -> str:
    """What the file is called, before the day."""
    return {
        Paper.SHEET: str(_("sign-in sheet")),
        Paper.BADGES: str(_("badges")),
        Paper.LABELS: str(_("badges")),
        Paper.HANDOUT: str(_("attendees")),
    }[paper]


def _sheet_button(whom: Whom, number: int) -> str:
    if whom == Whom.SURE:
        return str(
            ngettext(
                "Sign-in sheet without those who say maybe, %(num)d person, PDF",
                "Sign-in sheet without those who say maybe, %(num)d people, PDF",
                number,
            )
        )
    if whom == Whom.ANYWHERE:
        return str(
            ngettext(
                "Sign-in sheet also with those online, %(num)d person, PDF",
                "Sign-in sheet also with those online, %(num)d people, PDF",
                number,
            )
        )
    return str(ngettext("Sign-in sheet, %(num)d person, PDF", "Sign-in sheet, %(num)d people, PDF", number))


def _title(paper: Paper) -> str:
    if paper == Paper.SHEET:
        return str(_("Sign-in sheet"))
    return str(_("Attendees")) if paper == Paper.HANDOUT else str(_("Badges"))


def _facts(meeting: Meeting) -> tuple[str, ...]:
    zone, lang = meeting.timezone, current_language()
    day = dates.day_span(meeting.starts_at, meeting.ends_at, zone, lang)
    hours = dates.time_span(meeting.starts_at, meeting.ends_at, zone, lang)
    place = [_text(meeting.venue), meeting.address] if meeting.format != Format.ONLINE else [_("online")]
    return tuple(fact for fact in (f"{day}{dates.PARTS}{hours}", ", ".join(filter(None, place))) if fact)


def _notes(session: Session, paper: Paper, lines: Sequence[Line]) -> list[str]:
    notes = []
    if paper == Paper.SHEET:
        text = MARKUP.sub("", site_text(session, PageName.SHEET, current_language()))
        notes += [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    elif paper == Paper.HANDOUT:
        notes.append(str(_("This list holds those who agreed to be on it. Please do not pass it on.")))
    missing = sum(not is_printable("".join(line.name) + line.organisation) for line in lines)
    if missing:
        notes.append(
            str(
                ngettext(
                    "In %(num)d line, \ufffd stands for a letter that this typeface does not have.",
                    "In %(num)d lines, \ufffd stands for a letter that this typeface does not have.",
                    missing,
                )
            )
        )
    return notes


def _text(texts: dict[str, str]) -> str:
    return in_language(texts, current_language(), settings().languages)[0]
