from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.errors import Refusal
from app.delivery import authenticity, bounces
from app.delivery.incoming import Incoming, read
from app.delivery.mime import MAX_BYTES, MAX_DEPTH, MAX_PARTS, Reason, UnreadableMail, open_mail
from app.domain.calendars.reply import Method, Said, UnreadableCalendar, parse
from tests.cpu_time import cpu_time
from tests.delivery import hostile_mails, other_mails
from tests.delivery.raw_mails import CRLF, multipart, part, raw_mail
from tests.delivery.reply_mails import CLIENTS, calendar_file, passed, reply_mail

ROOT = Path(__file__).resolve().parents[2]
RSVP = "rsvp@example.org"
TOKEN = "r7f3k2q5m4x6c2abcdefghijkl"
OTHER_TOKEN = "a" * 26
WHO = {
    "uid": "r-0b9f6f0e-5f0c-4a52-9a55-2f8f3d1c7a10@example.org",
    "attendee": "Olena@Example.com",
    "organizer": f"rsvp+{TOKEN}@example.org",
}
CALENDAR = calendar_file("gmail", **WHO).decode()


def incoming(raw: bytes) -> Incoming:
    return read(raw, rsvp_address=RSVP)


def plain(*headers: str, body: str = "Ahoj") -> bytes:
    return CRLF.join([*headers, "", body]).encode()


def with_parts(*parts: str, **more: Any) -> bytes:
    facts: dict[str, Any] = {"sender": "o@example.com", "to": RSVP, "subject": "x"}
    return raw_mail(multipart("mixed", "xyz", *parts), **(facts | more))


# --- what calendar programs send --------------------------------------------------------------------------


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE", "DECLINED", "DELEGATED"])
@pytest.mark.parametrize("client", CLIENTS)
def test_every_program_and_answer_is_understood(client, partstat):
    comment = "Bohužel, jsem nemocná; snad\npříště." if partstat == "DECLINED" else ""
    raw = reply_mail(
        client,
        **WHO,
        partstat=partstat,
        sequence=4,
        comment=comment,
        delegated_to="Petr@example.com" if partstat == "DELEGATED" else None,
        authentication=(passed("olena@example.com"),),
    )
    mail = incoming(raw)
    assert mail.sender == "olena@example.com"
    assert mail.tokens == (TOKEN,)
    assert mail.recipients == (f"rsvp+{TOKEN}@example.org",)
    assert (mail.is_bounce, mail.bounce_token, mail.delivery_status) == (False, None, None)
    assert mail.is_automatic is (client == "gmail")
    assert mail.date == datetime(2026, 10, 2, 8, 15, 2, tzinfo=UTC)
    assert mail.calendar_method == (None if client == "apple" else "REPLY")
    assert mail.calendar is not None
    answer = parse(mail.calendar, declared_method=mail.calendar_method)
    assert (answer.method, answer.uid, answer.attendee) == (Method.REPLY, WHO["uid"], "olena@example.com")
    assert (answer.said, answer.sequence, answer.comment) == (Said(partstat), 4, comment)
    assert answer.dtstamp == datetime(2026, 10, 2, 8, 15, tzinfo=UTC)
    assert answer.delegated_to == ("petr@example.com" if partstat == "DELEGATED" else None)
    assert (answer.proposed_start, answer.proposed_end) == (None, None)


@pytest.mark.parametrize("client", CLIENTS)
def test_every_program_can_propose_another_time(client):
    start = datetime(2026, 10, 27, 9, 0, tzinfo=UTC)
    mail = incoming(reply_mail(client, **WHO, partstat="TENTATIVE", proposed_start=start))
    assert mail.calendar is not None
    answer = parse(mail.calendar, declared_method=mail.calendar_method)
    assert answer.method == Method.COUNTER
    known = client != "outlook"  # Exchange names a Windows zone, which stands for several
    assert answer.proposed_start == (start if known else None)
    assert answer.proposed_end == (start + timedelta(hours=3) if known else None)


def test_a_name_in_the_calendar_may_hold_anything():
    mail = incoming(reply_mail("thunderbird", **WHO, name="Novák, Jan; (Praha): 🙂"))
    assert mail.calendar is not None
    assert parse(mail.calendar).attendee == "olena@example.com"


