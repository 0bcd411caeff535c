"""The form of a download."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.web.choices import OneOfField
from app.web.fields import TickField
from app.web.forms import WorkspaceForm


class Format(StrEnum):
    """Kinds of files."""

    XLSX = "xlsx"
    EXCEL_CSV = "excel-csv"
    CSV = "csv"


class FilesForm(WorkspaceForm):
    """All files that people gave, and whether private ones go along."""

    needs = TickField(_l("Also what people need"))


class ExportForm(WorkspaceForm):
    """The buttons of the page are the choices of `format`."""

    format = OneOfField(
        _l("Kind of file"), choices=[(kind, kind) for kind in Format], missing=_l("Choose the kind of file")
    )
    needs = TickField(
        _l("Also what people need"),
        hint=_l("Interpreter, access, diet. Take it only if you must, and delete the file afterwards."),
    )
