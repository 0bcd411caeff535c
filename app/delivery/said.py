"""The words of a letter to many: what an organiser wrote, filled in for one person.

1. `gather_said` reads the text, its files and the link against news; it refuses what must not go any more.
2. `message_view` fills it in, for HTML and for plain text. Values never pass through Markdown, nor names through HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from markdown_it.token import Token

from app.base.dates import locale_for
from app.base.markdown import html_of, parse
from app.base.text import in_language
from app.delivery import links
from app.delivery.plain_text import text_of
from app.delivery.unsendable import CannotCompose, Overtaken
from app.domain.broadcasts import news, placeholders, queries, rules
from app.domain.broadcasts.models import Broadcast, BroadcastFile, BroadcastState, Purpose
from app.domain.broadcasts.placeholders import LINKS, Placeholder
from app.domain.meetings.models import Meeting
from app.extensions import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from markupsafe import Markup
    from sqlalchemy.orm import Session

    from app.delivery.views import Facts, MeetingView
    from app.domain.outbox.models import Letter
    from app.domain.registration.models import Attendee

TRIAL = "trial"
_IN_ADDRESS = re.compile(r"%(?:25)?([a-z][a-z_]+[a-z])%(?:25)?")


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a mail; `name` is safe and `content_type` true."""

    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A letter to many as one person gets it, in `lang`, not filled in. `news_token` leads to the way out of news.

    `names` are title, series and venue of the meeting in `lang`, where that is not the person's own language.
    `documents` are the names of the files, where the text lists them.
    """

    subject: str
    body: str
    lang: str
    is_news: bool = False
    is_trial: bool = False
    news_token: str | None = None
    names: dict[str, str] | None = None
    documents: tuple[str, ...] = ()
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """The same for templates, filled in. `text` is the plain part; `names_link`: the text has the personal link."""

    subject: str
    html: Markup
    text: str
    lang: str
    dir: str
    is_news: bool
    is_trial: bool
    names_link: bool
    unsubscribe_url: str


def gather_said(session: Session, letter: Letter, attendee: Attendee | None) -> Said:
    """What a letter of the outbox says. Raises `CannotCompose`, and `Overtaken` for what must not go any more."""
    trial = letter.facts.get(TRIAL)
    number = trial or letter.broadcast_id
    broadcast = session.get(Broadcast, number) if number is not None else None
    if broadcast is None:
        raise CannotCompose("The text of this letter is gone.")
    if not trial:
        _check_wanted(session, broadcast, letter, attendee)
    said = said_of(session, broadcast, letter.language, trial=bool(trial))
    if said is None:
        raise CannotCompose("The text of this letter was emptied or is not whole.")
    choice = news.of_address(session, letter.recipient or "") if said.is_news and not trial else None
    return said if choice is None else replace(said, news_token=choice.token)


def said_of(
    session: Session, broadcast: Broadcast, language: str, *, trial: bool = False, files: bool = True
) -> Said | None:
    """What a letter to many says to somebody with this language; None when it is not whole in any."""
    lang = rules.language_for(broadcast, language, settings().languages)
    if not lang:
        return None
    lists = placeholders.is_named(Placeholder.DOCUMENTS, (broadcast.subject[lang], broadcast.body[lang]))
    rows = queries.files_of(session, broadcast.id) if files or lists else []
    return Said(
        subject=broadcast.subject[lang],
        body=broadcast.body[lang],
        lang=lang,
        is_news=broadcast.purpose == Purpose.NEWS,
        is_trial=trial,
        names=_names(session, broadcast, lang) if lang != language else None,
        documents=tuple(row.name for row in rows) if lists else (),
        files=tuple(map(_file, rows)) if files else (),
    )


def message_view(
    said: Said,
    meeting: MeetingView,
    attendee: Facts,
    *,
    language: str,
    personal: links.Personal | None,
    masked: bool,
) -> MessageView:
    """The text filled in for one person. `meeting` is in the language of the text, `language` is the person's."""
    own = personal or links.Personal(*[f"…/{links.MASK}"] * 2)
    values = _values(meeting, attendee, own) | {Placeholder.DOCUMENTS: ", ".join(said.documents)}
    has_way_out = masked or said.news_token is not None
    tokens = list(_filled(parse(said.body), values))
    return MessageView(
        subject=placeholders.fill(said.subject, values),
        html=html_of(tokens),
        text=text_of(tokens),
        lang=said.lang,
        dir=locale_for(said.lang).text_direction,
        is_news=said.is_news,
        is_trial=said.is_trial,
        names_link=f"%{Placeholder.PERSONAL_LINK}%" in said.body,
        unsubscribe_url=links.news(language, said.news_token) if said.is_news and has_way_out else "",
    )


