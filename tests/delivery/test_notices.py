"""Notices to organisers as mails: what they say, where they lead, and that they name nobody."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.letters import CannotCompose, compose, preview
from app.delivery.message import LetterMessage
from app.delivery.notices import SENTENCES
from app.delivery.postman import Postman, Round
from app.domain.accounts.models import Account, Role
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.notices import letters, service
from app.domain.notices.queries import News
from app.domain.notices.rules import Event, Line, Timing
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind, Letter, State
from tests.delivery.conftest import deliver_all
from tests.delivery.mail_server import MailServer
from tests.factories import make_account, make_meeting, person, register

pytestmark = pytest.mark.usefixtures("both_languages")
every_language = pytest.mark.parametrize("lang", ["cs", "en"])
EVERYTHING = {line: number + 1 for number, line in enumerate(Line)}
DAY = date(2027, 3, 2)
LONG = {"cs": "Situace uprchlíků z Ukrajiny a analýza integrace v hlavním městě Praze a okolí"}


def account_of(session: Session, lang: str = "en", **values: Any) -> Account:
    account = make_account(session, Role.ADMINISTRATOR, **values)
    account.language = lang
    return account


def letter_about(session: Session, account: Account, *news: News, day: date | None = None) -> Letter:
    """A notice with this news, committed."""
    new = outbox.NewLetter(
        kind=Kind.NOTICE,
        recipient=account.email,
        language=account.language,
        key=f"notice:{account.id}:test",
        facts=letters.facts(news, account.language, day=day),
        account_id=account.id,
    )
    letter = outbox.enqueue(session, new, now=clock.now())
    session.commit()
    return letter


def mail_about(
    session: Session, lang: str, *lines: dict[Line, int], day: date | None = None, **meeting: Any
) -> LetterMessage:
    """The mail of a notice with these lines, each about a meeting of its own."""
    start = clock.now().replace(microsecond=0) + timedelta(days=40)
    news = [
        News(make_meeting(session, starts_at=start + timedelta(days=number), **meeting), one)
        for number, one in enumerate(lines)
    ]
    return compose(session, letter_about(session, account_of(session, lang), *news, day=day), now=clock.now())


@every_language
@pytest.mark.parametrize("day", [None, DAY])
def test_a_notice_is_whole_and_plain(session: Session, lang: str, day: date | None) -> None:
    mail = mail_about(session, lang, EVERYTHING, {Line.REGISTERED: 1}, day=day)

    assert 0 < len(mail.subject) <= 60
    assert "%(" not in mail.subject + mail.text + mail.html_text
    assert "{" not in mail.text
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(mail.html_text)
    assert not parser.errors, parser.errors
    assert (tree.get("lang"), tree.get("dir")) == (lang, "ltr")
    assert not {"img", "script", "link", "form", "iframe"} & {element.tag for element in tree.iter()}
    assert len(list(tree.iter("h1"))) == 1
    read = re.sub(r"\s+", " ", "".join(tree.find("body").itertext()))
    for line in re.findall(r"^- (.+)$", mail.text, re.MULTILINE):
        assert re.sub(r"\s+", " ", line) in read
    for address in re.findall(r"http://localhost/\S*", mail.text):
        assert f'href="{address.replace("&", "&amp;")}"' in mail.html_text
    assert mail.calendar is None


@pytest.mark.parametrize("line", Line)
@every_language
def test_every_line_is_a_sentence_for_one_two_and_many(session: Session, line: Line, lang: str) -> None:
    for number in (1, 2, 5):
        subject = mail_about(session, lang, {line: number}).subject
        assert subject.count(": ") >= 1
        assert not subject.startswith((":", " "))
        session.query(Letter).delete()
        session.query(Account).delete()


def test_every_line_has_its_words() -> None:
    assert set(SENTENCES) == set(Line)


@pytest.mark.parametrize(
    ("lines", "day", "subject"),
    [
        ([{Line.REGISTERED: 3}], None, "3 new registrations: Housing and the move to renting"),
        ([{Line.FULL_ROOM: 1}], None, "The room is full: Housing and the move to renting"),
        ([{Line.REGISTERED: 3, Line.FULL_ROOM: 1}], None, "4 notices: Housing and the move to renting"),
        ([{Line.REGISTERED: 3}], DAY, "3 new registrations: Housing and the move to renting"),
        ([{Line.REGISTERED: 3}, {Line.CANCELLED: 2}], None, "Setkání: 5 notices"),
        ([{Line.REGISTERED: 3}, {Line.SEAT_FREE: 20}], DAY, "Setkání: 4 notices, 2 Mar 2027"),
    ],
)
def test_the_subject_begins_with_the_fact(
    session: Session, lines: list[dict[Line, int]], day: date | None, subject: str
) -> None:
    assert mail_about(session, "en", *lines, day=day).subject.replace("\u00a0", " ") == subject


def test_a_long_title_is_cut_at_a_word(session: Session) -> None:
    subject = mail_about(session, "en", {Line.REGISTERED: 3}, title=LONG).subject
    assert subject == "3 new registrations: Situace uprchlíků z Ukrajiny a…"


def test_each_line_leads_to_where_one_sees_more(session: Session) -> None:
    meeting = make_meeting(session)
    mail = compose(
        session,
        letter_about(session, account_of(session), News(meeting, EVERYTHING), News(None, {Line.FAILED: 1})),
        now=clock.now(),
    )
    at = f"http://localhost/workspace/meetings/{meeting.id}/attendees/"
    found = re.findall(r"^http://localhost/workspace/\S*", mail.text, re.MULTILINE)
    assert found == [
        at,
        f"{at}?tab=pending",
        f"http://localhost/workspace/replies/?meeting={meeting.id}",
        f"http://localhost/workspace/outbox/?state=failed&meeting={meeting.id}",
        f"http://localhost/workspace/outbox/?state=bounced&meeting={meeting.id}",
        "http://localhost/workspace/outbox/?state=failed",
        "http://localhost/workspace/me/notices/",
    ]
    assert "Mails of no meeting" in mail.text


def test_the_pages_that_notices_lead_to_are_there(app: Flask, session: Session) -> None:
    mail = mail_about(session, "en", *({line: 1} for line in Line))
    paths = {urlsplit(one).path for one in re.findall(r"http://localhost/workspace/\S*", mail.text)}
    adapter = app.url_map.bind("localhost")
    assert len(paths) > len(Line) - 4
    for path in paths:
        assert adapter.test(path, "GET"), path


def test_what_does_not_fit_is_counted(session: Session) -> None:
    mail = mail_about(session, "en", *({Line.REGISTERED: 1} for _ in range(14)), day=DAY)
    assert "There is news of 2 more meetings." in mail.text
    assert "There is news of 2 more meetings." in mail.html_text
    assert mail.text.count("1 new registration\n") == 12


def test_one_page_to_go_to_is_a_button(session: Session) -> None:
    button = '<a class="button"'
    assert mail_about(session, "en", {Line.REGISTERED: 1, Line.CANCELLED: 1}).html_text.count(button) == 1
    session.query(Letter).delete()
    session.query(Account).delete()
    assert mail_about(session, "en", {Line.REGISTERED: 1, Line.FAILED: 1}).html_text.count(button) == 0


def test_a_title_is_text(session: Session) -> None:
    mail = mail_about(session, "en", {Line.REGISTERED: 1}, title={"cs": "<b>x</b>{{7*7}}"})
    assert "<b>x" not in mail.html_text
    assert "<b>x</b>{{7*7}}" in mail.text


def test_from_a_registration_to_the_mail_without_a_name(
    session: Session, postman: Postman, server: MailServer
) -> None:
    account = account_of(session)
    service.enqueue_due(session, account.id, now=clock.now(), timezone="Europe/Prague")
    now_all = dict.fromkeys(Event, Timing.NOW)
    actor = history.organiser(account.id)
    service.choose(session, account.id, now_all, now=clock.now(), timezone="Europe/Prague", actor=actor)
    meeting = make_meeting(session, capacity=1)
    register(session, meeting, person("Olena Ševčenková", "olena@example.com"))
    later = clock.now() + timedelta(minutes=2)
    assert service.enqueue_due(session, account.id, now=later, timezone="Europe/Prague") == 1
    letter = session.scalars(select(Letter).where(Letter.kind == Kind.NOTICE)).one()
    letter.due_at = clock.now()

    assert deliver_all(postman) == Round.IDLE

    (taken,) = server.faults.to(account.email)
    text = taken.mail.get_body(("plain",)).get_content()
    assert "1 new registration" in text
    assert "The room is full" in text
    everything = taken.mail.as_string() + text + taken.mail.get_body(("html",)).get_content()
    for secret in ("Olena", "Ševčenková", "olena@", "/my/", "/sign-in/"):
        assert secret not in everything
    session.refresh(letter)
    assert letter.state == State.SENT


def test_a_notice_has_a_preview_as_it_lets_nobody_in(session: Session) -> None:
    letter = letter_about(session, account_of(session), News(make_meeting(session), {Line.REGISTERED: 1}))
    shown = preview(letter)
    assert shown is not None
    assert "1 new registration" in shown.text
    letter.facts = {}
    assert preview(letter) is None


@pytest.mark.parametrize("change", [{"active": False}, {"role": Role.VIEWER}])
def test_whoever_may_no_longer_see_the_meetings_gets_no_letter(
    session: Session, postman: Postman, server: MailServer, change: dict[str, Any]
) -> None:
    account = account_of(session)
    letter = letter_about(session, account, News(make_meeting(session), {Line.REGISTERED: 1}))
    for name, value in change.items():
        setattr(account, name, value)

    deliver_all(postman)

    session.refresh(letter)
    assert letter.state == State.FAILED
    assert server.faults.to(account.email) == []
    failure = session.scalars(select(Entry).where(Entry.act == "letter:fail")).one()
    assert failure.details == {"kind": "notice"}


def test_an_emptied_notice_is_not_sent(session: Session) -> None:
    letter = letter_about(session, account_of(session), News(make_meeting(session), {Line.REGISTERED: 1}))
    letter.facts = {}
    with pytest.raises(CannotCompose, match="emptied"):
        compose(session, letter, now=clock.now())
