"""A name as it was typed, with the words that it sorts by set apart."""

import pytest

from app.base.text import name_sort_key
from app.domain.reports.names import by_sorting_word, sort_key_of


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Jana Nováková", ("Jana ", "Nováková", "")),
        ("Mgr. Žofie Šťastná, Ph.D.", ("Mgr. Žofie ", "Šťastná", ", Ph.D.")),
        ("Nováková, Jana", ("", "Nováková", ", Jana")),
        ("Jan Jan", ("Jan ", "Jan", "")),
        ("Jan Janota", ("Jan ", "Janota", "")),
        ("Olena", ("", "Olena", "")),
        ("Олена Шевченко", ("Олена ", "Шевченко", "")),
        ("محمد الأحمد", ("محمد ", "الأحمد", "")),
        (
            "İpek İLKNUR",
            ("İpek İLKNUR", "", ""),
        ),  # in small letters it is longer: no part is better than a wrong one
        ("", ("", "", "")),
    ],
)
def test_the_word_that_sorts(name, parts):
    assert by_sorting_word(name, name_sort_key(name)) == parts
    assert "".join(parts) == name


def test_a_corrected_key_is_followed():
    assert by_sorting_word("Nguyễn Thị Mai", sort_key_of("Nguyễn, Thị Mai")) == ("", "Nguyễn", " Thị Mai")
    assert by_sorting_word("Ana de la Cruz", sort_key_of("de la Cruz, Ana")) == ("Ana ", "de la Cruz", "")


@pytest.mark.parametrize("key", ["", "x", "a\tb\tc", "\t\t\t", sort_key_of("Jiná, Žena")])
def test_a_key_that_tells_nothing_leaves_the_name_whole(key):
    assert by_sorting_word("Jana Nováková", key) == ("Jana Nováková", "", "")
