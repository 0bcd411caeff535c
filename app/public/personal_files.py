"""The files that an attendee gave, behind the personal link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from app.domain.questions.queries import get_file
from app.extensions import db
from app.public.personal_page import open_link
from app.web.downloads import file_response

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("personal_files", __name__, url_prefix="/<lang>/my")


@blueprint.get("/<token>/files/<int:question_id>")
def show(token: str, question_id: int) -> Response:
    """One's own file, to be saved."""
    return file_response(get_file(db.session(), open_link(token).id, question_id))
