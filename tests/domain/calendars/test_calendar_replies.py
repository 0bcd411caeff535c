from __future__ import annotations

import contextlib
import tracemalloc
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.errors import Refusal
from app.domain.calendars import invite
from app.domain.calendars.content import MAX_BYTES
from app.domain.calendars.facts import MAX_SEQUENCE
from app.domain.calendars.reply import MAX_COMMENT, Method, Reason, Said, UnreadableCalendar, parse
from tests.cpu_time import cpu_time
from tests.domain.calendars.calendar_facts import INVITE, invite_facts

UID = INVITE["uid"]
BASIS = {
    "UID": f"UID:{UID}",
    "ATTENDEE": "ATTENDEE;PARTSTAT=ACCEPTED;CN=Olena:mailto:olena@example.org",
    "DTSTAMP": "DTSTAMP:20261002T081500Z",
    "SEQUENCE": "SEQUENCE:3",
}


def calendar(*more: str, method: str | None = "REPLY", frame: str = "", **changed: str | None) -> bytes:
    """A file with the lines of `BASIS`, some changed, or left out by None; `more` are further lines of the event."""
    lines = [line for line in (BASIS | changed).values() if line is not None]
    head = f"METHOD:{method}\r\n" if method is not None else ""
    event = "\r\n".join(["BEGIN:VEVENT", *lines, *more, "END:VEVENT"])
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}{frame}{event}\r\nEND:VCALENDAR\r\n".encode()


def refused(data: bytes, **more: Any) -> Reason:
    with pytest.raises(UnreadableCalendar) as refusal:
        parse(data, **more)
    assert isinstance(refusal.value, Refusal)
    assert str(refusal.value) == refusal.value.reason
    return refusal.value.reason


# --- what a reply says ------------------------------------------------------------------------------------


def test_reads_who_said_what_about_which_invite():
    answer = parse(calendar())
    assert (answer.method, answer.uid, answer.attendee) == (Method.REPLY, UID, "olena@example.org")
    assert (answer.said, answer.sequence) == (Said.ACCEPTED, 3)
    assert answer.dtstamp == datetime(2026, 10, 2, 8, 15, tzinfo=UTC)
    assert (answer.comment, answer.guests, answer.delegated_to) == ("", 0, None)
    assert (answer.proposed_start, answer.proposed_end, answer.proposed_day) == (None, None, None)


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        (";PARTSTAT=ACCEPTED", Said.ACCEPTED),
        (";PARTSTAT=tentative", Said.TENTATIVE),
        (';PARTSTAT="Declined"', Said.DECLINED),
        (";PARTSTAT=DELEGATED", Said.DELEGATED),
        (";PARTSTAT=NEEDS-ACTION", Said.NEEDS_ACTION),
        ("", Said.NEEDS_ACTION),
        (";PARTSTAT=", Said.NEEDS_ACTION),
        (";PARTSTAT=IN-PROCESS", Said.OTHER),
        (";PARTSTAT=X-LATER", Said.OTHER),
        (";PARTSTAT=OTHER", Said.OTHER),
    ],
)
def test_reads_every_word_of_the_standard(parameter, said):
    assert parse(calendar(ATTENDEE=f"ATTENDEE{parameter}:mailto:o@example.org")).said == said


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("ATTENDEE:MAILTO:Olena@Example.ORG", "olena@example.org"),
        ("attendee:mailto:olena@example.org", "olena@example.org"),
        ("ATTENDEE: mailto: olena@example.org ", "olena@example.org"),
        ("ATTENDEE:olena@example.org", "olena@example.org"),
        ("ATTENDEE:mailto:o+tag@example.org?subject=x", "o+tag@example.org"),
        ("ATTENDEE;CN=\"Nováková, Jana: \\; ^'J^'\":mailto:jana@example.org", "jana@example.org"),
        ('ATTENDEE;SENT-BY="mailto:office@example.org":mailto:jana@example.org', "jana@example.org"),
        ("ATTENDEE:mailto:novák@příklad.cz", "novák@příklad.cz"),
    ],
)
def test_reads_the_address_in_its_many_shapes(line, address):
    assert parse(calendar(ATTENDEE=line)).attendee == address