# --- which calendar ---------------------------------------------------------------------------------------

INLINE = part("text/calendar; charset=utf-8; method=REPLY", CALENDAR, "8bit")
BARE = part("text/calendar; name=x.ics", CALENDAR.replace("SEQUENCE:0", "SEQUENCE:1"), "8bit")
FILE = part("application/ics", CALENDAR.replace("SEQUENCE:0", "SEQUENCE:2"), "base64")
REQUEST = part("Text/Calendar; Method=request", CALENDAR.replace("SEQUENCE:0", "SEQUENCE:3"), "8bit")
TEXT = part("text/plain", "Ahoj", "7bit")


@pytest.mark.parametrize(
    ("parts", "sequence"),
    [
        ([FILE, BARE, REQUEST, INLINE], 0),
        ([FILE, BARE, REQUEST], 1),
        ([FILE, REQUEST, BARE], 3),
        ([TEXT, FILE], 2),
        ([TEXT, multipart("alternative", "i", TEXT, multipart("related", "j", FILE, BARE)), FILE], 1),
    ],
)
def test_the_part_that_calls_itself_a_reply_comes_first(parts, sequence):
    mail = incoming(with_parts(*parts))
    assert mail.calendar is not None
    assert parse(mail.calendar).sequence == sequence


def test_a_mail_may_be_nothing_but_a_calendar():
    mail = incoming(raw_mail(INLINE, sender="o@example.com", to=RSVP, subject="x"))
    assert mail.calendar is not None
    assert parse(mail.calendar).uid == WHO["uid"]


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("text/calendar; method=REPLY", "REPLY"),
        ('TEXT/CALENDAR;CHARSET="utf-8";METHOD="reply"', "REPLY"),
        ("text/calendar;\r\n\tcharset=utf-8;\r\n\tmethod = Counter", "COUNTER"),
        ("text/calendar", None),
        ('text/calendar; name="a; method=REPLY"', None),
    ],
)
def test_the_method_that_a_part_says_is_kept(kind, method):
    assert incoming(with_parts(part(kind, CALENDAR, "8bit"))).calendar_method == method


@pytest.mark.parametrize(
    "parts", [[], [TEXT], [part("text/html", "x", "7bit")], [part("application/pdf", "x", "7bit")]]
)
def test_most_mails_hold_no_calendar(parts):
    mail = incoming(with_parts(*parts))
    assert (mail.calendar, mail.calendar_method) == (None, None)


def test_a_forwarded_letter_stays_closed():
    mail = incoming(other_mails.forwarded(sender="o@example.com", to=WHO["organizer"]))
    assert mail.tokens == (TOKEN,)
    assert mail.calendar is None


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("utf-8", "iso-8859-1"),
        ("utf-8", "utf-3000"),
        ("utf-8", ""),
        ("iso-8859-2", "iso-8859-2"),
        ("windows-1250", '"Windows-1250"'),
        ("utf-16", "utf-16"),
    ],
)
def test_charsets_are_right_wrong_or_missing(encoding, charset):
    file = calendar_file("gmail", **WHO, comment="Příště přijdu").decode().encode(encoding)
    kind = f"text/calendar; method=REPLY; charset={charset}" if charset else "text/calendar; method=REPLY"
    mail = incoming(hostile_mails.with_calendar(file, kind))
    assert mail.calendar is not None
    assert parse(mail.calendar).comment == "Příště přijdu"


@pytest.mark.parametrize("charset", ["utf-16", "big5", "zip", "punycode", "idna", "us-ascii", "\x00"])
def test_a_charset_that_cannot_be_spoils_no_more_than_letters(charset):
    mail = incoming(hostile_mails.bad_charset(charset))
    assert mail.calendar is not None
    answer = parse(mail.calendar)
    assert (answer.said, answer.attendee) == (Said.ACCEPTED, "eve@example.com")


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_transfer_encodings(encoding):
    mail = incoming(with_parts(part("text/calendar; method=REPLY", CALENDAR, encoding)))
    assert mail.calendar is not None
    assert parse(mail.calendar) == parse(CALENDAR.encode())


