"""Faults that a reader of any letter would see, looked for in all of them at once, in each language.

One database is enough: what a letter says does not depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib
import icalendar
import pytest
from sqlalchemy.orm import Session

from app.base.text import one_line_for_header
from app.delivery.links import MASK
from app.delivery.message import LetterMessage
from app.domain.outbox.models import Kind
from tests.conftest import empty_tables
from tests.delivery.cast import CAUSES
from tests.delivery.scenes import SCENES
from tests.delivery.scenes_of_change import EVERY_LETTER, SCENES_OF_CHANGE, mail_of

pytestmark = [
    pytest.mark.usefixtures("both_languages"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

PHONE_SHOWS = 45  # characters of a subject
LONGEST_LINE = 180  # characters of words in the text part, two sentences or three
ADDRESS = re.compile(r"(?:https?|webcal)://\S+")
MAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\w")
CONTACT, SENDER = "platforma@example.org", "akce@example.org"
PLACE = "Staroměstské nám. 1/3, 110\u00a000 Praha 1"
TITLES = {"Bydlení", "Housing", "Vzdělávání", "Schooling"}
TYPED = {
    "kind invited",
    "kind message",
    "scene invited",
    "change news",
    "change trial",
}  # organisers' own words are among it
LEFT_OVER = re.compile(r"%[(a-z]|[{}]|\bNone\b|\bUndefined\b|&\w+;")
BLOCKS = {"p", "td", "li", "h1", "a", "blockquote", "ul", "strong", "s", "span", "bdi"}


def tree_of(mail: LetterMessage) -> Element:
    return html5lib.parse(mail.html_text, namespaceHTMLElements=False)


def words_of(element: Element) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def links_of_html(mail: LetterMessage) -> set[str]:
    """Where the HTML part leads, and the addresses that stand in it as text."""
    tree = tree_of(mail)
    followed = {link.get("href") for link in tree.iter("a")}
    return {one for one in followed if not one.startswith("mailto:")} | set(
        ADDRESS.findall(" ".join(tree.find("body").itertext()))
    )


def own_words(text: str) -> Iterator[str]:
    """The lines of a text part that are neither addresses, masked ones too, nor what people typed."""
    for line in text.splitlines():
        if line not in ("", "--") and not ADDRESS.fullmatch(line) and MASK not in line and line[0] != ">":
            yield line


@pytest.mark.parametrize("name", EVERY_LETTER)
def test_no_letter_has_a_fault_that_its_reader_would_see(session: Session, name: str) -> None:
    mails = both(session, name)
    for lang, mail in mails.items():
        check_subject(name, mail)
        check_text(name, mail)
        check_html(name, mail, lang)
        assert set(ADDRESS.findall(mail.text)) == links_of_html(mail)
    czech, english = (set(own_words(mail.text)) for mail in mails.values())
    assert czech & english <= {PLACE}, "left in English"


def both(session: Session, name: str) -> dict[str, LetterMessage]:
    """The same letter in Czech and in English, each from a world of its own."""
    mails = {}
    for lang in ("cs", "en"):
        mails[lang] = mail_of(session, name, lang)
        session.close()
        empty_tables()
    return mails


def check_subject(name: str, mail: LetterMessage) -> None:
    assert mail.subject == mail.subject.strip(" :,")
    assert LEFT_OVER.search(mail.subject) is None
    if mail.reply_address == CONTACT and "feed" not in name:
        shown = mail.subject[:PHONE_SHOWS]
        assert any(title in shown for title in TITLES), "the fact is so long that the meeting is cut off"


def check_text(name: str, mail: LetterMessage) -> None:
    text, lines = mail.text, mail.text.split("\n")
    assert LEFT_OVER.search(text) is None
    assert "\n\n\n" not in text
    assert text == text.strip() + "\n"
    assert all(line == line.rstrip() for line in lines)
    assert lines.count("--") == 1
    assert max(map(len, own_words(text))) <= LONGEST_LINE
    for line, after in pairwise([*filter(None, lines), ""]):
        assert not (line.endswith(":") and after in ("", "--")), "nothing follows"
    if name not in TYPED:
        assert all(ADDRESS.fullmatch(line) for line in lines if ADDRESS.search(line)), "links stand alone"
    assert set(MAIL_ADDRESS.findall(text)) <= {CONTACT, SENDER}


def check_html(name: str, mail: LetterMessage, lang: str) -> None:
    tree = tree_of(mail)
    body = words_of(tree.find("body"))
    assert [one.tag for one in tree.iter() if one.tag in BLOCKS and not words_of(one)] == []
    assert LEFT_OVER.search(body) is None
    assert set(MAIL_ADDRESS.findall(body)) <= {CONTACT, SENDER}
    assert one_line_for_header(tree.findtext(".//title")) == mail.subject
    preheader, outer = tree.find("body/div"), tree.find("body/table")
    for one in (tree, preheader, outer):  # webmail drops <html>
        assert (one.get("lang"), one.get("dir")) == (lang, "ltr")
    assert preheader.get("class") == "preheader"
    assert words_of(preheader) not in ("", mail.subject)
    assert name in TYPED or words_of(next(tree.iter("h1"))) != mail.sender_name


@pytest.mark.parametrize("name", ["kind confirmed", "kind invited", "change online", "change called_off"])
def test_the_calendar_speaks_the_language_of_its_letter(session: Session, name: str) -> None:
    czech, english = (
        icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")[0] for mail in both(session, name).values()
    )
    assert czech["summary"] != english["summary"]
    assert czech.get("url", "/cs/") == english.get("url", "/en/").replace("/en/", "/cs/")
    said = [set(one.get("description", "").split("\n")) for one in (czech, english)]
    assert set.intersection(*said) == {""}


def test_each_kind_is_read() -> None:
    """A new kind of letter comes with a scene."""
    read = {*CAUSES, Kind.NOTICE, Kind.SECURITY, Kind.TEST}
    assert read == set(Kind)
    assert len(EVERY_LETTER) == len(CAUSES) + len(SCENES) + len(SCENES_OF_CHANGE) + 1
    assert not SCENES.keys() & SCENES_OF_CHANGE.keys()


# --- what is said only where it is needed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "zones"),
    [
        ("kind confirmed", []),
        ("change online", ["Europe/Prague"]),
        ("change changed_zone", ["Europe/Prague", "Europe/London"]),
    ],
)
def test_the_zone_is_named_to_whom_it_matters(session: Session, name: str, zones: list[str]) -> None:
    mail = mail_of(session, name, "en")

    for part in (mail.text, words_of(tree_of(mail))):
        assert re.findall(r"Time zone: [\w ]+ \(([\w/]+)\)", part) == zones


@pytest.mark.parametrize(
    ("name", "said", "before"),
    [
        ("date", "The meeting has a new date.", True),
        ("title", "The meeting has a new title.", True),
        ("address", "The meeting has a new place.", True),
        ("format", "The meeting has changed.", True),
        ("zone", "The meeting has a new time.", True),
        ("link", "The link to join online is new.", False),
    ],
)
def test_a_change_is_named_first_and_shown_once(
    session: Session, name: str, said: str, *, before: bool
) -> None:
    mail = mail_of(session, f"change changed_{name}", "en")
    tree = tree_of(mail)

    assert mail.text.startswith(f"Hello,\n\n{said}\n")
    assert mail.text.count(said) == 1
    assert words_of(next(tree.iter("h1"))) == said
    assert ("\nBefore:\n" in mail.text, "\nNow:\n" in mail.text) == (before, before)
    assert bool(list(tree.iter("s"))) == before
    assert mail.text.count(PLACE) == (0 if name in ("link", "zone") else 1), (
        "the same address stands there once"
    )


@pytest.mark.parametrize("name", ["change notice", "change digest_of_one"])
def test_a_notice_does_not_say_its_only_sentence_twice(session: Session, name: str) -> None:
    mail = mail_of(session, name, "en")

    sentences = re.findall(r"(?m)^- (.+)$", mail.text)
    assert len(sentences) == (0 if name == "change notice" else 2)
    assert [words_of(item) for item in tree_of(mail).iter("li")] == sentences


def test_who_did_not_ask_for_an_account_is_not_told_so(session: Session) -> None:
    mail = mail_of(session, "change new_account", "en")

    for part in (mail.text, words_of(tree_of(mail))):
        assert "an administrator made an account for this address" in part
        assert "somebody asked" not in part


@pytest.mark.parametrize(
    "name", ["kind added", "kind substitute", "change companion_confirmed", "scene invited"]
)
def test_whoever_was_named_by_others_may_have_their_data_erased(session: Session, name: str) -> None:
    assert "This is not for you? Erase your data:\n" in mail_of(session, name, "en").text