@pytest.mark.parametrize(
    "line",
    [
        None,
        "ATTENDEE:",
        "ATTENDEE:mailto:",
        "ATTENDEE:mailto:olena",
        "ATTENDEE:invalid:nomail",
        "ATTENDEE:mailto:a@b@example.org",
        "ATTENDEE:mailto:a\\nb@example.org",
        "ATTENDEE:mailto:a\x00b@example.org",
        'ATTENDEE;CN="open:mailto:olena@example.org',
        f"ATTENDEE:mailto:{'a' * 250}@example.org",
    ],
)
def test_needs_an_address(line):
    assert refused(calendar(ATTENDEE=line)) == Reason.NO_ATTENDEE


def test_delegation_names_the_other_one():
    line = 'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="MAILTO:Petr@example.org","mailto:b@example.org"'
    answer = parse(calendar(ATTENDEE=f"{line}:mailto:o@example.org"))
    assert (answer.said, answer.delegated_to) == (Said.DELEGATED, "petr@example.org")


@pytest.mark.parametrize(
    ("line", "sequence"),
    [
        (None, 0),
        ("SEQUENCE:", 0),
        ("SEQUENCE:two", 0),
        ("SEQUENCE:-1", 0),
        ("SEQUENCE:1.5", 0),
        ("SEQUENCE:٣", 0),
        ("SEQUENCE:+4", 4),
        ("SEQUENCE: 007 ", 7),
        ("SEQUENCE:2147483647", MAX_SEQUENCE),
        ("SEQUENCE:1790000000000", MAX_SEQUENCE),
        ("SEQUENCE:" + "9" * 6000, MAX_SEQUENCE),
        ('SEQUENCE;X="3', 0),
    ],
)
def test_a_broken_sequence_is_the_first_and_a_huge_one_never_small(line, sequence):
    assert parse(calendar(SEQUENCE=line)).sequence == sequence


@pytest.mark.parametrize(
    ("line", "instant"),
    [
        (None, None),
        ("DTSTAMP:yesterday", None),
        ("DTSTAMP:20261002", None),
        ("DTSTAMP:20261002T081500", None),
        ("DTSTAMP:20261302T081500Z", None),
        ("DTSTAMP:20261002T081560Z", None),
        ("DTSTAMP:00000000T000000Z", None),
        ("DTSTAMP:00010101T000000Z", None),
        ("DTSTAMP:99991231T235959Z", None),
        ("DTSTAMP;TZID=Nowhere/Town:20261002T101500", None),
        ("DTSTAMP;TZID=Europe/Prague:20261002T101500", datetime(2026, 10, 2, 8, 15, tzinfo=UTC)),
        ("DTSTAMP;X=1:20261002T081500Z", datetime(2026, 10, 2, 8, 15, tzinfo=UTC)),
    ],
)
def test_dtstamp_is_an_instant_or_nothing(line, instant):
    assert parse(calendar(DTSTAMP=line)).dtstamp == instant


@pytest.mark.parametrize(
    ("lines", "comment"),
    [
        ([r"COMMENT:Přijdu\, ale později\; snad"], "Přijdu, ale později; snad"),
        (["COMMENT;LANGUAGE=cs-CZ:\\n"], ""),
        ([r"COMMENT:a\nb\N\n\n\n  c  "], "a\nb\n\nc"),
        (["COMMENT:one", "COMMENT:two"], "one\ntwo"),
        (["COMMENT:a\x00b\x07c\x1bd\x7fe\x9bf\ufeffg\u2028h"], "abcdefg\nh"),
        (["COMMENT:e\u0301"], "é"),
        (["COMMENT:" + "ř" * 2000], "ř" * MAX_COMMENT),
        (["COMMENT:" + "x" * (MAX_COMMENT - 1) + " y"], "x" * (MAX_COMMENT - 1)),
        (["COMMENT:long \r\n  and\r\n\tfolded"], "long  andfolded"),
    ],
)
def test_comment_has_one_form(lines, comment):
    assert parse(calendar(*lines)).comment == comment


