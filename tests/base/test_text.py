"""What people type: one canonical form, keys to find it by, keys to sort it by."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.text import (
    BadText,
    clean_line,
    clean_text,
    czech_key,
    fold,
    fold_email,
    in_language,
    like,
    name_sort_key,
    one_line_for_header,
    slugify,
    split_name,
)

TYPED = st.text(st.characters(codec="utf-8"))
SAID = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Jana   Nováková  ", "Jana Nováková"),
        ("Nova\u0301kova\u0301", "Nováková"),
        ("\tJana\n", "Jana"),
        ("", ""),
        ("   ", ""),
        ("Олена Шевченко", "Олена Шевченко"),
        ("{{7*7}} <b>", "{{7*7}} <b>"),
        ("\u200fעדה\u200f", "\u200fעדה\u200f"),
        ("👩‍👩‍👧 rodina", "👩‍👩‍👧 rodina"),
    ],
)
def test_a_line_is_kept_in_one_form(typed, kept):
    assert clean_line(typed, max_length=200) == kept


@pytest.mark.parametrize(
    "sign", ["\x00", "\x01", "\x1b", "\x7f", "\x80", "\x9f", "\n", "\r", "\r\n", "\t", "\x0b", "\x0c"]
)
def test_a_line_holds_no_control_characters(sign):
    with pytest.raises(BadText) as no:
        clean_line(f"Jana{sign}Nováková", max_length=200)
    assert no.value.reason == "control"


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085"])
def test_a_line_holds_no_other_line_breaks(sign):
    with pytest.raises(BadText, match="control"):
        clean_line(f"Jana{sign}Nováková", max_length=200)


@pytest.mark.parametrize("clean", [clean_line, clean_text])
@pytest.mark.parametrize("number", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_lone_surrogates_are_bad_input(clean, number):
    with pytest.raises(BadText, match="surrogate"):
        clean(f"Jana {chr(number)}", max_length=200)


def test_length_counts_after_tidying():
    assert clean_line("  a   b  ", max_length=3) == "a b"
    assert clean_line("e\u0301" * 5, max_length=5) == "é" * 5
    with pytest.raises(BadText, match="too_long"):
        clean_line("abcd", max_length=3)
    with pytest.raises(BadText, match="too_long"):
        clean_text("abcd", max_length=3)


def test_a_text_keeps_lines_and_tabs():
    assert clean_text(" a\r\nb\rc\n\td \r\n", max_length=200) == "a\nb\nc\n\td"
    for sign in ("\x00", "\x08", "\x1b", "\x0b", "\x85"):
        with pytest.raises(BadText, match="control"):
            clean_text(f"a{sign}b", max_length=200)


@given(TYPED)
def test_cleaning_again_changes_nothing(typed):
    for clean in (clean_line, clean_text):
        try:
            once = clean(typed, max_length=10_000)
        except BadText as no:
            assert no.reason == "control"  # noqa: PT017 - a property of every refusal
        else:
            assert clean(once, max_length=10_000) == once
            assert unicodedata.is_normalized("NFC", once)
            assert once == once.strip()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Příliš ŽLUŤOUČKÝ kůň", "prilis zlutoucky kun"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Łukasz", "lukasz"),
        ("Nguyễn Văn Đức", "nguyen van duc"),
        ("Bjørn Sæther", "bjorn saether"),
        ("İstanbul", "istanbul"),
        ("a\u00a0 b\u200d c", "a b c"),
        ("ﬁrma", "firma"),
        ("Ґанок Їжак", "ґанок іжак"),
    ],
)
def test_folding_takes_diacritics_and_case_away(text, folded):
    assert fold(text) == folded


@given(SAID)
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(SAID)
def test_composed_and_decomposed_text_fold_alike(text):
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_addresses_fold_without_losing_their_accents():
    assert fold_email(" Jana.Novakova@Example.ORG ") == "jana.novakova@example.org"
    assert fold_email("jana@háčky.cz") != fold_email("jana@hacky.cz")


def test_a_pattern_finds_the_signs_of_patterns_as_text():
    assert like("100 %_\\") == "%100 \\%\\_\\\\%"


CZECH = """
    cibule cukr čáp černý čtvrtek ďas dům had hora hůl chleba chyba ibis rak řada řeka sad svět šaty šum tabák
    ťuhýk zima zvon žába žito
