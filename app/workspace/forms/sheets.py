"""The form of what is printed: which paper with whose names, the language, lines for guests."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.domain.reports.lists import Whom
from app.extensions import settings
from app.web.choices import OneOfField, SelectOneField
from app.web.forms import WorkspaceForm
from app.web.locale import current_language, language_name

BLANK_LINES = (0, 5, 10, 20, 40)
USUAL_BLANK = 10


class Paper(StrEnum):
    """Kinds of paper."""

    SHEET = "sheet"
    BADGES = "badges"
    LABELS = "labels"
    HANDOUT = "handout"


class SheetForm(WorkspaceForm):
    """The buttons of the page are the choices of `order`, for example `sheet-seated`."""

    order = OneOfField(
        _l("What to print"),
        choices=[
            (f"{paper}-{whom}", paper)
            for paper in Paper
            for whom in Whom
            if (paper == Paper.HANDOUT) == (whom == Whom.AGREED)
        ],
        missing=_l("Choose what to print"),
    )
    language = SelectOneField(_l("Language of the paper"))
    blank = SelectOneField(
        _l("Empty lines on the sign-in sheet"),
        choices=[(str(number), str(number)) for number in BLANK_LINES],
        default=str(USUAL_BLANK),
    )

    @property
    def paper(self) -> Paper:
        """Which paper, after validation."""
        return Paper(str(self.order.data).partition("-")[0])

    @property
    def whom(self) -> Whom:
        """Whose names, after validation."""
        return Whom(str(self.order.data).partition("-")[2])


def sheet_form() -> SheetForm:
    """The form with the site's languages; the language of the page is chosen beforehand."""
    form = SheetForm()
    form.language.choices = [(code, language_name(code)) for code in settings().languages]
    if not form.is_submitted():
        form.language.data = current_language()
    return form