def test_a_fold_inside_a_character_does_no_harm():
    data = calendar("COMMENT:Přijdu").replace("ř".encode(), "ř".encode()[:1] + b"\r\n " + "ř".encode()[1:])
    assert parse(data).comment == "Přijdu"


def test_bytes_that_are_no_utf8_do_no_harm():
    answer = parse(calendar("COMMENT:P?ijdu").replace(b"?", b"\xf8"))
    assert (answer.comment, answer.said) == ("P\ufffdijdu", Said.ACCEPTED)


@pytest.mark.parametrize(("given", "guests"), [("2", 2), ("-1", 0), ("many", 0), ("99999999999999", 999)])
def test_guests_are_a_small_number(given, guests):
    line = f"ATTENDEE;X-NUM-GUESTS={given};PARTSTAT=ACCEPTED:mailto:o@example.org"
    assert parse(calendar(ATTENDEE=line)).guests == guests


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r"])
def test_line_ends_and_byte_order_mark_do_not_matter(ending):
    data = b"\xef\xbb\xbf" + calendar().replace(b"\r\n", ending) + ending * 3
    assert parse(data) == parse(calendar())


def test_our_own_invite_names_what_a_reply_names():
    """What a program copies from our invite is what we look for."""
    data = invite.request(invite_facts(sequence=7)).replace(b"METHOD:REQUEST", b"METHOD:REPLY")
    answer = parse(data)
    assert (answer.uid, answer.attendee, answer.sequence) == (UID, INVITE["attendee_address"], 7)
    assert answer.said == Said.ACCEPTED


def test_zones_alarms_and_times_of_a_reply_are_never_read():
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Prague\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
        "RRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+9999\r\nTZOFFSETTO:bad\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    alarm = "BEGIN:VALARM\r\nATTENDEE:mailto:eve@example.org\r\nUID:other\r\nEND:VALARM"
    odd = calendar("DTSTART;TZID=Narnia:never", "RRULE:FREQ=SECONDLY", "ORGANIZER:x", alarm, frame=zone)
    assert parse(odd) == parse(calendar())


def test_nothing_personal_in_what_is_logged():
    line = "ATTENDEE;DELEGATED-TO=petr@example.org:mailto:olena@example.org"
    shown = repr(parse(calendar("COMMENT:I am ill", ATTENDEE=line)))
    assert not {"olena", "petr", "ill"} & set(shown.replace("'", " ").replace("@", " ").split())
    with pytest.raises(UnreadableCalendar) as refusal:
        parse(calendar(UID="UID:secret\\nword"))
    assert "secret" not in repr(refusal.value)
    assert refusal.value.__cause__ is None


