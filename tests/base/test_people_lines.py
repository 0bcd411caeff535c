import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.people_lines import (
    EMAIL,
    KIND,
    NAME,
    NOTHING,
    ORGANISATION,
    guessed_name,
    only_used,
    read_people,
    table_in,
)
from app.base.tables import as_text
from tests.cpu_time import cpu_time


def told(text, roles=()):
    return [(one.number, one.name, one.email, one.organisation) for one in read_people(text, roles)]


@pytest.mark.parametrize(
    ("line", "name", "email", "organisation"),
    [
        ("Jana Nováková <jana@praha7.example>, Praha 7", "Jana Nováková", "jana@praha7.example", "Praha 7"),
        ('"Jana Nováková" <jana@x.cz>', "Jana Nováková", "jana@x.cz", ""),
        ("Nováková, Jana <jana@x.cz>", "Jana Nováková", "jana@x.cz", ""),
        (
            "Mgr. Jana Nováková, Ph.D. <jana@x.cz>, Poradna, z. s.",
            "Mgr. Jana Nováková, Ph.D.",
            "jana@x.cz",
            "Poradna, z. s.",
        ),
        ("jana@x.cz", "", "jana@x.cz", ""),
        ("<jana@x.cz>", "", "jana@x.cz", ""),
        ("mailto:jana@x.cz", "", "jana@x.cz", ""),
        ("Jana Nováková jana@x.cz", "Jana Nováková", "jana@x.cz", ""),
        ("Jana Nováková (jana@x.cz), Praha 7", "Jana Nováková", "jana@x.cz", "Praha 7"),
        ("Jana Nováková, jana@x.cz, Praha 7", "Jana Nováková", "jana@x.cz", "Praha 7"),
        ("jana@x.cz, Jana Nováková, Praha 7", "Jana Nováková", "jana@x.cz", "Praha 7"),
        ("jana@x.cz, Praha 7", "", "jana@x.cz", "Praha 7"),
        ("Jana Nováková <jana at x.cz>", "Jana Nováková <jana at x.cz", "", ""),
        ("Jana Nováková <jana@>", "Jana Nováková", "jana@", ""),
        ("Jana Nováková", "Jana Nováková", "", ""),
        ("Jana Nováková;jana@x.cz;Praha 7", "Jana Nováková", "jana@x.cz", "Praha 7"),
        ("Jana Nováková\tjana@x.cz\tPraha 7", "Jana Nováková", "jana@x.cz", "Praha 7"),
        ("jana@x.cz;Jana Nováková", "Jana Nováková", "jana@x.cz", ""),
    ],
)
def test_one_person(line, name, email, organisation):
    assert told(line) == [(1, name, email, organisation)]


def test_lists_as_mail_programs_write_them():
    assert told("Jana Nová <a@x.cz>; Petr Starý <b@x.cz>; c@x.cz") == [
        (1, "Jana Nová", "a@x.cz", ""),
        (1, "Petr Starý", "b@x.cz", ""),
        (1, "", "c@x.cz", ""),
    ]
    assert told("Nová, Jana <a@x.cz>, Starý, Petr <b@x.cz>")[1] == (1, "Petr Starý", "b@x.cz", "")
    assert [email for _, _, email, _ in told("a@x.cz, b@x.cz c@x.cz")] == ["a@x.cz", "b@x.cz", "c@x.cz"]
    assert [email for _, _, email, _ in told("a@x.cz b@x.cz")] == ["a@x.cz", "b@x.cz"]


