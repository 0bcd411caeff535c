"""Floor 4: what strangers and attendees see. No cookie gives authority here; forms carry a signed key."""

from flask import Blueprint

from app.extensions import csrf
from app.public import (
    contacts,
    display,
    feeds,
    home,
    meetings,
    news_choice,
    pages,
    personal,
    registration,
    sign_in,
)

public = Blueprint("public", __name__)

for part in (home, meetings, registration, personal, contacts, pages, feeds, sign_in, display, news_choice):
    public.register_blueprint(part.blueprint)
for part in (registration, personal, display, news_choice):
    csrf.exempt(part.blueprint)