# --- another time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        (["DTSTART:20261022T110000Z", "DTEND:20261022T140000Z"], (22, 11, 0), (22, 14, 0)),
        (["DTSTART;TZID=Europe/Prague:20261022T130000", "DURATION:PT90M"], (22, 11, 0), (22, 12, 30)),
        (["DTSTART;TZID=Europe/Prague:20261026T130000"], (26, 12, 0), None),
        (["DTSTART;TZID=Asia/Kathmandu:20261022T130000"], (22, 7, 15), None),
        (["DTSTART:20261022T110000Z", "DTEND:20261022T110000Z"], (22, 11, 0), None),
        (["DTSTART:20261022T110000Z", "DTEND:20261021T110000Z"], (22, 11, 0), None),
        (["DTSTART:20261022T110000Z", "DURATION:for ever"], (22, 11, 0), None),
        (["DTSTART:20261022T110000Z", "DURATION:P99999999999999D"], (22, 11, 0), None),
        (["DTSTART;TZID=W. Europe Standard Time:20261022T130000"], None, None),
        (["DTSTART;TZID=Central European Standard Time:20261022T130000"], None, None),
        (["DTSTART;TZID=/mozilla.org/20050126_1/Europe/Prague:20261022T130000"], None, None),
        (["DTSTART;TZID=../../etc/passwd:20261022T130000"], None, None),
        (["DTSTART;TZID=Europe:20261022T130000"], None, None),
        (["DTSTART:20261022T130000"], None, None),
        ([], None, None),
    ],
)
def test_proposed_times_are_known_for_certain_or_not_at_all(lines, start, end):
    answer = parse(calendar(*lines, method="COUNTER"))
    assert answer.method == Method.COUNTER
    assert answer.proposed_day is None
    expected = [datetime(2026, 10, *one, tzinfo=UTC) if one else None for one in (start, end)]
    assert [answer.proposed_start, answer.proposed_end] == expected


@pytest.mark.parametrize(
    ("value", "day"),
    [("20261022", date(2026, 10, 22)), ("20261399", None), ("00010101", None), ("2026102", None)],
)
def test_a_proposed_day_is_a_day(value, day):
    answer = parse(calendar(f"DTSTART;VALUE=DATE:{value}", method="COUNTER"))
    assert (answer.proposed_start, answer.proposed_end, answer.proposed_day) == (None, None, day)


def test_a_refresh_needs_no_answer():
    answer = parse(calendar(method="refresh", SEQUENCE=None, ATTENDEE="ATTENDEE:mailto:o@example.org"))
    assert (answer.method, answer.said) == (Method.REFRESH, Said.NEEDS_ACTION)


# --- what is no answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", "ADD", "DECLINECOUNTER", "X-NEW"])
def test_other_methods_are_not_for_us(method):
    assert refused(calendar(method=method)) == Reason.OTHER_METHOD


def test_the_method_is_there_once_and_agrees_with_its_mail_part():
    assert refused(calendar(method=None)) == Reason.NO_METHOD
    assert refused(calendar(frame="METHOD:COUNTER\r\n")) == Reason.METHOD_DISAGREES
    assert refused(calendar(), declared_method="REQUEST") == Reason.METHOD_DISAGREES
    assert refused(calendar(method="REQUEST"), declared_method="REPLY") == Reason.METHOD_DISAGREES
    assert parse(calendar(), declared_method=" reply ").said == Said.ACCEPTED
    inside = calendar("METHOD:REPLY", method=None)
    assert refused(inside) == Reason.NO_METHOD


