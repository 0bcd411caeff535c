from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.paper.glyphs import BREAK_HERE, MISSING, MOST_MARKS, families, is_printable, printable
from app.paper.sheets import participants
from tests.paper.papers import HEAD, WORDS, line


@pytest.mark.parametrize(
    "name",
    [
        "Mgr. Žofie Šťastná, Ph.D.",
        "Олена Шевченко",
        "Ґалаґан Їжакевич",
        "Nguyễn Thị Mai",
        "محمد الأحمد",
        "دانیال می\u200cخواهد",
        "דוד לוי",
        "გიორგი ბერიძე",
        "Ծովինար Պետրոսյան",
        "O\u2019Brien-Smith\u00a0ml.",
        '#read("/etc/passwd")',
        "Eva \U0001f600 ♥",
    ],
)
def test_names_of_people_who_come_stay_as_they_are(name):
    assert printable(name) == name
    assert is_printable(name)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("王伟", MISSING * 2),
        ("Eva \U0001f9d1", f"Eva {MISSING}"),
        ("\u202eavE\u202c", "avE"),
        ("\u2067Eva", "Eva"),
        ("Eva\nNov\tá", "Eva Nov á"),
        ("Eva\u2028Nová", "Eva Nová"),
        ("x\u0f71", "x"),  # a Tibetan mark that no typeface can put on a Latin letter
        ("\ue000", MISSING),
        ("", ""),
    ],
)
def test_what_cannot_be_set_is_seen_to_be_missing(typed, shown):
    assert printable(typed) == shown


def test_marks_do_not_pile_up_over_the_neighbours():
    assert printable("e" + "\u0301" * 200) == "e" + "\u0301" * MOST_MARKS


def test_only_words_that_no_column_holds_may_break_anywhere():
    assert BREAK_HERE not in printable("a" * 22 + " " + "b" * 22)
    assert printable("a" * 23) == BREAK_HERE.join("a" * 23)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=60), min_size=60, max_size=90))
def test_no_text_stops_the_press(texts):
    assert participants(HEAD, WORDS, [line(text, text) for text in texts]).startswith(b"%PDF-")


def test_what_is_said_to_be_printable_is_printed():
    """All letters of all typefaces at once: one without a glyph would stop the press, for PDF/UA-1 forbids it."""
    letters = sorted(char for char in frozenset.union(*families()) if is_printable(char))
    assert len(letters) > 4000
    rows = [line(f"x {''.join(letters[at : at + 60])}") for at in range(0, len(letters), 60)]
    assert participants(HEAD, WORDS, rows).startswith(b"%PDF-")