# --- who, to whom, when -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        (["From: Olena@Example.com"], "olena@example.com"),
        (["FROM : <olena@example.com>"], "olena@example.com"),
        (['From: "Novák, Jan \\"x\\" <eve@example.net>" <jan@example.com>'], "jan@example.com"),
        (["From: =?utf-8?q?eve=40example.net?= (from (Prague)) <jan@example.com> (work)"], "jan@example.com"),
        (["From: Olena\r\n <olena@example.com>"], "olena@example.com"),
        (["From: olena@example.com (Olena)"], "olena@example.com"),
        (["From: Team: jan@example.com;"], "jan@example.com"),
        (["From: a@example.com, b@example.com"], None),
        (["From: a@example.com", "From: b@example.com"], None),
        (["From: <a@example.com> <b@example.com>"], None),
        (["From: <a@example.com> b@example.com"], None),
        (["From: a b@example.com"], None),
        (["From: <a@example.com"], None),
        (['From: "a b"@example.com'], None),
        (['From: "olena"@example.com'], None),
        (["From: ole(x)na@example.com"], None),
        (['From: "open <a@example.com>'], None),
        (["From: (open <a@example.com>"], None),
        (["From: <@relay.example,@b.example:a@example.com>"], None),
        (["From: undisclosed:;"], None),
        (["From:"], None),
        (["To: x@example.com"], None),
    ],
)
def test_the_author_is_one_address_or_nobody(lines, sender):
    assert incoming(plain(*lines)).sender == sender


def test_recipients_of_the_envelope_come_first():
    raw = plain(
        "To: Team: a@example.org, <B@example.org>;, a@example.org",
        "Cc: c@example.org,, broken@, d@example.org",
        "Envelope-To: e@example.org",
        "X-Original-To: <x@example.org>",
        "Delivered-To: one@example.org",
        "Delivered-To: two@example.org",
        "Bcc: z@example.org",
    )
    names = ("one", "two", "x", "e", "a", "b", "c", "d")
    assert incoming(raw).recipients == tuple(f"{name}@example.org" for name in names)


@pytest.mark.parametrize(
    ("address", "tokens"),
    [
        (f"rsvp+{TOKEN}@example.org", (TOKEN,)),
        (f"RSVP+{TOKEN.upper()}@EXAMPLE.ORG", (TOKEN,)),
        (f"{TOKEN}@example.org", (TOKEN,)),
        (f"Setkání <rsvp+{TOKEN}@example.org>, rsvp+{OTHER_TOKEN}@example.org", (TOKEN, OTHER_TOKEN)),
        (f"rsvp+{TOKEN}@example.org, {TOKEN}@example.org", (TOKEN,)),
        (f"rsvp+{TOKEN}@evil.example.org", ()),
        (f"rsvp+{TOKEN}@example.orgx", ()),
        (f"other+{TOKEN}@example.org", ()),
        (f"xrsvp+{TOKEN}@example.org", ()),
        (f"rsvp+{TOKEN}a@example.org", ()),
        (f"rsvp+{TOKEN[1:]}@example.org", ()),
        (f"rsvp+{'1' * 26}@example.org", ()),
        (f"rsvp+x+{TOKEN}@example.org", ()),
        (f'"rsvp+{TOKEN}@example.org" <rsvp@example.org>', ()),
        (RSVP, ()),
    ],
)
def test_tokens_are_those_of_our_own_address(address, tokens):
    assert incoming(plain(f"To: {address}")).tokens == tokens


def test_the_token_in_the_envelope_comes_before_the_one_in_the_letter():
    raw = reply_mail("outlook", **WHO, envelope_to=f"rsvp+{OTHER_TOKEN}@example.org")
    assert incoming(raw).tokens == (OTHER_TOKEN, TOKEN)
    assert incoming(reply_mail("outlook", **WHO, envelope_to="")).tokens == (TOKEN,)