EVENT = "BEGIN:VEVENT\r\nUID:x\r\nATTENDEE:mailto:a@example.org\r\nEND:VEVENT"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.NOT_A_CALENDAR),
        (b"\x00" * 1000, Reason.NOT_A_CALENDAR),
        (b"Dear sirs,\r\nI will come.\r\n", Reason.NOT_A_CALENDAR),
        (EVENT.encode(), Reason.NOT_A_CALENDAR),
        (EVENT.encode() + b"\r\n" + calendar(), Reason.NOT_A_CALENDAR),
        (calendar()[:-20], Reason.NOT_A_CALENDAR),
        (calendar().removesuffix(b"END:VCALENDAR\r\n"), Reason.NOT_A_CALENDAR),
        (calendar().replace(b"END:VEVENT", b"END:VTODO"), Reason.NOT_A_CALENDAR),
        (b"END:VCALENDAR\r\n" + calendar(), Reason.NOT_A_CALENDAR),
        (calendar() + calendar(), Reason.TWO_CALENDARS),
        (calendar().replace(b"VEVENT", b"VTODO"), Reason.NO_EVENT),
        (calendar(frame=EVENT + "\r\n"), Reason.TWO_EVENTS),
        (calendar("ATTENDEE:mailto:b@example.org"), Reason.TWO_ATTENDEES),
        (calendar('ATTENDEE;CN="broken:mailto:b@example.org'), Reason.TWO_ATTENDEES),
        (calendar("UID:another"), Reason.TWO_UIDS),
        (calendar(UID=None), Reason.NO_UID),
        (calendar(UID="UID:"), Reason.NO_UID),
        (calendar(UID="UID:" + "u" * 256), Reason.NO_UID),
        (calendar("COMMENT:" + "x" * 40_000), Reason.LONG_LINE),
        (calendar(*["COMMENT:" + "x" * 30_000] * 3), Reason.TOO_MANY_LINES),
        (calendar(*["COMMENT:x"] * 1001), Reason.TOO_MANY_LINES),
        (b"x" * (MAX_BYTES + 1), Reason.TOO_LARGE),
        (b"\n" * 30_000, Reason.TOO_MANY_LINES),
        (calendar("BEGIN:VALARM\r\nEND:VALARM\r\n" * 600), Reason.TOO_MANY_COMPONENTS),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 5000, Reason.TOO_DEEP),
        (b"BEGIN:VCALENDAR\r\n" * 5000 + b"END:VCALENDAR\r\n" * 5000, Reason.TOO_DEEP),
    ],
)
def test_refuses_what_is_not_one_answer(data, reason):
    assert refused(data) == reason


def test_long_lines_that_nobody_reads_are_allowed():
    """Outlook sends the whole letter as HTML in one property."""
    assert parse(calendar("X-ALT-DESC;FMTTYPE=text/html:" + "x" * 100_000)) == parse(calendar())


# --- what hostile files cost ------------------------------------------------------------------------------

FILLS = ['"', "\\", "^n", ";a=", ';a="', ",", ':"', "\\n", ";a=b , ", "\x00", "ř"]
HOSTILE = {
    **{f"parameters of {fill!r}": calendar(*["ATTENDEE;CN=" + fill * (30_000 // len(fill.encode())) + ":x"] * 2)
       for fill in FILLS},
    **{f"comments of {fill!r}": calendar(*["COMMENT:" + fill * (30_000 // len(fill.encode()))] * 2)
       for fill in FILLS},
    "as many as are read": calendar(*["COMMENT:" + "x" * 50] * 900),
    "many short lines": calendar(*["COMMENT:x"] * 19_900),
    "many folds": calendar("COMMENT:" + "\r\n " * 19_900),
    "nested": b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 5000 + b"END:VEVENT\n" * 4900,
    "no lines": b"BEGIN:VCALENDAR" * 17_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little(name):
    data = HOSTILE[name]
    assert len(data) <= MAX_BYTES
    with cpu_time() as took, contextlib.suppress(UnreadableCalendar):
        parse(data)
    assert took.seconds < 1
    tracemalloc.start()
    with contextlib.suppress(UnreadableCalendar):
        parse(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(UnreadableCalendar):
        parse(data)


LINES = st.sampled_from(
    [*BASIS.values(), "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR", "METHOD:REPLY",
     "DTSTART;VALUE=DATE:20261022", 'COMMENT;X="a\\n":b\\', "ATTENDEE;PARTSTAT=:", "DURATION:P1W", ""]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=60)), max_size=30), st.sampled_from(["REPLY", "COUNTER"]))
def test_any_lines_are_read_or_refused(lines, method):
    for data in (calendar(*lines, method=method), "\r\n".join(lines).encode()):
        try:
            answer = parse(data)
        except UnreadableCalendar:
            continue
        assert 0 <= answer.sequence <= MAX_SEQUENCE
        assert len(answer.comment) <= MAX_COMMENT
        assert answer.uid.isprintable()
