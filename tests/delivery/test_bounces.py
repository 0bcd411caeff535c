from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.delivery.bounces import MAX_WORDS, Bounce, Outcome, read
from app.delivery.incoming import read as read_mail
from tests.delivery import other_mails
from tests.delivery.other_mails import FAILED, RECIPIENT, report
from tests.delivery.reply_mails import CLIENTS, reply_mail

RSVP = "rsvp@example.org"
TOKEN = "r7f3k2q5m4x6c2abcdefghijkl"
BOUNCE = f"bounce+{TOKEN}@example.org"


def bounce(raw: bytes) -> Bounce | None:
    return read(read_mail(raw, rsvp_address=RSVP))


def fields(action: str = "failed", status: str = "5.1.1", *more: str) -> str:
    return "\n".join(
        [f"Final-Recipient: rfc822; {RECIPIENT}", f"Action: {action}", f"Status: {status}", *more, ""]
    )


def test_a_failed_letter_is_found_with_the_servers_words():
    mail = read_mail(report(to=BOUNCE), rsvp_address=RSVP)
    assert mail.bounce_token == TOKEN
    assert read(mail) == Bounce(
        outcome=Outcome.PERMANENT,
        action="failed",
        status="5.1.1",
        words=f"550 5.1.1 <{RECIPIENT}>: Recipient address rejected: User unknown in virtual mailbox table",
        recipient=RECIPIENT,
    )


@pytest.mark.parametrize(
    ("action", "status", "outcome"),
    [
        ("failed", "5.1.1", Outcome.PERMANENT),
        ("Failed (for good)", "5.0.0 (permanent failure)", Outcome.PERMANENT),
        ("failed", "5.7.606", Outcome.PERMANENT),
        ("failed", "4.4.1", Outcome.PASSING),
        ("failed", "", Outcome.PASSING),
        ("failed", "5", Outcome.PASSING),
        ("failed", "15.1.1", Outcome.PASSING),
        ("failed", "(5.1.1)", Outcome.PASSING),
        ("delayed", "4.4.7", Outcome.PASSING),
        ("delayed", "5.1.1", Outcome.PASSING),
        ("delivered", "2.0.0", Outcome.PASSING),
        ("relayed", "2.1.9", Outcome.PASSING),
        ("expanded", "2.0.0", Outcome.PASSING),
        ("", "5.1.1", Outcome.PASSING),
        ("failed; not", "5.1.1", Outcome.PASSING),
    ],
)
def test_only_a_failure_for_good_is_permanent(action, status, outcome):
    found = bounce(report(fields(action, status), to=BOUNCE))
    assert found is not None
    assert found.outcome == outcome


def test_the_first_recipient_that_failed_is_the_one():
    delayed = fields("delayed", "4.2.0")
    first = fields("failed", "5.2.2", "Diagnostic-Code: smtp;552 full")
    second = fields("failed", "5.1.1", "Diagnostic-Code: smtp;550 unknown")
    found = bounce(report(delayed, first, second, to=BOUNCE))
    assert found is not None
    assert (found.status, found.words) == ("5.2.2", "552 full")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("smtp; 550 5.1.1 unknown", "550 5.1.1 unknown"),
        ("SMTP;550 unknown; see https://example.com", "550 unknown; see https://example.com"),
        ("x-unix; disk full", "disk full"),
        ("550 5.1.1 unknown", "550 5.1.1 unknown"),
        ("550 no such user; sorry", "550 no such user; sorry"),
        ("smtp; a\n\tb\n   c", "a b c"),
        ("smtp; a\x00b\x1b[31mc\u2028d\u202ee", "a b [31mc d e"),
        ("smtp; " + "x" * 500, "x" * MAX_WORDS),
        ("smtp;", ""),
        ("", ""),
    ],
)
def test_words_are_one_short_line(code, words):
    found = bounce(report(fields("failed", "5.1.1", f"Diagnostic-Code: {code}"), to=BOUNCE))
    assert found is not None
    assert found.words == words


@pytest.mark.parametrize(
    ("lines", "recipient"),
    [
        ([f"Final-Recipient: RFC822;{RECIPIENT.upper()}"], RECIPIENT),
        ([f"Final-Recipient: rfc822; <{RECIPIENT}>"], RECIPIENT),
        (
            [f"Original-Recipient: rfc822;{RECIPIENT}", "Final-Recipient: rfc822; b@example.net"],
            "b@example.net",
        ),
        ([f"Original-Recipient: rfc822;{RECIPIENT}", "Final-Recipient: x400; /O=x"], RECIPIENT),
        (["Final-Recipient: rfc822; nobody"], None),
        ([], None),
    ],
)
def test_the_recipient_is_named_where_it_can_be(lines, recipient):
    found = bounce(report("\n".join([*lines, "Action: failed", "Status: 5.1.1"]), to=BOUNCE))
    assert found is not None
    assert (found.outcome, found.recipient) == (Outcome.PERMANENT, recipient)


@pytest.mark.parametrize(
    "kind", ["message/delivery-status", "Message/Delivery-Status", "message/global-delivery-status"]
)
def test_both_kinds_of_report_are_known(kind):
    assert bounce(report(to=BOUNCE, kind=kind)) == bounce(report(to=BOUNCE))


def test_a_report_without_the_part_about_the_message_is_read():
    found = bounce(report(FAILED, to=BOUNCE, message=""))
    assert found is not None
    assert found.outcome == Outcome.PERMANENT


@pytest.mark.parametrize(
    "raw",
    [
        other_mails.qmail_bounce(to=BOUNCE),
        other_mails.attached_bounce(to=BOUNCE),
        other_mails.attached_bounce(to=BOUNCE, return_path=""),
        other_mails.read_receipt(sender="o@example.com", to=RSVP),
        report("Nothing: here", to=BOUNCE),
        report(to=BOUNCE, kind="text/plain"),
    ],
)
def test_a_bounce_without_a_report_is_unclear(raw):
    mail = read_mail(raw, rsvp_address=RSVP)
    assert read(mail) == Bounce(outcome=Outcome.UNCLEAR)
    assert mail.calendar is None


@pytest.mark.parametrize(
    "raw",
    [
        other_mails.out_of_office(sender="o@example.com", to=RSVP),
        other_mails.forwarded(sender="o@example.com", to=RSVP),
        *(reply_mail(one, uid="r-1@x.org", attendee="o@example.com", organizer=RSVP) for one in CLIENTS),
    ],
)
def test_other_mails_are_no_bounces(raw):
    assert bounce(raw) is None


def test_nothing_personal_in_what_is_logged():
    assert RECIPIENT not in repr(bounce(report(to=BOUNCE)))


@settings(deadline=None)
@given(st.text(max_size=400), st.text(max_size=100))
def test_any_report_is_read(text, more):
    found = bounce(report(text, fields("failed", "5.1.1", more), to=BOUNCE))
    assert found is not None
    assert found.words.isprintable()
    assert len(found.words) <= MAX_WORDS
