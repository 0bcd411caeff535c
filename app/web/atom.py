"""News of meetings as an Atom document (RFC 4287). Plain values in, bytes out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

NAMESPACE = "http://www.w3.org/2005/Atom"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # an Atom feed must say when it changed, also an empty one
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One piece of news. `id` never changes; `lang` is the language of title and summary."""

    id: str
    title: str
    summary: str
    category: str
    url: str
    lang: str
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A whole feed: `url` is its own address and, as it never changes, its id; `page` is what people read."""

    url: str
    page: str
    title: str
    author: str
    lang: str
    entries: list[Entry]


def atom_bytes(feed: Feed) -> bytes:
    """The document in UTF-8. The same values give the same bytes."""
    root = Element("feed", {"xmlns": NAMESPACE, "xml:lang": feed.lang})
    _text(root, "id", feed.url)
    _text(root, "title", feed.title)
    _text(root, "updated", _instant(max((entry.updated for entry in feed.entries), default=NEVER)))
    _text(SubElement(root, "author"), "name", feed.author)
    _link(root, "self", feed.url, "application/atom+xml")
    _link(root, "alternate", feed.page, "text/html")
    for entry in feed.entries:
        _add(root, entry)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _add(root: Element, entry: Entry) -> None:
    found = SubElement(root, "entry", {"xml:lang": entry.lang})
    _text(found, "id", entry.id)
    _text(found, "title", entry.title)
    _text(found, "published", _instant(entry.published))
    _text(found, "updated", _instant(entry.updated))
    _link(found, "alternate", entry.url, "text/html")
    SubElement(found, "category", {"term": _clean(entry.category)})
    _text(found, "summary", entry.summary)


def _text(parent: Element, name: str, value: str) -> None:
    SubElement(parent, name).text = _clean(value)


def _link(parent: Element, relation: str, address: str, kind: str) -> None:
    SubElement(parent, "link", {"rel": relation, "type": kind, "href": _clean(address)})


def _clean(value: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("", value)


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
