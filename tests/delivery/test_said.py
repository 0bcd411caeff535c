"""Letters to many: what each person reads, their headers byte by byte, their files, and what must not go any more."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.base import clock
from app.base.tokens import new_token
from app.delivery import inbox
from app.delivery.letters import compose, preview
from app.delivery.links import MASK
from app.delivery.message import LetterMessage
from app.delivery.postman import Postman, Round
from app.delivery.said import File
from app.delivery.unsendable import CannotCompose, Overtaken
from app.domain.broadcasts import news, queries
from app.domain.broadcasts import service as broadcasts
from app.domain.broadcasts.models import NewsChoice, Purpose
from app.domain.broadcasts.rules import Draft, Segment
from app.domain.history.service import ATTENDEE, SYSTEM
from app.domain.outbox.models import Kind, Letter, State
from app.domain.questions.commands import Owner
from app.domain.questions.models import Purpose as QuestionPurpose
from app.domain.registration import personal
from app.domain.registration.models import Attendee
from tests.delivery.cast import MESSAGE, a_meeting, send_to_all, sign_in_language
from tests.delivery.conftest import deliver_all
from tests.delivery.mail_server import MailServer
from tests.delivery.other_mails import report
from tests.factories import DOMAIN, person
from tests.questionnaires import ask

pytestmark = pytest.mark.usefixtures("both_languages")
NEWS = replace(MESSAGE, purpose=Purpose.NEWS)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def only_letter(session: Session) -> Letter:
    return session.scalars(select(Letter).where(Letter.kind == Kind.MESSAGE)).one()


def sent_to(session: Session, lang: str, draft: Draft, *people: Any, **files: bytes) -> Letter:
    meeting = a_meeting(session)
    sign_in_language(session, meeting, lang, *people)
    send_to_all(session, meeting, draft, {name.replace("__", "."): data for name, data in files.items()})
    return only_letter(session)


def mail_of(session: Session, letter: Letter) -> EmailMessage:
    mail = message_from_bytes(compose(session, letter, now=clock.now()).as_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_each_gets_the_words_of_their_language_filled_in(session: Session) -> None:
    body_en = "Good news, %name%:\n\n- the **papers** are ready\n- see [your page](%personal_link%)"
    draft = replace(MESSAGE, body={**MESSAGE.body, "en": body_en})
    mail = mail_of(session, sent_to(session, "en", draft))
    link = f"http://localhost/en/my/{session.scalars(select(Attendee)).one().token}/"
    assert mail["Subject"] == "Housing and the move to renting: papers"
    text, html = body(mail, "plain"), body(mail, "html")
    assert "Good news, Olena Ševčenková:\n\n- the *papers* are ready\n" in text
    assert f"- see your page <{link}>" in text
    assert f'<a href="{link}"' in html
    assert "<strong>papers</strong>" in html
    assert 'class="said" dir="ltr" lang="en"' in html
    assert mail.get_content_type() == "multipart/alternative"


def test_without_their_language_they_get_another_one_that_says_so(session: Session) -> None:
    draft = Draft(subject={"cs": "Podklady: %date%"}, body={"cs": "Kde: %place%."})
    mail = mail_of(session, sent_to(session, "en", draft))
    html = body(mail, "html")
    assert '<html lang="en"' in html
    assert 'class="said" dir="ltr" lang="cs"' in html
    assert "Kde: Sál architektů" in body(mail, "plain"), "names are in the language of the text"
    assert "Architects' Hall" in body(mail, "plain"), "and around it in that of the person"
    assert "Podklady: " in mail["Subject"]
    assert "Hello," in body(mail, "plain")


def test_half_a_language_is_none(session: Session) -> None:
    meeting = a_meeting(session)
    sign_in_language(session, meeting, "en")
    broadcast = send_to_all(session, meeting)
    broadcast.body = {"cs": "Jen česky."}
    session.commit()
    mail = mail_of(session, only_letter(session))
    assert "Jen česky." in body(mail, "plain")
    assert mail["Subject"] == "Bydlení a přechod do nájmů: podklady"


def test_thanks_lead_to_the_feedback_and_name_the_documents(session: Session) -> None:
    meeting = a_meeting(session)
    ask(session, Owner(meeting_id=meeting.id, purpose=QuestionPurpose.FEEDBACK))
    sign_in_language(session, meeting, "en")
    body_en = "See %documents%. [Tell us](%feedback%) or %feedback%"
    draft = Draft(subject={"en": "Thank you"}, body={"en": body_en})
    send_to_all(session, meeting, draft, {"minutes.pdf": PDF, "a list.txt": b"words"})
    letter = only_letter(session)
    link = f"http://localhost/en/my/{session.scalars(select(Attendee)).one().token}/feedback/"
    mail = mail_of(session, letter)
    text, html = body(mail, "plain"), body(mail, "html")
    assert "See minutes.pdf, a list.txt." in text
    assert f"Tell us <{link}> or {link}" in text
    assert html.count(f'href="{link}"') == 2
    assert len(list(mail.iter_attachments())) == 2
    said = preview(letter)
    assert said is not None
    assert "See minutes.pdf, a list.txt." in said.text
    assert f"…/{MASK}/feedback/" in said.text
    assert link not in said.text + said.html


def test_names_are_words_and_nothing_else(session: Session) -> None:
    evil = "Eva **B** [x](https://evil.example) <b>y</b> `z` %place%"
    draft = Draft(subject={"en": "For %name%"}, body={"en": "# %name%\n\nDear %name%"})
    mail = mail_of(session, sent_to(session, "en", draft, person(evil, "eva@example.org")))
    html, text = body(mail, "html"), body(mail, "plain")
    assert "evil.example" in html
    assert 'href="https://evil.example' not in html
    assert "<b>y" not in html
    assert "**B**" in html
    assert f"Dear {evil}" in text
    assert mail["Subject"] == f"For {evil}"


def test_a_link_alone_becomes_one_and_a_mask_never_does(session: Session) -> None:
    draft = Draft(
        subject={"en": "S"},
        body={"en": "Here: %personal_link% and `%meeting_link%`, [page](%meeting_link%)\n\n    %name%"},
    )
    letter = sent_to(session, "en", draft)
    token = session.scalars(select(Attendee)).one().token
    html = body(mail_of(session, letter), "html")
    assert f'href="http://localhost/en/my/{token}/"' in html
    assert html.count("Open my registration") == 0
    said = preview(letter)
    assert said is not None
    assert token not in said.text + said.html + said.subject
    assert f"…/{MASK}" in said.text
    assert f"…/{MASK}" in said.html
    assert "Olena" in said.html


def test_the_text_part_is_written_for_reading(session: Session) -> None:
    markdown = (
        "# Papers\n\nRead **this** first.\nThen that.\n\n1. one\n2. two\n   - deeper\n\n> a word\n> of mine\n\n---\n\n"
        "<https://example.org/a>, [mail](mailto:a@example.org) ![x](https://example.org/x.png)"
    )
    text = body(
        mail_of(session, sent_to(session, "en", Draft(subject={"en": "S"}, body={"en": markdown}))), "plain"
    )
    assert (
        "Papers\n======\n\nRead *this* first.\nThen that.\n\n1. one\n2. two\n   - deeper\n\n> a word\n> of mine\n\n"
        f"{'-' * 20}\n\nhttps://example.org/a, mail <a@example.org>"
    ) in text


def test_it_carries_no_calendar_and_no_way_out_as_it_is_about_the_meeting(session: Session) -> None:
    letter = sent_to(session, "en", MESSAGE)
    raw = compose(session, letter, now=clock.now()).as_bytes()
    assert letter.calendar is None
    assert b"List-Unsubscribe" not in raw
    assert b"text/calendar" not in raw
    assert session.scalars(select(NewsChoice)).all() == []


def test_news_can_be_left(session: Session) -> None:
    letter = sent_to(session, "en", NEWS)
    choice = session.scalars(select(NewsChoice)).one()
    mail = mail_of(session, letter)
    assert mail["List-Unsubscribe"] == f"<http://localhost/en/news/{choice.token}/>"
    assert mail["List-Unsubscribe-Post"] is None, "RFC 8058 asks for https"
    assert f"http://localhost/en/news/{choice.token}/" in body(mail, "plain")
    assert "Open my registration" not in body(mail, "plain")
    assert choice.token not in str(letter.facts)


def test_the_headers_of_leaving_byte_by_byte() -> None:
    address = f"https://setkani.example.org/cs/news/{new_token()}/"
    raw = LetterMessage(
        subject="News",
        sender=("Us", "akce@example.org"),
        to=("You", "you@example.org"),
        reply_to="akce@example.org",
        envelope_from="bounce+x@example.org",
        message_id="<1@example.org>",
        sent_at=clock.now(),
        text="t",
        html_text="<p>t</p>",
        unsubscribe=address,
    ).as_bytes()
    lines = raw.split(b"\r\n")
    assert f"List-Unsubscribe: <{address}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_files_come_as_they_were_with_true_types_and_safe_names() -> None:
    files = (
        File("podklady č. 1.pdf", "application/pdf", PDF),
        File("list.txt", "text/plain", "Žluťoučký\nkůň\n".encode()),
    )
    raw = LetterMessage(
        subject="News",
        sender=("Us", "akce@example.org"),
        to=("You", "you@example.org"),
        reply_to="akce@example.org",
        envelope_from="bounce+x@example.org",
        message_id="<1@example.org>",
        sent_at=clock.now(),
        text="t",
        html_text="<p>t</p>",
        files=files,
    ).as_bytes()
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    found = [
        (one.get_filename(), one.get_content_type(), one.get_payload(decode=True))
        for one in mail.iter_attachments()
    ]
    assert found == [(one.name, one.content_type, one.data) for one in files]


def test_files_go_with_the_letter(session: Session) -> None:
    archive = BytesIO()
    with ZipFile(archive, "w") as zipped:
        zipped.writestr("[Content_Types].xml", "<Types/>")
        zipped.writestr("word/document.xml", "<w/>")
    letter = sent_to(session, "en", MESSAGE, a__pdf=PDF, b__docx=archive.getvalue())
    mail = mail_of(session, letter)
    assert mail.get_content_type() == "multipart/mixed"
    assert [one.get_filename() for one in mail.iter_attachments()] == ["a.pdf", "b.docx"]


def test_what_was_stopped_does_not_go(session: Session) -> None:
    letter = sent_to(session, "en", MESSAGE)
    broadcasts.stop(session, letter.broadcast_id or 0, now=clock.now(), actor=SYSTEM)
    session.commit()
    with pytest.raises(Overtaken):
        compose(session, letter, now=clock.now())


def test_nobody_hears_who_has_left_meanwhile(session: Session) -> None:
    letter = sent_to(session, "en", MESSAGE)
    personal.cancel(session, letter.attendee_id or 0, now=clock.now(), actor=ATTENDEE)
    session.commit()
    with pytest.raises(Overtaken):
        compose(session, letter, now=clock.now())


def test_nobody_gets_news_who_refused_meanwhile(session: Session) -> None:
    letter = sent_to(session, "en", NEWS)
    news.refuse(session, session.scalars(select(NewsChoice)).one().token, now=clock.now())
    session.commit()
    with pytest.raises(Overtaken):
        compose(session, letter, now=clock.now())


def test_an_emptied_text_cannot_go_and_has_no_preview(session: Session) -> None:
    letter = sent_to(session, "en", MESSAGE)
    session.get_one(type(broadcasts.lock(session, letter.broadcast_id or 0)), letter.broadcast_id).body = {}
    session.commit()
    with pytest.raises(CannotCompose):
        compose(session, letter, now=clock.now())
    assert preview(letter) is None


def test_on_the_wire_each_gets_one_and_the_refused_one_says_why(
    session: Session, server: MailServer, postman: Postman
) -> None:
    meeting = a_meeting(session)
    people = [person("Jana", "jana@example.com"), person("Petr", "unknown.petr@example.com")]
    sign_in_language(session, meeting, "cs", *people)
    session.execute(update(Letter).values(state=State.SENT))
    send_to_all(session, meeting)
    assert deliver_all(postman) == Round.IDLE
    letters = session.scalars(select(Letter).where(Letter.kind == Kind.MESSAGE).order_by(Letter.id)).all()
    assert [one.state for one in letters] == [State.SENT, State.FAILED]
    assert "550" in (letters[1].last_error or "")
    assert [one.recipient for one in server.faults.taken] == ["jana@example.com"]


def test_what_comes_back_is_marked_and_its_address_left_out_next_time(session: Session) -> None:
    letter = sent_to(session, "en", MESSAGE)
    letter.state = State.SENT
    raw = report(to=f"bounce+{letter.bounce_token}@{DOMAIN}")
    session.commit()
    session.rollback()
    inbox.take(raw, via="pipe")
    session.expire_all()
    number, attendee = letter.broadcast_id or 0, session.scalars(select(Attendee)).one()
    assert queries.counts(session, [number])[number]["bounced"] == 1
    assert "5.1.1" in (letter.last_error or "")
    assert attendee.bounced_at is not None
    reach = queries.reach(session, attendee.meeting_id, Segment(), Purpose.ABOUT)
    assert (reach.who, reach.undeliverable) == (0, 1)
