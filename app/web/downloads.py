"""Files that people handed over, given out to be saved: never shown inside our pages, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

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
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    return response