def _check_wanted(session: Session, broadcast: Broadcast, letter: Letter, attendee: Attendee | None) -> None:
    if broadcast.state == BroadcastState.STOPPED:
        raise Overtaken("The organiser stopped this letter.")
    places = rules.segment_of(broadcast.segment).places
    if attendee is None or (places and attendee.place not in places):
        raise Overtaken("This person does not belong to those any more whom the letter is for.")
    if broadcast.purpose == Purpose.NEWS:
        choice = news.of_address(session, letter.recipient or "")
        if choice is None or choice.refused_at is not None:
            raise Overtaken("This address wants no news any more.")


def _names(session: Session, broadcast: Broadcast, lang: str) -> dict[str, str]:
    meeting, order = session.get_one(Meeting, broadcast.meeting_id), settings().languages
    return {
        "title": in_language(meeting.title, lang, order)[0],
        "series": in_language(meeting.series.name, lang, order)[0],
        "venue": in_language(meeting.venue, lang, order)[0],
    }


def _file(row: BroadcastFile) -> File:
    return File(row.name, row.content_type, row.data)


def _values(meeting: MeetingView, attendee: Facts, personal: links.Personal) -> dict[str, str]:
    return {
        Placeholder.NAME: attendee["name"],
        Placeholder.ORGANISATION: attendee["organisation"],
        Placeholder.MEETING: meeting.title,
        Placeholder.SERIES: meeting.series_line,
        Placeholder.DATE: meeting.days,
        Placeholder.TIME: meeting.times,
        Placeholder.PLACE: meeting.place,
        Placeholder.ADDRESS: meeting.address,
        Placeholder.PERSONAL_LINK: personal.page,
        Placeholder.MEETING_LINK: meeting.url,
        Placeholder.FEEDBACK: personal.feedback,
    }


def _filled(tokens: Iterable[Token], values: Mapping[str, str]) -> Iterator[Token]:
    for token in tokens:
        if token.type in ("fence", "code_block"):
            token.content = placeholders.fill(token.content, values)
        elif token.children is not None:
            token.children = _filled_line(token.children, values)
        yield token


def _filled_line(children: Sequence[Token], values: Mapping[str, str]) -> list[Token]:
    """One block's words. A link that is masked becomes its words with the mask behind them."""
    made: list[Token] = []
    masked: list[str] = []  # one entry for each link that is open; empty for one that stays
    for token in children:
        if token.type == "link_open":
            address = _IN_ADDRESS.sub(
                lambda found: values.get(found[1], found[0]), str(token.attrGet("href") or "")
            )
            masked.append("" if _leads_somewhere(address) else address)
            if masked[-1]:
                continue
            token.attrSet("href", address)
        elif token.type == "link_close" and masked:
            if mask := masked.pop():
                made.append(_text(f" <{mask}>"))
                continue
        elif token.type == "text":
            made += _filled_text(token.content, values, in_link=bool(masked))
            continue
        elif token.type == "code_inline":
            token.content = placeholders.fill(token.content, values)
        made.append(token)
    return made


def _filled_text(text: str, values: Mapping[str, str], *, in_link: bool) -> Iterator[Token]:
    """Words with values in place; an address stands as a link of its own, unless within a link."""
    at = 0
    for found in placeholders.PATTERN.finditer(text):
        name, value = found[1], values.get(found[1], found[0])
        yield _text(text[at : found.start()])
        at = found.end()
        if name in LINKS and not in_link and _leads_somewhere(value):
            opened = Token("link_open", "a", 1)
            opened.attrSet("href", value)
            yield from (opened, _text(value), Token("link_close", "a", -1))
        else:
            yield _text(value)
    yield _text(text[at:])


def _leads_somewhere(address: str) -> bool:
    return links.MASK not in address


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
