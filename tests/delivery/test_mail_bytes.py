"""The raw mail: its tree, lines, headers and calendar part, read back by programs that are not ours."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.letters import compose
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind, Letter
from app.domain.registration.models import Attendee
from tests.calendar_checks import assert_well_formed, lines_of, read_the_same, value_of
from tests.delivery.cast import CAUSES, a_meeting, make_letter, sign_in_language
from tests.factories import make_series, person

pytestmark = pytest.mark.usefixtures("both_languages")
REQUESTS = {
    Kind.CONFIRMED: "ACCEPTED",
    Kind.MOVED_UP: "ACCEPTED",
    Kind.CHANGED: "ACCEPTED",
    Kind.RESCHEDULED: "NEEDS-ACTION",
    Kind.RESTORED: "ACCEPTED",
    Kind.ADDED: "NEEDS-ACTION",
    Kind.INVITED: "NEEDS-ACTION",
    Kind.ANSWERED: "TENTATIVE",
    Kind.SUBSTITUTE: "NEEDS-ACTION",
}
CANCELS = [Kind.CALLED_OFF, Kind.CANCELLED, Kind.RELEASED, Kind.REPLACED]
PLAIN = [kind for kind in CAUSES if kind not in (*REQUESTS, *CANCELS)]
HEADERS = sorted(
    [
        "Subject",
        "From",
        "To",
        "Reply-To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ]
)
EVIL = "=?utf-8?q?Eve=0D=0ABcc:_x@evil.example?="


def raw_mail(session: Session, letter: Letter) -> bytes:
    return compose(session, letter, now=clock.now()).as_bytes()


def parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def tree(mail: EmailMessage) -> object:
    if mail.is_multipart():
        return [mail.get_content_type(), *(tree(part) for part in mail.iter_parts())]
    return mail.get_content_type()


def invite_left(session: Session, letter: Letter) -> None:
    """Let all older invites of this attendee have gone out."""
    older = session.query(Letter).filter(Letter.attendee_id == letter.attendee_id, Letter.id < letter.id)
    for one in older:
        one.state = "sent"
        session.get_one(Attendee, letter.attendee_id).sent_sequence = one.sequence or 0
    session.commit()


@pytest.mark.parametrize("kind", list(REQUESTS))
@pytest.mark.parametrize("lang", ["cs", "en"])
def test_a_request_has_the_tree_of_an_invite(session: Session, kind: Kind, lang: str) -> None:
    letter = make_letter(session, kind, lang)
    mail = parsed(raw_mail(session, letter))

    assert tree(mail) == [
        "multipart/mixed",
        ["multipart/alternative", "text/plain", "text/html", "text/calendar"],
        "application/ics",
    ]
    calendar = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    attached = next(part for part in mail.walk() if part.get_content_type() == "application/ics")
    assert dict(calendar["Content-Type"].params) == {
        "charset": "utf-8",
        "method": "REQUEST",
        "component": "VEVENT",
    }
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert calendar["Content-Disposition"] is None
    assert dict(attached["Content-Type"].params) == {"name": "invite.ics"}
    assert attached["Content-Transfer-Encoding"] == "base64"
    assert attached["Content-Disposition"].content_disposition == "attachment"
    assert attached.get_filename() == "invite.ics"
    data = calendar.get_payload(decode=True)
    assert attached.get_payload(decode=True) == data
    assert isinstance(data, bytes)

    assert_well_formed(data)
    event, attendee = read_the_same(data), session.get_one(Attendee, letter.attendee_id)
    assert (event.method, event.uid, event.sequence) == ("REQUEST", attendee.uid, letter.sequence)
    assert event.attendee == letter.recipient
    assert event.attendee_name == attendee.name
    assert event.organizer == f"rsvp+{attendee.organizer_token}@example.org"
    assert event.status == "CONFIRMED"
    assert event.partstat == REQUESTS[kind]
    assert event.starts_at.isoformat() == letter.facts["meeting"]["starts_at"]
    assert event.ends_at.isoformat() == letter.facts["meeting"]["ends_at"]
    assert value_of(lines_of(data), "VEVENT", "DTSTAMP") == f"{letter.created_at:%Y%m%dT%H%M%SZ}"
    assert "/my/" not in data.decode()


@pytest.mark.parametrize("kind", CANCELS)
def test_a_cancel_ends_the_entry_that_left(session: Session, kind: Kind) -> None:
    letter = make_letter(session, kind, "en")
    invite_left(session, letter)
    mail = parsed(raw_mail(session, letter))

    calendar = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert dict(calendar["Content-Type"].params)["method"] == "CANCEL"
    data = calendar.get_payload(decode=True)
    assert isinstance(data, bytes)
    assert_well_formed(data)
    event, attendee = read_the_same(data), session.get_one(Attendee, letter.attendee_id)
    assert (event.method, event.uid, event.status) == ("CANCEL", attendee.uid, "CANCELLED")
    assert event.sequence == (attendee.sent_sequence or 0) + 1


@pytest.mark.parametrize("kind", CANCELS)
def test_a_cancel_goes_as_plain_mail_when_no_invite_left(session: Session, kind: Kind) -> None:
    letter = make_letter(session, kind, "en")

    mail = parsed(raw_mail(session, letter))

    assert tree(mail) == ["multipart/alternative", "text/plain", "text/html"]
    assert "calendar" not in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", PLAIN)
def test_other_letters_have_no_calendar(session: Session, kind: Kind) -> None:
    mail = parsed(raw_mail(session, make_letter(session, kind, "cs")))

    assert tree(mail) == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize("kind", list(CAUSES))
def test_headers_and_lines(session: Session, kind: Kind) -> None:
    letter = make_letter(session, kind, "cs")
    raw = raw_mail(session, letter)
    mail = parsed(raw)

    assert sorted(mail.keys()) == HEADERS
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    assert mail["Message-ID"] == f"<{letter.message_id}@example.org>"
    assert len(mail["Message-ID"]) < 70
    assert mail["Auto-Submitted"] == (
        "auto-replied" if letter.facts.get("auto") == "replied" else "auto-generated"
    )
    assert [one.addr_spec for one in mail["To"].addresses] == [letter.recipient]
    assert [one.addr_spec for one in mail["From"].addresses] == ["akce@example.org"]
    assert mail["From"].addresses[0].display_name == "Setkání"
    assert mail["Date"].datetime.tzinfo is not None


@pytest.mark.parametrize("kind", [kind for kind in CAUSES if kind not in (Kind.SIGN_IN, Kind.PASSWORD)])
def test_user_text_never_becomes_a_header(session: Session, kind: Kind) -> None:
    letter = make_letter(session, kind, "cs", title={"cs": f"{EVIL} Výroční schůze {EVIL}"})
    facts = letter.facts | dict.fromkeys(("registered_by", "reason", "words", "auto", "answer", "why"), EVIL)
    facts["meeting"] = facts["meeting"] | dict.fromkeys(
        ("venue", "address", "series", "contact", "summary"), EVIL
    )
    facts["attendee"] = facts["attendee"] | {"name": f'{EVIL}, "Eva" <x@evil.example>', "organisation": EVIL}
    letter.facts = facts
    session.commit()

    raw = raw_mail(session, letter)

    assert sorted(parsed(raw).keys()) == HEADERS
    assert sorted(message_from_bytes(raw).keys()) == HEADERS
    assert not re.search(rb"(?mi)^bcc:", raw.partition(b"\r\n\r\n")[0])
    assert not any(part["Bcc"] for part in message_from_bytes(raw).walk())
    assert [one.addr_spec for one in parsed(raw)["To"].addresses] == [letter.recipient]


@pytest.mark.parametrize(
    "name",
    [
        "Šárka, z.s.",
        '"Eva" (x)',
        "Олена Шевченко",
        "会議 🎉",
        "a" * 199,
        "ž" * 199,
        "Jan\u2028Novák",
        "<a@b.cz>",
    ],
)
def test_odd_names_reach_the_header_whole(session: Session, name: str) -> None:
    letter = make_letter(session, Kind.CONFIRMED, "cs")
    letter.facts = letter.facts | {"attendee": letter.facts["attendee"] | {"name": name}}
    session.commit()

    header = message_from_bytes(raw_mail(session, letter))["To"]

    display_name = header.rpartition("<")[0].strip()
    # not by EmailMessage: it puts blanks between the words of a long encoded name (RFC 2047 §6.2 says none)
    assert str(make_header(decode_header(display_name))) == name.replace("\u2028", " ")


def test_a_letter_sent_again_is_a_new_mail_with_the_same_sequence(session: Session) -> None:
    letter = make_letter(session, Kind.CONFIRMED, "cs")
    again = outbox.enqueue_again(session, letter, now=clock.now())
    session.commit()

    first, second = raw_mail(session, letter), raw_mail(session, again)

    assert parsed(first)["Message-ID"] != parsed(second)["Message-ID"]
    assert again.sequence == letter.sequence


def test_later_letters_follow_the_first_in_the_thread(session: Session) -> None:
    letter = make_letter(session, Kind.CANCELLED, "cs")
    first = (
        session.query(Letter).filter(Letter.attendee_id == letter.attendee_id, Letter.id < letter.id).one()
    )
    first.state = "sent"
    session.commit()

    mail = parsed(raw_mail(session, letter))

    assert mail["In-Reply-To"] == mail["References"] == f"<{first.message_id}@example.org>"
    assert sorted(mail.keys()) == sorted([*HEADERS, "In-Reply-To", "References"])


@pytest.mark.parametrize("zone", ["Europe/Prague", "Europe/Kyiv", "America/New_York", "Asia/Kathmandu"])
def test_the_instant_is_right_in_other_zones(session: Session, zone: str) -> None:
    letter = make_letter(session, Kind.CONFIRMED, "en", timezone=zone)
    data = compose(session, letter, now=clock.now()).calendar
    assert data is not None

    assert_well_formed(data)
    assert read_the_same(data).starts_at.isoformat() == letter.facts["meeting"]["starts_at"]


def test_nobody_else_stands_in_an_invite(session: Session) -> None:
    meeting = a_meeting(session)
    sign_in_language(session, meeting, "cs", person("Jan Čech"), person("Eva Malá"))
    session.commit()
    letter = session.query(Letter).filter_by(kind=Kind.CONFIRMED, recipient="eva.mala@example.org").one()

    mail = compose(session, letter, now=clock.now())

    assert mail.calendar is not None
    assert "cech" not in mail.calendar.decode().lower()
    assert "jan.cech@example.org" not in mail.as_bytes().decode()


def test_the_calendar_names_the_series_once(session: Session) -> None:
    series = make_series(session)
    letter = make_letter(session, Kind.CONFIRMED, "en", series_id=series.id, number=65)
    data = compose(session, letter, now=clock.now()).calendar
    assert data is not None

    assert (
        read_the_same(data).summary
        == "Regional Advisory Platform no.\u00a065: Housing and the move to renting"
    )