def test_lines_keep_their_numbers():
    assert [number for number, *_ in told("\n\na@x.cz\n  \nb@x.cz\n")] == [3, 5]
    assert [number for number, *_ in told("Jméno;E-mail\n\nJana;a@x.cz")] == [3]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_headings_say_what_columns_hold(delimiter):
    rows = (
        ("Pořadí", "Jméno", "Příjmení", "Telefon", "E-mailová adresa", "Organizace", "Typ organizace"),
        ("1", "Jana", "Nová", "777", "a@x.cz", "Praha 7", "NGO"),
    )
    text = "\n".join(delimiter.join(row) for row in rows)
    table = table_in(text)
    assert (table.is_sure, table.has_heading, len(table.body)) == (True, True, 1)
    (one,) = read_people(text)
    assert (one.number, one.name, one.email, one.organisation, one.kind) == (
        2,
        "Jana Nová",
        "a@x.cz",
        "Praha 7",
        "NGO",
    )
    assert as_text(only_used(table)).split("\n")[1] == "Jana\tNová\ta@x.cz\tPraha 7\tNGO"


def test_a_lone_first_name_is_the_whole_name():
    assert table_in("Jméno;Mail\nJana Nová;a@x.cz").roles == (NAME, EMAIL)


def test_a_heading_of_one_column_is_no_person():
    assert told("E-mail\na@x.cz") == [(2, "", "a@x.cz", "")]


def test_a_wide_table_without_headings_is_to_be_looked_at():
    table = table_in("1\tJana Nová\ta@x.cz\t777\n2\tPetr\tb@x.cz\t778")
    assert not table.is_sure
    assert table.roles[2] == EMAIL
    assert told("1\tJana Nová\ta@x.cz\t777", ("", NAME, EMAIL, "")) == [(1, "Jana Nová", "a@x.cz", "")]


def test_roles_for_another_table_are_not_believed():
    assert told("Jana\ta@x.cz", (EMAIL,)) == [(1, "Jana", "a@x.cz", "")]


def test_headings_without_a_name_are_to_be_looked_at():
    assert not table_in("Kdo\tE-mail\nJana\ta@x.cz").is_sure
    assert table_in("E-mail\tOrganizace\na@x.cz\tPraha 7").is_sure


def test_cells_of_the_clipboard_lose_their_quotes():
    assert told('"Nová ""Jana"""\ta@x.cz') == [(1, 'Nová "Jana"', "a@x.cz", "")]


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("jana.novakova@x.cz", "Jana Novakova"),
        ("jan_novak2@x.cz", "Jan Novak"),
        ("anna-maria.nova@x.cz", "Anna Maria Nova"),
        ("info@x.cz", ""),
        ("j.nova@x.cz", ""),
        ("x25.y@x.cz", ""),
        ("", ""),
    ],
)
def test_a_name_made_of_an_address(email, name):
    assert guessed_name(email) == name


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    table = table_in(text)
    people = read_people(text)
    assert all(1 <= one.number <= text.count("\n") + 1 for one in people)
    if table is not None:
        assert len(table.roles) == len(table.lines[0][1])
        assert set(table.roles) <= {NAME, "first", "last", EMAIL, ORGANISATION, KIND, NOTHING}
        only_used(table)


@given(
    st.lists(st.text(st.sampled_from("ab@x.,;<>\t \"'\n(),"), max_size=30), max_size=8),
    st.sampled_from("\n,;"),
)
def test_any_muddle_of_marks_can_be_read(parts, joint):
    for one in read_people(joint.join(parts)):
        assert "\n" not in one.name + one.email + one.organisation
        guessed_name(one.email)


def test_a_column_of_numbers_is_nobodys_name():
    assert told("17;Jana Nová;a@x.cz\n18;Petr Starý;b@x.cz") == [
        (1, "Jana Nová", "a@x.cz", ""),
        (2, "Petr Starý", "b@x.cz", ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 200_000,
        "x@" * 100_000,
        "<" + " " * 200_000,
        "<" + "@ " * 100_000,
        "a@b.cz,c@d.cz" + "," * 200_000,
        "a@b.cz;c@d.cz" + ";x" * 100_000,
        "\t" * 200_000,
        '";' * 100_000,
    ],
)
def test_a_text_that_is_meant_to_hurt_takes_no_time(text):
    with cpu_time() as took:
        read_people(text)
    assert took.seconds < 1
