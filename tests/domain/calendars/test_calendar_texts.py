from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendars import invite, text
from tests.calendar_checks import assert_well_formed, lines_of, read_the_same
from tests.domain.calendars.calendar_facts import invite_facts

HOSTILE = [
    "Žluťoučký kůň, příšerně; úpěl „ódy“",
    'Jan "Honza" Novák',
    "O'Brien’s",
    "Ing. Jana Nováková, Ph.D.",
    "a;b:c,d=e^f^^g^'h",
    "Олена Шевченко-Їжакевич",
    "Nguyễn Thị Ánh",
    "👩‍👩‍👧‍👦🇨🇿 rodina",
    "👩🏽‍🚀" * 40,
    "ž" * 300,
    "\u202eobráceně\u202c محمد",
    "C:\\New\\notes \\, \\; \\N \\n",
    "dva\r\nATTENDEE:mailto:eve@example.org",
    "lone\rORGANIZER:mailto:eve@example.org",
    "x\nEND:VEVENT\nEND:VCALENDAR",
    "nul\x00bell\x07vt\x0bff\x0cesc\x1bdel\x7f",
    "fs\x1cgs\x1drs\x1eus\x1f",
    "nel\x85ls\u2028ps\u2029END:VEVENT",
    "half \ud83d pair \udc00",
    "tab\there",
    "e\u0301 decomposed",
    "=?utf-8?q?Eve=0D=0ABcc:_x@evil.example?=",
    "{{7*7}} <b>tučně</b> & spol.",
    "   ",
    "^",
    '"',
    "\\",
    "%0D%0A %s {0}",
    "\ufeffbom",
    "-",
]

anything = st.text(
    alphabet=st.one_of(
        st.sampled_from("\\;,:\"^=%'n N\r\n\t\x00\x0b\x1f\x7f\x85\u2028’"),
        st.characters(),
        st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
    ),
    max_size=200,
)


def check_words(words: str) -> None:
    """The words everywhere: the file stays well formed, others read it, and each text comes back as meant."""
    facts = invite_facts(
        summary=words,
        description=words,
        location=words,
        attendee_name=words,
        organizer_name=words,
        conference_url="https://meet.example.org/1",
        conference_label=words,
        alarm_text=words,
    )
    data = invite.request(facts)
    assert_well_formed(data)
    texts = {line.name: line.text for line in lines_of(data) if line.component == "VEVENT"}
    assert texts.get("SUMMARY", "") == text.one_line(words)
    assert texts["LOCATION"] == (text.one_line(words) or "https://meet.example.org/1")
    assert texts["DESCRIPTION"].startswith(text.several_lines(words))
    names = {line.name: line.parameters.get("CN", "") for line in lines_of(data)}
    assert names["ATTENDEE"] == names["ORGANIZER"] == text.parameter(words)
    assert b"=?" not in re.sub(rb"(?m)^(SUMMARY|DESCRIPTION|LOCATION):.*$", b"", data.replace(b"\r\n ", b""))
    reading = read_the_same(data)
    assert (reading.uid, reading.attendee) == (facts.uid, facts.attendee_address)
    assert (reading.starts_at, reading.ends_at) == (facts.starts_at, facts.ends_at)
    assert_well_formed(invite.cancel(facts))


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_can_change_the_object(words):
    check_words(words)


@settings(max_examples=60, deadline=None)
@given(words=anything)
def test_no_words_at_all_can_change_the_object(words):
    check_words(words)


@pytest.mark.parametrize("length", range(58, 78))
@pytest.mark.parametrize("character", ["a", "ž", "€", "👍", "\\", ";"])
def test_folds_never_split_a_character(character, length):
    data = invite.request(invite_facts(summary=character * length, attendee_name=character * length))
    assert_well_formed(data)
    assert text.one_line(character * length) == read_the_same(data).summary


def test_ordinary_names_are_read_by_others_as_typed():
    for name in ["Olena Ševčenko, Ph.D.", 'Jan "Honza" Novák', "O’Brien; spol.", "Marie: z úřadu", "a^b"]:
        assert read_the_same(invite.request(invite_facts(attendee_name=name))).attendee_name == name


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\u2028b\u2029c\x85d", "a\nb\nc\nd"),
        ("a\x00b\x0bc\x7fd", "abcd"),
        ("a\tb", "a b"),
        ("  a \n\n b  ", "a \n\n b"),
        ("e\u0301", "é"),
        ("a\ud800b", "ab"),
        ("30\u00a0000\u00a0Kč", "30\u00a0000\u00a0Kč"),
        ("=?utf-8?q?x?=", "=?utf-8?q?x?="),
    ],
)
def test_several_lines(typed, written):
    assert text.several_lines(typed) == written


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("a\r\nb", "a b"),
        (" a \t b ", "a b"),
        ("4.\u00a04.\u00a02026", "4.\u00a04.\u00a02026"),
        ("a\u2028b", "a b"),
    ],
)
def test_one_line(typed, written):
    assert text.one_line(typed) == written


def test_parameter_holds_no_encoded_word():
    assert text.parameter("=?utf-8?q?Eve=0D=0ABcc:_x?=") == "= ?utf-8?q?Eve=0D=0ABcc:_x?="


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("https://example.org/a?b=c&d=e#f", "https://example.org/a?b=c&d=e#f"),
        ("https://example.org/%20", "https://example.org/%20"),
        ("https://example.org/č ř", "https://example.org/%C4%8D%20%C5%99"),
        (" https://example.org/\x00\ud800", "https://example.org/"),
        ("https://example.org/\r\nX:1", "https://example.org/%0D%0AX:1"),
        ('https://example.org/"<>\\^`{|}', "https://example.org/%22%3C%3E%5C%5E%60%7B%7C%7D"),
    ],
)
def test_uri(typed, written):
    assert text.uri(typed) == written


@settings(max_examples=200, deadline=None)
@given(words=anything)
def test_cleaning_twice_changes_nothing(words):
    for clean in (text.several_lines, text.one_line, text.parameter, text.uri):
        assert clean(clean(words)) == clean(words)
    assert unicodedata.is_normalized("NFC", text.several_lines(words))
    assert text.uri(words).isascii()
