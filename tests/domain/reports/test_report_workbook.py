from __future__ import annotations

import io
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from app.domain.reports.rows import columns
from app.domain.reports.workbook import sheet_name, write_workbook

WHEN = datetime(2023, 4, 4, 11, 0, tzinfo=UTC)
COLUMNS = ("number", "name", "registered")


def written(rows: list[list[object]]) -> io.BytesIO:
    file = io.BytesIO()
    write_workbook(
        file, COLUMNS, ["Č.", "Jméno", "Přihlášení"], rows, zone="Europe/Prague", sheet="4. 4. 2023"
    )
    file.seek(0)
    return file


def test_numbers_dates_and_text_are_typed():
    page = load_workbook(written([[1, "Žofie Šťastná", WHEN], [2, None, None]])).active
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [
        ["Č.", "Jméno", "Přihlášení"],
        [1, "Žofie Šťastná", datetime(2023, 4, 4, 13, 0)],  # noqa: DTZ001 - cells have no zone
        [2, None, None],
    ]
    assert page["C2"].is_date
    assert page["A2"].data_type == "n"


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x","y")', "=1+1", "+420", "@x", "https://example.org", "0042"]
)
def test_text_is_text(text):
    file = written([[1, text, WHEN]])
    cell = load_workbook(file).active["B2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert "<f>" not in ZipFile(file).read("xl/worksheets/sheet1.xml").decode()


def test_the_head_stays_in_sight_and_filters():
    page = load_workbook(written([[1, "a", WHEN], [2, "b", WHEN]])).active
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:C3"
    assert page["A1"].font.b
    assert page.column_dimensions["B"].width == pytest.approx(28, abs=1)
    assert page.title == "4. 4. 2023"


def test_an_empty_list_is_a_head():
    page = load_workbook(written([])).active
    assert page.max_row == 1
    assert page.auto_filter.ref == "A1:C1"


def test_every_column_has_a_width():
    file = io.BytesIO()
    names = columns(needs=True)
    write_workbook(file, names, list(names), [], zone="Europe/Prague", sheet="x")
    assert load_workbook(file).active.max_column == len(names)


@pytest.mark.parametrize(("text", "shown"), [("a/b:c", "a b c"), ("x" * 40, "x" * 31), ("'", "1"), ("", "1")])
def test_names_of_tabs_are_such_as_excel_takes(text, shown):
    assert sheet_name(text) == shown
