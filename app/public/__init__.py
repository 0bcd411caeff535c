"""Floor 4: what strangers and attendees see. No cookie gives authority here; forms carry a signed key."""

from flask import Blueprint

from app.extensions import csrf
from app.public import (
    check_in,
    contacts,
    display,
    feeds,
    home,
    meetings,
    pages,
    personal,
    registration,
    sign_in,
)

public = Blueprint("public", __name__)

for part in (home, meetings, registration, personal, check_in, contacts, pages, feeds, sign_in, display):
    public.register_blueprint(part.blueprint)
for part in (registration, personal, display):
    csrf.exempt(part.blueprint)
