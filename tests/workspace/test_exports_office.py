"""What LibreOffice Calc makes of the downloaded files, with Czech settings."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.domain.accounts.models import Role
from tests.conftest import need
from tests.factories import make_account, make_meeting, person, register
from tests.workspace.desk import Desk

# Semicolon, double quote, UTF-8, from line 1, all columns by themselves, Czech, quoted fields are text: no.
CZECH = "--infilter=Text - txt - csv (StarCalc):59,34,76,1,,1029,false,true"
FORMULA = '=HYPERLINK("http://x","y")'
PEOPLE = ("Žofie Šťastná", "Řehoř Žluťoučký Kůň", "Olena Ševčenková", "Nguyễn Thị Mai")


@pytest.fixture
def database():
    """Once is enough: the file is the same on both databases."""
    return "sqlite"


@pytest.fixture
def files(app, session, tmp_path):
    """The downloads of one meeting, by format."""
    need(shutil.which("soffice"), "LibreOffice Calc")
    desk = Desk(app, session, make_account(session, Role.ORGANISER))
    meeting = make_meeting(session)
    at = datetime(2023, 3, 12, 8, 14, tzinfo=UTC)
    for name in PEOPLE:
        register(session, meeting, person(name, organisation="Úřad; městské části"), now=at)
    register(session, meeting, person(FORMULA, email="x@example.org"), now=at)
    session.commit()
    made = {}
    for form, ending in (("excel-csv", "csv"), ("xlsx", "xlsx")):
        answer = desk.post(f"/workspace/meetings/{meeting.id}/export/?sort=registered", format=form)
        made[form] = tmp_path / f"list.{ending}"
        made[form].write_bytes(answer.get_data())
    return made


def convert(file: Path, ending: str, *options: str) -> Path:
    """What LibreOffice writes after reading `file`."""
    folder = file.parent / "out"
    profile = (file.parent / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--norestore", *options]
    command += ["--convert-to", ending, "--outdir", str(folder), str(file)]
    environ = {**os.environ, "HOME": str(file.parent)}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environ)
    return folder / f"{file.stem}.{ending.partition(':')[0]}"


def check(table: list[list[object]], *, defused: str) -> None:
    assert [str(row[2]) for row in table[1:]] == [*PEOPLE, f"{defused}{FORMULA}"]
    assert {str(row[4]) for row in table[1:5]} == {"Úřad; městské části"}
    assert len({len(row) for row in table}) == 1


def test_the_csv_opens_with_czech_settings(files):
    page = load_workbook(convert(files["excel-csv"], "xlsx", CZECH)).active
    table = [[cell.value for cell in row] for row in page.iter_rows()]
    assert table[0][0] == "No."
    check(table, defused="'")
    assert page["C6"].data_type == "s"
    assert page["A2"].value == 1
    assert page["K2"].value == datetime(2023, 3, 12, 9, 14)  # noqa: DTZ001 - a cell has no zone


def test_the_workbook_opens(files):
    read = convert(files["xlsx"], "csv:Text - txt - csv (StarCalc):59,34,76,1,,1029")
    with read.open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file, delimiter=";"))
    check(table, defused="")
    assert table[1][10] == "12.3.2023 9:14"


def test_the_formula_is_not_calculated(files):
    again = load_workbook(convert(files["xlsx"], "xlsx:Calc MS Excel 2007 XML")).active
    assert (again["C6"].value, again["C6"].data_type) == (FORMULA, "s")
