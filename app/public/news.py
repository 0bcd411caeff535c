"""Meetings as news: what an Atom feed says about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from app.base import dates
from app.base.text import in_language
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.extensions import settings
from app.web.atom import Entry, Feed

if TYPE_CHECKING:
    from collections.abc import Iterable


def news(meetings: Iterable[Meeting], lang: str) -> Feed:
    """The feed in `lang`, what changed last first. Online links stay out of it."""
    newest = sorted(meetings, key=lambda one: (one.changed_at, one.id), reverse=True)
    base = settings().base_url
    with force_locale(lang):
        return Feed(
            url=base + url_for("public.feeds.atom", language=lang),
            page=base + url_for("public.meetings.index", lang=lang),
            title=_("Meetings: %(site)s", site=settings().site_name),
            author=settings().site_name,
            lang=lang,
            entries=[_entry(one, lang) for one in newest],
        )


def _entry(meeting: Meeting, lang: str) -> Entry:
    title, found = in_language(meeting.title, lang, settings().languages)
    if meeting.state == MeetingState.CALLED_OFF:
        title = _("Called off: %(title)s", title=title)
    when = dates.line(meeting.starts_at, meeting.ends_at, meeting.timezone, _place(meeting, lang), lang)
    return Entry(
        id=f"urn:uuid:{meeting.uid.partition('@')[0].removeprefix('e-')}",
        title=title,
        summary="\n".join(part for part in (when, _text(meeting.summary, lang)) if part),
        category=_text(meeting.series.name, lang),
        url=settings().base_url + url_for("public.meetings.show", lang=lang, slug=meeting.slug),
        lang=found,
        published=meeting.published_at or meeting.created_at,
        updated=meeting.changed_at,
    )


def _place(meeting: Meeting, lang: str) -> str:
    return _("online") if meeting.format == Format.ONLINE else _text(meeting.venue, lang)


def _text(texts: dict[str, str], lang: str) -> str:
    return in_language(texts, lang, settings().languages)[0]