def test_a_bounce_names_the_letter_by_its_token():
    assert incoming(plain(f"To: Bounce+{TOKEN.upper()}@example.org")).bounce_token == TOKEN
    assert incoming(plain(f"To: bounce+{TOKEN}@example.com")).bounce_token is None
    assert incoming(plain(f"To: rsvp+{TOKEN}@example.org")).bounce_token is None


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Fri, 02 Oct 2026 10:15:00 +0200", datetime(2026, 10, 2, 8, 15, tzinfo=UTC)),
        ("2 Oct 2026 08:15 -0000 (nowhere)", datetime(2026, 10, 2, 8, 15, tzinfo=UTC)),
        ("Fri, 32 Oct 2026 10:15:00 +0200", None),
        ("Fri, 01 Jan 0100 00:00:00 +1400", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("yesterday", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_the_date_is_an_instant_or_nothing(value, date):
    assert incoming(plain(f"Date: {value}")).date == date


def test_a_mail_has_a_name_and_a_hash():
    raw = plain("Message-ID:  <abc@example.com>", "Message-ID: <second@example.com>")
    assert incoming(raw).message_id == "abc@example.com"
    assert incoming(raw).digest == hashlib.sha256(raw).hexdigest()
    assert incoming(plain("To: x")).message_id == ""
    assert len(incoming(plain("Message-ID: <" + "x" * 5000 + ">")).message_id) == 255
    assert "\x00" not in incoming(plain("Message-ID: <a\x00b>")).message_id


@pytest.mark.parametrize(
    ("value", "word", "automatic"),
    [
        ("auto-generated", "auto-generated", True),
        ("Auto-Replied (vacation); owner=x", "auto-replied", True),
        ("auto-notified; x=y", "auto-notified", True),
        ("no", "no", False),
        ("No (a person)", "no", False),
        ("", "", False),
    ],
)
def test_automatic_mails_say_so(value, word, automatic):
    mail = incoming(plain(f"Auto-Submitted: {value}"))
    assert (mail.auto_submitted, mail.is_automatic) == (word, automatic)
    assert incoming(plain("To: x")).is_automatic is False


def test_results_come_topmost_first_and_unfolded():
    raw = plain("Authentication-Results: one;\r\n\tdkim=none", "X: y", "authentication-results: two; none")
    assert incoming(raw).authentication == ("one;\tdkim=none", "two; none")


def test_the_separator_of_mailbox_files_is_passed_over():
    raw = b"From olena@example.com Fri Oct  2 10:15:00 2026\n" + plain("From: o@example.com").replace(
        b"\r\n", b"\n"
    )
    assert incoming(raw).sender == "o@example.com"


def test_a_part_ends_before_the_line_end_that_belongs_to_the_boundary():
    whole = with_parts(part("text/plain", "Ahoj\r\n", "8bit"), part("text/plain", "", "8bit"), TEXT)
    for raw, end in ((whole, b"\r\n"), (whole.replace(b"\r\n", b"\n"), b"\n")):
        assert [one.body for one in open_mail(raw).parts] == [b"Ahoj" + end, b"", b"Ahoj"]


@pytest.mark.parametrize("client", CLIENTS)
def test_line_ends_of_pipes_do_not_matter(client):
    raw = reply_mail(client, **WHO)
    piped = incoming(raw.replace(b"\r\n", b"\n"))
    assert piped.calendar is not None
    assert parse(piped.calendar) == parse(incoming(raw).calendar or b"")


# --- bounces ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        other_mails.report(to=RSVP),
        other_mails.qmail_bounce(to=RSVP),
        other_mails.attached_bounce(to=RSVP),
        other_mails.attached_bounce(to=RSVP, return_path="postmaster@example.com"),
        other_mails.read_receipt(sender="o@example.com", to=RSVP),
        reply_mail("outlook", **WHO, return_path=""),
        with_parts(multipart("report", "r", TEXT), INLINE),
    ],
)
def test_a_bounce_is_never_read_as_an_answer(raw):
    mail = incoming(raw)
    assert mail.is_bounce
    assert (mail.calendar, mail.calendar_method) == (None, None)


@pytest.mark.parametrize(
    "raw",
    [
        other_mails.out_of_office(sender="o@example.com", to=RSVP),
        other_mails.forwarded(sender="o@example.com", to=RSVP),
        *(reply_mail(client, **WHO) for client in CLIENTS),
    ],
)
def test_other_mails_are_no_bounces(raw):
    assert not incoming(raw).is_bounce


