"""What the QR code of a letter or badge opens: "show this at the door", or the check-in for whoever works there.

The address is no secret link: it changes nothing, and strangers learn which meeting it is for and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from app.base import clock
from app.domain.accounts.rules import Permission, may
from app.domain.attendance.queries import get_by_code
from app.domain.meetings.rules import is_past
from app.extensions import db
from app.web.access import meeting_for, signed_in
from app.web.headers import private, secret_address
from app.web.qr import qr_code, ticket_address

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.domain.registration.models import Attendee

blueprint = Blueprint("check_in", __name__, url_prefix="/c")


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """The code to be shown; the door goes on to the person."""
    secret_address()
    private()
    attendee = get_by_code(db.session(), token)
    if _works_at_door(attendee):
        page = url_for(
            "workspace.door.person", meeting_id=attendee.meeting_id, attendee_id=attendee.id, way="qr"
        )
        return redirect(page, 302)
    return render_template(
        "public/check_in/show.html",
        meeting=attendee.meeting,
        past=is_past(attendee.meeting, now=clock.now()),
        code=qr_code(ticket_address(token), _("Your code for the door")),
        token=token,
    )


def _works_at_door(attendee: Attendee) -> bool:
    user = signed_in()
    if user is None or not may(user.account, Permission.CHECK_IN):
        return False
    try:
        meeting_for(attendee.meeting_id, Permission.CHECK_IN)
    except HTTPException:
        return False
    return True
