"""Files that people handed over, given out to be saved: never shown inside our pages, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response

from app.base.text import slugify
from app.web.headers import as_stranger, private

if TYPE_CHECKING:
    from app.domain.questions.models import AnswerFile


def file_response(file: AnswerFile) -> Response:
    """The answer with this file."""
    private()
    as_stranger()
    text = file.content_type.startswith("text/")
    response = Response(
        file.data, content_type=f"{file.content_type}; charset=utf-8" if text else file.content_type
    )
    response.headers["Content-Disposition"] = to_be_saved(file.name)
    return response


def to_be_saved(name: str) -> str:
    """The header that names a file to save: in plain letters for old programs and in full (RFC 5987) for the others."""
    stem, _dot, ending = name.rpartition(".")
    plain = f"{slugify(stem) or 'file'}.{slugify(ending)}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
