from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reports.csv_files import defuse, excel_csv, plain_csv

PRAGUE = "Europe/Prague"
SUMMER = datetime(2023, 4, 4, 11, 0, tzinfo=UTC)
WINTER = datetime(2023, 1, 4, 8, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_that_begins_like_a_formula_is_defused(start):
    assert defuse(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("text", ["", "Novák", "a=b", " =1", "'=1", "7-8", "1+1"])
def test_other_cells_stay_as_they_are(text):
    assert defuse(text) == text


def test_csv_for_excel_to_the_byte():
    rows = [[1, "Žofie; Šťastná", SUMMER, None], [2, '=HYPERLINK("http://x","y")', WINTER, "a\nb"]]
    assert b"".join(excel_csv(["Číslo", "Jméno", "Kdy", "-"], rows, PRAGUE)).decode() == (
        "\ufeffČíslo;Jméno;Kdy;'-\r\n"
        '1;"Žofie; Šťastná";4.4.2023 13:00;\r\n'
        '2;"\'=HYPERLINK(""http://x"",""y"")";4.1.2023 9:05;"a\nb"\r\n'
    )


def test_plain_csv_to_the_byte():
    assert b"".join(
        plain_csv(["n", "name", "at"], [[1, "a,b", SUMMER], [2, "+420", WINTER]], PRAGUE)
    ).decode() == ('n,name,at\r\n1,"a,b",2023-04-04T13:00:00+02:00\r\n2,\'+420,2023-01-04T09:05:30+01:00\r\n')


def test_the_headings_come_before_the_first_row_is_read():
    def rows() -> Iterator[list[object]]:
        raise AssertionError("read too early")
        yield []

    chunks = excel_csv(["Jméno"], rows(), PRAGUE)
    assert next(chunks) + next(chunks) == "\ufeffJméno\r\n".encode()


def test_rows_leave_in_portions():
    chunks = list(plain_csv(["n"], ([n] for n in range(1000)), PRAGUE))
    assert len(chunks) == 11
    assert b"".join(chunks).count(b"\r\n") == 1001


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
            min_size=3,
            max_size=3,
        )
    )
)
def test_what_goes_in_comes_out_defused(rows):
    for written, delimiter in ((excel_csv, ";"), (plain_csv, ",")):
        text = b"".join(written(["a", "b", "c"], rows, PRAGUE)).decode("utf-8-sig")
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        assert read[1:] == [[defuse(cell) for cell in row] for row in rows]
