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
    news_choice,
    pages,
    personal,
    personal_feed,
    personal_feedback,
    personal_files,
    registration,
    sign_in,
    subscribe,
)

public = Blueprint("public", __name__)

for part in (
    *(home, meetings, registration, personal, personal_feed, personal_feedback, personal_files, check_in),
    *(contacts, pages, feeds, subscribe, sign_in, display, news_choice),
):
    public.register_blueprint(part.blueprint)
for part in (registration, personal, personal_feed, personal_feedback, display, news_choice):
    csrf.exempt(part.blueprint)