# --- limits and hostile mails -----------------------------------------------------------------------------


def refused(raw: bytes) -> Reason:
    with pytest.raises(UnreadableMail) as refusal:
        incoming(raw)
    assert isinstance(refusal.value, Refusal)
    assert str(refusal.value) == refusal.value.reason
    return refusal.value.reason


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"x: y\r\n\r\n" + b"x" * MAX_BYTES, Reason.TOO_LARGE),
        (b"", Reason.NOT_A_MAIL),
        (b"\r\nBody only", Reason.NOT_A_MAIL),
        (b"BEGIN VCALENDAR\r\n\r\n", Reason.NOT_A_MAIL),
        (b"x: y\r\n" * 3000, Reason.HEADERS_TOO_LARGE),
        (b"x: " + b"y" * 200_000, Reason.HEADERS_TOO_LARGE),
        (with_parts(*[TEXT] * (MAX_PARTS + 1)), Reason.TOO_MANY_PARTS),
        (hostile_mails.nested_multiparts(MAX_DEPTH + 1), Reason.TOO_DEEP),
    ],
)
def test_refuses_what_is_too_much(raw, reason):
    assert refused(raw) == reason


def test_takes_what_just_fits():
    assert incoming(with_parts(*[TEXT] * (MAX_PARTS - 1), INLINE)).calendar is not None
    deep = multipart("mixed", "d0", INLINE)
    for level in range(1, MAX_DEPTH):
        deep = multipart("mixed", f"d{level}", deep)
    raw = raw_mail(deep, sender="o@example.com", to=RSVP, subject="x")
    assert incoming(raw).calendar is not None
    assert incoming(raw + b" " * (MAX_BYTES - len(raw))).calendar is not None


def digest_all(raw: bytes) -> None:
    """Everything that is done with a raw mail without a database."""
    with contextlib.suppress(UnreadableMail, UnreadableCalendar):
        mail = incoming(raw)
        bounces.read(mail)
        authenticity.judge(mail.authentication, sender=mail.sender, authserv_id="mx.example.org")
        if mail.calendar is not None:
            parse(mail.calendar, declared_method=mail.calendar_method)


@pytest.mark.parametrize("name", hostile_mails.MAILS)
def test_hostile_mails_take_no_time(name):
    with cpu_time() as took:
        digest_all(hostile_mails.MAILS[name])
    assert took.seconds < 1


def test_hostile_mails_take_no_room():
    """All of them, one after the other, in a process that may not grow."""
    program = (
        "import resource\n"
        "from tests.delivery.hostile_mails import MAILS\n"
        "from tests.delivery.test_incoming import digest_all\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for raw in MAILS.values(): digest_all(raw)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    kibibytes = int(done.stdout) / (1024 if sys.platform == "darwin" else 1)
    assert kibibytes < 50 * 1024


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused(raw):
    digest_all(raw)


SCRAPS = st.sampled_from(
    [
        "From: o@example.com", "To: ", "\r\n\r\n", "\r\n", "\n", "\r", "--b", "--b--", "--", "; ", '"', "(", ")", "=",
        "Content-Type: multipart/mixed; boundary=b", "Content-Type: multipart/report; boundary=b",
        "Content-Type: text/calendar; method=REPLY; charset=", "utf-16", "Content-Transfer-Encoding: base64",
        "Content-Type: message/delivery-status", "Action: failed", "Status: 5.1.1", "Return-Path: <>", CALENDAR,
        "Authentication-Results: mx.example.org; dmarc=pass", "Date: ", "Fri, 02 Oct 2026 10:15:00 +0200",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.one_of(SCRAPS, st.text(max_size=20)), max_size=40))
def test_any_scraps_of_mails_are_read_or_refused(scraps):
    digest_all("".join(scraps).encode())


@settings(deadline=None)
@given(st.sampled_from(CLIENTS), st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=4)), max_size=8))
def test_real_mails_with_spoilt_bytes_are_read_or_refused(client, changes):
    raw = bytearray(reply_mail(client, **WHO, comment="Příště", authentication=(passed("o@example.com"),)))
    for at, put in changes:
        raw[at : at + len(put)] = put
    digest_all(bytes(raw))
