"""What every kind of letter says, in each language, from real causes."""

from __future__ import annotations

import re

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.letters import compose, preview, render, trial_letter
from app.delivery.message import LetterMessage
from app.domain.outbox.models import Kind, Letter
from app.domain.registration.models import Attendee, Mode
from tests.delivery.cast import CAUSES, a_meeting, make_letter, sign_in_language
from tests.factories import person

pytestmark = pytest.mark.usefixtures("both_languages")
every_kind = pytest.mark.parametrize("kind", list(CAUSES))
every_language = pytest.mark.parametrize("lang", ["cs", "en"])
LARGEST = 100_000
MOST_WORDS = 150
ACCOUNTS = (Kind.SIGN_IN, Kind.PASSWORD)
WITHOUT_PAGE = (
    Kind.CALLED_OFF,
    Kind.NOT_APPROVED,
    Kind.RELEASED,
    Kind.REPLACED,
)  # nothing is left to do there


def mail_of(session: Session, kind: Kind, lang: str) -> LetterMessage:
    letter = make_letter(session, kind, lang)
    return compose(session, letter, now=clock.now())


@every_kind
@every_language
def test_a_letter_is_short_and_whole(session: Session, kind: Kind, lang: str) -> None:
    mail = mail_of(session, kind, lang)

    assert 0 < len(mail.subject) <= 60
    assert "%(" not in mail.subject + mail.text + mail.html_text
    assert len(mail.html_text.encode()) <= LARGEST
    words = re.sub(r"https?://\S+", "", mail.text).split()
    assert len(words) <= MOST_WORDS + 20, len(words)
    assert not mail.subject.lower().startswith("re:")


@every_kind
@every_language
def test_the_html_part_needs_no_style_sheet_no_image_and_no_script(
    session: Session, kind: Kind, lang: str
) -> None:
    markup = mail_of(session, kind, lang).html_text

    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(markup)
    assert not parser.errors, parser.errors
    assert (tree.get("lang"), tree.get("dir")) == (lang, "ltr")
    assert tree.findtext(".//title")
    names = [element.tag for element in tree.iter()]
    assert not {"img", "script", "link", "form", "iframe"} & set(names)
    assert all(table.get("role") == "presentation" for table in tree.iter("table"))
    kept = next(element.text for element in tree.iter("style"))
    assert kept.strip().startswith("@media (prefers-color-scheme")
    assert "background-color: #ffffff" in markup
    assert len(list(tree.iter("h1"))) == 1
    buttons = [link for link in tree.iter("a") if link.get("class") == "button"]
    assert len(buttons) <= 1 or all("/answer/?answer=" in link.get("href", "") for link in buttons)
    assert all(link.get("href", "").startswith(("http", "mailto:")) for link in tree.iter("a"))


@every_kind
@every_language
def test_text_and_html_say_the_same(session: Session, kind: Kind, lang: str) -> None:
    mail = mail_of(session, kind, lang)

    tree = html5lib.parse(mail.html_text, namespaceHTMLElements=False)
    read = re.sub(r"\s+", " ", "".join(tree.find("body").itertext()))
    for found in re.findall(r"http://localhost/\S+", mail.text):
        assert found in mail.html_text
    greeting = {"cs": "Dobrý den,", "en": "Hello,"}[lang]
    assert mail.text.startswith(f"{greeting}\n")
    assert greeting in read


@pytest.mark.parametrize("kind", [kind for kind in CAUSES if kind not in (*ACCOUNTS, Kind.FEED)])
@every_language
def test_a_letter_about_a_meeting_says_when_and_where_and_who(
    session: Session, kind: Kind, lang: str
) -> None:
    letter = make_letter(session, kind, lang)
    mail = compose(session, letter, now=clock.now())

    title = {"cs": "Bydlení a přechod do nájmů", "en": "Housing and the move to renting"}[lang]
    assert title in mail.text
    assert title in mail.html_text
    assert letter.facts["meeting"]["venue"] in mail.text
    assert re.search(r"\d\d:00\u00a0–\u00a0\d\d:00", mail.text)
    assert "platforma@example.org" in mail.text
    assert mail.reply_to == "platforma@example.org"
    assert mail.recipient == letter.recipient
    assert mail.sender_address == "akce@example.org"


@pytest.mark.parametrize("kind", [kind for kind in CAUSES if kind not in ACCOUNTS + WITHOUT_PAGE])
def test_the_personal_link_is_that_of_the_moment_and_never_stored(session: Session, kind: Kind) -> None:
    letter = make_letter(session, kind, "en")
    attendee = session.get_one(Attendee, letter.attendee_id)
    attendee.token = "a-new-token"
    session.commit()

    mail = compose(session, letter, now=clock.now())

    assert "http://localhost/en/my/a-new-token/\n" in mail.text
    assert "http://localhost/en/my/a-new-token/#erase" in mail.text
    assert "a-new-token" not in str(letter.facts)
    assert mail.calendar is None or b"a-new-token" not in mail.calendar


@every_kind
def test_a_preview_holds_no_secret(session: Session, kind: Kind) -> None:
    letter = make_letter(session, kind, "en")
    shown = preview(letter)

    if kind in ACCOUNTS:
        assert shown is None
        return
    assert shown is not None
    attendee = session.get_one(Attendee, letter.attendee_id)
    everything = shown.subject + shown.text + shown.html + (shown.calendar or "")
    for secret in (attendee.token, attendee.organizer_token, attendee.checkin_token, letter.bounce_token):
        assert secret not in everything
    assert "…/•••" in shown.text or kind in WITHOUT_PAGE
    assert (shown.calendar is not None) == (letter.calendar == "REQUEST")


def test_an_emptied_letter_has_no_preview(session: Session) -> None:
    letter = make_letter(session, Kind.CONFIRMED, "en")
    letter.recipient, letter.facts = None, {}

    assert preview(letter) is None


def test_a_long_title_is_cut_at_a_word(session: Session) -> None:
    title = "Situace uprchlíků z Ukrajiny a analýza integrace v hlavním městě Praze a okolí"
    letter = make_letter(session, Kind.CONFIRMED, "cs", title={"cs": title})

    subject = compose(session, letter, now=clock.now()).subject

    assert len(subject) <= 60
    assert "…, " in subject
    assert subject.endswith(str(letter.facts["meeting"]["starts_at"][:4]))


@pytest.mark.parametrize("place", ["room", "online"])
def test_the_online_link_goes_to_confirmed_people_online_alone(session: Session, place: str) -> None:
    meeting = a_meeting(session, format="hybrid", online_url="https://meet.example.org/x", online_capacity=1)
    people = sign_in_language(
        session, meeting, "en", person("A B", mode=Mode(place)), person("C D", mode=Mode.ONLINE)
    )
    session.commit()
    letters = {
        letter.attendee_id: compose(session, letter, now=clock.now())
        for letter in session.scalars(select(Letter).where(Letter.kind != Kind.PARTY_SUMMARY))
    }
    first, second = (letters[one.id] for one in people)
    assert ("https://meet.example.org/x" in first.text) == (place == "online")
    assert first.calendar is not None
    assert (b"https://meet.example.org/x" in first.calendar) == (place == "online")
    assert ("https://meet.example.org/x" in second.text) == (place == "room")


def test_a_test_letter_needs_no_meeting(app: Flask) -> None:
    with app.app_context():
        mail = render(trial_letter("admin@example.org", now=clock.now()), now=clock.now())

    assert "Setkání" in mail.subject
    assert mail.calendar is None