"""


def test_czech_letters_have_their_places():
    words = CZECH.split()
    assert sorted(set(words), key=czech_key) == words


@pytest.mark.parametrize(
    "order",
    [
        ("car", "cár", "cara", "cařa"),
        ("Hora", "Chalupa", "Ibl"),
        ("nova", "nová", "nováček"),
        ("nový dům", "novýdům"),
        ("Caban", "CABAN x", "caban y"),
        ("Praha 1", "Praha 2"),
    ],
)
def test_shorter_first_diacritics_between_equals(order):
    assert sorted(set(order), key=czech_key) == list(order)


@pytest.mark.parametrize(
    ("name", "surname", "rest"),
    [
        ("Jana Nováková", "Nováková", "Jana"),
        ("Nováková, Jana", "Nováková", "Jana"),
        ("Ing. Nováková, Jana", "Nováková", "Jana"),
        ("Nováková, Ing. Jana, Ph.D.", "Nováková", "Jana"),
        ("Mgr. Jana Nováková, Ph.D.", "Nováková", "Jana"),
        ("doc. PhDr. Jana Marie Nováková, CSc., MBA", "Nováková", "Jana Marie"),
        ("Petr Svoboda DiS.", "Svoboda", "Petr"),
        ("Ing. arch. Petr Svoboda", "Svoboda", "Petr"),
        ("Bc Petr Svoboda", "Svoboda", "Petr"),
        ("Novák, Ph.D.", "Novák", ""),
        ("Novák", "Novák", ""),
        ("Ing.", "Ing.", ""),
        ("Jack Ma", "Ma", "Jack"),
        ("Nguyen Van Ba", "Ba", "Nguyen Van"),
        ("Jana Nováková MA", "Nováková", "Jana"),
        ("Jana Nováková, M.A.", "Nováková", "Jana"),
        ("", "", ""),
        (",", ",", ""),
    ],
)
def test_the_surname_is_the_last_word_without_degrees(name, surname, rest):
    assert split_name(name) == (surname, rest)


def test_people_sort_by_surname_then_by_the_rest():
    people = [
        "Jan Adam",
        "Ing. Jana Čermáková, Ph.D.",
        "Hana Hladká",
        "Chalupová, Eva",
        "Karel Chalupa",
        "Zdena Novák",
        "Adam Nováček",
        "RNDr. Jana Nováková",
        "Petra Nováková",
        "Řehoř Řehák",
        "Žofie Šťastná",
        "Anna Zoubková",
    ]
    expected = [
        "Jan Adam",
        "Ing. Jana Čermáková, Ph.D.",
        "Hana Hladká",
        "Karel Chalupa",
        "Chalupová, Eva",
        "Adam Nováček",
        "Zdena Novák",
        "RNDr. Jana Nováková",
        "Petra Nováková",
        "Řehoř Řehák",
        "Žofie Šťastná",
        "Anna Zoubková",
    ]
    assert sorted(people, key=name_sort_key) == expected


@given(TYPED)
def test_no_name_breaks_its_key(name):
    assert len(name_sort_key(name)) <= 400


@given(TYPED)
def test_nothing_typed_leaves_the_line_of_a_header(text):
    safe = one_line_for_header(text)
    assert "=?" not in safe
    assert not any(unicodedata.category(sign) in {"Cc", "Zl", "Zp"} for sign in safe)


def test_a_header_keeps_what_is_harmless():
    assert one_line_for_header("Eve =?utf-8?q?=0D=0ABcc:?=") == "Eve = ?utf-8?q?=0D=0ABcc:?="
    assert one_line_for_header("a\r\nBcc: b") == "a Bcc: b"


@pytest.mark.parametrize(
    ("language", "order", "found"),
    [
        ("cs", (), ("česky", "cs")),
        ("uk", ("en", "cs"), ("English", "en")),
        ("uk", (), ("česky", "cs")),
        ("fr", ("xx",), ("česky", "cs")),
    ],
)
def test_a_text_falls_back_visibly(language, order, found):
    assert in_language({"cs": "česky", "en": "English", "vi": ""}, language, order) == found


def test_no_text_at_all_is_empty():
    assert in_language({}, "cs") == ("", "cs")
    assert in_language({"en": ""}, "cs") == ("", "cs")


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("65. setkání: Bydlení & nájmy!", "65-setkani-bydleni-najmy"),
        ("  ", ""),
        ("Зустріч", ""),
        ("a" * 100, "a" * 80),
        ("ab-" * 40, "ab-" * 26 + "ab"),
    ],
)
def test_address_parts_are_ascii(text, slug):
    assert slugify(text) == slug
