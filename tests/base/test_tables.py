import io
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from app.base import tables
from app.base.tables import BadTable, as_text, read_table
from tests.handed_over import lying

PEOPLE = [["Jméno", "E-mail", "Organizace"], ["Žofie Šťastná", "zofie@praha7.example", "Praha 7"]]
BOMB = 64 * 1024 * 1024


def workbook(*rows, sheets=1):
    book = Workbook()
    for _ in range(sheets - 1):
        book.create_sheet().append(["other", "sheet"])
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(data, **parts):
    """The workbook with some of its parts put in place of its own; keywords are names without folder and ending."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            stem = part.filename.rpartition("/")[2].partition(".")[0]
            new.writestr(part.filename, parts.get(stem, old.read(part)))
    return file.getvalue()


def refused(data):
    with pytest.raises(BadTable) as caught:
        read_table(data)
    return caught.value.reason


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_csv_of_any_program(delimiter, encoding, ending):
    text = ending.join(delimiter.join(row) for row in PEOPLE)
    assert read_table(text.encode(encoding)) == PEOPLE


def test_quotes_hold_delimiters_and_line_breaks():
    data = 'name;mail\n"Nová; ""Jana""";"a@x.cz"\n"dva\nřádky";b@x.cz\n'.encode()
    assert read_table(data) == [["name", "mail"], ['Nová; "Jana"', "a@x.cz"], ["dva řádky", "b@x.cz"]]


def test_a_quote_without_an_end_spoils_one_line_at_most():
    rows = read_table(b'a;b\n"x;1\nc;d\ne;f')
    assert rows[0] == ["a", "b"]
    assert any("d" in cell for cell in rows[-1])


def test_lines_without_a_delimiter_are_one_column():
    assert read_table(b"a@x.cz\n\nb@x.cz\n") == [["a@x.cz"], [""], ["b@x.cz"]]


def test_empty_columns_and_the_empty_end_are_left_out():
    assert read_table(b"a;;b\n;;\n1;;2\n;;\n\n") == [["a", "b"], ["", ""], ["1", "2"]]


def test_the_first_sheet_of_a_workbook():
    assert read_table(workbook(*PEOPLE, sheets=3)) == PEOPLE


def test_numbers_and_days_are_text():
    rows = read_table(workbook(["x", 5.0, 2.5, True, None, datetime(2027, 4, 6)]))  # noqa: DTZ001 - a cell has no zone
    assert rows == [["x", "5", "2.5", "True", "2027-04-06 00:00:00"]]


def test_a_formula_is_never_worked_out():
    assert read_table(workbook(["x", '=HYPERLINK("http://x")'])) == [["x"]], "no result was stored with it"
    assert read_table(b"x;=1+1") == [["x", "=1+1"]]


def test_a_file_is_what_it_holds_and_not_what_it_is_called():
    assert read_table(workbook(["a@x.cz"])) == read_table(b"a@x.cz")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n ; \n", "empty"),
        (b"x" * (tables.MOST_BYTES + 1), "too_large"),
        (b"a@x.cz\n" * (tables.MOST_ROWS + 2), "too_many"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on", "old_excel"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not_text"),
        (b"PK\x03\x04 no archive", "unreadable"),
    ],
)
def test_what_cannot_be_used(data, reason):
    assert refused(data) == reason


def test_a_sheet_of_too_many_rows():
    assert refused(workbook(*(["a@x.cz"] for _ in range(tables.MOST_ROWS + 2)))) == "too_many"


def test_an_archive_that_is_no_workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert refused(file.getvalue()) == "unreadable"


def test_a_workbook_that_would_unpack_to_too_much():
    data = repacked(workbook(["x"]), sheet1=b"<worksheet>" + b" " * BOMB + b"</worksheet>")
    assert len(data) < tables.MOST_BYTES
    assert refused(data) == "too_large"


def test_a_workbook_that_says_it_is_small_and_is_not():
    data = lying(repacked(workbook(["x"]), styles=bytes(BOMB)), 1000, "xl/styles.xml")
    tracemalloc.start()
    assert refused(data) == "unreadable"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


def test_an_archive_of_many_parts():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(tables.MOST_PARTS + 1):
            archive.writestr(f"{number}", "")
    assert refused(file.getvalue()) == "too_large"


def test_entities_are_not_unfolded():
    laughter = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    assert refused(repacked(workbook(["x"]), sheet1=laughter.encode())) == "unreadable"


def test_a_row_far_down_costs_nothing():
    far = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>first</t></is></c></row>'
        '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>last</t></is></c></row></sheetData></worksheet>'
    )
    assert read_table(repacked(workbook(["x"]), sheet1=far.encode())) == [["first"]]


def test_a_table_as_text():
    assert as_text(PEOPLE) == "Jméno\tE-mail\tOrganizace\nŽofie Šťastná\tzofie@praha7.example\tPraha 7"
    assert as_text([["a", ""], [], ["", "b"]]) == "a\n\n\tb"


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_table_or_refused(data):
    try:
        rows = read_table(data)
    except BadTable:
        return
    assert len({len(row) for row in rows}) == 1
    assert all(cell.isprintable() and len(cell) <= tables.LONGEST_CELL for row in rows for cell in row)


@given(st.data())
def test_a_workbook_with_any_bytes_changed_is_a_table_or_refused(data):
    whole = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadTable):
        assert isinstance(read_table(bytes(whole)), list)


@settings(max_examples=40)
@given(st.lists(st.lists(st.text(max_size=10), min_size=2, max_size=4), min_size=1, max_size=5))
def test_any_cells_come_back_from_a_workbook(rows):
    kept = [[tables._cell("".join(c for c in cell if c.isprintable())) for cell in row] for row in rows]
    # The library that writes takes what begins with "=" for a formula, but for the sign alone.
    expected = [cell for row in kept for cell in row if cell and (cell == "=" or not cell.startswith("="))]
    if expected:
        assert [cell for row in read_table(workbook(*kept)) for cell in row if cell] == expected


WHOLE = workbook(*PEOPLE)
